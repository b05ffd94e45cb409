"""Many posts over one HTTP/2 connection, and what happens when some of them fail."""

import contextlib
import itertools
import math
import select
import socket
import ssl
import subprocess
import textwrap
import threading
import time
from collections import Counter

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from fireside.adapters.connections_api import ConnectionsApi
from fireside.adapters.pool import KEEP_SECONDS, Pool
from fireside.adapters.posting import UNSENT
from fireside.adapters.sigv4 import Credentials
from fireside.adapters.streams import MOST_AT_ONCE, NotSpoken, Streams
from tests.unit.adapters.faulty_http2 import faulty_http2, refuse, trust
from tests.unit.adapters.faulty_server import (
    CERTIFICATE,
    OK,
    answer,
    close,
    faulty_server,
    hang,
    raw,
    reset,
)

SHORT = 0.5
FIELDS = (
    (b":authority", b"localhost"),
    (b"x-amz-date", b"20261123T000000Z"),
    (b"x-amz-security-token", b"t" * 880),
)


def post(index: int):
    return b"/%d" % index, FIELDS, b"signature %d" % index


@pytest.fixture
def serve():
    with contextlib.ExitStack() as servers:
        yield lambda *args, **options: servers.enter_context(faulty_http2(*args, **options))


@pytest.fixture
def streams_to():
    with contextlib.ExitStack() as ends:

        def make(server, **options) -> Streams:
            streams = Streams(
                **{"host": "localhost", "port": server.port, "tls": trust()} | options
            )
            ends.callback(streams.close)
            return streams

        yield make


def one_of(*acts):
    """Do the first with the first request, and so on; the last with all others."""
    turns, guard = itertools.chain(acts, itertools.repeat(acts[-1])), threading.Lock()

    def act(visit) -> None:
        with guard:
            turn = next(turns)
        turn(visit)

    return act


# --- when all is well ---


def test_each_post_gets_its_own_answer_over_one_connection(serve, streams_to):
    server = serve(lambda visit: answer(200 + int(visit.path[1:]) % 200)(visit))
    streams = streams_to(server)

    for _ in range(2):
        statuses = streams.exchange(1_000, post, b"hi", seconds=10)
        assert statuses == [200 + index % 200 for index in range(1_000)]
    assert server.connections == 1


def test_what_is_sent_is_what_was_written(serve, streams_to):
    heads = []
    server = serve(lambda visit: (heads.append(visit.head), visit.send(OK)))

    streams_to(server).exchange(3, post, b"hi", seconds=5)

    assert sorted(server.seen) == [(f"/{index}", b"hi") for index in range(3)]
    for index, head in enumerate(sorted(heads)):
        assert head.split("\r\n") == [
            f"POST /{index} HTTP/2",
            "host: localhost",
            "x-amz-date: 20261123T000000Z",
            f"x-amz-security-token: {'t' * 880}",
            f"authorization: signature {index}",
        ]


def test_nothing_to_post_opens_nothing(serve, streams_to):
    server = serve()

    assert streams_to(server).exchange(0, post, b"hi", seconds=5) == []
    assert server.connections == 0


def test_no_more_are_under_way_than_the_server_allows(serve, streams_to):
    most, now, guard = [0], [0], threading.Lock()

    def count(visit) -> None:
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with guard:
            now[0] -= 1
        visit.send(OK)

    server = serve(count, {SettingCodes.MAX_CONCURRENT_STREAMS: 3})

    assert streams_to(server).exchange(20, post, b"hi", seconds=5) == [200] * 20
    assert most == [3]


def test_no_more_are_under_way_than_a_pool_has_connections(serve, streams_to):
    arrived = threading.Semaphore(0)

    def wait(visit) -> None:
        arrived.release()
        hang(visit)

    server = serve(wait, {SettingCodes.MAX_CONCURRENT_STREAMS: 1_000})

    statuses = streams_to(server).exchange(150, post, b"hi", seconds=60, until=time.monotonic() + 1)

    assert statuses == [None] * MOST_AT_ONCE + [UNSENT] * 50
    for _ in range(MOST_AT_ONCE):
        assert arrived.acquire(timeout=1)


def test_a_body_larger_than_all_windows_arrives_whole(serve, streams_to):
    server = serve(None, {SettingCodes.INITIAL_WINDOW_SIZE: 1_000})
    body = bytes(range(256)) * 512

    assert streams_to(server).exchange(5, post, body, seconds=10) == [200] * 5
    assert {seen for _, seen in server.seen} == {body}


def test_a_body_that_its_stream_has_no_room_for_holds_nobody(serve, streams_to):
    """The server reads small ones, and gives the large one's stream no more room."""
    server = serve(None, {SettingCodes.INITIAL_WINDOW_SIZE: 1_000})
    streams = streams_to(server)
    body = bytes(40_000)
    streams.exchange(1, post, b"hi", seconds=5)
    server.lines[0].is_stingy = True

    statuses = streams.exchange(20, post, body, seconds=SHORT)

    assert statuses == [None] * 20  # all began, and none waited for another
    assert len(server.seen) == 1


# --- what goes wrong with one ---


def test_one_that_hangs_is_cancelled_and_holds_nobody(serve, streams_to):
    server = serve(lambda visit: hang(visit) if visit.path == "/3" else visit.send(OK))
    streams = streams_to(server)

    statuses = streams.exchange(200, post, b"hi", seconds=SHORT)

    assert statuses == [200] * 3 + [None] + [200] * 196
    assert streams.exchange(5, post, b"hi", seconds=SHORT) == [200, 200, 200, None, 200]
    assert server.connections == 1
    assert len(server.cancelled) in {1, 2}  # the last may be on its way


def test_an_answer_that_comes_after_all_is_nobody_elses(serve, streams_to):
    late = threading.Event()

    def be_late(visit) -> None:
        if visit.times == 1 and visit.path == "/0":
            late.wait(5)
            answer(410)(visit)
        else:
            visit.send(OK)

    server = serve(be_late)
    streams = streams_to(server)

    assert streams.exchange(2, post, b"hi", seconds=SHORT) == [None, 200]
    late.set()
    assert streams.exchange(2, post, b"hi", seconds=5) == [200, 200]


def test_what_was_refused_unread_is_posted_once_more(serve, streams_to):
    server = serve(one_of(refuse, refuse, raw(OK)))

    assert streams_to(server).exchange(4, post, b"hi", seconds=5) == [200] * 4
    assert len(server.seen) == 6


def test_what_is_refused_again_was_not_sent(serve, streams_to):
    server = serve(refuse)

    assert streams_to(server).exchange(1, post, b"hi", seconds=5) == [UNSENT]
    assert len(server.seen) == 2


def test_all_of_it_ends_in_its_time(serve, streams_to):
    server = serve(hang)
    start = time.monotonic()

    statuses = streams_to(server).exchange(300, post, b"hi", seconds=60, until=start + SHORT)

    assert time.monotonic() - start < 10
    assert statuses == [None] * MOST_AT_ONCE + [UNSENT] * 200


def test_a_post_that_can_not_be_written_leaves_nothing_open(serve, streams_to):
    server = serve()
    streams = streams_to(server)

    with pytest.raises(ZeroDivisionError):
        streams.exchange(2, lambda index: post(1 // index), b"hi", seconds=5)

    assert streams.exchange(2, post, b"hi", seconds=5) == [200, 200]


# --- what goes wrong with the connection ---


@pytest.mark.parametrize("most", [1, 100, 101, 299])
def test_a_connection_that_is_given_up_in_peace_loses_nothing(serve, streams_to, most):
    """As load balancers do: what it has read is answered, and all else was not even looked at."""
    server = serve(most_visits=most)

    assert streams_to(server).exchange(300, post, b"hi", seconds=10) == [200] * 300
    assert server.connections == math.ceil(300 / most)
    assert Counter(path for path, _ in server.seen) == {f"/{index}": 1 for index in range(300)}


def test_a_server_that_reads_nothing_is_not_asked_for_ever(serve, streams_to):
    server = serve(settings={SettingCodes.MAX_CONCURRENT_STREAMS: 0})

    assert streams_to(server).exchange(3, post, b"hi", seconds=5) == [UNSENT] * 3
    assert server.seen == []


@pytest.mark.parametrize("end", [close, reset])
def test_a_connection_that_ends_under_way_takes_what_it_may_have_read(serve, streams_to, end):
    server = serve(lambda visit: end(visit) if visit.path == "/150" else visit.send(OK))
    streams = streams_to(server)

    statuses = streams.exchange(1_000, post, b"hi", seconds=5)

    assert set(statuses) == {200, None}
    assert 1 <= statuses.count(None) <= MOST_AT_ONCE
    assert len({path for path, _ in server.seen}) == len(server.seen)  # none was posted twice
    assert server.connections == 2


@pytest.mark.parametrize("end", [b"", b"HTTP/1.1 400 Bad Request\r\n"], ids=["end", "rubbish"])
def test_an_answer_counts_whatever_comes_right_after_it(serve, streams_to, end):
    def answer_and_end(visit) -> None:
        def both() -> None:
            visit.line.answer(visit.stream, "410", b"")
            visit.line.transport.write(visit.line.connection.data_to_send() + end)
            visit.line.transport.close()

        visit.line.do(both)

    assert streams_to(serve(answer_and_end)).exchange(1, post, b"hi", seconds=5) == [410]


@pytest.mark.parametrize("end", ["abort", "close"])
def test_a_kept_connection_that_has_ended_meanwhile_is_replaced(serve, streams_to, end):
    server = serve()
    streams = streams_to(server)
    streams.exchange(3, post, b"hi", seconds=5)
    server.lines[0].do(getattr(server.lines[0].transport, end))
    while streams._line.is_alive(time.monotonic() + 1, ask=False):  # until the end has come
        select.select([streams._line._socket], [], [], 10)

    assert streams.exchange(3, post, b"hi", seconds=5) == [200] * 3
    assert server.connections == 2


def test_a_connection_that_died_without_a_word_takes_only_what_was_under_way(serve, streams_to):
    server = serve()
    streams = streams_to(server)
    streams.exchange(3, post, b"hi", seconds=5)
    server.lines[0].do(server.lines[0].transport.pause_reading)
    start = time.monotonic()

    statuses = streams.exchange(300, post, b"hi", seconds=SHORT)

    assert statuses == [None] * MOST_AT_ONCE + [200] * 200
    assert time.monotonic() - start < 10
    assert streams.exchange(3, post, b"hi", seconds=5) == [200] * 3
    assert server.connections == 2


def test_a_connection_that_died_at_the_end_is_not_used_again(serve, streams_to):
    server = serve()
    streams = streams_to(server)
    streams.exchange(3, post, b"hi", seconds=5)
    server.lines[0].do(server.lines[0].transport.pause_reading)

    assert streams.exchange(3, post, b"hi", seconds=SHORT) == [None] * 3
    assert streams.exchange(3, post, b"hi", seconds=5) == [200] * 3


def test_one_broken_connection_is_no_reason_to_speak_another_protocol(serve, streams_to):
    server = serve(one_of(close, raw(OK)))
    streams = streams_to(server)

    first = streams.exchange(150, post, b"hi", seconds=5)

    assert first.count(200) >= 50
    assert streams.exchange(3, post, b"hi", seconds=5) == [200] * 3
    assert server.connections == 2


def test_a_handshake_that_fails_is_tried_again(serve, streams_to, monkeypatch):
    server = serve()
    with socket.create_server(("127.0.0.1", 0)) as unfriendly:
        ports = [server.port, unfriendly.getsockname()[1]]

        def found(*_args, **_options):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", ports.pop()))]

        monkeypatch.setattr(socket, "getaddrinfo", found)

        def hang_up() -> None:
            unfriendly.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()

        assert streams_to(server).exchange(3, post, b"hi", seconds=5) == [200] * 3
        thread.join()


def test_an_address_of_a_family_that_is_not_here_is_passed_over(serve, streams_to, monkeypatch):
    server = serve()
    found = [
        (family, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        for family in (250, socket.AF_INET)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

    assert streams_to(server).exchange(2, post, b"hi", seconds=5) == [200, 200]


def test_what_a_kept_connection_may_have_read_is_not_posted_again(serve, streams_to):
    server = serve(one_of(*[raw(OK)] * 3, reset, raw(OK)))
    streams = streams_to(server)
    streams.exchange(3, post, b"hi", seconds=5)

    assert streams.exchange(1, post, b"hi", seconds=5) == [None]
    assert len(server.seen) == 4


@pytest.mark.parametrize("is_there", [True, False])
def test_a_connection_that_was_idle_is_asked_and_replaced_if_it_says_nothing(
    serve, streams_to, monkeypatch, is_there
):
    """The function was frozen, and the other side may be gone without a word."""
    server = serve()
    streams = streams_to(server)
    streams.exchange(3, post, b"hi", seconds=5)
    if not is_there:
        server.lines[0].do(server.lines[0].transport.pause_reading)
    later = time.time() + 5
    monkeypatch.setattr(time, "time", lambda: later)

    assert streams.exchange(3, post, b"hi", seconds=5) == [200] * 3
    assert server.connections == (1 if is_there else 2)


def test_a_connection_is_not_kept_for_longer_than_the_other_side_may(
    serve, streams_to, monkeypatch
):
    server = serve()
    streams = streams_to(server)
    streams.exchange(3, post, b"hi", seconds=5)
    later = time.time() + KEEP_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)

    assert streams.exchange(3, post, b"hi", seconds=5) == [200] * 3
    assert server.connections == 2


def test_a_server_that_is_not_there_was_sent_nothing():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    streams = Streams("localhost", port, trust())

    assert streams.exchange(2, post, b"hi", seconds=5) == [UNSENT, UNSENT]


def test_a_name_that_is_none_was_sent_nothing(monkeypatch):
    def fail(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    assert Streams("nowhere.example", 443, trust()).exchange(2, post, b"", seconds=5) == [0, 0]


def test_a_server_that_never_shakes_hands_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        streams = Streams("localhost", silent.getsockname()[1], trust())
        start = time.monotonic()

        assert streams.exchange(2, post, b"hi", seconds=SHORT) == [UNSENT, UNSENT]
        assert time.monotonic() - start < 10


def test_the_next_address_is_tried_if_one_does_not_answer(serve, streams_to, monkeypatch):
    server = serve()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
            for port in (silent.getsockname()[1], server.port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

        assert streams_to(server).exchange(2, post, b"hi", seconds=2 * SHORT) == [200, 200]


@pytest.mark.parametrize(
    ("host", "trusted"), [("localhost", None), ("127.0.0.1", CERTIFICATE)], ids=["issuer", "name"]
)
def test_a_server_that_can_not_be_verified_is_told_nothing(serve, streams_to, host, trusted):
    server = serve()
    tls = ssl.create_default_context(cafile=trusted and str(trusted))
    tls.set_alpn_protocols(["h2"])

    streams = streams_to(server, host=host, tls=tls)

    assert streams.exchange(2, post, b"hi", seconds=5) == [UNSENT, UNSENT]
    assert server.seen == []


# --- where HTTP/2 is not spoken ---


def test_a_server_of_http_1_is_posted_to_over_the_pool(caplog):
    caplog.set_level("INFO")
    with faulty_server(tls=True) as server:
        pool = Pool("localhost", server.port, tls=ssl.create_default_context(cafile=CERTIFICATE))
        streams = Streams("localhost", server.port, trust())
        endpoint = f"https://localhost:{server.port}/ws"
        api = ConnectionsApi(endpoint, "eu-central-1", Credentials("K", "S"), pool, streams)

        assert api.post(["a", "b"], b"hi") == (set(), [])
        first = server.connections
        assert api.post(["a", "b"], b"hi") == (set(), [])
        assert server.connections == first  # nobody asked it again
        assert caplog.text.count("posts go over HTTP/1.1: the handshake did not choose HTTP/2") == 1
        assert len(server.seen) == 4
        pool.close()


def rubbish(visit) -> None:
    visit.line.do(visit.line.transport.write, b"HTTP/1.1 400 X" * 9)


def want_http1(visit) -> None:
    visit.line.do(visit.line.connection.reset_stream, visit.stream, ErrorCodes.HTTP_1_1_REQUIRED)


@pytest.mark.parametrize("act", [rubbish, want_http1])
def test_a_server_that_does_not_keep_to_it_is_not_believed_again(serve, streams_to, act):
    streams = streams_to(serve(act))

    assert streams.exchange(1, post, b"hi", seconds=5) == [None]
    with pytest.raises(NotSpoken):
        streams.exchange(1, post, b"hi", seconds=5)


def break_it(visit) -> None:
    visit.line.do(visit.line.connection.reset_stream, visit.stream, ErrorCodes.PROTOCOL_ERROR)


@pytest.mark.parametrize("act", [close, reset, refuse, break_it])
def test_a_server_that_never_answers_is_believed_for_three_times_only(serve, streams_to, act):
    streams = streams_to(serve(act))

    for _ in range(3):
        assert set(streams.exchange(1, post, b"hi", seconds=5)) <= {None, UNSENT}
    with pytest.raises(NotSpoken):
        streams.exchange(1, post, b"hi", seconds=5)


def test_nothing_is_posted_twice_when_only_the_first_server_speaks_it(
    serve, streams_to, monkeypatch
):
    """A name may lead to several: what one has taken is not for the other to take again."""
    server = serve(most_visits=1)
    with faulty_server(tls=True) as other:
        ports = iter([server.port, other.port])

        def found(*_args, **_options):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", next(ports)))]

        monkeypatch.setattr(socket, "getaddrinfo", found)
        streams = streams_to(server)

        assert streams.exchange(3, post, b"hi", seconds=5) == [200, UNSENT, UNSENT]
        with pytest.raises(NotSpoken):
            streams.exchange(3, post, b"hi", seconds=5)


def test_a_server_that_begins_with_rubbish_does_not_speak_it():
    def talk(listener: socket.socket) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTIFICATE)
        tls.set_alpn_protocols(["h2"])
        with tls.wrap_socket(listener.accept()[0], server_side=True) as accepted:
            accepted.sendall(b"220 mail.example.com ESMTP\r\n")
            accepted.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener,))
        thread.start()
        with pytest.raises(NotSpoken):
            Streams("localhost", listener.getsockname()[1], trust()).exchange(
                1, post, b"hi", seconds=5
            )
        thread.join()


# --- another implementation of it ---


SERVER = textwrap.dedent("""
    import { createSecureServer } from "node:http2";
    import { readFileSync } from "node:fs";

    const pem = readFileSync(process.argv[1]);
    const server = createSecureServer({ key: pem, cert: pem });
    server.on("request", (request, response) => {
      let size = 0;
      request.on("data", (data) => { size += data.length; });
      request.on("end", () => {
        const [, status] = request.url.split("/");
        response.writeHead(Number(status), { "x-size": size, "x-host": request.authority });
        response.end(Number(status) % 2 ? "body" : undefined);
      });
    });
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));
""")


def test_nghttp2_understands_us_and_we_it():
    command = ["node", "--input-type=module", "--eval", SERVER, str(CERTIFICATE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        streams = Streams("localhost", int(process.stdout.readline()), trust())
        expected = [200 + index % 400 for index in range(2_000)]

        def write(index: int):
            return b"/%d" % expected[index], FIELDS, b"signature"

        try:
            for size in (1, 240, 32_768, 131_072):
                count = 2_000 if size < 1_000 else 50
                assert streams.exchange(count, write, bytes(size), seconds=20) == expected[:count]
        finally:
            streams.close()
            process.kill()
