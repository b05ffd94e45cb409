"""Take the README's pictures: the real page, with a conversation by the lake (make picture)."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.support.browser import CHROMIUM_ARGUMENTS, FULL_NAMES, find_chromium
from tests.e2e.support.person import Person
from tests.e2e.support.seeding import MINUTE_MS, MORNING_MS, seed_talk
from tests.e2e.support.server_process import ROOT, serving

IMAGES = ROOT / "docs/images"
LATER = (
    ("Priya Nair", "Ada, do you still have room for one more in the van?", 69),
    ("Priya Nair", "I'd be at the station from half past one.", 70),
)
NOW = datetime.fromtimestamp((MORNING_MS + 75 * MINUTE_MS) / 1_000, UTC)
# As if she came back after the sixth message: the unread line stands above the seventh.
READ_SIX = """localStorage.setItem("fireside.read.Ada%20Kestrel/general", "6")"""


def take(browser: Browser, address: str, scheme: str, path: Path) -> None:
    """Let Ada come in and take the picture."""
    look = {
        "viewport": {"width": 1_280, "height": 800},
        "color_scheme": scheme,
        "locale": "en-GB",
        "timezone_id": "UTC",
    }
    ada = Person("Ada Kestrel", browser.new_context(**look), [])
    ada.page.clock.set_fixed_time(NOW)
    ada.page.add_init_script(READ_SIX)
    ada.joins(address)
    ada.sees(LATER[-1][1])
    expect(ada.log.locator(".new")).to_have_text("2 new")
    ada.page.mouse.move(640, 30)
    ada.page.evaluate("document.activeElement.blur()")
    ada.page.evaluate("document.fonts.ready")
    ada.page.screenshot(path=path, animations="disabled")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1_000:.0f} kB")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        seed_talk(data, *LATER)
        browser = playwright.chromium.launch(
            executable_path=find_chromium(FULL_NAMES), args=list(CHROMIUM_ARGUMENTS)
        )
        with serving(data) as server:
            take(browser, server.address, "light", IMAGES / "chat.png")
            take(browser, server.address, "dark", IMAGES / "chat-dark.png")
        browser.close()


if __name__ == "__main__":
    main()
