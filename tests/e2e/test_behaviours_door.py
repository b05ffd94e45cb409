"""At the door: who comes in, under which name, and from where."""

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.support.connection import open_sockets, tries_in_time, watch_tries
from tests.e2e.support.proxy import Proxy, proxied
from tests.e2e.support.server_process import ROOT
from tests.free_ports import free_port

pytestmark = pytest.mark.e2e


@pytest.mark.page_alone
def test_a_handshake_without_an_answer_stays_at_the_door(place, person):
    stays_at_the_door(place, person, Proxy.cut, "The server does not answer.")


@pytest.mark.page_alone
def test_a_handshake_that_is_refused_stays_at_the_door(place, person):
    stays_at_the_door(place, person, Proxy.cut_sockets, "The server did not let you in.")


def stays_at_the_door(place, person, cut, words: str) -> None:
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada")
        watch_tries(ada)
        ada.page.clock.install()
        ada.opens(proxy.address)
        cut(proxy)
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")

        expect(ada.page.get_by_role("alert")).to_contain_text(words)
        assert tries_in_time(ada, 60_000) == 1

        proxy.restore()
        ada.presses("Join the conversation")
        ada.is_inside()


@pytest.mark.page_alone
def test_a_name_is_checked_as_one_types_and_remembered(place, person):
    with place.open() as server:
        ada = person("Ada Kestrel").opens(server.address)
        name = ada.page.get_by_label("Your name")
        name.press_sequentially("A")
        expect(ada.page.get_by_role("alert")).not_to_have_text("")
        name.press_sequentially("da Kestrel")
        expect(ada.page.get_by_role("alert")).to_have_text("")
        ada.presses("Join the conversation")
        ada.is_inside()

        ada.presses("Settings")
        ada.presses("Join as somebody else")
        expect(name).to_have_value("Ada Kestrel")
        ada.page.reload()
        expect(name).to_have_value("Ada Kestrel")


@pytest.mark.page_alone
@pytest.mark.parametrize("page", ["as it ships", "with double effects"])
def test_changing_the_name_leaves_exactly_one_socket(tmp_path, place, person, page):
    """In development React starts every effect twice; who forgets to end one has two sockets."""
    with place.open() as server:
        ada = person("Ada")
        if page == "with double effects":
            serve_strictly(ada, tmp_path / "page")
        sockets = open_sockets(ada)
        ada.joins(server.address)
        for name in ("Grace", "Joan"):
            ada.presses("Settings")
            ada.presses("Join as somebody else")
            ada.page.get_by_label("Your name").fill(name)
            ada.presses("Join the conversation")
            ada.is_inside()
        ada.says("it is me")
        ada.sees("it is me")

        alive = [socket.url for socket in sockets if not socket.is_closed()]
        assert [url.rsplit("=", 1)[1] for url in alive] == ["Joan"]
        assert len(sockets) == 3


def serve_strictly(person, folder: Path) -> None:
    """Serve the page as developers have it, in place of the one that ships."""
    subprocess.run(
        ["npx", "--no-install", "vite", "build", "--mode=development", f"--outDir={folder}"],
        cwd=ROOT / "web",
        env={**os.environ, "NODE_ENV": "development"},
        capture_output=True,
        check=True,
    )
    (entry,) = folder.glob("assets/index-*.js")
    assert "StrictMode" in entry.read_text()

    def fulfil(route) -> None:
        wanted = folder / "assets" / route.request.url.rsplit("/", 1)[1]
        if wanted.is_file():
            route.fulfill(path=wanted)
        else:
            script = f'import "./{entry.name}";'
            route.fulfill(body=script, content_type="text/javascript")

    person.page.route("**/assets/*.js", fulfil)


def test_it_works_over_plain_http_on_a_home_network(place, person):
    """No secure context there: no randomUUID, no locks, no notifications."""
    port = free_port()
    address = f"http://fireside.lan:{port}"
    there = {"FIRESIDE_PUBLIC_URL": address, "FIRESIDE_INVITES": "off"}
    with place.start("--port", str(port), **there) as server:
        ada = person("Ada").joins(address)
        bob = person("Bob").joins(server.address)
        assert ada.page.evaluate("isSecureContext") is False

        ada.says("from the sofa")
        bob.sees("from the sofa")
        ada.composer.fill("a draft")
        ada.page.reload()
        expect(ada.composer).to_have_value("a draft")
        ada.presses("Settings")
        expect(ada.page.get_by_role("dialog")).to_contain_text("only over https")
