"""Names that are their users': claimed at once, on several devices, lost, found and taken away."""

import re

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from fireside.server.data_folder import owner_file
from tests.e2e.support.accessibility import violations
from tests.e2e.support.browser_storage import FORBID_STORAGE
from tests.e2e.support.devices import PHONE
from tests.e2e.support.identity import (
    becomes_owner,
    continues,
    device_link,
    is_claimed,
    keeps_code,
    opens_you,
)
from tests.e2e.support.server_process import serving
from tests.free_ports import free_port

pytestmark = pytest.mark.e2e


def say_unclaimed(server, name: str, text: str) -> None:
    """Write as a plain client does, which has no device."""
    with connect(f"{server.socket_url}?username={name}") as socket:
        socket.send(f'{{"action": "sendMessage", "message": "{text}"}}')
        socket.recv()


# --- One person, several devices ------------------------------------------------------------


def test_a_phone_scans_the_code_and_is_the_same_person_with_one_tap(place, person):
    with place.open() as server:
        ada = person("Ada Kestrel", bypass_csp=True).joins(server.address)
        is_claimed(ada)
        ada.says("from the desk")
        link = device_link(ada)
        code = ada.page.get_by_role("img", name="QR code of the link")
        expect(code).to_be_visible()
        box = code.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 148
        expect(ada.page.get_by_text(re.compile(r"^(10:00|9:\d\d)$"))).to_be_visible()
        assert violations(ada) == []

        phone = continues(person("Ada Kestrel", **PHONE), link)
        assert "device=" not in phone.page.url
        phone.sends("from the sofa")
        ada.sees("from the sofa")
        expect(ada.row("from the sofa")).to_contain_text("You")

        ada.presses("Close")
        expect(ada.page.get_by_text("A device was added")).to_be_visible()
        phone.page.reload()
        phone.is_inside()
        phone.sees("from the desk")


def test_a_device_link_survives_a_reload_and_works_once(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        link = device_link(ada)
        phone = person("Ada")
        phone.context.set_offline(offline=False)
        phone.opens(link)
        expect(phone.page.get_by_role("button", name="Continue as Ada")).to_be_visible()
        phone.page.reload()
        expect(phone.page.get_by_label("Your name")).to_be_visible()

        late = person("Late").opens(link)
        expect(late.page.get_by_role("alert")).not_to_have_text("")
        late.presses("Use another name")
        late.page.get_by_label("Your name").fill("Late")
        late.presses("Join the conversation")
        late.is_inside()


def test_a_device_that_is_signed_out_is_cut_and_can_not_come_back(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        phone = continues(person("Ada"), device_link(ada))
        ada.presses("Back")
        ada.page.get_by_role("button", name=re.compile("^Sign out Chrome")).click()

        ended = phone.page.get_by_text("The server ended this visit: This device was signed out")
        expect(ended).to_be_visible()
        phone.presses("Join again")
        expect(phone.page.get_by_text("That name belongs to somebody.")).to_be_visible()


# --- Somebody else, and the way back --------------------------------------------------------


def test_somebody_else_is_asked_whether_it_is_them_and_may_take_another_name(place, person):
    with place.open() as server:
        is_claimed(person("Ada").joins(server.address))
        eve = person("Ada", bypass_csp=True).opens(server.address)
        name = eve.page.get_by_label("Your name")
        name.fill("ada")
        eve.presses("Join the conversation")

        expect(eve.page.get_by_role("alert")).to_have_text("That name belongs to somebody.")
        expect(name).to_have_value("ada")
        join = eve.page.get_by_role("button", name="Join the conversation")
        expect(join).to_have_count(0)
        assert violations(eve) == []
        name.press_sequentially("r")
        expect(eve.page.get_by_text("Is it you?")).to_have_count(0)
        join.click()
        eve.is_inside()


def test_the_recovery_code_lets_one_back_in_once(place, person):
    with place.open() as server:
        ada = person("Ada", bypass_csp=True).joins(server.address)
        is_claimed(ada)
        code = keeps_code(ada)

        new = person("Ada", bypass_csp=True).opens(server.address)
        new.page.get_by_label("Your name").fill("Ada")
        new.presses("Join the conversation")
        new.page.get_by_role("button", name="Use your recovery code").click()
        field = new.page.get_by_label("Recovery code")
        field.fill("not a code")
        new.presses("Come in")
        expect(new.page.get_by_role("alert")).to_contain_text("24 letters and digits")
        assert violations(new) == []
        field.fill(code.lower().replace(" ", "-"))
        new.presses("Come in")
        new.is_inside()
        is_claimed(new)
        assert keeps_code(new) != code
        expect(ada.page.get_by_text("A device was added")).to_be_visible()


def test_a_code_that_was_not_kept_before_a_reload_is_replaced(place, person):
    with place.open() as server:
        ada = person("Ada", bypass_csp=True).joins(server.address)
        is_claimed(ada)
        ada.page.reload()
        ada.is_inside()
        ada.presses("Keep a way back")
        expect(ada.page.get_by_role("button", name="Cancel")).to_be_focused()
        ada.presses("Make a new code")
        expect(ada.page.get_by_role("heading", name="Your new recovery code")).to_be_visible()
        assert violations(ada) == []
        with ada.page.expect_download() as saving:
            ada.presses("Save as a file")
        code = " ".join(ada.page.locator(".code span").all_inner_texts())
        assert f"Name: Ada\nRecovery code: {code}\n" in saving.value.path().read_text()
        ada.presses("I have kept it")
        ada.presses("Close")
        expect(ada.page.get_by_text("Ada is yours on this device.")).to_have_count(0)


# --- Another name, and none ------------------------------------------------------------------


def test_a_name_is_changed_and_what_was_written_stays(place, person):
    with place.open() as server:
        is_claimed(person("Bob").joins(server.address))
        ada = person("Ada", bypass_csp=True).joins(server.address)
        is_claimed(ada)
        ada.says("before")
        ada.composer.fill("half a thought")
        you = opens_you(ada)
        field = you.get_by_label("Name")
        field.fill("Bob")
        ada.presses("Save")
        expect(you.get_by_role("alert").first).to_contain_text("belongs to somebody")
        assert violations(ada) == []
        field.fill("Grace")
        ada.presses("Save")
        expect(you.get_by_label("Name")).to_have_value("Grace")
        ada.presses("Close")
        expect(ada.page.locator(".me")).to_contain_text("Grace")

        ada.page.reload()
        ada.is_inside()
        expect(ada.composer).to_have_value("half a thought")
        expect(ada.row("before")).to_contain_text("You")
        expect(ada.page.locator(".me")).to_contain_text("Grace")


def test_who_is_forgotten_is_at_the_door_and_the_messages_stay(place, person):
    with place.open() as server:
        ada = person("Ada", bypass_csp=True).joins(server.address)
        bob = person("Bob").joins(server.address)
        is_claimed(ada)
        ada.says("I was here")
        you = opens_you(ada)
        you.get_by_role("button", name="Forget me here…").click()
        expect(ada.page.get_by_role("button", name="Cancel")).to_be_focused()
        assert violations(ada) == []
        ada.page.get_by_label("Type your name to be forgotten").fill("ada")
        ada.presses("Forget me")
        expect(ada.page.get_by_label("Your name")).to_be_visible()
        bob.sees("I was here")


def test_a_name_that_is_nobodys_is_shown_as_unverified(place, person):
    with place.open() as server:
        ada = person("Ada", bypass_csp=True).joins(server.address)
        say_unclaimed(server, "Plain", "from a script")
        row = ada.row("from a script")
        expect(row.get_by_title("unverified")).to_have_text("Plain")
        expect(row.locator(".by")).to_contain_text("unverified")
        assert violations(ada) == []


# --- Moderators --------------------------------------------------------------------------------


def test_an_owner_silences_bans_and_lifts_the_ban(tmp_path, person):
    with serving(tmp_path) as server:
        secret = owner_file(tmp_path).secret()
        ada = becomes_owner(person("Ada", bypass_csp=True), server.address, secret)
        assert secret not in ada.page.url
        bob = person("Bob", **PHONE).joins(server.address)
        is_claimed(bob)
        bob.sends("buy lake plots")
        row = ada.row("buy lake plots")

        row.get_by_role("button", name="Bob").click()
        assert violations(ada) == []
        ada.page.get_by_role("button", name="Silence for a while…").click()
        expect(ada.page.get_by_role("button", name="Cancel")).to_be_focused()
        assert violations(ada) == []
        ada.presses("Silence for a day")
        expect(ada.page.get_by_text("Bob can't write now.")).to_be_visible()
        until = bob.page.get_by_text("You can read but not write until")
        expect(until).to_be_visible()
        assert until.evaluate("text => text.parentElement.clientHeight") > 10, "it is seen, too"
        expect(bob.page.get_by_role("button", name="Send")).to_be_disabled()

        ada.log.focus()
        ada.page.keyboard.press("ArrowUp")
        ada.page.keyboard.press("Enter")
        ada.page.get_by_role("button", name="Ban…").click()
        ada.page.get_by_label("Reason").fill("Advertising")
        assert violations(ada) == []
        ada.presses("Ban Bob")
        expect(bob.page.get_by_text("You are banned from this place")).to_be_visible()

        ada.presses("Settings")
        ada.page.get_by_role("button", name="Moderation").click()
        moderation = ada.page.get_by_role("dialog", name="Moderation")
        expect(moderation.get_by_text("Bob was banned")).to_be_visible()
        expect(moderation.get_by_text(re.compile("Advertising")).first).to_be_visible()
        assert violations(ada) == []
        moderation.get_by_role("button", name="Lift ban of Bob").click()
        expect(moderation.get_by_text("Nobody is banned.")).to_be_visible()
        bob.presses("Join again")
        bob.is_inside()


def test_an_owner_helps_one_back_in_who_lost_every_device(tmp_path, person):
    with serving(tmp_path) as server:
        secret = owner_file(tmp_path).secret()
        ada = becomes_owner(person("Ada", bypass_csp=True), server.address, secret)
        bob = person("Bob").joins(server.address)
        is_claimed(bob)
        bob.says("this device falls into the lake")

        ada.row("this device falls into the lake").get_by_role("button", name="Bob").click()
        ada.page.get_by_role("button", name="Help back in…").click()
        field = ada.page.get_by_label("No camera? Open this link there")
        expect(field).to_have_value(re.compile("#device="))
        expect(ada.page.get_by_text("It opens Fireside as Bob.")).to_be_visible()
        assert violations(ada) == []
        expect(bob.page.get_by_text("An owner made a link")).to_be_visible()

        new = continues(person("Bob"), field.input_value())
        new.sends("dry again")
        bob.sees("dry again")


# --- Browsers that forget, networks that listen ----------------------------------------------


def test_where_a_browser_keeps_nothing_the_name_lasts_as_long_as_the_page(place, person):
    with place.open() as server:
        ada = person("Ada")
        ada.page.add_init_script(FORBID_STORAGE)
        ada.joins(server.address)
        is_claimed(ada)
        expect(opens_you(ada)).to_contain_text("This browser keeps nothing")


def test_over_plain_http_a_name_is_claimed_too_and_the_page_says_who_can_listen(place, person):
    """No secure context there: no clipboard, no `crypto.subtle`."""
    port = free_port()
    address = f"http://fireside.lan:{port}"
    there = {"FIRESIDE_PUBLIC_URL": address, "FIRESIDE_INVITES": "off"}
    with place.start("--port", str(port), **there):
        ada = person("Ada", bypass_csp=True).joins(address)
        is_claimed(ada)
        assert ada.page.evaluate("'subtle' in crypto") is False
        expect(opens_you(ada)).to_contain_text("This connection is not private")
        assert violations(ada) == []
        ada.presses("Close")
        link = device_link(ada)
        expect(ada.page.get_by_role("button", name="Copy link")).to_have_count(0)
        continues(person("Ada"), link)
