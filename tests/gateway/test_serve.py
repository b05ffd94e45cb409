"""`localgateway serve` as a process: its lines, its ports, its signals, its reload."""

import http.client
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.full_pipe import full_pipe, read_until
from tests.listening import listening

HANDLERS = Path(__file__).parent / "handlers"
CODE = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'old'}\n"
PATIENCE_SECONDS = 60
NEVER_ISSUED = "/api/@connections/AAAAAAAAAAACAAA="


def api(folder, name="api.json", *, handler="plain.everything", root=HANDLERS, **changes):
    """Write an api.json."""
    path = folder / name
    path.write_text(
        json.dumps(
            {
                "name": path.stem,
                "stage": path.stem,
                "codeRoot": str(root),
                "integrations": {"app": {"handler": handler}},
                "routes": {"$default": {"integration": "app", "twoWay": True}},
            }
            | changes
        )
    )
    return path


class Process:
    """A gateway that runs, and the lines that it writes."""

    def __init__(self, process):
        self.process = process
        self.log = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.log.put(line.rstrip("\n"))

    def address(self):
        """Read the line that says where an API is."""
        line = self.process.stdout.readline()
        return line, re.search(r"ws://[^ \"]+", line)[0]

    def until(self, pattern):
        """Wait for a line in the log."""
        end, seen = time.monotonic() + PATIENCE_SECONDS, []
        while time.monotonic() < end:
            try:
                seen.append(self.log.get(timeout=0.5))
            except queue.Empty:
                continue
            if re.search(pattern, seen[-1]):
                return seen[-1]
        raise AssertionError(seen)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code


def command(*arguments):
    return [sys.executable, "-m", "localgateway", "serve", "--port", "0", *map(str, arguments)]


@contextmanager
def serving(*arguments):
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    running = Process(process)
    try:
        yield running
    finally:
        if process.poll() is None:
            running.stop()
        process.stdout.close()
        process.stderr.close()


def ask(socket, do="echo", **fields):
    socket.send(json.dumps({"do": do, **fields}))
    return json.loads(socket.recv(PATIENCE_SECONDS))


def test_one_line_says_where_it_is_and_what_it_allows_and_one_each_event(tmp_path):
    with serving(api(tmp_path), "--idle-timeout", "5s", "--concurrency", "2") as running:
        line, url = running.address()
        with connect(url) as socket:
            ask(socket, "sleep", seconds=0.05)
            running.until(r"\$default answered 200 in \d+\.\d ms  function=app  connection=\S+=")
            request = ask(socket, "speak", n=1)
            running.until(rf"\| printed 1  function=app  request={request}")
        running.until("disconnected .*code=1000")

        assert line.startswith(f"api is at {url}  (idle 5 s, life 7200 s, integration 29 s, 2 at")
        assert running.stop() == 0


def test_for_machines_every_line_is_json(tmp_path):
    with serving(api(tmp_path), "--json") as running:
        line, url = running.address()
        with connect(url) as socket:
            ask(socket)
        answered = json.loads(running.until("answered"))

    assert json.loads(line)["url"] == url
    assert json.loads(line)["messageBytes"] == 131072
    assert answered["route"] == "$default"
    assert answered["ms"] > 0


def test_apis_on_one_port_are_told_apart_by_stage(tmp_path):
    files = [
        api(tmp_path, f"{name}.json", handler="app.handler", root=HANDLERS / name)
        for name in ("one", "other")
    ]
    with serving(*files) as running:
        urls = [running.address()[1] for _ in files]
        answers = []
        for url in urls:
            with connect(url) as socket:
                socket.send("{}")
                answers.append(socket.recv(PATIENCE_SECONDS))
        statuses = [status(url.replace("ws:", "http:")) for url in (urls[0], f"{urls[0]}x")]
        posts = [status(f"{url.replace('ws:', 'http:')}/@connections/abc", b"") for url in urls]

    assert urls[0].rpartition("/")[0] == urls[1].rpartition("/")[0]
    assert answers == ["one", "other"]
    assert statuses == [426, 403]
    assert posts == [403, 403]


def status(url, data=None):
    with pytest.raises(HTTPError) as refused:
        urlopen(url, data, timeout=PATIENCE_SECONDS)  # noqa: S310 - our own address
    refused.value.close()
    return refused.value.code


@pytest.mark.variations
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_every_process_of_its_functions(tmp_path, number):
    with serving(api(tmp_path)) as running:
        _, url = running.address()
        with connect(url) as socket:
            pid = ask(socket)["pid"]
            socket.send(json.dumps({"do": "spin"}))
            assert running.stop(number) == 0
            with pytest.raises(ConnectionClosed):
                socket.recv(PATIENCE_SECONDS)

    assert not is_running(pid)


@pytest.mark.variations
@pytest.mark.parametrize("busy", [True, False])
def test_processes_end_also_when_the_gateway_is_killed(tmp_path, busy):
    with serving(api(tmp_path)) as running:
        _, url = running.address()
        with connect(url) as socket:
            pid = ask(socket)["pid"]
            if busy:
                socket.send(json.dumps({"do": "spin"}))
                running.process.stdout.flush()
                time.sleep(0.2)
            running.process.kill()
            running.process.wait(PATIENCE_SECONDS)
        end = time.monotonic() + PATIENCE_SECONDS
        while is_running(pid) and time.monotonic() < end:
            time.sleep(0.05)

    assert not is_running(pid)


def is_running(pid):
    """Tell whether a process runs; one that ended and that nobody asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self").exists()


def test_a_log_that_nothing_reads_stops_neither_the_gateway_nor_its_handlers(tmp_path):
    with (
        full_pipe() as (reading, writing, size),
        subprocess.Popen(
            command(api(tmp_path)), stdout=subprocess.PIPE, stderr=writing, text=True
        ) as process,
    ):
        try:
            url = re.search(r"ws://\S+", process.stdout.readline())[0]
            with connect(url) as socket:
                for _ in range(3):
                    assert ask(socket, "speak", n=1)

            os.read(reading, size)
            read_until(rb"\| printed 1 .*(?s:.)*disconnected", reading)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()


def test_idle_connections_are_closed_after_the_time_that_was_set(tmp_path):
    with serving(api(tmp_path), "--idle-timeout", "200ms") as running:
        _, url = running.address()
        with connect(url) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE_SECONDS)

    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "Going away")


def test_new_code_and_new_routes_are_used_and_broken_ones_are_named(tmp_path):
    code = tmp_path / "app.py"
    code.write_text(CODE)
    file = api(tmp_path, handler="app.handler", root=tmp_path)
    with serving(file, "--reload") as running:
        _, url = running.address()
        with connect(url) as socket:

            def answer():
                socket.send("{}")
                return socket.recv(PATIENCE_SECONDS)

            assert answer() == "old"

            code.write_text(CODE.replace("old", "brand new"))
            running.until("reloaded")
            assert answer() == "brand new"

            code.write_text("import nowhere_at_all\n")
            running.until(r"integrations\.app\.handler: the module 'app' can't be imported")
            assert json.loads(answer())["message"] == "Internal server error"

            code.write_text(CODE.replace("old", "mended"))
            running.until("reloaded")
            text = file.read_text()
            file.write_text("{")
            running.until("not reloaded: .*it is not JSON")
            assert answer() == "mended"

            file.write_text(text.replace("$default", "$other"))
            running.until("reloaded")
            assert json.loads(answer())["message"] == "Forbidden"


def test_events_are_recorded_and_faults_are_served(tmp_path):
    folder = tmp_path / "events"
    arguments = ("--record", folder, "--faults", "gone=1", "--credentials", "KEY:SECRET")
    with serving(api(tmp_path, handler="posts.handler"), *arguments) as running:
        _, url = running.address()
        with connect(url) as socket:
            assert ask(socket, "post") == {"gone": "GoneException"}

    (event,) = folder.iterdir()
    assert json.loads(event.read_text())["body"] == '{"do": "post"}'


# --- Who is let in ----------------------------------------------------------------------------


def test_handlers_sign_with_the_key_of_the_run_and_strangers_cannot(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with serving(api(tmp_path, handler="posts.handler")) as running:
        _, url = running.address()
        with connect(url) as socket:
            assert post_to_itself(socket) == "posted"

        found = [post(url, key) for key in (("any", "any"), ("LOCALGATEWAY", "no-secret"))]

    assert found == [(403, "UnrecognizedClientException")] * 2


@pytest.mark.variations
@pytest.mark.parametrize(
    "own",
    [{"AWS_ACCESS_KEY_ID": "MINE", "AWS_SECRET_ACCESS_KEY": "mine"}, {"AWS_PROFILE": "work"}],
    ids=["key", "profile"],
)
def test_handlers_that_sign_with_your_own_key_still_reach_the_gateway(tmp_path, monkeypatch, own):
    (tmp_path / "credentials").write_text(
        "[work]\naws_access_key_id = WORK\naws_secret_access_key = work\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    files = [
        api(tmp_path, "posts.json", handler="posts.handler"),
        api(
            tmp_path,
            "calls.json",
            handler="calls.handler",
            functions={"other": {"handler": "calls.other"}},
        ),
    ]
    with serving(*files) as running:
        posts, calls = (running.address()[1] for _ in files)
        with connect(posts) as socket:
            assert post_to_itself(socket) == "posted"
        with connect(calls) as socket:
            endpoint = calls.replace("ws:", "http:").rpartition("/")[0]
            assert ask(socket, payload=1, endpoint=endpoint)["status"] == 200


def test_any_key_is_taken_when_that_is_asked_for(tmp_path):
    with serving(api(tmp_path), "--any-key") as running:
        assert post(running.address()[1], ("any", "any")) == (410, "GoneException")


def test_a_page_cannot_call_handlers_not_even_with_a_signature(tmp_path):
    with serving(api(tmp_path), "--any-key") as running:
        _, url = running.address()
        found = [
            (post(url, ("any", "any"), path=path, headers=headers))
            for path in (
                "/api/@connections/AAAAAAAAAAACAAA=",
                "/2015-03-31/functions/app/invocations",
            )
            for headers in (
                {"Origin": "https://evil.example"},
                {"Origin": "http://localhost"},
                {"Sec-Fetch-Site": "same-origin"},
            )
        ]

    assert found == [(403, "ForbiddenException")] * 6


def test_a_rebound_page_and_a_foreign_page_are_refused_unless_they_were_allowed(tmp_path):
    own = {"Host": "dev.example"}, {"Origin": "https://dev.example"}
    foreign = {"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}
    with serving(api(tmp_path), "--allow-host", "dev.example", "--any-key") as running:
        _, url = running.address()
        allowed = [handshake(url, headers) for headers in ({}, *own)]
        refused = [handshake(url, headers) for headers in foreign]
        rebound = post(url, ("any", "any"), headers={"Host": "evil.example"})
        page = get(url, {"Host": "evil.example"})
        running.until("refused: Host 'evil.example' is not let in: .* with --allow-host")

    assert allowed == [101] * 3
    assert refused == [403] * 3
    assert rebound[0] == page == 403


def test_only_this_machine_reaches_it_and_every_process_of_it(tmp_path):
    with serving(api(tmp_path)) as running:
        running.address()
        found = listening(running.process.pid)

    assert {place.is_loopback for place, _ in found} == {True}


def test_who_listens_everywhere_hears_how_others_are_let_in(tmp_path):
    with serving(api(tmp_path), "--host", "0.0.0.0") as running:  # noqa: S104 - what is tested
        running.until("only this machine is let in: .*--allow-host")


def post_to_itself(socket):
    """Have the handler post; give what came."""
    socket.send(json.dumps({"do": "post"}))
    return socket.recv(PATIENCE_SECONDS)


def post(url, key, *, path=NEVER_ISSUED, headers=None):
    """Post a signed body; give the status and the name of the error."""
    place = urlsplit(url).netloc
    service = "lambda" if "functions" in path else "execute-api"
    request = AWSRequest("POST", f"http://{place}{path}", headers or {}, b"{}")
    SigV4Auth(Credentials(*key), service, "eu-west-1").add_auth(request)
    return requested(place, "POST", path, dict(request.headers), b"{}")


def get(url, headers):
    parts = urlsplit(url)
    return requested(parts.netloc, "GET", parts.path, headers, b"")[0]


def handshake(url, headers):
    """Ask for a WebSocket; give the status."""
    parts = urlsplit(url)
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key["Sec-WebSocket-Key"] = "c2l4dGVlbiBieXRlcyBvaw=="
    return requested(parts.netloc, "GET", parts.path, key | headers, b"")[0]


def requested(place, method, path, headers, body):
    connection = http.client.HTTPConnection(place, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("x-amzn-ErrorType")
    finally:
        connection.close()
