"""What breaks on the page itself: files that don't come, and parts that can't be shown."""

import pytest
from playwright.sync_api import expect

from tests.e2e.support.server_process import serving

pytestmark = pytest.mark.e2e

# Times can't be written any more, so the next row that has one can't be shown.
BREAK_TIMES = """() => {
  window.format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, "format");
  const get = () => { throw new Error("no times today"); };
  Object.defineProperty(Intl.DateTimeFormat.prototype, "format", { get, configurable: true });
}"""
MEND_TIMES = """() => {
  Object.defineProperty(Intl.DateTimeFormat.prototype, "format", window.format);
}"""


def test_dialogs_open_although_the_server_is_gone(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada").joins(server.address)
        server.kill()

        for button, title in (("Settings", "Theme"), ("Connection details", "Still to send")):
            ada.presses(button)
            expect(ada.page.get_by_role("dialog")).to_contain_text(title)
            ada.page.keyboard.press("Escape")
        ada.page.keyboard.press("Control+/")
        expect(ada.page.get_by_role("dialog")).to_contain_text("These keys")


@pytest.mark.parametrize("way_back", ["Try again", "Reload the page"])
def test_a_page_that_breaks_says_so_and_gives_the_draft_back(tmp_path, person, way_back):
    with serving(tmp_path / "data") as server:
        ada = person("Ada").joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.composer.fill("half a sentence")
        ada.page.evaluate(BREAK_TIMES)
        bob.says("This one breaks it")

        alert = ada.page.get_by_role("alert").filter(has_text="Something went wrong")
        expect(alert).to_contain_text("What you wrote is kept on this device.")
        ada.presses("Try again")
        expect(alert).to_be_visible()
        ada.page.evaluate(MEND_TIMES)
        ada.presses(way_back)

        ada.is_inside().sees("This one breaks it")
        expect(ada.composer).to_have_value("half a sentence")
        bob.says("And this one does not")
        ada.sees("And this one does not")
        nothing_else_went_wrong(ada, "no times today")


def test_a_page_whose_script_does_not_come_is_not_empty(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        ada.page.route("**/assets/index-*.js", lambda route: route.fulfill(status=404))
        ada.opens(server.address)

        expect(ada.page.get_by_text("reload the page")).to_be_visible()
        nothing_else_went_wrong(ada, "404")


def nothing_else_went_wrong(person, *expected):
    """Forget the errors that a test asked for; what else the browser said stays wrong."""
    person.wrong[:] = [text for text in person.wrong if not any(one in text for one in expected)]
