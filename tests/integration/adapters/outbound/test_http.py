"""Posting to @connections: who is gone, what is sent again, and what is only logged."""

import contextlib
import functools
import socket
import ssl
import threading
from collections import Counter
from concurrent import futures
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import boto3
import pytest

from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.outbound import boto, http
from fireside.adapters.outbound.boto import BotoConnections, posting_client
from fireside.adapters.outbound.http import ConnectionsApi
from fireside.adapters.outbound.posting import Timing
from localgateway.signing import signature
from tests.free_ports import free_port
from tests.integration.faulty_server import OK, answer, close, faulty_server, hang, raw, reset

SECRET = "home/secret"
KEY = Credentials("HOME", SECRET, "token")
IDS = [f"JC1dgf9yoAMC{number:03}=" for number in range(40)]


class Way:
    """The adapter in front of a server that answers each connection as a test says."""

    def __init__(self, client, server, acts, clock, **options):
        self.server, self.acts = server, acts
        self.clock = clock
        self.pauses: list[float] = []
        self.sent: list[str] = []
        server.act = self._act
        endpoint, region = f"http://127.0.0.1:{server.port}/ws", "eu-central-1"
        options["timing"] = Timing(sleep=self._wait, jitter=lambda: 0.5)
        if client == "boto3":
            make_client = functools.partial(posting_client, endpoint, region)
            self.api = BotoConnections(make_client, **options)
            self.close = self.api.close
        else:
            pool = Pool("127.0.0.1", server.port)
            self.api = ConnectionsApi(endpoint, region, KEY, pool, **options)
            self.close = self.api.close
        self.send = self.api.send

    def _wait(self, seconds) -> None:
        self.pauses.append(seconds)
        self.clock.wait(seconds)

    def _act(self, visit) -> None:
        verify(visit)
        connection_id = unquote(visit.path.rpartition("/")[2])
        self.sent.append(connection_id)
        acts = self.acts.get(connection_id, [raw(OK)])
        acts[min(self.sent.count(connection_id), len(acts)) - 1](visit)


def verify(visit) -> None:
    """Be as strict as AWS: what is not signed right is told so, and no test expects it."""
    headers = [line.partition(": ")[::2] for line in visit.head.split("\r\n")[1:]]
    request = signature.SignedRequest("POST", visit.path, "", headers, visit.body)
    try:
        signature.verify(request, {"HOME": SECRET}, datetime.now(UTC))
    except signature.BadSignature as cause:
        visit.server.seen.append((str(cause), b""))
        raise OSError from cause


@pytest.fixture(params=["own", pytest.param("boto3", marks=pytest.mark.long)])
def way_with(request, monkeypatch, clock):
    """Make ways whose clock stands still, save for the pauses; the SDK's own goes on."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers another test's key
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY.secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", KEY.token)
    with contextlib.ExitStack() as ends:

        def make(acts=None, **options):
            options = {"post_seconds": 60, "budget_seconds": 60} | options
            server = ends.enter_context(faulty_server())
            way = Way(request.param, server, acts or {}, clock, **options)
            ends.callback(way.close)
            ends.callback(server.over.set)  # what hangs must end before the threads can
            return way

        yield make


@pytest.fixture
def patient_sdk(monkeypatch):
    """Let the SDK's threads have a minute for each round of posts: their clock is a real one."""
    monkeypatch.setattr(boto, "wait", lambda posts, _seconds: futures.wait(posts, 60))


def test_everybody_gets_the_same_bytes_once(way_with):
    way = way_with()

    assert way.send(IDS, '{"text": "grüß dich"}'.encode()) == set()
    assert Counter(way.sent) == Counter(IDS)
    assert {body for _, body in way.server.seen} == {'{"text": "grüß dich"}'.encode()}


def test_nobody_is_sent_nothing(way_with):
    assert way_with().send([], b"hi") == set()


def test_who_is_gone_is_told(way_with):
    way = way_with({IDS[3]: [answer(410)], IDS[5]: [answer(410)]})

    assert way.send(IDS, b"hi") == {IDS[3], IDS[5]}
    assert Counter(way.sent) == Counter(IDS)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_is_tried_again_until_it_has_passed(way_with, status, caplog):
    way = way_with(
        {IDS[1]: [answer(status)] * 3 + [raw(OK)], IDS[2]: [answer(status), answer(410)]}
    )

    assert way.send(IDS[:4], b"hi") == {IDS[2]}
    assert Counter(way.sent) == {IDS[0]: 1, IDS[1]: 4, IDS[2]: 2, IDS[3]: 1}
    assert way.pauses == [0.025, 0.05, 0.1]
    assert caplog.text == ""


@pytest.mark.usefixtures("patient_sdk")
def test_pauses_stop_growing_and_end_with_the_time(way_with, caplog):
    way = way_with({IDS[0]: [answer(429)]})

    way.send(IDS[:1], b"hi", budget_seconds=0.7)

    assert way.pauses == [0.025, 0.05, 0.1, 0.2]
    assert "1 posts were not sent, or failed for now" in caplog.text


@pytest.mark.parametrize(
    ("act", "said"),
    [(answer(403), "403"), (answer(413), "413"), (close, "no answer"), (reset, "no answer")],
    ids=["forbidden", "too large", "closed", "reset"],
)
def test_what_would_fail_again_is_logged_without_what_was_said_to_whom(way_with, act, said, caplog):
    way = way_with({IDS[0]: [act]})

    assert way.send(IDS[:1], b"a secret between two") == set()
    assert f"1 posts failed: {said} 1 times" in caplog.text
    assert "secret" not in caplog.text
    assert IDS[0] not in caplog.text
    assert way.pauses == []


def test_one_that_hangs_has_its_time_and_takes_nobody_elses(way_with):
    way = way_with(post_seconds=5, budget_seconds=60)
    answered = threading.Semaphore(0)

    def hang_on(visit) -> None:
        for _ in IDS[1:]:
            assert answered.acquire(timeout=60)
        way.clock.wait(5)
        visit.send(b"H")  # so that whoever waits looks at the clock
        hang(visit)

    def note(visit) -> None:
        answer(410 if visit.path.endswith(quote(IDS[1])) else 200)(visit)
        answered.release()

    way.acts = {one: [note] for one in IDS[1:]} | {IDS[0]: [hang_on]}

    assert way.send(IDS, b"hi") == {IDS[1]}
    assert Counter(way.sent) == Counter(IDS)


def test_nobody_waits_for_one_that_is_slow(way_with, caplog):
    """It answers only when everybody else has been posted to: else it would be given up."""
    way = way_with(post_seconds=60, budget_seconds=60)
    everybody_else = threading.Event()

    def slow(visit) -> None:
        everybody_else.wait(50)
        visit.send(OK)

    def note(visit) -> None:
        if len(way.sent) == len(IDS):
            everybody_else.set()
        visit.send(OK)

    way.acts = {one: [note] for one in IDS[1:]} | {IDS[0]: [slow]}

    assert way.send(IDS, b"hi") == set()
    assert everybody_else.is_set()
    assert caplog.text == ""


def test_all_of_it_ends_in_its_time(way_with):
    way = way_with(post_seconds=1, budget_seconds=0.5)
    way.acts = {one: [hanging(way, 0.5)] for one in IDS}

    assert way.send(IDS, b"hi") == set()


def hanging(way, seconds):
    """Hang for as long, and longer."""

    def act(visit) -> None:
        way.clock.wait(seconds)
        hang(visit)

    return act


# --- what is left can be posted by somebody else, and nobody sees it twice ---


@pytest.mark.usefixtures("patient_sdk")
@pytest.mark.parametrize("status", [429, 500])
def test_what_is_still_refused_at_the_end_is_left(way_with, status, caplog):
    way = way_with({IDS[0]: [answer(status)], IDS[1]: [answer(410)]})

    assert way.api.post(IDS[:3], b"hi", budget_seconds=60) == ({IDS[1]}, [IDS[0]])
    assert caplog.text == ""


def test_what_had_no_turn_is_left(way_with):
    way = way_with()

    assert way.api.post(IDS, b"hi", budget_seconds=0) == (set(), IDS)
    assert way.sent == []


def test_what_was_sent_and_not_answered_is_not_left(way_with, caplog):
    """It may have been delivered: a plain client would show it twice."""
    way = way_with()
    way.acts = {one: [hanging(way, 3)] for one in IDS}

    posted = way.api.post(IDS, b"hi", post_seconds=2, budget_seconds=3)

    assert posted.gone == set()
    assert set(posted.retryable).isdisjoint(way.sent)
    assert len(posted.retryable) < len(IDS)
    assert "no answer" in caplog.text


def test_whom_there_is_no_way_to_is_left():
    port = free_port()
    pool = Pool("127.0.0.1", port)
    api = ConnectionsApi(f"http://127.0.0.1:{port}/ws", "eu-central-1", KEY, pool)

    assert api.post(IDS, b"hi") == (set(), IDS)
    pool.close()


def test_who_was_not_even_greeted_is_left():
    """The connection stands and TLS does not: none of our bytes has been read."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        pool = Pool("127.0.0.1", port, tls=ssl.create_default_context())
        api = ConnectionsApi(f"https://127.0.0.1:{port}/ws", "eu-central-1", KEY, pool)

        assert api.post(IDS, b"hi", budget_seconds=0.2) == (set(), IDS)
        pool.close()


def test_ids_that_are_no_ids_go_nowhere_else(way_with):
    """Whatever stands in a registry must not lead to another path of the API."""
    way = way_with()

    assert way.send(["../../admin", "a/b?c=d", "ü"], b"hi") == set()

    paths = [path.replace("/@", "/%40") for path, _ in way.server.seen]
    assert sorted(paths) == [
        "/ws/%40connections/%C3%BC",
        "/ws/%40connections/..%2F..%2Fadmin",
        "/ws/%40connections/a%2Fb%3Fc%3Dd",
    ]


@pytest.mark.parametrize("odd", ["L0SM9cOFvHcCIhw=", "a-b_c==", "a=b", "a/b c%é", "", "."])
def test_an_id_is_quoted_as_urllib_would(odd):
    assert http.quoted(odd) == quote(odd, safe="")
