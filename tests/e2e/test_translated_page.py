"""The page is not alone in its DOM: browsers translate it, and extensions change it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.support.connection import status_of
from tests.e2e.support.frame_interceptor import FrameInterceptor, Pass
from tests.e2e.support.proxy import proxied
from tests.e2e.support.seeding import many, seed
from tests.e2e.support.server_process import serving
from tests.e2e.support.translator import HOWS, translate, translate_from_the_start

pytestmark = pytest.mark.e2e

in_each_way = pytest.mark.parametrize("how", HOWS)


@in_each_way
def test_a_translated_page_survives_a_lost_connection_and_says_so(tmp_path, person, how):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.clock.install()
        ada.joins(proxy.address)
        translate(ada.page, how)
        keys = ada.page.get_by_text("for a new line")
        expect(keys).to_be_visible()

        proxy.cut()
        ada.sees_the_loss()
        expect(status_of(ada)).to_have_text("Reconnecting")
        expect(keys).to_have_count(0)
        ada.says("written meanwhile")
        expect(ada.row("written meanwhile")).to_contain_text("Waiting for connection")

        proxy.restore()
        ada.retries()
        expect(status_of(ada)).to_have_text("Connected")
        expect(keys).to_be_visible()
        expect(ada.row("written meanwhile")).to_have_attribute("data-state", "sent")
        expect(ada.row("written meanwhile")).not_to_contain_text("Waiting")


@pytest.mark.long
@in_each_way
def test_a_translated_page_goes_through_all_that_it_shows(tmp_path, person, how):
    seed(tmp_path / "data", many(120))
    with serving(tmp_path / "data") as server:
        ada = person("Ada")
        translate_from_the_start(ada.context, how)
        interceptor = FrameInterceptor(ada.page, up=refusing("bad"))
        comes_in_after_a_bad_name(ada, server.address)
        counts_what_is_written(ada)
        sends_what_is_refused(ada)
        reads_back_while_bob_talks(ada, person("Bob").joins(server.address))
        looks_into_each_dialog(ada)
        interceptor.send_to_page('{"type":"closing","again":false,"reason":"Enough for today"}')
        expect(ada.page.get_by_text("Enough for today").first).to_be_visible()
        ada.presses("Join again")
        expect(status_of(ada)).to_have_text("Connected")
        ada.presses("Settings")
        ada.presses("Join as somebody else")
        expect(ada.page.get_by_label("Your name")).to_have_value("Ada")


def comes_in_after_a_bad_name(ada, address) -> None:
    ada.opens(address)
    name = ada.page.get_by_label("Your name")
    problem = ada.page.get_by_role("alert")
    for written, told in (("<", "Use at least 2"), ("<b>", "Use letters"), ("Ada", "")):
        name.fill(written)
        expect(problem).to_contain_text(told)
    expect(problem).to_have_text("")
    ada.joins(address)


def counts_what_is_written(ada) -> None:
    counter = ada.page.locator("#composer-left")
    for length, told in ((950, "50 left"), (951, "49 left"), (1_001, "1 too many"), (2, "")):
        ada.composer.fill("x" * length)
        expect(counter).to_have_text(told)
        expect(ada.page.locator(".overflow")).to_have_count(int(length > 1_000))


def refusing(text: str) -> Pass:
    """Make a text too long on its way, so that the server refuses it."""

    def up(frame: dict) -> list[dict]:
        is_bad = frame.get("message") == text
        return [{**frame, "message": "x" * 2_000}] if is_bad else [frame]

    return up


def sends_what_is_refused(ada) -> None:
    ada.says("bad")
    row = ada.row("bad")
    expect(row).to_contain_text("Not delivered. Use at most 1,000 characters.")
    row.get_by_role("button", name="Try again").click()
    expect(row).to_contain_text("Not delivered.")
    row.get_by_role("button", name="Edit").click()
    expect(ada.composer).to_have_value("bad")
    ada.says("better")
    expect(ada.row("better")).to_have_attribute("data-state", "sent")


def reads_back_while_bob_talks(ada, bob) -> None:
    ada.reads_back()
    pill = ada.page.locator("button.pill")
    expect(pill).to_have_text("Latest")
    for text, told in (("one", "1 new message"), ("two", "2 new messages")):
        bob.says(text)
        expect(pill).to_have_text(told)
    pill.click()
    ada.sees("two")
    expect(pill).to_have_count(0)
    expect(ada.log.locator(".new")).to_have_text("2 new")


def looks_into_each_dialog(ada) -> None:
    dialog = ada.page.get_by_role("dialog")
    ada.presses("Settings")
    for theme in ("Dark", "System"):
        dialog.get_by_label(theme).check()
    dialog.get_by_label("Enter starts a new line").check()
    ada.page.keyboard.press("Escape")
    expect(ada.page.locator(".keys")).to_contain_text("Ctrl Enter to send")
    ada.presses("Connection details")
    expect(dialog).to_contain_text("complete to #123")
    ada.page.keyboard.press("Escape")
    ada.page.keyboard.press("Control+/")
    expect(dialog).to_contain_text("These keys")
    ada.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
