"""Two people in a real Chromium talk through a real server."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.support.server_process import in_both_modes, serving

pytestmark = pytest.mark.e2e


def test_two_people_talk(tmp_path, person, mode):
    with serving(tmp_path / "data", *mode) as server:
        ada = person("Ada").joins(server.address)
        bob = person("Bob").joins(server.address)

        ada.says("Shall we light the fire?")
        bob.sees("Shall we light the fire?")
        bob.says("Yes, <b>at seven</b> ❤️")
        ada.sees("Yes, <b>at seven</b> ❤️")

        ada.sees("Shall we light the fire?")
        bob.sees("Yes, <b>at seven</b> ❤️")


@in_both_modes
def test_who_comes_later_reads_what_was_said(tmp_path, person, mode):
    with serving(tmp_path / "data", *mode) as server:
        ada = person("Ada").joins(server.address)
        for number in range(5):
            ada.says(f"message {number}")
            ada.sees(f"message {number}")

        cleo = person("Cleo").joins(server.address)

        texts = cleo.log.get_by_text(re.compile(r"^message \d$"))
        expect(texts).to_have_text([f"message {number}" for number in range(5)])


@in_both_modes
def test_two_tabs_of_one_person_show_the_same(tmp_path, person, mode):
    with serving(tmp_path / "data", *mode) as server:
        here = person("Ada").joins(server.address)
        there = here.another_tab().opens(server.address).is_inside()

        here.says("from here")
        there.sees("from here")
        there.says("from there")
        here.sees("from there")
        here.sees("from here")


def test_a_name_that_is_not_allowed_is_said_before_anything_is_sent(tmp_path, person):
    with serving(tmp_path / "data") as server:
        eve = person("<script>").opens(server.address)
        eve.page.get_by_label("Your name").fill(eve.name)
        eve.page.get_by_role("button", name="Join the conversation").click()

        expect(eve.page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_the_page_fits_and_is_kept_as_a_picture(tmp_path, person, scheme, width, height):
    """Nothing scrolls sideways; the pictures are for people to look at."""
    look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    pictures = f"test-results/{scheme}-{width}"
    with serving(tmp_path / "data") as server:
        ada = person("Ada Kestrel", **look).opens(server.address)
        ada.page.screenshot(path=f"{pictures}-join.png")
        ada.joins(server.address)
        bob = person("Tomasz Orlik").joins(server.address)
        bob.says("I can bring the big cast-iron pot and two bags of dry birch.")
        bob.says("The ferry timetable changed, last boat is now 18:40.")
        ada.says("Yes, one seat left and it is yours. I'll pass by the station at 13:45.")
        ada.sees("The ferry timetable changed, last boat is now 18:40.")
        bob.sees("Yes, one seat left and it is yours. I'll pass by the station at 13:45.")
        ada.page.screenshot(path=f"{pictures}-chat.png")

        wide = ada.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
