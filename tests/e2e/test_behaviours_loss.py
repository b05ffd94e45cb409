"""When the line is lost: what the page says of it, and what it knows once it is back."""

import json
import random
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.support.connection import (
    BACK_MS,
    frames_heard,
    open_sockets,
    status_of,
    stop_the_clock,
    turn_on_until,
    wait_until,
    watch_tries,
)
from tests.e2e.support.devices import on_both
from tests.e2e.support.frame_interceptor import FrameInterceptor
from tests.e2e.support.proxy import proxied
from tests.e2e.support.seeding import many

pytestmark = pytest.mark.e2e

LOST = "Connection lost. Your messages are kept."
SLOW_CHANCE = "Math.random = () => 0.999"  # every wait is as long as its ceiling


@pytest.mark.page_alone
@on_both
def test_a_loss_is_told_after_five_seconds_with_a_silent_countdown(place, person, look):
    with place.open() as server, proxied(server.port) as proxy:
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

        proxy.restore()
        ada.retries()
        expect(ada.page.get_by_text(LOST)).to_have_count(0)
        expect(status_of(ada)).to_have_text("Connected")


@pytest.mark.page_alone
@on_both
def test_the_banner_hides_nothing_that_can_not_be_scrolled_to(place, person, look):
    place.seed(many(30))
    with place.open() as server, proxied(server.port) as proxy:
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


@pytest.mark.page_alone
def test_retry_keeps_the_focus_and_gives_it_on(place, person):
    with place.open() as server, proxied(server.port) as proxy:
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
        wait_until(ada, lambda: proxy.turned_away > before)
        expect(retry).to_be_focused()

        stop_the_clock(ada)  # or the page is back by itself before one can press
        expect(retry).to_be_enabled()
        proxy.restore()
        ada.page.keyboard.press("Enter")
        ada.page.clock.resume()
        expect(ada.page.get_by_text(LOST)).to_have_count(0)
        expect(ada.composer).to_be_focused()


@pytest.mark.page_alone
def test_the_page_returns_at_once_when_the_browser_is_online_again(place, person):
    returns_at_once(place, person, lambda ada: ada.page.evaluate(ONLINE_AGAIN))


@pytest.mark.page_alone
def test_the_page_returns_at_once_when_it_is_looked_at_again(place, person):
    def look_away_and_back(ada) -> None:
        ada.looks_away()
        ada.looks_away(away=False)

    returns_at_once(place, person, look_away_and_back)


ONLINE_AGAIN = "dispatchEvent(new Event('online'))"


def returns_at_once(place, person, call) -> None:
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.add_init_script(SLOW_CHANCE)
        heard = frames_heard(ada)
        ada.page.clock.install()
        ada.joins(proxy.address)
        proxy.cut()
        wait_long(ada, proxy)
        proxy.restore()

        # The clock stands still, so only the call can bring the page back.
        stop_the_clock(ada)
        call(ada)

        wait_until(ada, lambda: "hello" in heard[-1])
        ada.page.clock.resume()
        expect(ada.page.get_by_text(LOST)).to_have_count(0)


def wait_long(person, proxy, *, tries: int = 4) -> None:
    """Turn the clock on until the page has tried so often."""
    expect(person.page.get_by_text(re.compile("Trying again in"))).to_have_count(0)
    for _ in range(tries):
        before = proxy.turned_away
        turn_on_until(person, lambda before=before: proxy.turned_away > before)


@pytest.mark.page_alone
@pytest.mark.long  # the page's own tests have each pause
def test_tries_grow_apart_up_to_48_seconds_and_never_end(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.add_init_script(SLOW_CHANCE)
        watch_tries(ada)
        ada.page.clock.install()
        ada.joins(proxy.address)
        ada.page.clock.run_for(6_000)  # healthy
        proxy.cut()

        waits = []
        for tried in range(1, 7):
            # It waits from when the line was lost, or nobody answered, until it tries again.
            wait_until(ada, lambda tried=tried: ada.page.evaluate("failures.length") >= tried)
            turn_on_until(ada, lambda tried=tried: ada.page.evaluate("tries.length") > tried)
            waits.append(ada.page.evaluate("at => tries[at] - failures[at - 1]", tried) / 1_000)

        for waited, ceiling in zip(waits, (3, 6, 12, 24, 48, 48), strict=True):
            assert abs(waited - ceiling) < 2.5, waits


@on_both
def test_after_a_loss_the_gap_is_filled_in_order_without_a_double(place, person, look):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada", **look).returns_soon().joins(proxy.address)
        bob = person("Bob").joins(server.address)
        bob.says("before")
        ada.sees("before")
        proxy.cut()
        texts = [f"missed {number}" for number in range(6)]
        for text in texts:
            bob.says(text)
        expect(bob.rows("sent")).to_have_count(7)
        proxy.restore()

        expect(ada.rows().locator(".body")).to_have_text(["before", *texts], timeout=BACK_MS)
        assert seqs(ada) == [str(seq) for seq in range(1, 8)]
        expect(ada.log.locator(".new")).to_have_text("6 new")


def seqs(person) -> list[str]:
    return person.log.evaluate(
        "log => [...log.querySelectorAll('li[data-seq]')].map(row => row.dataset.seq)"
    )


@pytest.mark.parametrize("seed", range(2))
def test_lost_doubled_and_overtaking_pushes_end_in_the_same_room(place, person, seed):
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

    with place.open() as server:
        ada = person("Ada")
        FrameInterceptor(ada.page, down=down)
        ada.joins(server.address)
        bob = person("Bob").joins(server.address)
        for number in range(15):
            bob.says(f"message {number}")
        expect(bob.rows("sent")).to_have_count(15)

        ada.looks_away(away=False)  # the page asks what it may have missed

        wanted = [f"message {number}" for number in range(15)]
        expect(ada.rows().locator(".body")).to_have_text(wanted, timeout=BACK_MS)


@pytest.mark.page_alone
def test_a_dead_network_that_says_nothing_is_noticed(place, person):
    with place.open() as server, proxied(server.port) as proxy:
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
        proxy.restore()
        ada.page.clock.run_for(4_000)

        expect(ada.row("into the void")).to_have_attribute("data-state", "sent", timeout=BACK_MS)
        bob.sees("into the void")


SLOW = 2_000  # bytes a second: 16 kbit/s


def test_on_a_slow_line_one_gets_in_and_reads_back(place, person):
    place.seed((who, text + " and so on" * 60, at) for who, text, at in many(60))
    with place.open() as server:
        ada = person("Ada")
        sockets = open_sockets(ada)
        ada.page.clock.install()
        late: list[dict] = []
        interceptor = FrameInterceptor(ada.page, down=lambda frame: late.append(frame) or [])

        def comes_slowly(kind: str) -> float:
            """Let the next frame of a kind take as long as its bytes need; return the seconds.

            Where handlers run side by side, answers may overtake each other.
            """
            wait_until(ada, lambda: any(frame["type"] == kind for frame in late))
            frame = late.pop([one["type"] for one in late].index(kind))
            text = json.dumps(frame)
            ada.page.clock.run_for(round(len(text) / SLOW * 1_000))
            interceptor.send_to_page(text)
            return len(text) / SLOW

        ada.opens(server.address)
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")
        comes_slowly("hello")
        comes_slowly("claimed")
        assert comes_slowly("history") > 10
        expect(ada.rows().last).to_have_attribute("data-seq", "60")
        first = ada.rows().first.get_attribute("data-seq")
        ada.log.evaluate("log => { log.scrollTop = 0; }")
        assert comes_slowly("history") > 10

        expect(ada.rows().first).not_to_have_attribute("data-seq", first)
        assert len(sockets) == 1


@on_both
def test_a_killed_server_comes_back_and_nothing_is_lost(place, person, look):
    with place.start() as server:
        port = str(server.port)
        ada = person("Ada", **look).returns_soon().joins(server.address)
        bob = person("Bob").returns_soon().joins(server.address)
        ada.sends("before")
        bob.sees("before")
        expect(ada.rows("sent")).to_have_count(1)
        server.kill()
        for text in ("while away one", "while away two"):
            ada.sends(text)
        expect(ada.rows("waiting")).to_have_count(2)

    texts = ["before", "while away one", "while away two"]
    with place.start("--port", port):
        expect(ada.rows("sent")).to_have_count(3, timeout=BACK_MS)
        for reader in (ada, bob):
            expect(reader.rows().locator(".body")).to_have_text(texts, timeout=BACK_MS)


@pytest.mark.page_alone
@on_both
def test_frames_that_are_not_valid_are_skipped_counted_and_told(place, person, look):
    with place.open() as server:
        ada = person("Ada", **look)
        interceptor = FrameInterceptor(ada.page)
        ada.joins(server.address)
        for text in ("not json", '{"type":"message"}', '{"type":"from the future"}'):
            interceptor.send_to_page(text)
        ada.sends("after the nonsense")
        expect(ada.rows("sent")).to_have_count(1)

        ada.presses("Connection details")

        dialog = ada.page.get_by_role("dialog")
        expect(dialog).to_contain_text("3 frames skipped")
        expect(dialog).to_contain_text("complete to #1")
