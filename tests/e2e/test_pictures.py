"""Pictures of the page as it is, kept in test-results/ for people to look at beside the mock."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.support.connection import turn_on_until
from tests.e2e.support.frame_interceptor import FrameInterceptor
from tests.e2e.support.proxy import proxied
from tests.e2e.support.seeding import MINUTE_MS, MORNING_MS, seed, seed_talk
from tests.e2e.support.server_process import serving

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PICTURES = Path("test-results")
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
    "locale": "en-GB",
}
LOOKS = {
    "light": DESKTOP | {"color_scheme": "light"},
    "dark": DESKTOP | {"color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
}


def keep(person, name: str) -> None:
    """Take the picture when the font is there."""
    person.page.evaluate("document.fonts.ready")
    person.page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


@pytest.mark.parametrize("look", LOOKS)
def test_join_and_chat(tmp_path, person, look):
    seed_talk(tmp_path / "data")
    with serving(tmp_path / "data") as server:
        ada = person("Ada Kestrel", **LOOKS[look]).opens(server.address)
        ada.page.get_by_label("Your name").fill(ada.name)
        keep(ada, f"join-{look}")
        ada.presses("Join the conversation")
        ada.is_inside()
        priya = person("Priya Nair").joins(server.address)
        ada.looks_away()
        priya.says("Ada, do you still have room for one more in the van?")
        priya.says("I'd be at the station from half past one.")
        ada.sees("I'd be at the station from half past one.")
        ada.looks_away(away=False)
        expect(ada.log.locator(".new")).to_have_text("2 new")
        keep(ada, f"chat-{look}")


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_offline_with_failed_and_waiting_rows(tmp_path, person, look):
    def refuse_bad(frame: dict) -> list[dict]:
        is_bad = frame.get("message", "").startswith("This one")
        return [{**frame, "message": "x" * 2_000} if is_bad else frame]

    seed_talk(tmp_path / "data")
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada Kestrel", **LOOKS[look])
        ada.page.clock.install()
        FrameInterceptor(ada.page, up=refuse_bad)
        ada.joins(proxy.address)
        ada.sends("This one the server would not have.")
        expect(ada.rows("failed")).to_have_count(1)
        proxy.cut()
        ada.sends("This one waits for the line.")
        ada.sends("So does this.")
        expect(ada.rows("waiting")).to_have_count(2)
        ada.sees_the_loss()
        keep(ada, f"offline-{look}")


@pytest.mark.parametrize("look", ["light", "phone"])
def test_right_to_left(tmp_path, person, look):
    said = [
        ("נועה", "בוקר טוב! הסירה האחרונה יוצאת ב־18:40.", 0),
        ("ليلى", "صباح الخير، عندي مقعد واحد في السيارة.", 4),
        ("Tomasz", "I can bring the big cast-iron pot.", 9),
    ]
    seed(tmp_path / "data", [(who, text, MORNING_MS + at * MINUTE_MS) for who, text, at in said])
    with serving(tmp_path / "data") as server:
        ada = person("עדה", **LOOKS[look]).joins(server.address)
        ada.page.evaluate("document.documentElement.dir = 'rtl'")
        ada.sends("נתראה בתחנה ב־13:45")
        expect(ada.rows("sent")).to_have_count(4)
        keep(ada, f"right-to-left-{look}")


NARROW = PHONE | {"viewport": {"width": 320, "height": 640}, "color_scheme": "light"}


def test_narrow_with_too_much_written(tmp_path, person):
    def refuse_bad(frame: dict) -> list[dict]:
        is_bad = frame.get("message", "").startswith("This one")
        return [{**frame, "message": "x" * 2_000} if is_bad else frame]

    seed_talk(tmp_path / "data")
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada Kestrel", **NARROW)
        ada.page.clock.install()
        FrameInterceptor(ada.page, up=refuse_bad)
        ada.opens(proxy.address)
        keep(ada, "join-narrow")
        ada.joins(proxy.address)
        ada.sends("This one the server would not have.")
        expect(ada.rows("failed")).to_have_count(1)
        proxy.cut()
        ada.sees_the_loss()
        keep(ada, "offline-narrow")
        proxy.restore()
        ada.retries()
        ada.composer.fill("Nobody reads so long a message. " * 33)
        ada.composer.evaluate("it => { it.scrollTop = it.scrollHeight; }")
        keep(ada, "too-long-narrow")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours(tmp_path, person, scheme):
    seed_talk(tmp_path / "data")
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        look = DESKTOP | {"forced_colors": "active", "color_scheme": scheme}
        ada = person("Ada Kestrel", **look)
        ada.page.clock.install()
        ada.joins(proxy.address)
        proxy.cut()
        ada.sends("This one waits for the line.")
        ada.sees_the_loss()
        keep(ada, f"forced-colours-{scheme}")


def test_who_is_let_in_no_more(tmp_path, person):
    seed_talk(tmp_path / "data")
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada Kestrel", **LOOKS["light"])
        ada.page.clock.install()
        ada.joins(proxy.address)
        proxy.forbid_sockets()
        shut = ada.page.get_by_text("The server does not let you in any more.")
        turn_on_until(ada, shut.count, most_seconds=400)
        keep(ada, "blocked")


def test_dialogs(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada Kestrel", **LOOKS["light"]).joins(server.address)
        for dialog in ("Settings", "Connection details"):
            ada.presses(dialog)
            expect(ada.page.get_by_role("dialog")).to_be_visible()
            keep(ada, f"dialog-{dialog.split()[0].lower()}")
            ada.presses("Close")
        ada.page.keyboard.press("Control+/")
        expect(ada.page.get_by_role("dialog")).to_be_visible()
        keep(ada, "dialog-keys")
