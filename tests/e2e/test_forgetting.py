"""Forgetting this device: nothing of the chat stays in the browser, in none of its tabs."""

import pytest
from playwright.sync_api import expect

from tests.e2e.support.browser_storage import until_stored
from tests.e2e.support.proxy import proxied

pytestmark = pytest.mark.e2e

STORED = """async () => [
  ...Object.keys(localStorage),
  ...Object.keys(sessionStorage),
  ...(await indexedDB.databases()).map(({name}) => name),
]"""
IS_UNSENT = "value => value.draft !== undefined"


def test_a_forgotten_device_keeps_nothing_and_all_its_tabs_are_at_the_door(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada").joins(proxy.address)
        ada.says("kept to read")
        ada.sees("kept to read")
        other = ada.another_tab().opens(proxy.address).is_inside()
        other.composer.fill("half")
        proxy.cut_sockets()
        ada.says("never sent")
        until_stored(ada, IS_UNSENT)

        ada.presses("Settings")
        ada.page.get_by_role("button", name="Forget this device").press("Enter")
        dialog = ada.page.get_by_role("dialog", name="Forget this device")
        expect(dialog).to_contain_text("1 message is not sent yet and will be lost.")
        dialog.get_by_role("button", name="Cancel").press("Enter")
        button = ada.page.get_by_role("button", name="Forget this device")
        expect(button).to_be_focused()

        button.press("Enter")
        ada.presses("Forget everything here")
        for tab in (ada, other):
            expect(tab.page.get_by_label("Your name")).to_have_value("")
            tab.page.wait_for_function(f"async () => (await ({STORED})()).length === 0")

        proxy.restore()
        ada.name = "Ada anew"  # without that device the name is lost
        ada.joins(proxy.address)
        ada.sees("kept to read")
        ada.sees("never sent", times=0)
