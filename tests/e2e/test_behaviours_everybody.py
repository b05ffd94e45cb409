"""For everybody: by keyboard, by screen reader, on a phone, in any light, in either direction."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.support.accessibility import refuse_bad, violations_by_state
from tests.e2e.support.connection import stop_the_clock, wait_until
from tests.e2e.support.devices import DESKTOP, PHONE, on_both
from tests.e2e.support.frame_interceptor import FrameInterceptor
from tests.e2e.support.identity import is_claimed
from tests.e2e.support.proxy import proxied
from tests.e2e.support.seeding import many, words

pytestmark = pytest.mark.e2e


@pytest.mark.page_alone
@pytest.mark.parametrize("scheme", ["light", "dark"])
@on_both
def test_axe_finds_nothing_in_any_state(place, person, look, scheme):
    """The policy forbids foreign scripts, axe among them, so here alone it is switched off."""
    place.seed(many(60))
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada", **look, color_scheme=scheme, bypass_csp=True)

        found = violations_by_state(ada, proxy)

    assert len(found) == 17
    assert {state: wrong for state, wrong in found.items() if wrong} == {}


def focused(person) -> str:
    """Say what has the focus, by role and name."""
    return person.page.evaluate(
        """() => {
          const at = document.activeElement;
          return at.getAttribute("aria-label") ?? at.textContent.trim();
        }"""
    )


@pytest.mark.page_alone
def test_everything_is_reached_by_keyboard_and_the_log_is_one_stop(place, person):
    place.seed(many(40))
    with place.open() as server:
        ada = person("Ada", **DESKTOP).joins(server.address)
        expect(ada.composer).to_be_focused()
        stops = []
        is_claimed(ada)
        for _ in range(8):
            ada.page.keyboard.press("Shift+Tab")
            stops.append(focused(ada))
        assert stops[:7] == [
            "Messages in general",
            "Settings",
            "Connection details",
            "Ada",
            "Not now",
            "Keep a way back",
            "Skip to writing",
        ]

        ada.log.focus()
        ada.page.keyboard.press("ArrowUp")
        expect(ada.log.locator('li[data-seq="40"]')).to_be_focused()
        ada.page.keyboard.press("ArrowUp")
        expect(ada.log.locator('li[data-seq="39"]')).to_be_focused()
        ada.page.keyboard.press("ArrowDown")
        expect(ada.log.locator('li[data-seq="40"]')).to_be_focused()
        ada.log.evaluate("log => { log.scrollTop = 0; }")
        expect(ada.page.locator(".pill")).to_be_visible()
        ada.page.keyboard.press("End")
        expect(ada.page.locator(".pill")).to_have_count(0)
        ada.page.keyboard.press("Escape")
        expect(ada.composer).to_be_focused()


@pytest.mark.page_alone
def test_the_focus_is_always_seen(place, person):
    with place.open() as server:
        ada = person("Ada", **DESKTOP).joins(server.address)
        ada.composer.fill("something, so that Send can be reached")
        seen = {}
        is_claimed(ada)
        for _ in range(11):
            ada.page.keyboard.press("Tab")
            seen[focused(ada)] = ada.page.evaluate(RING)

        assert {"Settings", "Send", "Messages in general"} <= seen.keys()
        assert {name: ring for name, ring in seen.items() if not ring} == {}


RING = """() => {
  const at = document.activeElement;
  if (at === document.body) return true;
  return [at, at.closest("form")].some(element => {
    const style = element && getComputedStyle(element);
    const outlined = style?.outlineStyle !== "none" && parseFloat(style?.outlineWidth) >= 2;
    return outlined || (element?.tagName === "FORM" && style.boxShadow !== "none");
  });
}"""


@pytest.mark.page_alone
@pytest.mark.parametrize("opener", ["Settings", "Connection details"])
@on_both
def test_a_dialog_gives_the_focus_back(place, person, look, opener):
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        button = ada.page.get_by_role("button", name=opener, exact=True).locator("visible=true")
        button.focus()
        ada.page.keyboard.press("Enter")
        dialog = ada.page.get_by_role("dialog", name=opener)
        expect(dialog).to_be_visible()
        assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")

        ada.page.keyboard.press("Escape")

        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()


@pytest.mark.page_alone
@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_has_room_for_everything(place, person, width):
    look = PHONE | {"viewport": {"width": width, "height": 640}}
    with place.open() as server:
        ada = person("Ada", **look)
        FrameInterceptor(ada.page, up=refuse_bad)
        ada.opens(server.address)
        check_phone(ada, width)
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")
        ada.is_inside()
        ada.sends("https://example.org/" + "averylongaddress" * 12)
        ada.sends("`" + "code" * 60 + "`\n```\n" + "wide " * 60 + "\n```")
        expect(ada.rows("sent")).to_have_count(2)
        ada.sends("bad: this one is refused")
        expect(ada.rows("failed")).to_have_count(1)
        check_phone(ada, width)
        for dialog in ("Settings", "Connection details"):
            ada.presses(dialog)
            expect(ada.page.get_by_role("dialog")).to_be_visible()
            check_phone(ada, width)
            ada.presses("Close")
        ada.presses("Settings")
        ada.presses("Forget this device")
        check_phone(ada, width)
        ada.presses("Cancel")
        ada.presses("Close")
        zoom = ada.page.locator("meta[name=viewport]").get_attribute("content")
        assert not re.search("user-scalable|maximum-scale", zoom)
        assert ada.page.locator(".app").bounding_box()["height"] == 640


@pytest.mark.page_alone
@pytest.mark.parametrize(
    ("width", "height"), [(667, 190), (844, 200), (568, 180), (667, 375), (320, 256)]
)
def test_a_low_screen_shows_the_latest_row_and_the_whole_send_button(place, person, width, height):
    """A phone on its side, with its keyboard open or not; and a large zoom on a desktop."""
    place.seed(many(20))
    with place.open() as server:
        look = PHONE | {"viewport": {"width": width, "height": height}}
        ada = person("Ada", **look).joins(server.address)
        send = ada.page.get_by_role("button", name="Send", exact=True)
        for text in ("one\ntwo\nthree", "", "line\n" * 40, "", "x" * 1_100):
            ada.composer.fill(text)

            expect(send).to_be_in_viewport(ratio=1)
            assert send.bounding_box()["height"] == 44
            foot = ada.page.locator(".foot").bounding_box()
            assert foot["y"] + foot["height"] <= height
            assert foot["y"] - ada.page.locator(".head").bounding_box()["height"] >= 20
            wait_until(ada, lambda: ends_above(ada, 'li[data-seq="20"]', ".foot"))
        ada.composer.fill("sent from the side")
        ada.presses("Send")
        ada.sees("sent from the side")


def ends_above(person, upper: str, lower: str) -> bool:
    box, below = (person.page.locator(one).bounding_box() for one in (upper, lower))
    return box["y"] + box["height"] <= below["y"]


@pytest.mark.page_alone
@pytest.mark.parametrize("width", [844, 480])
def test_nothing_is_under_the_edges_of_a_phone_on_its_side(place, person, width):
    """On the narrower one also the join form is as wide as the edges let it be."""
    with place.open() as server:
        look = PHONE | {"viewport": {"width": width, "height": 390}}
        ada = person("Ada", **look)
        devtools = ada.context.new_cdp_session(ada.page)
        insets = {"left": 59, "right": 59, "bottom": 21, "top": 0}
        devtools.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
        ada.opens(server.address)
        expect(ada.page.get_by_label("Your name")).to_be_visible()
        assert parts_under_edges(ada, insets) == []

        ada.joins(server.address)

        assert parts_under_edges(ada, insets) == []


def parts_under_edges(person, insets: dict[str, int]) -> list[str]:
    """Return what can be pressed, written in or read and is not within the safe area."""
    return person.page.evaluate(UNDER_EDGES, insets)


UNDER_EDGES = """({ left, right, bottom }) => {
  const parts = [...document.querySelectorAll("button, input, textarea, .av, .mark, h1, .card p")]
    .filter(it => it.checkVisibility());
  if (parts.length < 5) throw new Error(`only ${parts.length} parts`);
  scrollTo(0, document.body.scrollHeight);  // to where a form that is higher than the screen ends
  return parts.filter(it => {
    const box = it.getBoundingClientRect();
    return box.left < left || box.right > innerWidth - right || box.bottom > innerHeight - bottom;
  }).map(it => it.outerHTML.slice(0, 90));
}"""


def check_phone(person, width: int) -> None:
    """Nothing goes sideways, what is touched is large, and no field makes the phone zoom."""
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width
    assert person.page.evaluate(SMALL_TARGETS) == []
    assert person.page.evaluate(SMALL_FIELDS) == []


SMALL_TARGETS = """() => {
  const labelled = [...document.querySelectorAll("label:has(input[type])")];
  return [...document.querySelectorAll("button, input:not([type]), textarea"), ...labelled]
    .filter(it => it.checkVisibility() && it.getBoundingClientRect().height > 0)
    .filter(it => Math.min(it.offsetWidth, it.offsetHeight) < 43.5)
    .map(it => it.outerHTML.slice(0, 90));
}"""
SMALL_FIELDS = """() => [...document.querySelectorAll("input:not([type]), textarea")]
  .filter(it => parseFloat(getComputedStyle(it).fontSize) < 16)
  .map(it => it.outerHTML.slice(0, 90))"""

PAPER, EMBERS = "rgb(250, 247, 242)", "rgb(25, 22, 20)"


@pytest.mark.page_alone
@pytest.mark.parametrize(("scheme", "colour"), [("light", PAPER), ("dark", EMBERS)])
def test_the_systems_light_is_the_pages(place, person, scheme, colour):
    with place.open() as server:
        ada = person("Ada", color_scheme=scheme).joins(server.address)

        expect(ada.page.locator("body")).to_have_css("background-color", colour)


@pytest.mark.page_alone
def test_a_chosen_light_is_kept_and_there_from_the_first_paint(place, person):
    with place.open() as server:
        ada = person("Ada", color_scheme="light").joins(server.address)
        ada.presses("Settings")
        ada.page.get_by_role("radio", name="Dark").check()
        expect(ada.page.locator("body")).to_have_css("background-color", EMBERS)
        # The body exists and nothing was painted yet: what it would be painted with.
        ada.page.add_init_script(FIRST_COLOUR)

        ada.page.reload()

        ada.is_inside()
        expect(ada.page.locator("body")).to_have_css("background-color", EMBERS)
        assert ada.page.evaluate("[window.firstTheme, window.firstBars]") == ["dark", "#191614"]
        ada.presses("Settings")
        for theme, bars in (("Light", "#faf7f2"), ("Dark", "#191614"), ("System", "#faf7f2")):
            ada.page.get_by_role("radio", name=theme).check()
            assert ada.page.evaluate(f"({BARS})()") == bars


BARS = """() => [...document.querySelectorAll("meta[name=theme-color]")]
  .find(meta => matchMedia(meta.media).matches).content"""
FIRST_COLOUR = f"""new MutationObserver((_, observer) => {{
  if (!document.body) return;
  window.firstTheme = document.documentElement.dataset.theme;
  window.firstBars = ({BARS})();
  observer.disconnect();
}}).observe(document, {{ childList: true, subtree: true }});"""


@pytest.mark.page_alone
def test_who_wants_no_motion_sees_none(place, person):
    place.seed(many(60))
    with place.open() as server:
        ada = person("Ada", reduced_motion="reduce").joins(server.address)
        ada.page.evaluate(WATCH_MOTION)
        ada.log.evaluate("log => { log.scrollTop = 0; }")
        ada.presses("Latest")
        ada.sends("hello")
        ada.presses("Settings")
        ada.presses("Close")

        assert ada.page.evaluate("window.moved()") == []


WATCH_MOTION = """() => {
  const started = [];
  for (const type of ["transitionrun", "animationstart"])
    document.addEventListener(type, event => {
      for (const animation of event.target.getAnimations())
        if (animation.effect.getTiming().duration > 100) started.push(event.target.className);
    });
  window.moved = () => started;
}"""


@pytest.mark.page_alone
def test_who_wants_more_contrast_gets_it(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        token = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
        names = ("--line", "--control", "--muted", "--text")
        line, control, muted, text = (ada.page.evaluate(token, name) for name in names)
        assert (line, muted) != (control, text)

        ada.page.emulate_media(contrast="more")

        line, _, muted, text = (ada.page.evaluate(token, name) for name in names)
        assert line == control
        assert muted == text


@pytest.mark.page_alone
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_scrollbars_have_the_colours_of_the_theme(place, person, scheme):
    """Firefox on Linux gives them a white track if no colours are set."""
    place.seed(many(30))
    with place.open() as server:
        ada = person("Ada", color_scheme=scheme).joins(server.address)
        ada.presses("Settings")

        thumb = ada.page.evaluate(CONTROL_COLOUR)
        for scrolled in (ada.log, ada.composer, ada.page.get_by_role("dialog")):
            colours = scrolled.evaluate("it => getComputedStyle(it).scrollbarColor")
            assert colours == f"{thumb} rgba(0, 0, 0, 0)"


CONTROL_COLOUR = """() => {
  const it = document.body.appendChild(document.createElement("i"));
  it.style.color = "var(--control)";
  return getComputedStyle(it).color;
}"""


@pytest.mark.page_alone
def test_forced_colours_leave_every_control_an_edge(place, person):
    with place.open() as server:
        ada = person("Ada", forced_colors="active").joins(server.address)
        ada.sends("hello")
        expect(ada.rows("sent")).to_have_count(1)

        box = ada.page.locator(".box")
        assert box.evaluate("box => getComputedStyle(box).borderTopStyle") == "solid"
        expect(ada.composer).to_be_focused()
        assert box.evaluate("box => getComputedStyle(box).outlineStyle") == "solid"
        assert ada.page.evaluate("matchMedia('(forced-colors: active)').matches")


@pytest.mark.page_alone
@on_both
def test_right_to_left_words_and_pages(place, person, look):
    with place.open() as server:
        ada = person("נועה", **look).joins(server.address)
        ada.sends("שלום, הסירה האחרונה ב־18:40")
        ada.sends("and one in English")
        expect(ada.rows("sent")).to_have_count(2)
        bodies = ada.rows().locator(".body")
        expect(bodies.nth(0)).to_have_css("direction", "rtl")
        expect(bodies.nth(1)).to_have_css("direction", "ltr")
        expect(ada.log.locator("bdi").first).to_be_attached()

        ada.page.evaluate("document.documentElement.dir = 'rtl'")

        avatar = ada.log.locator(".av").first.bounding_box()
        column = ada.log.locator(".col").first.bounding_box()
        assert avatar["x"] >= column["x"] + column["width"]
        wide = ada.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= look["viewport"]["width"]


@pytest.mark.page_alone
def test_notifications_are_asked_for_in_context_only(place, person):
    with place.open() as server:
        ada = person("Ada")
        ada.page.add_init_script(FAKE_NOTIFICATIONS)
        ada.joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.looks_away()
        bob.says("before she asked")
        ada.sees("before she asked")
        assert ada.page.evaluate("[window.asked, window.told.length]") == [0, 0]

        ada.looks_away(away=False)
        ada.presses("Settings")
        ada.page.get_by_role("checkbox", name="Notify me about new messages").click()
        ada.presses("Close")
        assert ada.page.evaluate("window.asked") == 1
        bob.says("while she looks")
        ada.sees("while she looks")
        ada.looks_away()
        bob.says("while she looks elsewhere")
        ada.sees("while she looks elsewhere")

        wait_until(ada, lambda: told(ada))
        assert told(ada) == [["Bob in #general", "while she looks elsewhere", True]]
        bob.says("and once more")
        wait_until(ada, lambda: len(told(ada)) == 2)
        assert told(ada)[1] == ["Bob in #general", "and once more", True]


def told(person) -> list[list]:
    """Return title, text and whether it makes a sound, of each notification of a page."""
    return person.page.evaluate("window.told")


@pytest.mark.page_alone
def test_what_one_tab_shows_no_other_notifies_of_or_counts(place, person):
    with place.open() as server:
        ada = person("Ada")
        ada.context.add_init_script(FAKE_NOTIFICATIONS)
        ada.context.clock.install()  # of both its tabs
        ada.joins(server.address)
        ada.presses("Settings")
        ada.page.get_by_role("checkbox", name="Notify me about new messages").click()
        ada.presses("Close")
        hidden = ada.another_tab().opens(server.address).is_inside()
        bob = person("Bob").joins(server.address)
        hidden.looks_away()
        stop_the_clock(ada)  # for both: no notification before what is read is known

        bob.says("shown in one tab")
        for tab in (ada, hidden):
            tab.sees("shown in one tab")
        expect(hidden.page).to_have_title("#general · Fireside")
        expect(hidden.log.locator(".new")).to_have_count(0)
        ada.page.clock.run_for(2_000)
        assert told(ada) + told(hidden) == []

        ada.looks_away()
        for count, text in enumerate(("shown in none", "nor this"), 1):
            bob.says(text)
            for tab in (ada, hidden):
                expect(tab.page).to_have_title(f"({count}) #general · Fireside")
            ada.page.clock.run_for(2_000)
            wait_until(ada, lambda so_many=count: len(told(ada) + told(hidden)) == so_many)
        ada.looks_away(away=False)

        for tab in (ada, hidden):
            expect(tab.page).to_have_title("#general · Fireside")
        texts = [text for _, text, _ in told(ada) + told(hidden)]
        assert sorted(texts) == ["nor this", "shown in none"]
        closed = [tab.page.evaluate("window.shut") for tab in (ada, hidden)]
        assert sum(closed) >= 1


FAKE_NOTIFICATIONS = """window.asked = 0;
window.told = [];
window.shut = 0;
window.Notification = class {
  static permission = "default";
  static async requestPermission() {
    window.asked += 1;
    return (this.permission = "granted");
  }
  constructor(title, { body, renotify }) { window.told.push([title, body, renotify]); }
  close() { window.shut += 1; }
};"""


@pytest.mark.page_alone
def test_every_control_that_is_drawn_does_something(place, person):
    """A list of all that can be pressed: who adds one has to say here what it is."""
    place.seed(many(3))
    with place.open() as server:
        ada = person("Ada", **DESKTOP).joins(server.address)
        ada.sees(words(3).strip())
        is_claimed(ada)

        names = ada.page.evaluate(
            """() => [...document.querySelectorAll("button, a, input, select")]
                 .filter(it => it.checkVisibility())
                 .map(it => it.getAttribute("aria-label") ?? it.textContent.trim())"""
        )

        assert names == [
            "Skip to writing",
            "Keep a way back",
            "Not now",
            "Ada",
            "Connection details",
            "Settings",
            "Send",
        ]
