"""Each example does what its README says, with its own client."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.gateway.served import Served

EXAMPLES = Path(__file__).parents[2] / "examples"


def client_of(example, url, *arguments):
    """Run an example's own client, and give what it prints."""
    return subprocess.run(
        [sys.executable, EXAMPLES / example / "client.py", url, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_echo_gives_back_what_it_got():
    with Served(EXAMPLES / "echo/api.json") as served:
        assert client_of("echo", served.url, "hello \N{FIRE}") == "hello \N{FIRE}\n"


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    """Serve it once for all who come and go: it remembers who is there, and nothing they said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAT_FILE", str(tmp_path_factory.mktemp("chat") / "chat.db"))
        with Served(EXAMPLES / "chat_in_60_lines/api.json") as served:
            yield served


def test_in_the_chat_all_hear_what_one_says(chat):
    with connect(f"{chat.url}?name=Ann") as ann, connect(f"{chat.url}?name=Bob") as bob:
        ann.send(json.dumps({"action": "send", "text": "hi"}))

        assert json.loads(bob.recv(60)) == {"from": "Ann", "text": "hi"}
        assert json.loads(ann.recv(60)) == {"from": "Ann", "text": "hi"}


def test_in_the_chat_who_left_costs_nobody_a_message(chat):
    with connect(f"{chat.url}?name=Ann") as ann:
        for _ in range(3):
            with connect(f"{chat.url}?name=Bob"):
                pass
        for number in range(3):
            ann.send(json.dumps({"action": "send", "text": str(number)}))
            assert json.loads(ann.recv(60))["text"] == str(number)


def test_the_chats_client_prints_what_is_said(chat):
    command = [sys.executable, EXAMPLES / "chat_in_60_lines/client.py", chat.url, "Bob"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as client:
        client.stdin.write("hello\n")
        client.stdin.flush()
        assert client.stdout.readline() == "Bob: hello\n"
        client.stdin.close()
        assert client.wait(60) == 0


def test_the_chat_has_about_60_lines():
    text = (EXAMPLES / "chat_in_60_lines/handlers.py").read_text("utf-8")

    assert len([line for line in text.splitlines() if line.strip()]) <= 60


def test_the_authorizer_lets_in_by_token_and_names_whose_it_is():
    with Served(EXAMPLES / "authorizer_with_context/api.json") as served:
        assert client_of("authorizer_with_context", served.url, "apple") == (
            "Welcome, Ann of 3 letters\n"
        )
        assert client_of("authorizer_with_context", served.url, "cherry") == "refused with 401\n"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/README.md")), ids=lambda p: p.parent.name)
def test_the_files_that_a_readme_names_are_there(path):
    for name in re.findall(r"examples/\S+\.(?:json|py)", path.read_text("utf-8")):
        assert (EXAMPLES.parent / name).is_file()
