"""No secret, no hash of one and no text is left in a log, a tape, an error or a public file."""

import contextlib
import hashlib
import json
import re
import secrets
import subprocess
import sys
import threading
from pathlib import Path
from urllib.request import urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fireside.adapters.secret_file import SecretFile
from fireside.domain.device_secrets import device_id, recovery_hash
from fireside.domain.invite import hash_of
from fireside.server.data_folder import invite_file, owner_file

SECONDS = 60
PROGRAM = Path(__file__).with_name("watched_serve.py")
TEXT = "a-text-that-stands-nowhere-else"


class Session:
    """Everything that was shown or made while people were here, and the errors that they got."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.secrets: set[str] = set()
        self.errors: list[str] = []
        self.invite = self.known(_read(invite_file(folder)))
        self.owner = self.known(_read(owner_file(folder)))

    def known(self, secret: str) -> str:
        self.secrets.add(secret)
        return secret

    def device(self) -> str:
        return self.known(secrets.token_urlsafe(32))

    @contextlib.contextmanager
    def here(self, name, *shown, query=""):
        protocols = ["fireside.v1", *shown]
        url = f"ws://127.0.0.1:{self.port}/ws?username={name}{query}"
        with connect(url, subprotocols=protocols) as socket:
            yield socket

    def ask(self, socket, action, **fields):
        """Return the answer to a command, past what was pushed."""
        socket.send(json.dumps({"action": action, "id": action, **fields}))
        while True:
            text = socket.recv(SECONDS)
            frame = json.loads(text)
            if frame.get("id") == action:
                if frame["type"] == "error":
                    self.errors.append(text)
                return frame

    def refused(self, name, *shown, query=""):
        with pytest.raises(InvalidStatus) as caught, self.here(name, *shown, query=query):
            pass
        response = caught.value.response
        self.errors.append(f"{response.headers}{response.body!r}")


def _read(file: SecretFile) -> str:
    return file.secret()


@contextlib.contextmanager
def serving(folder, tape, log, *mode):
    arguments = ["serve", "--port", "0", "--data", str(folder), "--invites", "required", *mode]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, PROGRAM, tape, *arguments],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        killer = threading.Timer(SECONDS, process.kill)
        killer.start()
        lines = [process.stdout.readline() for _ in range(3)]
        try:
            yield int(re.search(r"http://\S+:(\d+)", lines[0])[1]), lines
        finally:
            process.terminate()
            process.wait(SECONDS)
            killer.cancel()
            process.stdout.close()


def visit(session):
    """Come with every kind of secret, good and bad; return nothing."""
    invite, first = f"invite.{session.invite}", f"device.{session.device()}"
    with session.here("Ada", invite, first) as ada:
        claimed = session.ask(ada, "claim", name="Ada")
        assert claimed["type"] == "claimed"
        code = session.known(claimed["recovery"])
        session.known(re.sub(r"\s", "", code))
        assert session.ask(ada, "sendMessage", message=TEXT, nonce="n")["type"] == "ack"
        assert session.ask(ada, "own", secret=session.device())["type"] == "error"
        assert session.ask(ada, "own", secret=session.owner)["type"] == "you"
        link = session.known(session.ask(ada, "deviceLink")["secret"])
        bad = session.known(f"{secrets.token_urlsafe(16)}.YWRh")
        second = f"device.{session.device()}"
        with session.here("Ada", second, f"link.{link}") as phone:
            assert session.ask(phone, "link", secret=bad)["type"] == "error"
            assert session.ask(phone, "link", secret=link)["type"] == "linked"
        third, shown = f"device.{session.device()}", "recover." + re.sub(r"\s", "", code)
        with session.here("Ada", third, shown) as tablet:
            wrong = session.known("ABCD EFGH JKMN PQRS TUVW XYZ2")
            assert session.ask(tablet, "recover", name="Ada", code=wrong)["type"] == "error"
            linked = session.ask(tablet, "recover", name="Ada", code=code)
            session.known(linked["recovery"])
        assert session.ask(ada, "sendMessage", message=TEXT * 1_000)["type"] == "error"
        assert session.ask(ada, "nothing", secret=session.owner)["type"] == "error"
    session.refused("Ada", f"invite.{session.device()}")
    session.refused("Bob", f"device.{session.device()}")
    session.refused("Bob", f"device.{session.device()[:-1]}", invite)
    session.refused("Bob", query=f"&invite={session.device()}")
    with session.here("Carl", query=f"&invite={session.invite}") as plain:
        assert session.ask(plain, "sendMessage", message=TEXT)["type"] == "ack"


def hashes(secret):
    """Return every form in which a server may know a secret."""
    return {
        hash_of(secret),
        recovery_hash(secret),
        device_id(secret),
        hashlib.sha256(secret.encode()).hexdigest(),
    }


@pytest.mark.parametrize("mode", [(), ("--isolated",)], ids=["in batches", "isolated"])
def test_a_whole_session_leaves_no_trace_of_a_secret(tmp_path, mode):
    folder, tape, log = tmp_path / "data", tmp_path / "tape", tmp_path / "log"
    with serving(folder, tape, log, *mode) as (port, lines):
        session = Session(port, folder)
        visit(session)
        with urlopen(f"http://127.0.0.1:{port}/config.json", timeout=SECONDS) as answer:
            config = answer.read().decode()
        checked = subprocess.run(
            [sys.executable, "-m", "fireside", "doctor", "--data", folder],
            capture_output=True,
            text=True,
            check=False,
        )
    events = "".join(path.read_text("utf-8") for path in sorted(tape.iterdir()))
    said = log.read_text("utf-8")
    places = {
        "log": said,
        "output": "".join(lines),
        "tape": events,
        "config.json": config,
        "doctor": checked.stdout + checked.stderr,
        "errors": "".join(session.errors),
    }

    assert "connected" in said
    assert "recover" in events
    assert len(session.errors) >= 8
    assert {
        (place, kind)
        for place, text in places.items()
        for secret in session.secrets
        for kind, forms in (("secret", {secret}), ("hash", hashes(secret)))
        if any(form in text for form in forms)
    } == set()
    assert [place for place, text in places.items() if TEXT in text] == ["tape"]
