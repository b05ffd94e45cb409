"""What breaks on the page itself: files that don't come, and parts that can't be shown."""

import pytest
from playwright.sync_api import expect

from tests.e2e.support.broken_page import (
    BREAK_TIMES,
    RESTORE_TIMES,
    expected_errors,
    forget_errors,
)
from tests.e2e.support.browser_storage import FORBID_STORAGE
from tests.e2e.support.connection import wait_until
from tests.e2e.support.server_process import serving

pytestmark = pytest.mark.e2e


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

        alert = failure_on(ada)
        expect(alert).to_contain_text("What you wrote is kept on this device.")
        before = len(expected_errors(ada))
        ada.presses("Try again")
        wait_until(ada, lambda: len(expected_errors(ada)) > before)
        expect(alert).to_be_visible()
        ada.page.evaluate(RESTORE_TIMES)
        ada.presses(way_back)

        ada.is_inside().sees("This one breaks it")
        expect(ada.composer).to_have_value("half a sentence")
        bob.says("And this one does not")
        ada.sees("And this one does not")
        forget_errors(ada)


def test_a_page_that_breaks_promises_nothing_where_the_browser_keeps_nothing(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        ada.page.add_init_script(FORBID_STORAGE)
        ada.joins(server.address)
        ada.composer.fill("half a sentence")
        ada.page.evaluate(BREAK_TIMES)
        ada.page.keyboard.press("Enter")

        expect(failure_on(ada)).to_contain_text("could not store all that you wrote. Try again")
        ada.page.evaluate(RESTORE_TIMES)
        ada.presses("Try again")

        ada.is_inside().sees("half a sentence")
        forget_errors(ada)


def failure_on(person):
    return person.page.get_by_role("alert").filter(has_text="Something went wrong")


def test_a_page_whose_script_does_not_come_is_not_empty(tmp_path, person):
    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        ada.page.route("**/assets/index-*.js", lambda route: route.fulfill(status=404))
        ada.opens(server.address)

        expect(ada.page.get_by_text("reload the page")).to_be_visible()
        forget_errors(ada, "404")
