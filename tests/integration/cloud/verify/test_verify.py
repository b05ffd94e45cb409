"""`fireside verify` passes a good chat and fails a broken one; its report has no secrets."""

import contextlib
import io
import json
import re
import sys
import threading
from pathlib import Path

import pytest
from websockets.sync.server import serve

from fireside.cli import verify as command_module
from fireside.cli.main import main
from fireside.cloud.verify import checks, client, verify
from fireside.cloud.verify.client import BudgetExceeded, CheckFailed, MessageBudget, Target
from fireside.cloud.verify.report import markdown
from fireside.console.exits import CannotStart, ExitCode
from tests.e2e.support.server_process import REHEARSED, in_both_modes, serving

pytestmark = pytest.mark.timeout(120)

BROKEN = str(Path(__file__).parents[3] / "e2e/support/broken_server.py")
INVITES = ("--invites", "required")


def invite_of(data):
    return (data / "invite").read_text("utf-8").strip()


@pytest.fixture(autouse=True)
def _time_to_answer(monkeypatch):
    """Let a good chat take long to answer: the machine may be a busy one."""
    monkeypatch.setattr(client, "ANSWER_SECONDS", 60.0)
    monkeypatch.setattr(client, "_HANDSHAKE_SECONDS", 60.0)
    monkeypatch.setattr(checks, "_TIMEOUT_SECONDS", 60)


def verdicts(report):
    return {result.name: result.verdict for result in report.results}


def verified(running, invite, *checks):
    checks = checks or (*verify.READ_ONLY_CHECKS, *verify.MESSAGE_CHECKS)
    target = Target(running.socket_url, invite, verify.message_budget())
    return verify.verify(target, lambda _result: None, checks=checks)


@in_both_modes
def test_a_good_chat_passes(tmp_path, mode):
    if mode == REHEARSED:  # a rehearsal needs no invite
        with serving(tmp_path, *mode) as running:
            report = verified(running, None)
    else:
        with serving(tmp_path, *mode, *INVITES) as running:
            report = verified(running, invite_of(tmp_path))

    expected = {"ok", "skip"} if mode == REHEARSED else {"ok"}
    assert set(verdicts(report).values()) == expected, report.results
    assert report.is_good
    assert report.seconds < verify.MAX_SECONDS
    assert 100 < report.messages < 300
    assert report.dollars < verify.MAX_DOLLARS


MISSED = "the push of a message did not arrive"


@pytest.mark.parametrize(
    ("way", "check", "found"),
    [
        ("no-dedupe", "a_repeated_nonce_is_one_message", "it was kept twice"),
        ("no-dedupe", "concurrent_sends_of_a_nonce_are_one_message", "it was kept twice"),
        ("no-push", "a_message_reaches_every_connection", MISSED),
        ("no-push", "two_senders_see_one_order", MISSED),
        ("push-twice", "a_message_reaches_every_connection", "a message was pushed twice"),
        ("tell-nonces", "a_message_reaches_every_connection", "client got the nonce"),
        ("forget-cursors", "a_reconnect_misses_nothing", "not return exactly what was missed"),
        ("skip-seqs", "history_can_be_read_in_pages", "reading forwards returns other messages"),
        ("skip-seqs", "two_senders_see_one_order", "another order than the acks"),
        ("garble-names", "names_arrive_as_they_were_sent", "Zoë verify-2 arrived as ZoÃ«"),
        ("garble-names", "a_message_reaches_every_connection", "another name than its author's"),
        ("spaces-are-signs", "names_arrive_as_they_were_sent", "Or was the name not decoded"),
        ("open-door", "a_handshake_without_an_invite_is_refused", "HTTP 101 without an invite"),
        ("trust-every-page", "other_origins_are_refused", "HTTP 101 to https://elsewhere.example"),
    ],
)
def test_a_broken_chat_fails(tmp_path, monkeypatch, way, check, found):
    if found == MISSED:
        wait_briefly_for_pushes(monkeypatch)
    chosen = next(
        one for one in (*verify.READ_ONLY_CHECKS, *verify.MESSAGE_CHECKS) if one.__name__ == check
    )

    with serving(tmp_path, *INVITES, program=(BROKEN, way)) as running:
        report = verified(running, invite_of(tmp_path), chosen)

    assert verdicts(report) == {check.replace("_", " "): "fail"}, report.results
    assert found in report.results[0].found
    assert not report.is_good


def wait_briefly_for_pushes(monkeypatch):
    """Wait a second for a push that never comes; answers still have their minute."""
    wait_for_push = client.Client.wait_for_push

    def wait_briefly(*arguments):
        monkeypatch.setattr(client, "ANSWER_SECONDS", 1.0)
        return wait_for_push(*arguments)

    monkeypatch.setattr(client.Client, "wait_for_push", wait_briefly)


def test_a_chat_that_does_not_answer_is_a_failure_without_a_traceback():
    target = Target("ws://127.0.0.1:9/ws", None, verify.message_budget())

    report = verify.verify(target, lambda _result: None, checks=verify.MESSAGE_CHECKS[:1])

    assert report.results[0].verdict == "fail"
    assert "no connection to the socket" in report.results[0].found


def test_a_wrong_invite_is_explained_with_a_remedy(tmp_path):
    with serving(tmp_path, *INVITES) as running:
        report = verified(running, "A" * 22, verify.MESSAGE_CHECKS[0])

    assert "is the invite right?" in report.results[0].found


def test_a_handshake_without_an_authorizer_is_explained_differently_than_a_refused_one():
    assert "called no function" in client._hint(401)
    assert "origin_header_as_identity_source = false" in client._hint(401)
    assert "invite" not in client._hint(401)
    assert "invite" in client._hint(403)
    assert "decoded" not in client._hint(403, "Ann-1")
    assert "decoded" in client._hint(403, "Ada K")
    assert "decoded" in client._hint(403, "Zoë")
    assert "fireside logs" in client._hint(403)


def test_it_stops_before_it_costs_too_much(tmp_path):
    with serving(tmp_path, *INVITES) as running:
        target = Target(running.socket_url, invite_of(tmp_path), MessageBudget(30))
        report = verify.verify(target, lambda _result: None)

    assert report.messages <= 30
    assert "skip" in set(verdicts(report).values())
    assert "fail" not in set(verdicts(report).values())


def test_the_message_budget_is_below_five_cents():
    limit = verify.message_budget().max_messages

    assert 1_000 < limit < 50_000
    assert verify.dollars(limit, 30) <= verify.MAX_DOLLARS + 0.001


def test_no_check_starts_that_could_end_after_ten_minutes():
    moments = iter([0.0, 1.0, 1.0, 2.0, 541.0, 541.0, 541.0, 541.0])

    report = verify.verify(
        Target("ws://nobody.invalid/ws"),
        lambda _result: None,
        checks=[lambda _target: "seen"] * 2,
        clock=lambda: next(moments),
    )

    assert [result.verdict for result in report.results] == ["ok", "skip"]


@pytest.mark.parametrize(("size", "messages"), [(0, 1), (32_768, 1), (32_769, 2), (131_072, 4)])
def test_frames_are_counted_as_they_are_billed(size, messages):
    budget = MessageBudget(10)

    budget.count(size)

    assert budget.messages == messages


def test_the_budget_stops_before_the_frame_that_exceeds_it():
    budget = MessageBudget(2, messages=2)

    with pytest.raises(BudgetExceeded):
        budget.count(1)

    assert budget.messages == 2


SECRET = "b" * 22


@pytest.mark.parametrize(
    ("url", "invite", "found"),
    [
        ("wss://a.example/ws", None, ("wss://a.example/ws", None)),
        ("wss://a.example/ws", SECRET, ("wss://a.example/ws", SECRET)),
        (f"https://a.example/#invite={SECRET}", None, ("wss://a.example/ws", SECRET)),
        (f"https://a.example/#invite={SECRET}.", None, ("wss://a.example/ws", SECRET)),
        ("https://a.example/#composer", None, ("wss://a.example/ws", None)),
        (f"https://a.example/chat/#invite={SECRET}", None, ("wss://a.example/chat/ws", SECRET)),
        ("http://127.0.0.1:8080", None, ("ws://127.0.0.1:8080/ws", None)),
        (
            "wss://a.example/prod",
            f"https://a.example/#invite={SECRET}",
            ("wss://a.example/prod", SECRET),
        ),
    ],
)
def test_an_address_or_a_link_will_do(url, invite, found):
    assert verify.address(url, invite) == found


@pytest.mark.parametrize(
    ("url", "invite"),
    [
        ("a.example", None),
        ("ftp://a.example", None),
        ("wss://a.example/ws", "short"),
        ("https://a.example/#invite=short", None),
    ],
)
def test_what_is_neither_is_refused_without_repeating_the_invite(url, invite):
    with pytest.raises(CannotStart) as caught:
        verify.address(url, invite)

    assert caught.value.exit_code == ExitCode.USAGE
    assert "short" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("wss://d1.cloudfront.net/ws", "CloudFront"),
        ("wss://abc.execute-api.eu-central-1.amazonaws.com/ws", "API Gateway eu-central-1"),
        ("wss://chat.example.org/ws", "a custom domain"),
        ("ws://127.0.0.1:8080/ws", "this machine"),
    ],
)
def test_the_report_has_the_service_but_not_the_address(url, service):
    assert verify.service(url) == service


@pytest.mark.parametrize("from_stdin", [True, False])
def test_the_invite_need_not_stand_on_the_command_line(monkeypatch, capsys, from_stdin):
    asked = []
    monkeypatch.setattr(command_module, "run", lambda *given: asked.append(given[1]) or 0)
    if from_stdin:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"https://a.example/#invite={SECRET}\n"))
    else:
        monkeypatch.setenv("FIRESIDE_INVITE_LINK", f"https://a.example/#invite={SECRET}")
    more = ["--invite", "-"] if from_stdin else []
    assert main(["verify", "--url", "https://a.example", *more]) == 0

    assert asked[0].invite == f"https://a.example/#invite={SECRET}"
    assert capsys.readouterr().err == ""


OTHER = "B" * len(SECRET)


@pytest.mark.parametrize(("words", "sent"), [((), SECRET), (("--invite", OTHER), OTHER)])
def test_a_link_counts_before_the_variable_and_the_option_before_both(monkeypatch, words, sent):
    """The variable may be of another chat, whose invite is not for this one."""
    reached = []
    monkeypatch.setenv("FIRESIDE_INVITE_LINK", f"https://a.example/#invite={'C' * len(SECRET)}")
    monkeypatch.setattr(verify, "verify", lambda target, *_, **__: reached.append(target) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["verify", "--yes", "--url", f"https://b.example/#invite={SECRET}", *words])

    assert (reached[0].url, reached[0].invite) == ("wss://b.example/ws", sent)


@pytest.mark.parametrize(
    "words",
    [
        ("--url", "https://a.example", "--invite", SECRET),
        ("--url", f"https://a.example/#invite={SECRET}"),
    ],
)
def test_one_that_does_is_taken_with_a_warning(monkeypatch, capsys, words):
    monkeypatch.setattr(command_module, "run", lambda *_: 0)

    assert main(["verify", *words]) == 0

    warning = capsys.readouterr().err
    assert "on the command line, where other users of this machine see it" in warning
    assert "--invite -" in warning
    assert SECRET not in warning


def test_the_report_is_written_twice_and_has_no_secret(tmp_path, capsys):
    data, out = tmp_path / "data", tmp_path / "out"
    with serving(data, *INVITES) as running:
        secret = invite_of(data)
        words = ["verify", "--url", f"{running.address}/#invite={secret}", "--yes"]
        code = main([*words, "--out", str(out)])

    assert code == 0
    markdown_file, json_file = capsys.readouterr().out.split()
    assert re.fullmatch(r"verify-\d{4}-\d\d-\d\d-\d{6}\.md", Path(markdown_file).name)
    facts = json.loads(Path(json_file).read_text("utf-8"))
    assert facts["good"] is True
    assert len(facts["results"]) == len(verify.READ_ONLY_CHECKS) + len(verify.MESSAGE_CHECKS)
    for file in (markdown_file, json_file):
        text = Path(file).read_text("utf-8")
        assert secret not in text
        assert str(running.port) not in text.replace(facts["date"], "")
        assert "please ignore" not in text


def test_it_sends_as_many_messages_as_it_announces(tmp_path):
    with serving(tmp_path) as running:
        verified(running, None, *verify.MESSAGE_CHECKS)
        with Target(running.socket_url).connect("Ann") as ann:
            head = ann.hello()["rooms"][0]["head"]

    assert head == verify.MESSAGES_SENT


def test_the_read_only_checks_send_no_message(tmp_path):
    with serving(tmp_path) as running:
        report = verified(running, None, *verify.READ_ONLY_CHECKS)
        with Target(running.socket_url).connect("Ann") as ann:
            head = ann.hello()["rooms"][0]["head"]

    assert head == 0
    assert verdicts(report)["a handshake without an invite is refused"] == "skip"


def test_no_message_is_sent_without_a_confirmation(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    assert main(["verify", "--url", "ws://127.0.0.1:9/ws"]) == ExitCode.USAGE
    assert "--read-only" in capsys.readouterr().err


# --- What nobody knows of AWS yet ---------------------------------------------------------------


def observed(check, url):
    [result] = verify.verify(Target(url, SECRET), lambda _result: None, checks=[check]).results
    return result.verdict, result.found


@contextlib.contextmanager
def answering(status):
    """Answer everything with a status, as something before the chat may."""
    server = serve(
        lambda _socket: None,
        "127.0.0.1",
        0,
        process_request=lambda connection, _request: connection.respond(status, "no"),
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(426, "ok"), (400, "seen"), (403, "seen"), (200, "fail"), (500, "fail"), (502, "fail")],
)
def test_what_a_plain_get_is_answered_is_seen(status, verdict):
    with answering(status) as url:
        found = observed(checks.a_plain_get_is_told_to_upgrade, url)

    assert found[0] == verdict
    assert f"HTTP {status}" in found[1]


@pytest.mark.parametrize(
    ("status", "verdict"), [(400, "ok"), (401, "ok"), (403, "ok"), (502, "fail")]
)
def test_a_line_break_in_a_name_may_be_refused_before_the_authorizer(status, verdict):
    with answering(status) as url:
        found = observed(checks.a_handshake_with_an_invalid_name_is_refused, url)

    assert found[0] == verdict


def test_only_the_authorizer_refuses_who_has_no_invite():
    with answering(400) as url:
        assert observed(checks.a_handshake_without_an_invite_is_refused, url)[0] == "fail"


@pytest.mark.parametrize("code", [1002, 1003, None])
def test_how_invalid_utf8_ends_is_seen(tmp_path, monkeypatch, code):
    def close_code(_client):
        if code is None:
            raise CheckFailed("the connection stayed open")
        return code

    monkeypatch.setattr(client.Client, "close_code", close_code)
    with serving(tmp_path) as running:
        report = verified(running, None, checks.invalid_utf8_closes_the_connection)

    assert report.results[0].verdict == "seen"
    assert report.is_good
    assert "1007" in report.results[0].found
    assert "1 seen" in markdown(report)


@pytest.mark.parametrize("answer", ['{"message": "Internal server error"}', None])
def test_what_becomes_of_deep_nesting_is_seen(answer):
    def handle(socket):
        for text in socket:
            asked = json.loads(text) if len(text) < 1_000 else None
            if asked is not None:
                socket.send(json.dumps({"type": "pong", "id": asked["id"]}))
            elif answer is not None:
                socket.send(answer)
            else:
                socket.close(1011)

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
        found = observed(checks.a_deeply_nested_frame_harms_no_other_connection, url)
        server.shutdown()
        thread.join()

    assert found[0] == "seen"


# --- A server that accepts everything -----------------------------------------------------------


def answer_nonsense(socket):
    """Accept every frame, and answer with an unknown error."""
    for text in socket:
        try:
            asked = json.loads(text)
            request = asked.get("id") if isinstance(asked, dict) else None
        except ValueError:
            request = None
        answer = {"type": "error", "code": "fine"}
        socket.send(json.dumps(answer | ({"id": request} if request else {})))


def echo_invite(_socket, offered):
    """Choose the invite as the subprotocol."""
    return offered[-1] if offered else None


def serve_page(connection, request):
    """Answer plain requests with a page."""
    if "Upgrade" not in request.headers:
        return connection.respond(200, "a page")
    return None


@pytest.fixture
def accepting_server():
    server = serve(
        answer_nonsense,
        "127.0.0.1",
        0,
        select_subprotocol=echo_invite,
        process_request=serve_page,
        compression="deflate",
        max_size=None,
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
    server.shutdown()
    thread.join()


SEEN = {"compression_is_not_negotiated"}
"""What AWS does there is documented nowhere, so it is no failure."""

NO_HELLO = "hello was answered with"
STAYED_OPEN = "the connection stayed open"
FOUND = {
    "a_plain_get_is_told_to_upgrade": "HTTP 200, not 426",
    "a_handshake_without_an_invite_is_refused": "HTTP 101 without an invite",
    "a_handshake_without_a_name_is_refused": "HTTP 101 without a name",
    "a_handshake_with_an_invalid_name_is_refused": "HTTP 101 with a line break",
    "other_origins_are_refused": "HTTP 101 to https://elsewhere.example",
    "the_subprotocol_is_agreed_and_the_invite_is_not_echoed": "another subprotocol was agreed",
    "compression_is_not_negotiated": "was negotiated",
    "a_deeply_nested_frame_harms_no_other_connection": "ping was answered with",
    "invalid_frames_get_errors_and_the_connection_stays_open": "not JSON was answered with",
    "a_frame_of_32_kb_is_accepted": "32,768 bytes were answered with",
    "a_frame_above_32_kb_closes_the_connection": STAYED_OPEN,
    "a_message_above_128_kb_closes_the_connection": STAYED_OPEN,
    "a_binary_frame_closes_the_connection": STAYED_OPEN,
    "invalid_utf8_closes_the_connection": "ping was answered with",  # the library closes by itself
}
"""What each check finds on such a server: those that are not here, that it knows no `hello`."""


@pytest.mark.parametrize(
    "check", [*verify.READ_ONLY_CHECKS, *verify.MESSAGE_CHECKS], ids=lambda check: check.__name__
)
def test_every_check_can_fail(accepting_server, monkeypatch, check):
    found = FOUND.get(check.__name__, NO_HELLO)
    if found == STAYED_OPEN:  # only time can tell
        monkeypatch.setattr(client, "ANSWER_SECONDS", 0.5)
    target = Target(accepting_server, SECRET, verify.message_budget())

    report = verify.verify(target, lambda _result: None, checks=[check])

    verdict = "seen" if check.__name__ in SEEN else "fail"
    assert [result.verdict for result in report.results] == [verdict], report.results
    assert found in report.results[0].found
    assert SECRET not in markdown(report)
