"""What people do about their names on the page: keep the code, add devices, come back."""

import re

from playwright.sync_api import expect

from tests.e2e.support.person import Person


def is_claimed(person: Person) -> None:
    """Wait until the page says that the name is the person's."""
    line = person.page.get_by_text(f"{person.name} is yours on this device.")
    expect(line.locator("visible=true")).to_be_visible()


def opens_you(person: Person):
    """Open the dialog about oneself; return it."""
    person.presses("Settings")
    person.page.get_by_role("button", name="Name, devices, recovery code").click()
    return person.page.get_by_role("dialog", name="You")


def keeps_code(person: Person) -> str:
    """Read the recovery code that the line offers, and say that it is kept."""
    person.presses("Keep a way back")
    groups = person.page.locator(".code span")
    expect(groups).to_have_count(6)
    code = " ".join(groups.all_inner_texts())
    assert re.fullmatch(r"(?:[A-HJKMNP-Z2-9]{4} ){5}[A-HJKMNP-Z2-9]{4}", code)
    person.presses("I have kept it")
    person.presses("Close")
    return code


def device_link(person: Person) -> str:
    """Make a link for another device; leave its dialog open."""
    opens_you(person).get_by_role("button", name="Add a device").click()
    field = person.page.get_by_label("No camera? Open this link there")
    expect(field).to_have_value(re.compile("#device="))
    return field.input_value()


def continues(person: Person, link: str) -> Person:
    """Open such a link on a new device, and come in with one tap."""
    person.opens(link)
    person.presses(f"Continue as {person.name}")
    return person.is_inside()


def becomes_owner(person: Person, address: str, secret: str) -> Person:
    """Join, then open the owner link."""
    person.joins(address)
    is_claimed(person)
    person.page.goto(f"{address}/#owner={secret}")
    expect(person.page.get_by_text("You are an owner of this place now.")).to_be_visible()
    return person
