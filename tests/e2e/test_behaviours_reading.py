"""What one reads: it stays under the eye, in its order, and says what is new."""

import itertools
import json
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.support.accessibility import refuse_bad
from tests.e2e.support.browser_storage import until_stored
from tests.e2e.support.connection import wait_until
from tests.e2e.support.devices import on_both
from tests.e2e.support.frame_interceptor import FrameInterceptor
from tests.e2e.support.proxy import proxied
from tests.e2e.support.scrolling import WATCH_SHIFTS, scroll
from tests.e2e.support.seeding import many, moment

pytestmark = pytest.mark.e2e


@pytest.mark.page_alone
@on_both
def test_a_pill_counts_what_is_new_and_leads_to_it(place, person, look):
    place.seed(many(45))
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        bob = person("Bob").joins(server.address)
        scroll(ada, -1_500)
        expect(ada.page.get_by_role("button", name="Latest", exact=True)).to_be_visible()
        for text in ("one", "two", "three"):
            bob.says(text)

        expect(ada.page).to_have_title("(3) #general · Fireside")
        ada.presses("3 new messages")

        expect(ada.row("three")).to_be_in_viewport()
        expect(ada.page.locator(".pill")).to_have_count(0)
        expect(ada.log.locator(".new")).to_have_text("3 new")
        expect(ada.page).to_have_title("#general · Fireside")


@pytest.mark.page_alone
def test_read_is_only_what_was_at_the_end_before_open_eyes(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        bob = person("Bob").joins(server.address)
        bob.says("seen")
        ada.sees("seen")
        icon = ada.page.locator("link[rel=icon]")
        expect(ada.page).to_have_title("#general · Fireside")

        ada.looks_away()
        bob.says("missed one")
        bob.says("missed two")
        expect(ada.page).to_have_title("(2) #general · Fireside")
        expect(icon).to_have_attribute("href", re.compile("unread"))
        expect(ada.log.locator(".new")).to_have_text("2 new")

        ada.looks_away(away=False)
        expect(ada.page).to_have_title("#general · Fireside")
        expect(icon).not_to_have_attribute("href", re.compile("unread"))
        bob.says("seen again")
        ada.sees("seen again")
        expect(ada.log.locator(".new")).to_have_text("2 new")


def test_what_came_while_the_page_was_closed_is_marked_as_new(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        bob = person("Bob").joins(server.address)
        bob.says("seen")
        ada.sees("seen")
        expect(ada.log.locator(".new")).to_have_count(0)
        ada.page.goto("about:blank")
        for text in ("missed one", "missed two"):
            bob.says(text)
        expect(bob.rows("sent")).to_have_count(3)

        ada.opens(server.address).is_inside()

        ada.sees("missed two")
        expect(ada.log.locator(".new")).to_have_text("2 new")


@pytest.mark.page_alone
@pytest.mark.parametrize(
    ("zone", "days"), [("Europe/Berlin", 3), ("UTC", 2)], ids=["Berlin", "Greenwich"]
)
def test_days_and_five_minutes_make_groups_where_the_reader_is(place, person, zone, days):
    """In Berlin midnight falls between the second and the third message; at Greenwich not."""
    said = [
        ("Sam", "first", "2026-06-04T21:56:00+00:00"),
        ("Sam", "just before midnight", "2026-06-04T21:59:00+00:00"),
        ("Sam", "just after midnight", "2026-06-04T22:01:00+00:00"),
        ("Sam", "within five minutes", "2026-06-04T22:05:59+00:00"),
        ("Sam", "five minutes later", "2026-06-04T22:10:59+00:00"),
        ("Priya", "somebody else", "2026-06-04T22:11:00+00:00"),
        ("Priya", "another day", "2026-06-05T22:30:00+00:00"),
    ]
    place.seed(((who, text, moment(at)) for who, text, at in said))
    with place.open() as server:
        ada = person("Ada", timezone_id=zone, locale="en-GB").joins(server.address)

        expect(ada.log.get_by_role("heading", level=2)).to_have_count(days)
        opening = ada.log.locator("li.msg.first .body")
        after_midnight = ["just after midnight"] if zone == "Europe/Berlin" else []
        expect(opening).to_have_text(
            ["first", *after_midnight, "five minutes later", "somebody else", "another day"]
        )


def test_a_late_arrival_takes_its_place(place, person):
    """Two pushes that overtake each other stand in the order of the room all the same."""
    held: list[dict] = []

    def down(frame: dict) -> list[dict]:
        if frame.get("message") == "first":
            held.append(frame)
            return []
        return [frame, *held] if frame.get("message") == "second" else [frame]

    with place.open() as server:
        ada = person("Ada")
        FrameInterceptor(ada.page, down=down)
        ada.joins(server.address)
        bob = person("Bob").joins(server.address)
        bob.says("first")
        bob.says("second")

        expect(ada.rows().locator(".body")).to_have_text(["first", "second"])


@pytest.mark.page_alone
def test_the_last_known_messages_are_there_before_the_server_is(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada").joins(proxy.address)
        ada.says("known from last time")
        expect(ada.rows("sent")).to_have_count(1)
        until_stored(ada, "value => value.messages?.length > 0")
        proxy.cut_sockets()
        ada.page.route("**/config.json", lambda route: route.abort())

        ada.page.reload()

        ada.sees("known from last time")
        expect(ada.page.locator(".skeleton")).to_have_count(0)


@pytest.mark.page_alone
def test_copied_rows_are_what_one_sees_of_them(place, person):
    """No initials, no name and no time that only a screen reader is given, no button."""
    with place.open() as server:
        ada, bob = person("Ada"), person("Bob Long").joins(server.address)
        FrameInterceptor(ada.page, up=refuse_bad)
        ada.joins(server.address)
        for text in ("one", "two\n\n- three"):
            bob.says(text)
            ada.sees(text[:3])
        ada.says("bad")
        expect(ada.rows("failed")).to_have_count(1)

        ada.log.focus()
        ada.log.evaluate("log => getSelection().selectAllChildren(log)")
        ada.page.keyboard.press("Control+C")
        ada.composer.press("Control+V")

        lines = [line for line in ada.composer.input_value().splitlines() if line]
        day, times = lines.pop(0), [lines.pop(1), lines.pop(5)]
        assert lines == ["Bob Long", "one", "two", "three", "You", "bad"]
        assert day.startswith("Today, ")
        assert all(re.fullmatch(r"\d+:\d\d\s[AP]M", time) for time in times), times


@pytest.mark.page_alone
@on_both
def test_piled_marks_paint_over_no_other_row(place, person, look):
    high = "".join(letter + "\u0301" * 100 + "\u0316" * 100 for letter in "pile")
    wide = "wide" + "\u20dd" * 300  # without a font for it, each takes a place of its own
    with place.open() as server:
        ada, bob = person("Ada", **look).joins(server.address), person("Bob").joins(server.address)
        for text in ("above", high, f"`{high}`", f"- {high}", wide, "below"):
            bob.says(text)
        ada.sees("below")
        assert ada.log.evaluate("log => log.scrollWidth - log.clientWidth") == 0
        columns = [ada.row(text).locator(".col") for text in ("above", "below")]
        neighbours = [*columns, ada.page.locator(".day")]

        with_piles = [row.screenshot() for row in neighbours]
        ada.page.evaluate(RESTYLE, [PILED, {"visibility": "hidden"}])

        assert [row.screenshot() for row in neighbours] == with_piles


RESTYLE = """([which, style]) => {
  for (const it of document.querySelectorAll(which)) Object.assign(it.style, style);
}"""
PILED = 'li.msg:not([data-seq="1"], [data-seq="6"]) .body'


@pytest.mark.page_alone
@on_both
def test_letters_with_marks_of_living_languages_are_whole(place, person, look):
    """What is cut must be a pile: no accent, vowel sign or tail that people write."""
    with place.open() as server:
        ada, bob = person("Ada", **look).joins(server.address), person("Bob").joins(server.address)
        bob.says("Ệ Ǻ ộ́ g̃ǰ น้ำผึ้ง བསྒྲུབས कर्त्तृ ஸ்ரீ שָׁלוֹם בָּהּ اَللّٰهُ گُلٹپچے")
        body = ada.rows().locator(".body")

        cut = body.screenshot()
        ada.page.evaluate(RESTYLE, [".body", {"overflow": "visible"}])

        assert body.screenshot() == cut


@pytest.mark.page_alone
def test_markdown_links_code_and_emoji_are_dressed_and_nothing_is_run(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        ada.says("**bold** `code` https://example.org/a and <img src=x onerror=alert(1)>")
        ada.says("❤️🔥")
        ada.says("[click](javascript:alert(1))")
        expect(ada.rows("sent")).to_have_count(3)

        expect(ada.log.locator("strong")).to_have_text("bold")
        expect(ada.log.locator(".body code")).to_have_text("code")
        expect(ada.log.locator("a")).to_have_attribute("href", "https://example.org/a")
        expect(ada.log.locator("a")).to_have_attribute("rel", re.compile("noopener"))
        expect(ada.log.locator("img")).to_have_count(0)
        expect(ada.log.locator(".body.large")).to_have_text("❤️🔥")


@pytest.mark.page_alone
@on_both
def test_a_link_that_shows_another_address_shows_where_it_leads(place, person, look):
    turned = "\u202e" + "https://bank.example"[::-1]
    with place.open() as server:
        ada, bob = person("Ada", **look).joins(server.address), person("Bob").joins(server.address)
        bob.says(f"[https://bank.example](https://evil.example) [{turned}](https://evil.example)")
        bob.says("https://bank.example@evil.example and https://bänk.example")
        bob.says(f"{turned} [bank.example](https://bank.example/login) https://bank.example")

        shown = ada.log.locator(".body a")
        expect(shown).to_have_text(
            [
                "https://bank.example (evil.example)",
                f"{turned[1:]} (evil.example)",
                "https://bank.example@evil.example (evil.example)",
                "https://bänk.example (xn--bnk-qla.example)",
                "bank.example",
                "https://bank.example",
            ]
        )
        # On screen the one is right of the other, whatever turns the text around them.
        assert shown.nth(1).evaluate(READS_ON)
        assert [link.get_attribute("href") for link in shown.all()[4:]] == [
            "https://bank.example/login",
            "https://bank.example",
        ]


READS_ON = """link => {
  const [label, destination] = link.querySelectorAll("bdi");
  const [one, other] = [label, destination].map(it => it.getClientRects()[0]);
  return one.right <= other.left || one.bottom <= other.top;
}"""


@pytest.mark.page_alone
@on_both
@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_skeleton_stands_still_until_the_first_page_is_there(place, person, look, motion):
    held: list[dict] = []

    def hold_pages(frame: dict) -> list[dict]:
        if frame["type"] != "history":
            return [frame]
        held.append(frame)
        return []

    place.seed(many(120))
    with place.open() as server:
        ada = person("Ada", **look, reduced_motion=motion)
        ada.page.add_init_script(WATCH_SHIFTS)
        interceptor = FrameInterceptor(ada.page, down=hold_pages)
        ada.opens(server.address)
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")
        skeleton = ada.page.locator(".skeleton")
        expect(skeleton).to_have_css("animation-delay", "0.3s")
        expect(skeleton).to_have_css("opacity", "1")
        lasts = skeleton.evaluate("it => parseFloat(getComputedStyle(it).animationDuration)")
        assert lasts <= (0.1 if motion == "reduce" else 0.18)
        assert skeleton.evaluate("it => it.getAnimations({subtree: true}).length") <= 1

        wait_until(ada, lambda: held)
        interceptor.send_to_page(json.dumps(held[0]))

        expect(ada.log.locator('li[data-seq="120"]')).to_be_visible()
        expect(skeleton).to_have_count(0)
        assert ada.page.evaluate("window.shifts.unasked") < 0.02


@pytest.mark.page_alone
def test_others_words_are_announced_politely_and_own_and_old_ones_never(place, person):
    place.seed([("Sam", "old words", moment("2026-06-04T21:56:00+00:00"))])
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.page.evaluate(LISTEN)
        ada.says("my own words")
        bob.says("hello Ada")
        announcer = ada.page.locator(".sr[role=status]")
        expect(announcer).to_have_text("Bob: hello Ada")
        for number in range(4):
            bob.says(f"burst {number}")
        ada.sees("burst 3")
        expect(announcer).to_have_text(re.compile(r"^(\d new messages|Bob: burst 3)$"))

        heard = ada.page.evaluate("window.heard")
        assert not any("own words" in text or "old words" in text for text, _ in heard)
        gaps = [later - at for (_, at), (_, later) in itertools.pairwise(heard)]
        assert all(gap > 900 for gap in gaps), heard
        assert ada.log.get_attribute("aria-live") == "off"


LISTEN = """() => {
  window.heard = [];
  const region = document.querySelector(".sr[role=status]");
  new MutationObserver(() => window.heard.push([region.textContent, performance.now()]))
    .observe(region, { childList: true, characterData: true, subtree: true });
}"""
