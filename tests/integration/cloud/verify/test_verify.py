"""`fireside verify` finds a good chat good and a broken one broken; its report tells nothing."""

import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.sync.server import serve

from fireside.cli.main import main
from fireside.cloud.verify import client, verify
from fireside.cloud.verify.client import Enough, Meter, Target
from fireside.console.exits import CannotStart, ExitCode
from tests.e2e.support.server_process import REHEARSED, in_both_modes, serving

pytestmark = pytest.mark.timeout(120)

BROKEN = str(Path(__file__).parents[3] / "e2e/support/broken_server.py")
INVITES = ("--invites", "required")


def invite_of(data):
    return (data / "invite").read_text("utf-8").strip()


def verdicts(report):
    return {result.name: result.verdict for result in report.results}


def tried(running, invite, *trials):
    chosen = trials or (*verify.QUIET, *verify.TALKING)
    target = Target(running.socket_url, invite, verify.meter())
    return verify.verify(target, lambda _result: None, chosen=chosen)


@in_both_modes
def test_a_good_chat_is_good(tmp_path, mode):
    if mode == REHEARSED:  # nobody is asked for an invite there
        with serving(tmp_path, *mode) as running:
            report = tried(running, None)
    else:
        with serving(tmp_path, *mode, *INVITES) as running:
            report = tried(running, invite_of(tmp_path))

    expected = {"ok", "skip"} if mode == REHEARSED else {"ok"}
    assert set(verdicts(report).values()) == expected, report.results
    assert report.is_good
    assert report.seconds < verify.MOST_SECONDS
    assert 100 < report.messages < 300
    assert report.dollars < verify.MOST_DOLLARS


@pytest.mark.parametrize(
    ("way", "trial"),
    [
        ("no-dedupe", "a_repeated_nonce_is_one_message"),
        ("no-dedupe", "the_same_nonce_at_once_is_one_message"),
        ("no-push", "a_message_reaches_everybody"),
        ("no-push", "two_senders_get_one_order"),
        ("push-twice", "a_message_reaches_everybody"),
        ("tell-nonces", "a_message_reaches_everybody"),
        ("forget-cursors", "who_comes_back_misses_nothing"),
        ("skip-seqs", "history_can_be_read_page_by_page"),
        ("skip-seqs", "two_senders_get_one_order"),
        ("open-door", "nobody_enters_without_an_invite"),
        ("trust-every-page", "pages_from_elsewhere_are_refused"),
    ],
)
def test_a_broken_chat_is_found_broken(tmp_path, monkeypatch, way, trial):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 1.5)
    chosen = next(one for one in (*verify.QUIET, *verify.TALKING) if one.__name__ == trial)

    with serving(tmp_path, *INVITES, program=(BROKEN, way)) as running:
        report = tried(running, invite_of(tmp_path), chosen)

    assert verdicts(report) == {trial.replace("_", " "): "fail"}, report.results
    assert not report.is_good


def test_nobody_there_is_a_failure_and_no_trace():
    target = Target("ws://127.0.0.1:9/ws", None, verify.meter())

    report = verify.verify(target, lambda _result: None, chosen=verify.TALKING[:1])

    assert report.results[0].verdict == "fail"
    assert "no connection to the socket" in report.results[0].found


def test_a_wrong_invite_is_told_with_what_to_do(tmp_path):
    with serving(tmp_path, *INVITES) as running:
        report = tried(running, "A" * 22, verify.TALKING[0])

    assert "is the invite right?" in report.results[0].found


def test_a_door_that_asked_nobody_is_another_matter_than_one_that_is_shut():
    assert "asked no function" in client._hint(401)
    assert "invite" not in client._hint(401)
    assert "invite" in client._hint(403)


def test_it_stops_before_it_costs_too_much(tmp_path):
    with serving(tmp_path, *INVITES) as running:
        target = Target(running.socket_url, invite_of(tmp_path), Meter(30))
        report = verify.verify(target, lambda _result: None)

    assert report.messages <= 30
    assert "skip" in set(verdicts(report).values())
    assert "fail" not in set(verdicts(report).values())


def test_five_cents_bound_what_may_be_sent():
    most = verify.meter().most

    assert 1_000 < most < 50_000
    assert verify.dollars(most, 30) <= verify.MOST_DOLLARS + 0.001


def test_no_trial_begins_that_could_end_after_ten_minutes():
    moments = iter([0.0, 1.0, 1.0, 2.0, 541.0, 541.0, 541.0, 541.0])

    report = verify.verify(
        Target("ws://nobody.invalid/ws"),
        lambda _result: None,
        chosen=[lambda _target: "seen"] * 2,
        clock=lambda: next(moments),
    )

    assert [result.verdict for result in report.results] == ["ok", "skip"]


@pytest.mark.parametrize(("size", "messages"), [(0, 1), (32_768, 1), (32_769, 2), (131_072, 4)])
def test_frames_are_counted_as_they_are_billed(size, messages):
    meter = Meter(10)

    meter.count(size)

    assert meter.messages == messages


def test_the_meter_stops_before_the_frame_that_is_too_much():
    meter = Meter(2, messages=2)

    with pytest.raises(Enough):
        meter.count(1)

    assert meter.messages == 2


SECRET = "b" * 22


@pytest.mark.parametrize(
    ("url", "invite", "found"),
    [
        ("wss://a.example/ws", None, ("wss://a.example/ws", None)),
        ("wss://a.example/ws", SECRET, ("wss://a.example/ws", SECRET)),
        (f"https://a.example/#invite={SECRET}", None, ("wss://a.example/ws", SECRET)),
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
    [("a.example", None), ("ftp://a.example", None), ("wss://a.example/ws", "short")],
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
        ("wss://chat.example.org/ws", "a domain of its own"),
        ("ws://127.0.0.1:8080/ws", "this machine"),
    ],
)
def test_the_report_says_whose_address_it_is_not_which(url, service):
    assert verify.service(url) == service


def test_the_report_is_written_twice_and_tells_no_secret(tmp_path, capsys):
    data, out = tmp_path / "data", tmp_path / "out"
    with serving(data, *INVITES) as running:
        secret = invite_of(data)
        words = ["verify", "--url", f"{running.address}/#invite={secret}", "--yes"]
        code = main([*words, "--out", str(out)])

    assert code == 0
    readable, whole = capsys.readouterr().out.split()
    assert re.fullmatch(r"verify-\d{4}-\d\d-\d\d-\d{6}\.md", Path(readable).name)
    facts = json.loads(Path(whole).read_text("utf-8"))
    assert facts["good"] is True
    assert len(facts["results"]) == len(verify.QUIET) + len(verify.TALKING)
    for file in (readable, whole):
        text = Path(file).read_text("utf-8")
        assert secret not in text
        assert str(running.port) not in text.replace(facts["date"], "")
        assert "please ignore" not in text


def test_what_it_says_in_the_room_is_as_much_as_it_says_before(tmp_path):
    with serving(tmp_path) as running:
        tried(running, None, *verify.TALKING)
        with Target(running.socket_url).enter("Ann") as ann:
            head = ann.hello()["rooms"][0]["head"]

    assert head == verify.SAID


def test_the_quiet_trials_say_nothing(tmp_path):
    with serving(tmp_path) as running:
        report = tried(running, None, *verify.QUIET)
        with Target(running.socket_url).enter("Ann") as ann:
            head = ann.hello()["rooms"][0]["head"]

    assert head == 0
    assert verdicts(report)["nobody enters without an invite"] == "skip"


def test_nothing_is_said_unless_somebody_agrees(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    assert main(["verify", "--url", "ws://127.0.0.1:9/ws"]) == ExitCode.USAGE
    assert "--read-only" in capsys.readouterr().err


def test_a_report_that_fails_says_so_first():
    report = verify.Report("d", "v", "p", "s", 1, 1, 0.1, [verify.Result("a|b", "fail", "x\ny", 1)])

    assert verify.markdown(report).startswith("# A chat verified: NOT good\n")
    assert "| a\\|b | fail | x y | 1.0 |" in verify.markdown(report)
    assert verify.markdown(replace(report, results=[])).startswith("# A chat verified: good\n")


# --- A server that says yes to everything --------------------------------------------------------


def agreeable(socket):
    """Take every frame, and answer what makes no sense."""
    for text in socket:
        try:
            asked = json.loads(text)
            request = asked.get("id") if isinstance(asked, dict) else None
        except ValueError:
            request = None
        answer = {"type": "error", "code": "fine"}
        socket.send(json.dumps(answer | ({"id": request} if request else {})))


def last_offered(_socket, offered):
    """Agree on the invite itself."""
    return offered[-1] if offered else None


def page_for_all(connection, request):
    """Answer plain requests with a page."""
    if "Upgrade" not in request.headers:
        return connection.respond(200, "a page")
    return None


@pytest.fixture
def yes_to_all():
    server = serve(
        agreeable,
        "127.0.0.1",
        0,
        select_subprotocol=last_offered,
        process_request=page_for_all,
        compression="deflate",
        max_size=None,
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize(
    "trial", [*verify.QUIET, *verify.TALKING], ids=lambda trial: trial.__name__
)
def test_every_trial_can_fail(yes_to_all, monkeypatch, trial):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.5)
    target = Target(yes_to_all, SECRET, verify.meter())

    report = verify.verify(target, lambda _result: None, chosen=[trial])

    assert [result.verdict for result in report.results] == ["fail"], report.results
    assert SECRET not in verify.markdown(report)
