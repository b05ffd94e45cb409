"""How the line is: lost, found, refused, ended, renewed; and what the page says of it."""

import os
import random
import re
import socket
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from meddling import Meddler
from proxy import proxied
from seeding import seed_many
from serving import ROOT, in_both_modes, serving

pytestmark = pytest.mark.e2e

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
on_both = pytest.mark.parametrize("look", [DESKTOP, PHONE], ids=["desktop", "phone"])

LOST = "Connection lost. Your messages are kept."
SHORT_LIVED = str(Path(__file__).with_name("short_lived_server.py"))
SLOW_CHANCE = "Math.random = () => 0.999"  # every wait is as long as its ceiling
BACK_MS = 20_000


def status_of(person):
    return person.page.locator("small:visible", has=person.page.locator(".dot"))


def open_sockets(person) -> list:
    """Collect the sockets that the page opens; to be called before it does."""
    sockets: list = []

    def remember(opened) -> None:
        sockets.append(opened)

    person.page.on("websocket", remember)
    return sockets


@on_both
def test_a_loss_is_told_after_five_seconds_with_a_silent_countdown(tmp_path, person, look):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada", **look)
        ada.page.add_init_script(SLOW_CHANCE)
        ada.page.clock.install()
        ada.joins(proxy.address)
        expect(status_of(ada)).to_have_text("Connected")
        expect(ada.page.get_by_text(LOST)).to_have_count(0)
        proxy.cut()
        ada.sends("written meanwhile")
        expect(ada.rows("waiting")).to_have_count(1)

        ada.page.clock.run_for(2_000)
        expect(status_of(ada)).to_have_text("Reconnecting")
        ada.sees_the_loss()
        banner = ada.page.get_by_role("status").filter(has_text=LOST)
        expect(banner).to_have_text(LOST)
        countdown = ada.page.get_by_text(re.compile(r"Trying again in \d+ s"))
        expect(countdown).to_have_attribute("aria-hidden", "true")
        expect(ada.composer).to_be_enabled()

        proxy.mend()
        ada.presses("Retry now")
        expect(ada.page.get_by_text(LOST)).to_have_count(0)
        expect(status_of(ada)).to_have_text("Connected")


@on_both
def test_the_banner_hides_nothing_that_can_not_be_scrolled_to(tmp_path, person, look):
    seed_many(tmp_path / "data", 30)
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada", **look)
        ada.page.clock.install()
        ada.joins(proxy.address)
        newest = ada.log.locator('li[data-seq="30"]').bounding_box()
        proxy.cut()
        ada.sees_the_loss()
        assert ada.log.locator('li[data-seq="30"]').bounding_box() == newest

        ada.log.evaluate("log => { log.scrollTop = 0; }")
        oldest = ada.log.locator('li[data-seq="1"]').bounding_box()
        banner = ada.page.locator(".net").bounding_box()
        assert oldest["y"] >= banner["y"] + banner["height"]

        ada.log.evaluate("log => { log.scrollTop = 200; }")
        ada.log.focus()
        for _ in range(30):
            ada.page.keyboard.press("ArrowUp")
            focused = ada.log.locator("li:focus").bounding_box()
            assert focused["y"] >= banner["y"] + banner["height"] - 1


def test_retry_keeps_the_focus_and_gives_it_on(tmp_path, person):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.add_init_script(SLOW_CHANCE)
        ada.page.clock.install()
        ada.joins(proxy.address)
        proxy.cut()
        ada.sees_the_loss()
        retry = ada.page.get_by_role("button", name="Retry now")
        before = proxy.turned_away
        retry.focus()
        ada.page.keyboard.press("Enter")
        while proxy.turned_away == before:
            ada.page.wait_for_timeout(20)
        expect(retry).to_be_focused()

        proxy.mend()
        expect(retry).to_be_enabled()
        ada.page.keyboard.press("Enter")
        expect(ada.page.get_by_text(LOST)).to_have_count(0)
        expect(ada.composer).to_be_focused()


@pytest.mark.parametrize("call", ["online", "look"], ids=["online again", "tab looked at again"])
def test_the_page_returns_at_once_when_there_is_hope(tmp_path, person, call):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.add_init_script(SLOW_CHANCE)
        ada.page.clock.install()
        ada.joins(proxy.address)
        proxy.cut()
        wait_long(ada, proxy)
        proxy.mend()

        # The clock stands still, so only the call can bring the page back.
        ada.page.clock.pause_at(ada.page.evaluate("Date.now() + 1"))
        if call == "online":
            ada.page.evaluate("dispatchEvent(new Event('online'))")
        else:
            ada.looks_away()
            ada.looks_away(away=False)

        expect(ada.page.get_by_text(LOST)).to_have_count(0)


def wait_long(person, proxy, *, tries: int = 4) -> None:
    """Turn the clock on until the page has tried so often."""
    expect(person.page.get_by_text(re.compile("Trying again in"))).to_have_count(0)
    for _ in range(tries):
        before = proxy.turned_away
        turn_on_until(person, lambda before=before: proxy.turned_away > before)


def turn_on_until(person, is_so, *, most_seconds: int = 60) -> None:
    """Turn the page's clock on, second by second, until something is so."""
    for _ in range(most_seconds):
        person.page.clock.run_for(1_000)
        person.page.wait_for_timeout(20)
        if is_so():
            return
    raise AssertionError(f"not so after {most_seconds} s")


def test_tries_grow_apart_up_to_48_seconds_and_never_end(tmp_path, person):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.add_init_script(SLOW_CHANCE)
        ada.page.clock.install()
        ada.joins(proxy.address)
        ada.page.clock.run_for(6_000)  # healthy
        proxy.cut()

        waits = []
        for _ in range(6):
            expect(ada.page.get_by_text("Reconnecting").first).to_be_attached()
            before, start = proxy.turned_away, ada.page.evaluate("Date.now()")
            turn_on_until(ada, lambda before=before: proxy.turned_away > before)
            waits.append((ada.page.evaluate("Date.now()") - start) / 1_000)

        for waited, ceiling in zip(waits, (3, 6, 12, 24, 48, 48), strict=True):
            assert abs(waited - ceiling) < 2.5, waits


@on_both
def test_after_a_loss_the_gap_is_filled_in_order_without_a_double(tmp_path, person, look):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada", **look).joins(proxy.address)
        bob = person("Bob").joins(server.address)
        bob.says("before")
        ada.sees("before")
        proxy.cut()
        texts = [f"missed {number}" for number in range(6)]
        for text in texts:
            bob.says(text)
        expect(bob.rows("sent")).to_have_count(7)
        proxy.mend()

        expect(ada.rows().locator(".body")).to_have_text(["before", *texts], timeout=BACK_MS)
        assert seqs(ada) == [str(seq) for seq in range(1, 8)]
        expect(ada.log.locator(".new")).to_have_text("6 new")


def seqs(person) -> list[str]:
    return person.log.evaluate(
        "log => [...log.querySelectorAll('li[data-seq]')].map(row => row.dataset.seq)"
    )


@pytest.mark.parametrize("seed", range(2))
def test_lost_doubled_and_overtaking_pushes_end_in_the_same_room(tmp_path, person, seed):
    chance, late = random.Random(seed), []

    def down(frame: dict) -> list[dict]:
        if frame["type"] != "message":
            return [frame]
        match chance.choice(("lost", "doubled", "late", "fine")):
            case "lost":
                return []
            case "doubled":
                return [frame, frame]
            case "late":
                late.append(frame)
                return []
        frames = [frame, *late]
        late.clear()
        return frames

    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        Meddler(ada.page, down=down)
        ada.joins(server.address)
        bob = person("Bob").joins(server.address)
        for number in range(25):
            bob.says(f"message {number}")
        expect(bob.rows("sent")).to_have_count(25)

        ada.looks_away(away=False)  # the page asks what it may have missed

        wanted = [f"message {number}" for number in range(25)]
        expect(ada.rows().locator(".body")).to_have_text(wanted, timeout=BACK_MS)


def test_a_dead_network_that_says_nothing_is_noticed(tmp_path, person):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.clock.install()
        ada.joins(proxy.address)
        bob = person("Bob").joins(server.address)
        proxy.hold("up")
        ada.says("into the void")
        expect(ada.row("into the void")).to_have_attribute("data-state", "sending")

        ada.page.clock.run_for(10_500)
        expect(ada.row("into the void")).to_have_attribute("data-state", "waiting")
        proxy.cut()
        proxy.mend()
        ada.page.clock.run_for(4_000)

        expect(ada.row("into the void")).to_have_attribute("data-state", "sent", timeout=BACK_MS)
        bob.sees("into the void")


@on_both
def test_a_killed_server_comes_back_and_nothing_is_lost(tmp_path, person, look):
    with serving(tmp_path / "data") as server:
        port = str(server.port)
        ada = person("Ada", **look).joins(server.address)
        ada.sends("before")
        expect(ada.rows("sent")).to_have_count(1)
        server.kill()
        for text in ("while away one", "while away two"):
            ada.sends(text)
        expect(ada.rows("waiting")).to_have_count(2)

    with serving(tmp_path / "data", "--port", port):
        expect(ada.rows("sent")).to_have_count(3, timeout=BACK_MS)
        expect(ada.rows().locator(".body")).to_have_text(
            ["before", "while away one", "while away two"]
        )


def test_a_visit_that_the_server_ended_is_said_and_not_tried_again(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        meddler = Meddler(ada.page)
        ada.joins(server.address)
        meddler.says('{"type":"closing","reason":"You were away too long.","again":false}')

        expect(ada.page.get_by_role("status").first).to_have_text(
            "The server ended this visit: You were away too long."
        )
        expect(status_of(ada)).to_have_text("Disconnected")
        greetings = [frame for frame in meddler.sent if frame["action"] == "hello"]
        assert len(greetings) == 1

        ada.presses("Join again")
        expect(status_of(ada)).to_have_text("Connected")


CODES = (1000, 1001, 1008, 1011, 1012, 1013, 4000, 4403)


@pytest.mark.parametrize("code", CODES)
def test_a_close_without_a_word_is_come_back_from_whatever_its_code(tmp_path, person, code):
    """Codes are hints: AWS can send but its own, and only `closing` ends a visit."""
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.add_init_script(WATCH_CODES)
        sockets = open_sockets(ada)
        ada.joins(proxy.address)
        ada.page.evaluate(WATCH_STATUS)
        proxy.close_sockets(code)
        while len(sockets) < 2:
            ada.page.wait_for_timeout(20)
        ada.says("here again")

        expect(ada.row("here again")).to_have_attribute("data-state", "sent", timeout=BACK_MS)
        assert ada.page.evaluate("window.codes") == [code]
        assert [socket.is_closed() for socket in sockets] == [True, False]
        assert ada.page.evaluate("window.flickers") == []


WATCH_CODES = """Math.random = () => 0.1;
window.codes = [];
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener("close", ({ code }) => window.codes.push(code));
  }
};"""
BLOCKED = "The server does not let you in any more. Your messages are kept."


def test_who_is_let_in_no_more_is_told_and_not_tried_again_and_again(tmp_path, person):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada")
        sockets = open_sockets(ada)
        ada.page.clock.install()
        ada.joins(proxy.address)
        proxy.forbid_sockets()
        ada.says("kept meanwhile")
        turn_on_until(ada, lambda: len(sockets) == 5, most_seconds=120)
        ada.page.clock.run_for(6_000)

        expect(ada.page.get_by_role("status").filter(has_text=BLOCKED)).to_have_text(BLOCKED)
        expect(ada.page.get_by_text("Trying again")).to_have_count(0)
        expect(status_of(ada)).to_have_text("Disconnected")
        ada.page.clock.fast_forward(300_000)
        assert len(sockets) == 5

        ada.presses("Retry now")
        expect(ada.page.get_by_role("status").filter(has_text=BLOCKED)).to_have_text(BLOCKED)
        proxy.mend()
        ada.presses("Retry now")
        expect(status_of(ada)).to_have_text("Connected")
        expect(ada.row("kept meanwhile")).to_have_attribute("data-state", "sent")


def test_a_stop_that_was_announced_is_waited_for_and_forgotten(tmp_path, person):
    with serving(tmp_path / "data") as server:
        port = str(server.port)
        ada = person("Ada").joins(server.address)
        server.stop()
    with serving(tmp_path / "data", "--port", port):
        ada.says("still here")
        expect(ada.row("still here")).to_have_attribute("data-state", "sent", timeout=BACK_MS)


@pytest.mark.parametrize(
    ("cut", "words"),
    [("cut", "The server does not answer."), ("cut_sockets", "The server did not let you in.")],
    ids=["away", "refused"],
)
def test_a_handshake_that_never_opens_stays_at_the_door(tmp_path, person, cut, words):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada").opens(proxy.address)
        sockets = open_sockets(ada)
        getattr(proxy, cut)()
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")

        expect(ada.page.get_by_role("alert")).to_contain_text(words)
        assert len(sockets) == 1

        proxy.mend()
        ada.presses("Join the conversation")
        ada.is_inside()


def test_a_name_is_checked_as_one_types_and_remembered(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada Kestrel").opens(server.address)
        name = ada.page.get_by_label("Your name")
        name.press_sequentially("A")
        expect(ada.page.get_by_role("alert")).not_to_have_text("")
        name.press_sequentially("da Kestrel")
        expect(ada.page.get_by_role("alert")).to_have_text("")
        ada.presses("Join the conversation")
        ada.is_inside()

        ada.presses("Settings")
        ada.presses("Change name")
        expect(name).to_have_value("Ada Kestrel")
        ada.page.reload()
        expect(name).to_have_value("Ada Kestrel")


@pytest.mark.parametrize("page", ["as it ships", "with double effects"])
def test_changing_the_name_leaves_exactly_one_socket(tmp_path, person, page):
    """In development React starts every effect twice; who forgets to end one has two sockets."""
    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        if page == "with double effects":
            serve_strictly(ada, tmp_path / "page")
        sockets = open_sockets(ada)
        ada.joins(server.address)
        for name in ("Grace", "Joan"):
            ada.presses("Settings")
            ada.presses("Change name")
            ada.page.get_by_label("Your name").fill(name)
            ada.presses("Join the conversation")
            ada.is_inside()
        ada.says("it is me")
        ada.sees("it is me")

        alive = [socket.url for socket in sockets if not socket.is_closed()]
        assert [url.rsplit("=", 1)[1] for url in alive] == ["Joan"]
        assert len(sockets) == 3


def serve_strictly(person, folder: Path) -> None:
    """Give somebody the page as developers have it, in place of the one that ships."""
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


def test_a_second_socket_takes_over_before_the_gateway_cuts_and_nothing_flickers(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        sockets = open_sockets(ada)
        ada.page.clock.install()
        ada.joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.page.evaluate(WATCH_STATUS)

        ada.page.clock.fast_forward("01:59:00")
        while len(sockets) < 2:
            ada.page.wait_for_timeout(20)
        bob.says("on which line?")
        ada.sees("on which line?")
        ada.page.clock.run_for(12_000)
        ada.says("on the new one")
        bob.sees("on the new one")

        assert [socket.is_closed() for socket in sockets] == [True, False]
        assert ada.page.evaluate("window.flickers") == []


@in_both_modes
def test_the_page_moves_on_before_the_lifetime_that_the_server_told(tmp_path, person, mode):
    """Here the gateway really cuts, after six seconds."""
    with serving(tmp_path / "data", *mode, program=(SHORT_LIVED, "6")) as server:
        ada = person("Ada")
        sockets = open_sockets(ada)
        ada.page.add_init_script("Math.random = () => 0")
        ada.joins(server.address)
        ada.page.evaluate(WATCH_STATUS)

        while not sockets[0].is_closed():
            ada.page.wait_for_timeout(20)
        ada.says("still on a line")
        expect(ada.row("still on a line")).to_have_attribute("data-state", "sent")

        assert [socket.is_closed() for socket in sockets] == [True, False]
        assert ada.page.evaluate("window.flickers") == []


WATCH_STATUS = """() => {
  window.flickers = [];
  new MutationObserver(() => {
    const text = document.body.textContent;
    if (/Reconnecting|Connection lost|Disconnected/.test(text)) window.flickers.push(text);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


@on_both
def test_frames_that_are_not_valid_are_skipped_counted_and_told(tmp_path, person, look):
    with serving(tmp_path / "data") as server:
        ada = person("Ada", **look)
        meddler = Meddler(ada.page)
        ada.joins(server.address)
        for text in ("not json", '{"type":"message"}', '{"type":"from the future"}'):
            meddler.says(text)
        ada.sends("after the nonsense")
        expect(ada.rows("sent")).to_have_count(1)

        ada.presses("Connection details")

        dialog = ada.page.get_by_role("dialog")
        expect(dialog).to_contain_text("3 frames skipped")
        expect(dialog).to_contain_text("complete to #1")


def test_it_works_over_plain_http_on_a_home_network(tmp_path, person):
    """No secure context there: no randomUUID, no locks, no notifications."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://fireside.lan:{port}"
    there = ("--port", str(port), "--public-url", address, "--invites", "off")
    with serving(tmp_path / "data", *there) as server:
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
