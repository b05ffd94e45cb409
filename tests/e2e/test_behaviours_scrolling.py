"""What one reads stays under the eye, to the pixel, whatever comes above it or below."""

import pytest
from playwright.sync_api import expect

from tests.e2e.support.connection import BACK_MS
from tests.e2e.support.devices import DESKTOP, PHONE, on_both
from tests.e2e.support.proxy import proxied
from tests.e2e.support.scrolling import (
    WATCH_SHIFTS,
    eye,
    place_of,
    press_keys,
    scroll,
    swipe_back,
    turn_wheel,
    type_and_send,
)
from tests.e2e.support.seeding import many, words

pytestmark = pytest.mark.e2e

on_all = pytest.mark.parametrize(
    "reader", ["desktop", "phone", "a browser that does not anchor"], indirect=True
)
NOT_ANCHORING = """
const supports = CSS.supports.bind(CSS);
CSS.supports = (name, ...rest) => name !== "overflow-anchor" && supports(name, ...rest);
addEventListener("DOMContentLoaded", () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { overflow-anchor: none !important }");
  document.adoptedStyleSheets.push(sheet);
});"""


@pytest.fixture
def reader(request, person):
    """Let Ada in, on the device that the test names, and Bob, who talks to her."""

    def come(address, bobs_address):
        look = PHONE if request.param == "phone" else DESKTOP
        ada = person("Ada", **look)
        if request.param == "a browser that does not anchor":
            ada.page.add_init_script(NOT_ANCHORING)
        return ada.joins(address), person("Bob").joins(bobs_address)

    return come


FROM_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
LOADING = "Loading earlier messages…"
MOST_PX = 1


def from_end(person) -> float:
    return person.log.evaluate(FROM_END)


def seqs(person) -> list[int]:
    return person.log.evaluate(
        "log => [...log.querySelectorAll('li[data-seq]')].map(row => Number(row.dataset.seq))"
    )


@pytest.mark.page_alone
@on_both
def test_the_log_sticks_to_its_end_and_never_moves_a_reader(place, person, look):
    place.seed(many(45))
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.sees(words(45).strip())
        assert from_end(ada) <= MOST_PX

        scroll(ada, -60)
        bob.says("still within a hundred pixels")
        ada.sees("still within a hundred pixels")
        assert from_end(ada) <= MOST_PX

        scroll(ada, -900)
        seq, place = eye(ada)
        bob.says("far below")
        ada.sees("far below")
        assert abs(place_of(ada, seq) - place) <= MOST_PX

        ada.sends("my own word")
        expect(ada.row("my own word")).to_be_in_viewport()
        assert from_end(ada) <= MOST_PX


@pytest.mark.page_alone
@on_both
def test_a_growing_field_and_a_keyboard_move_neither_the_end_nor_a_reader(place, person, look):
    place.seed(many(45))
    width, height = look["viewport"].values()
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        for text in ("one\ntwo\nthree\nfour\nfive", ""):
            ada.composer.fill(text)
            ada.page.evaluate(SETTLED)
            assert from_end(ada) <= MOST_PX
        for shown in (height - 300, height):
            ada.page.set_viewport_size({"width": width, "height": shown})
            ada.page.evaluate(SETTLED)
            assert from_end(ada) <= MOST_PX

        scroll(ada, -900)
        seq, place = eye(ada)
        ada.composer.fill("one\ntwo\nthree\nfour\nfive")
        ada.page.set_viewport_size({"width": width, "height": height - 300})
        ada.page.evaluate(SETTLED)
        assert abs(place_of(ada, seq) - place) <= MOST_PX


@on_all
@pytest.mark.parametrize(
    ("top", "pages"), [(0, 3), (400, 10)], ids=["from the very top", "from further down"]
)
def test_older_pages_come_above_without_moving_what_is_read(place, reader, top, pages):
    """Also while others talk, and when rows far below must go because 500 are enough."""
    place.seed(many(560))
    with place.open() as server, proxied(server.port) as proxy:
        ada, bob = reader(proxy.address, server.address)
        for page in range(1, pages + 1):
            proxy.hold("down")
            assert ada.log.evaluate(UNTIL_LOADING, top)
            seq, place = eye(ada)
            bob.says(f"meanwhile {page}")

            proxy.restore()
            expect(ada.log.locator(f'li[data-seq="{560 - 50 * page}"]')).to_have_count(1)
            expect(ada.log.get_by_text(LOADING)).to_have_count(0)

            assert abs(place_of(ada, seq) - place) <= MOST_PX, page
            assert ada.rows().count() <= 500


UNTIL_LOADING = """async (log, top) => {
  for (let tries = 0; tries < 50; tries += 1) {
    if (log.textContent.includes("Loading earlier messages…")) return true;
    log.scrollTop = top;
    await new Promise(requestAnimationFrame);
  }
  return false;
}"""


@pytest.mark.page_alone
@pytest.mark.long
@on_all
def test_rows_never_seen_before_move_exactly_with_the_wheel(place, reader):
    """Through ten pages, and back to the end through what had to go meanwhile."""
    place.seed(many(560))
    with place.open() as server:
        ada, bob = reader(server.address, server.address)
        for turn in range(1_000):
            assert abs(scroll(ada, -350)) <= MOST_PX, seqs(ada)[0]
            if turn % 10 == 0:
                bob.says(f"meanwhile {turn}")
            if ada.log.evaluate("log => log.scrollTop") == 0 and seqs(ada)[0] == 1:
                break
        assert seqs(ada) == list(range(1, 501))

        while seqs(ada)[-1] <= 560:
            assert abs(scroll(ada, 700)) <= MOST_PX, seqs(ada)[-1]
        assert len(seqs(ada)) == 500


@pytest.mark.page_alone
@pytest.mark.long
def test_who_reads_the_first_of_500_rows_keeps_it_when_more_is_said(place, person):
    place.seed(many(500))
    with place.open() as server:
        ada = person("Ada", **DESKTOP).joins(server.address)
        bob = person("Bob").joins(server.address)
        while seqs(ada)[0] != 1:
            ada.reads_back()
        ada.log.evaluate("log => { log.scrollTop = 0; }")
        seq, place = eye(ada)
        assert seq == "1"

        for number in range(3):
            bob.says(f"meanwhile {number}")
        expect(ada.page.get_by_role("button", name="3 new messages")).to_be_visible()

        assert abs(place_of(ada, "1") - place) <= MOST_PX
        ada.presses("3 new messages")
        expect(ada.row("meanwhile 2")).to_be_in_viewport()


def test_reading_back_to_the_beginning_keeps_order_and_at_most_500_rows(place, person):
    place.seed(many(720))
    with place.open() as server:
        ada = person("Ada", **DESKTOP).joins(server.address)
        most = 0
        while seqs(ada)[0] != 1:
            ada.reads_back()
            most = max(most, ada.rows().count())

        assert seqs(ada) == list(range(1, len(seqs(ada)) + 1))
        assert 400 <= most <= 500

        ada.presses("Latest")
        expect(ada.log.locator('li[data-seq="720"]')).to_be_in_viewport()


JUMPS = {
    "at once": "log.scrollTop = 0",
    "in a frame": "requestAnimationFrame(() => { log.scrollTop = 0; })",
    "to a row": "log.querySelector('li.msg').scrollIntoView()",
}


@pytest.mark.page_alone
@on_both
@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_a_jump_by_script_is_not_undone_by_what_comes_with_it(place, person, look, jump):
    """As a screen reader jumps: in the same turn a message is drawn, before any scroll is told."""
    place.seed(many(45))
    with place.open() as server:
        ada = person("Ada", **look)
        ada.page.add_init_script(JUMP_WITH_NEXT_MESSAGE)
        ada.joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.log.evaluate(f"log => {{ window.jump = () => {{ {jump} }}; }}")

        bob.says("just as she jumps")

        ada.sees("just as she jumps")
        ada.page.evaluate(SETTLED)
        assert ada.log.evaluate("log => log.scrollTop") <= 200  # above it: the banner's room


JUMP_WITH_NEXT_MESSAGE = """window.WebSocket = class extends WebSocket {
  set onmessage(handle) {
    super.onmessage = handle && (event => {
      if (JSON.parse(event.data).type === "message") window.jump?.();
      handle(event);
    });
  }
};"""
SETTLED = """async () => {
  for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
}"""


@pytest.mark.page_alone
@on_both
def test_the_home_key_leads_to_the_top_and_the_end_key_back(place, person, look):
    place.seed(many(45))
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        ada.log.focus()

        ada.page.keyboard.press("Home")
        expect(ada.log.locator('li[data-seq="1"]')).to_be_in_viewport()
        expect(ada.log).to_have_js_property("scrollTop", 0)
        ada.page.keyboard.press("End")
        expect(ada.log.locator('li[data-seq="45"]')).to_be_in_viewport()


@pytest.mark.long  # all behaviours in one go
@on_both
def test_nothing_jumps_in_a_whole_session(place, person, look):
    """Coming in, others talking, an outage, reading back, coming again: under 0.02 in all."""
    place.seed(many(300))
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada", **look)
        ada.page.clock.install()
        ada.page.add_init_script(WATCH_SHIFTS)
        ada.joins(proxy.address)
        bob = person("Bob").joins(server.address)
        for number in range(5):
            bob.says(f"from bob {number}")
            type_and_send(ada, f"from ada {number}")
        ada.sees("from bob 4")
        expect(ada.row("from ada 4")).to_have_attribute("data-state", "sent")
        proxy.cut()
        type_and_send(ada, "while away")
        expect(ada.rows("waiting")).to_have_count(1)
        ada.sees_the_loss()
        proxy.restore()
        ada.retries()
        expect(ada.page.get_by_text("Connection lost.")).to_have_count(0, timeout=BACK_MS)
        assert ada.page.evaluate("window.shifts.unasked") < 0.02

        ada.page.reload()
        ada.sees("while away")
        ada.page.evaluate(SETTLED)
        assert ada.page.evaluate("window.shifts.all") < 0.02


@pytest.mark.page_alone
@pytest.mark.long
@on_both
def test_nothing_jumps_while_one_reads_back(place, person, look):
    """By wheel, finger and keys, while others talk; here not even a key excuses a shift."""
    place.seed(many(300))
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.page.evaluate(WATCH_SHIFTS)
        before = ada.page.evaluate("window.shifts.all")

        while seqs(ada)[0] > 150:
            if look is PHONE:
                swipe_back(ada, 3)
            else:
                turn_wheel(ada, 20)
            bob.says("meanwhile")
            press_keys(ada, "PageUp", 3)

        assert ada.page.evaluate("window.shifts.all") - before < 0.02
