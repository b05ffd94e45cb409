"""Closed by default, from outside: a real server, a real browser, and clients of other kinds."""

import contextlib
import io
import json
import os
import subprocess
import sys
import urllib.request
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from fireside.cli.main import main
from fireside.server.data_folder import request_end
from tests.e2e.support.accessibility import violations
from tests.e2e.support.connection import BACK_MS
from tests.e2e.support.identity import is_claimed
from tests.e2e.support.server_process import ROOT, in_both_modes, serving

pytestmark = pytest.mark.e2e

REQUIRED = ("--invites", "required")
WRONG = "this-secret-opens-nothing"
STORED = "fireside.invite"
"""Where the page keeps the secret."""


def invite(data, address, *arguments):
    """Ask the command line for the link; in this process, as one more costs as much as a page."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        assert main(["invite", "--data", str(data), "--url", address, *arguments]) == 0
    return said.getvalue().strip()


def secret_of(link):
    return link.partition("#invite=")[2]


def knock(server, *protocols, query=""):
    """Try to enter; return the status and the subprotocol that was agreed on."""
    url = f"{server.socket_url}?username=Ann{query}"
    try:
        with connect(url, subprotocols=protocols or None) as socket:
            return 101, socket.subprotocol
    except InvalidStatus as refused:
        return refused.response.status_code, None


def config_of(server):
    with urllib.request.urlopen(f"{server.address}/config.json") as answer:  # noqa: S310 - our own
        assert answer.headers["Cache-Control"] == "no-cache"
        return json.load(answer)


@in_both_modes
def test_every_kind_of_client_needs_the_invite(tmp_path, mode):
    with serving(tmp_path / "data", *REQUIRED, *mode) as server:
        secret = secret_of(invite(tmp_path / "data", server.address))

        assert knock(server, "fireside.v1", f"invite.{secret}") == (101, "fireside.v1")
        assert knock(server, f"invite.{secret}") == (101, f"invite.{secret}")
        assert knock(server, query=f"&invite={secret}") == (101, None)
        for refused in (
            knock(server),
            knock(server, "fireside.v1"),
            knock(server, "fireside.v1", f"invite.{WRONG}"),
            knock(server, query=f"&invite={WRONG}"),
        ):
            assert refused == (403, None)
        assert config_of(server) == {"invite": "required"}


def test_the_plain_client_of_the_readme_takes_the_link(tmp_path):
    with serving(tmp_path / "data", *REQUIRED) as server:
        example = [sys.executable, ROOT / "examples/plain_client.py"]
        link = invite(tmp_path / "data", server.address)

        said = subprocess.check_output([*example, link, "Ada", "Hello"], text=True)
        piped = subprocess.check_output([*example, "-", "Ada", "Hi"], input=link, text=True)
        turned_away = subprocess.run(
            [*example, server.address, "Ada", "Hello"], capture_output=True, check=False, text=True
        )

    assert said.endswith("Ada: Hello\n")
    assert "Ada: Hi\n" in piped
    assert "HTTP 403" in turned_away.stderr


@in_both_modes
def test_a_new_invite_counts_from_the_next_handshake_on(tmp_path, mode):
    with serving(tmp_path / "data", *REQUIRED, *mode) as server:
        old = secret_of(invite(tmp_path / "data", server.address))
        with connect(
            f"{server.socket_url}?username=Bob", subprotocols=["fireside.v1", f"invite.{old}"]
        ) as inside:
            new = secret_of(invite(tmp_path / "data", server.address, "--new"))

            assert knock(server, f"invite.{old}") == (403, None)
            assert knock(server, f"invite.{new}")[0] == 101
            inside.send('{"action":"ping","id":"1"}')
            assert json.loads(inside.recv())["type"] == "pong"


@in_both_modes
def test_with_end_who_came_in_by_the_old_one_is_told_and_closed(tmp_path, mode):
    data = tmp_path / "data"
    with serving(data, *REQUIRED, *mode) as server:
        url = f"{server.socket_url}?username=Bob"
        first = secret_of(invite(data, server.address))
        with connect(url, subprotocols=[f"invite.{first}"]) as old:
            second = secret_of(invite(data, server.address, "--new"))
            with connect(url, subprotocols=[f"invite.{second}"]) as new:
                request_end(data)
                is_told_and_closed(old)
                new.send('{"action":"ping","id":"1"}')
                assert json.loads(new.recv())["type"] == "pong"

                invite(data, server.address, "--new", "--end")
                is_told_and_closed(new)


def is_told_and_closed(socket):
    closing = json.loads(socket.recv(timeout=60))
    assert (closing["type"], closing["again"]) == ("closing", False)
    assert "ask for the new link" in closing["reason"]
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=60)
    assert closed.value.rcvd.code == 1008


def test_on_this_machine_alone_nobody_is_asked(tmp_path):
    with serving(tmp_path / "data") as server:
        assert knock(server) == (101, None)
        assert knock(server, "fireside.v1", f"invite.{WRONG}") == (101, "fireside.v1")
        assert config_of(server) == {"invite": "open"}
        assert not (tmp_path / "data" / "invite").exists()


def test_as_soon_as_others_can_get_there_everybody_is(tmp_path):
    with serving(tmp_path / "one", "--host", "0.0.0.0") as server:  # noqa: S104 - closed
        assert config_of(server) == {"invite": "required"}
        assert knock(server) == (403, None)
    address = f"http://127.0.0.1:{server.port}"
    behind = ("--port", str(server.port), "--public-url", address)
    with serving(tmp_path / "two", *behind) as server:
        assert config_of(server) == {"invite": "required"}
        assert knock(server) == (403, None)
    with serving(tmp_path / "two", *behind, "--invites", "off") as server:
        assert config_of(server) == {"invite": "open"}
        assert knock(server) == (101, None)


# --- In the browser ---------------------------------------------------------------------------


def come_by(person, link):
    """Open the invite's link and join."""
    person.opens(link)
    person.page.get_by_label("Your name").fill(person.name)
    person.presses("Join the conversation")
    return person


def test_a_link_lets_in_leaves_the_address_bar_and_lasts(tmp_path, person):
    with serving(tmp_path / "data", *REQUIRED) as server:
        link = invite(tmp_path / "data", server.address)
        ada = come_by(person("Ada"), link).is_inside()

        assert ada.page.url == f"{server.address}/"
        assert ada.page.evaluate("history.length") <= 2
        ada.says("I was invited")
        ada.sees("I was invited")

        ada.page.reload()
        ada.is_inside().sees("I was invited")
        later = ada.another_tab().opens(server.address)
        later.is_inside().sees("I was invited")


def test_without_a_link_the_page_says_what_to_ask_for_and_takes_it(tmp_path, person):
    with serving(tmp_path / "data", *REQUIRED) as server:
        link = invite(tmp_path / "data", server.address)
        bob = person("Bob").opens(server.address)
        field = bob.page.get_by_label("Invite link")
        expect(field).to_have_accessible_description(
            "This chat needs an invite. Ask its owner for the link, then open it or paste it here."
        )
        bob.page.get_by_label("Your name").fill("Bob")
        bob.presses("Join the conversation")
        expect(bob.page.get_by_role("alert").filter(has_text="Paste your invite")).to_be_visible()
        expect(field).to_be_focused()

        field.fill(f"{server.address}/#invite={WRONG}")
        bob.presses("Join the conversation")
        expect(
            bob.page.get_by_role("alert").filter(has_text="may have been replaced")
        ).to_be_visible()

        field.fill(link)
        field.press("Enter")
        bob.is_inside()


OPENED = [".", ")", "]", ">", '"', "\u201d", "&utm_source=mail", "?fbclid=IwAR0123456789abcdefghij"]
PASTED = ["Join us: {}, see you at 8!", "({}).", "<{}>", "{}&utm_source=mail"]


@pytest.mark.parametrize(
    ("opened", "pasted"),
    [(OPENED[:1], PASTED[:1]), (OPENED[1:], PASTED[1:])],
    ids=["one", "others"],
)
def test_what_stands_around_a_link_keeps_no_one_out(tmp_path, person, opened, pasted):
    with serving(tmp_path / "data", *REQUIRED) as server:
        link = invite(tmp_path / "data", server.address)
        page = person("Ada").page
        for tail in opened:
            page.goto("about:blank")
            page.goto(link + tail)
            assert page.url == f"{server.address}/", tail
            assert page.evaluate(f"localStorage.getItem({STORED!r})") == secret_of(link), tail
            page.evaluate("localStorage.clear()")

        for number, text in enumerate(pasted):
            bob = person(f"Bob {number}").opens(server.address)
            bob.page.get_by_label("Your name").fill(bob.name)
            bob.page.get_by_label("Invite link").fill(text.format(link))
            bob.presses("Join the conversation")
            bob.is_inside()


def test_a_link_that_is_cut_off_stays_in_the_address_and_is_told(tmp_path, person):
    with serving(tmp_path / "data", *REQUIRED) as server:
        cut_off = invite(tmp_path / "data", server.address)[:-5]
        bob = person("Bob").opens(cut_off)

        expect(bob.page.get_by_role("alert").filter(has_text="is not whole")).to_be_visible()
        assert bob.page.url == cut_off


def test_a_wrong_link_is_told_and_the_right_one_opened_in_the_same_tab_lets_in(tmp_path, person):
    with serving(tmp_path / "data", *REQUIRED) as server:
        link = invite(tmp_path / "data", server.address)
        eve = come_by(person("Eve"), f"{server.address}/#invite={WRONG}")
        expect(
            eve.page.get_by_role("alert").filter(has_text="may have been replaced")
        ).to_be_visible()
        assert eve.page.url == f"{server.address}/"

        eve.page.evaluate("link => { location.href = link; }", link)

        eve.is_inside()
        assert eve.page.url == f"{server.address}/"


def test_a_person_comes_back_without_the_invite_and_who_is_unknown_is_told(tmp_path, person):
    data, other = tmp_path / "data", tmp_path / "other"
    with serving(data, *REQUIRED) as server:
        port = str(server.port)
        ada = person("Ada").returns_soon()
        is_claimed(come_by(ada, invite(data, server.address)).is_inside())
        invite(data, server.address, "--new")
        ada.says("still here")
        expect(ada.rows("sent")).to_have_count(1)

    with serving(data, *REQUIRED, "--port", port):
        ada.says("here again")
        expect(ada.rows("sent")).to_have_count(2, timeout=BACK_MS)

    with serving(other, *REQUIRED, "--port", port) as server:
        banner = ada.page.get_by_role("status").filter(has_text="open the new link here")
        expect(banner).to_be_visible(timeout=BACK_MS)
        ada.says("written outside")

        new = invite(other, server.address)
        ada.page.evaluate("link => { location.href = link; }", new)

        expect(banner).to_have_count(0)
        ada.sees("written outside")


def test_a_person_who_came_by_an_ended_invite_stays_by_the_device(tmp_path, person):
    with serving(tmp_path / "data", *REQUIRED) as server:
        ada = come_by(person("Ada"), invite(tmp_path / "data", server.address)).is_inside()
        is_claimed(ada)
        invite(tmp_path / "data", server.address, "--new", "--end")

        ada.says("still one of us")
        expect(ada.rows("sent")).to_have_count(1, timeout=BACK_MS)


def test_what_a_browser_needs_to_hear_about_its_subprotocols(tmp_path, person):
    """It drops a connection that names none of those it offered; so an invite alone is named."""
    with serving(tmp_path / "data", *REQUIRED) as server:
        secret = secret_of(invite(tmp_path / "data", server.address))
        page = person("Ada").opens(server.address).page

        def offered(*protocols, query=""):
            return page.evaluate(
                """([url, protocols]) => new Promise((resolve) => {
                  const socket = new WebSocket(url, protocols);
                  socket.onopen = () => { resolve(socket.protocol); socket.close(); };
                  socket.onclose = () => resolve(null);
                })""",
                [
                    f"{server.socket_url}?username=Ann{query}".replace("127.0.0.1", "localhost"),
                    protocols,
                ],
            )

        assert offered("fireside.v1", f"invite.{secret}") == "fireside.v1"
        assert offered(f"invite.{secret}", "fireside.v1") == "fireside.v1"
        assert offered(f"invite.{secret}") == f"invite.{secret}"
        assert offered(query=f"&invite={secret}") == ""
        assert offered("chat", query=f"&invite={secret}") is None
        assert offered("fireside.v1") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_the_door_fits_and_is_kept_as_a_picture(tmp_path, person, scheme, width, height):
    look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    with serving(tmp_path / "data", *REQUIRED) as server:
        ada = person("Ada", **look, bypass_csp=True).opens(server.address)  # axe comes from here
        page = ada.page
        expect(page.get_by_label("Invite link")).to_be_visible()
        assert violations(ada) == []
        page.screenshot(path=f"test-results/{scheme}-{width}-invite.png")
        page.get_by_label("Your name").fill("Ada")
        page.get_by_label("Invite link").fill("hello")
        page.get_by_role("button", name="Join the conversation").click()
        expect(page.get_by_role("alert").filter(has_text="not an invite link")).to_be_visible()
        assert violations(ada) == []
        page.screenshot(path=f"test-results/{scheme}-{width}-invite-wrong.png")

        assert page.evaluate("document.documentElement.scrollWidth") <= width


# --- Nowhere else -----------------------------------------------------------------------------


@in_both_modes
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_in_the_output_or_on_the_disk(tmp_path, mode, log_format):
    """Tried in every way that a client has, right and wrong, well formed and not."""
    data = tmp_path / "data"
    options = ("--host", "0.0.0.0", "--log-format", log_format, *mode)  # noqa: S104 - closed
    command = [sys.executable, "-m", "fireside", "serve", "--port", "0", "--data", str(data)]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said = ""
        while "Fireside is at" not in said:
            said += process.stdout.readline()
        address = said.split("Fireside is at ")[1].split()[0]
        port = urlsplit(address).port
        right = secret_of(invite(data, address))
        for secret in (right, WRONG):
            try_everything(port, secret)
        process.terminate()
        said += process.stdout.read()

    assert process.returncode == 0
    assert '"status": 403' in said or "status=403" in said
    assert "connected" in said
    for secret in (right, WRONG):
        assert secret not in said
        for path in data.rglob("*"):
            if path.name != "invite" and path.is_file():
                assert secret.encode() not in path.read_bytes(), path


def try_everything(port, secret):
    url = f"ws://127.0.0.1:{port}/ws?username=Ann"
    for query, protocols in [
        ("", ["fireside.v1", f"invite.{secret}"]),
        ("", [f"invite.{secret}"]),
        (f"&invite={secret}", None),
        (f"&invite={secret}&invite={secret}", None),
    ]:
        with (
            contextlib.suppress(InvalidStatus),
            connect(url + query, subprotocols=protocols) as one,
        ):
            one.send(f'{{"action":"{secret}"')
            one.recv()
    handshake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    for path, headers in [
        (f"/#invite={secret}", {}),
        (f"/?invite={secret}", {}),
        (f"/ws?username=Ann&invite={secret}", {}),
        (f"/ws?username=Ann&invite={secret}", handshake),
        (f"/ws/{secret}", handshake | {"Sec-WebSocket-Protocol": f"invite.{secret}, \x01"}),
        ("/ws?username=Ann", handshake | {"Sec-WebSocket-Protocol": f"invite.{secret} {secret}"}),
        ("/ws?username=<b>", handshake | {"Sec-WebSocket-Protocol": f"invite.{secret}"}),
        ("/ws?username=Ann", handshake | {"Sec-WebSocket-Key": secret}),
    ]:
        client = HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", path, headers=headers)
        client.getresponse().read()
        client.close()


def test_on_a_terminal_the_link_is_shown_at_the_start(tmp_path):
    """And nowhere else: what is no terminal may be a log."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "fireside", "serve", "--port", "0", *REQUIRED]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path)], stdout=theirs, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        said = b""
        while said.count(b"\n") < 3:
            said += os.read(ours, 1_000)
        process.terminate()
    os.close(ours)
    os.close(theirs)
    first, second, third = said.decode().splitlines()
    address, _, secret = second.removeprefix("Invite people with ").partition("/#invite=")

    assert f"Fireside is at {address} " in first
    assert secret == (tmp_path / "invite").read_text().strip()
    owner = (tmp_path / "owner").read_text().strip()
    assert third == f"Own this place with {address}/#owner={owner}"


@pytest.mark.parametrize("field", ["Your name", "Invite link"])
def test_the_door_takes_no_book_either(person, tmp_path, field):
    """Neither a name nor a link is so long: what is checked at each key stays short."""
    with serving(tmp_path, *REQUIRED) as server:
        ada = person("Ada", permissions=["clipboard-read", "clipboard-write"])
        ada.opens(server.address)
        ada.page.evaluate("book => navigator.clipboard.writeText(book)", "book " * 400_000)

        ada.page.get_by_label(field).press("Control+V")

        assert len(ada.page.get_by_label(field).input_value()) <= 10_000
