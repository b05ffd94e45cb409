"""The tutorial's files, copied as they stand there, do what it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.gateway.served import Served

PAGE = Path(__file__).parents[2] / "docs/tutorial/your-own-handlers.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def blocks(kind):
    return [text for found, text in BLOCKS if found == kind]


@pytest.fixture
def folder(tmp_path):
    """Follow the tutorial."""
    handlers, client, later = blocks("python")
    (api,) = blocks("json")
    document = json.loads(api)
    for kind in ("integrations", "routes"):
        (added,) = re.findall(rf'`{kind}`, `("later": \{{.*?\}})`', PAGE.read_text("utf-8"))
        document[kind] |= json.loads(f"{{{added}}}")
    (tmp_path / "handlers.py").write_text(handlers + later)
    (tmp_path / "api.json").write_text(json.dumps(document))
    (tmp_path / "client.py").write_text(client)
    return tmp_path


def test_the_tutorial_works_as_written(folder):
    events = folder / "events"
    serve = ["localgateway", "serve", "api.json", "--record", str(events), "--port", "0"]
    pipes = {"cwd": folder, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-m", *serve], **pipes) as server:
        url = re.search(r"ws://\S+", server.stdout.readline())[0]
        client = (folder / "client.py").read_text().replace("ws://localhost:3001/dev", url)
        done = subprocess.run(
            [sys.executable, "-c", client], capture_output=True, text=True, check=True
        )
        server.terminate()
        log = server.communicate(timeout=60)[1]

    (shown,) = blocks("text")
    hidden = [
        re.sub(r'\d+(?=\})|"[\w-]{15}="', "_", text).splitlines() for text in (done.stdout, shown)
    ]
    assert hidden[0] == hidden[1]
    assert "| a die of 6" in log
    replay = [sys.executable, "-m", "localgateway", "replay", *sorted(events.glob("0003-*.json"))]
    again = subprocess.run(replay, cwd=folder, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "ValueError: empty range" in again.stderr


def test_what_is_added_with_boto3_works_too(folder):
    with Served(folder / "api.json") as served, connect(served.url) as socket:
        socket.send('{"action": "later", "sides": 1}')

        assert socket.recv(60) == '{"rolled": 1}'
