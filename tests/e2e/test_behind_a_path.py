"""The page behind a path of a site, with nginx's lines of docs/how-to/run-on-a-server.md."""

import contextlib
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.documented_proxies import lines_for, nginx
from tests.e2e.support.server_process import ROOT, serving
from tests.free_ports import free_port

pytestmark = pytest.mark.e2e


@contextlib.contextmanager
def chats(tmp_path, *paths):
    """Run a chat behind each path of one site; give their invites' links."""
    port, lines, links = free_port(), "", []
    with contextlib.ExitStack() as stack:
        for path in paths:
            public, own, data = f"http://localhost:{port}{path}", free_port(), tmp_path / path[1:-1]
            stack.enter_context(serving(data, "--public-url", public, "--port", str(own)))
            lines += lines_for("nginx", "/chat/", own).replace("/chat/", path)
            links.append(link_of(data, public))
        stack.enter_context(nginx(tmp_path, port, lines))
        yield links


def link_of(data, public):
    command = [sys.executable, "-m", "fireside", "invite", "--data", str(data), "--url", public]
    return subprocess.check_output(command, text=True).strip()


def come_by(person, link):
    person.opens(link)
    person.page.get_by_label("Your name").fill(person.name)
    person.presses("Join the conversation")
    return person.is_inside()


def test_a_link_leads_to_the_chat_behind_its_path_and_back_after_a_reload(tmp_path, person):
    with chats(tmp_path, "/chat/") as [link]:
        ada = come_by(person("Ada"), link)
        ada.says("behind a path")
        ada.sees("behind a path")
        assert link.startswith(f"{ada.page.url}#invite=")

        ada.page.reload()
        ada.is_inside().sees("behind a path")
        bob = come_by(person("Bob"), link.replace("/chat/#", "/chat#"))
        bob.sees("behind a path")


def test_two_chats_of_one_site_share_nothing_on_a_device(tmp_path, person):
    with chats(tmp_path, "/one/", "/two/") as [one, two]:
        ada = come_by(person("Ada"), one)
        ada.says("said in one")
        ada.sees("said in one")

        other = ada.another_tab().opens(two.partition("#")[0])
        expect(other.page.get_by_label("Your name")).to_have_value("")
        expect(other.page.get_by_label("Invite link")).to_be_visible()
        come_by(other, two)
        expect(other.log.get_by_text("said in one")).to_have_count(0)

        ada.page.reload()
        ada.is_inside().sees("said in one")


def test_the_plain_client_of_the_readme_finds_the_chat_behind_its_path(tmp_path):
    with chats(tmp_path, "/chat/") as [link]:
        command = [sys.executable, ROOT / "examples/plain_client.py", link, "Ada", "Hello"]
        assert subprocess.check_output(command, text=True).endswith("Ada: Hello\n")


def test_the_page_says_that_the_proxy_loses_the_upgrade(tmp_path, person):
    port, own = free_port(), free_port()
    lines = lines_for("nginx", "/", own)
    without = "\n".join(line for line in lines.split("\n") if "pgrade" not in line)
    public = ("--public-url", f"http://localhost:{port}", "--invites", "off")
    with (
        nginx(tmp_path, port, without),
        serving(tmp_path / "data", *public, "--port", str(own)),
    ):
        ada = person("Ada").opens(f"http://localhost:{port}")
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")
        expect(ada.page.get_by_role("alert")).to_contain_text("must pass the Upgrade header on")


def test_the_page_says_that_the_server_was_not_told_of_the_proxy(tmp_path, person):
    port, own = free_port(), free_port()
    lines = lines_for("nginx", "/", own)
    with nginx(tmp_path, port, lines), serving(tmp_path / "data", "--port", str(own)):
        ada = person("Ada").opens(f"http://localhost:{port}")
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")
        expect(ada.page.get_by_role("alert")).to_contain_text("start it with --public-url")
