"""Firefox and WebKit: what a chat can't do without, where engines differ.

All of the page's behaviours are tested in Chromium (`tests/e2e/test_behaviours_*.py`). Those here
rest on what each engine does in its own way: typed text and sockets (talk), scrolling with and
without scroll anchors (reading back, staying in place, writing lines), the clipboard (copied rows),
storage and locks (reload, closed page, two windows), how a socket fails (offline, killed server),
colours (theme), fragments and history (invite), focus (keyboard). In none of them may a page write
an error to its console.
"""

import json
import textwrap

import pytest

from tests.e2e.other_browsers.visitor import COMPOSER, FOCUSED, LOG, Visitor
from tests.e2e.support.browser_storage import look_for
from tests.e2e.support.proxy import proxied
from tests.e2e.support.seeding import START_MS, seed, seed_many
from tests.e2e.support.server_process import serving

pytestmark = [pytest.mark.e2e, pytest.mark.long]

SEQS = "[...document.querySelectorAll('li[data-seq]')].map(row => Number(row.dataset.seq))"
DRAFT = "value => value.draft"
GROUND = "getComputedStyle(document.body).backgroundColor"
AT_END = f"{LOG}.dataset.atEnd"


def test_two_people_join_and_talk(tmp_path, visitor):
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        bob = visitor("Bob").joins(server.address)

        ada.says("Shall we light the fire?")
        bob.sees("Shall we light the fire?")
        bob.says("Yes, <b>at seven</b>, chère Ada")
        for person in (ada, bob):
            person.sees("Shall we light the fire?", "Yes, <b>at seven</b>, chère Ada")


def test_120_messages_are_read_back_to_the_first(tmp_path, visitor):
    seed_many(tmp_path / "data", 120)
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        ada.awaits(f"{SEQS}.at(-1)", 120)

        oldest = 121
        while oldest > 1:
            ada.awaits_that(f"{SEQS}[0] < {oldest}")
            oldest = ada.window.evaluate(f"(({LOG}.scrollTop = 0), {SEQS}[0])")

        ada.awaits(SEQS, [*range(1, 121)])
        ada.clicks("Latest")
        ada.awaits(AT_END, "true")


def test_what_is_read_stays_in_place_while_others_write(tmp_path, visitor):
    seed_many(tmp_path / "data", 40)
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        bob = visitor("Bob").joins(server.address)
        ada.awaits(f"{SEQS}.length", 40)
        ada.window.evaluate(f"{LOG}.scrollTop -= {LOG}.clientHeight")
        ada.awaits(AT_END, "false")
        place = "document.querySelector('li[data-seq=\"30\"]').getBoundingClientRect().y"
        before = ada.window.evaluate(place)

        bob.says("anybody there?")
        ada.awaits("document.querySelector('.pill').textContent", "1 new message")
        assert ada.window.evaluate(place) == pytest.approx(before, abs=1)

        ada.clicks("1 new message")
        ada.awaits(AT_END, "true")


def test_the_latest_row_stays_in_view_above_lines_that_are_written(tmp_path, visitor):
    seed_many(tmp_path / "data", 30)
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        ada.awaits(AT_END, "true")

        for line in ("one", "two", "three", "four"):
            ada.types(line)
            ada.presses("Shift", "Enter")
        ada.types("five")

        ada.awaits(f"{COMPOSER}.value.length", len("one two three four five"))
        ada.awaits_that(f"{LOG}.scrollHeight - {LOG}.scrollTop - {LOG}.clientHeight <= 1")
        assert ada.window.evaluate(f"{COMPOSER}.clientHeight > 80")


def test_copied_rows_are_pasted_without_initials(tmp_path, visitor):
    seed(tmp_path / "data", [("Bob Long", "  one\n    two", START_MS)])
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        ada.awaits(f"{SEQS}.length", 1)
        ada.window.evaluate(f"void ({LOG}.focus(), getSelection().selectAllChildren({LOG}))")

        ada.presses("Control", "c")
        ada.clicks_on(COMPOSER)
        ada.presses("Control", "v")

        ada.awaits_that(f"{COMPOSER}.value.includes('two')")
        pasted = str(ada.window.evaluate(f"{COMPOSER}.value"))
        _day, name, _time, *lines = filter(None, pasted.split("\n"))
        assert name.strip() == "Bob Long"
        # Firefox indents all that stands in a list when it is copied.
        assert textwrap.dedent("\n".join(lines)) == "one\n  two"


def test_a_reload_keeps_what_was_said_and_the_draft(tmp_path, visitor):
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        ada.says("said")
        ada.sees("said")
        ada.types("half a thou")
        ada.awaits(f"{COMPOSER}.value", "half a thou")

        ada.window.reload()

        ada.is_inside().sees("said")
        ada.awaits(f"{COMPOSER}.value", "half a thou")


def test_what_was_written_offline_goes_out_after_the_page_was_closed(tmp_path, visitor):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = with_storage(visitor("Ada").joins(proxy.address))
        bob = visitor("Bob").joins(server.address)
        proxy.cut()
        ada.says("one")
        ada.says("two")
        ada.sees("one", "two", state="waiting")
        ada.window.evaluate(f"({look_for(DRAFT)})(2)")
        ada.window.goto("about:blank")
        proxy.restore()

        ada.window.goto(proxy.address)

        for person in (ada, bob):
            person.sees("one", "two")


def with_storage(person: Visitor) -> Visitor:
    """Load the page again once its database exists: a page waits but three seconds for that.

    On a busy machine a browser that has just started may need longer to make it.
    """
    person.window.evaluate(f"({look_for(DRAFT)})(0)")
    person.window.reload()
    return person.is_inside()


def test_what_was_written_offline_goes_out_once(tmp_path, visitor):
    with serving(tmp_path / "data") as server, proxied(server.port) as proxy:
        ada = visitor("Ada").joins(proxy.address)
        bob = visitor("Bob").joins(server.address)
        ada.says("before")
        ada.sees("before")
        proxy.cut()
        ada.says("meanwhile")
        ada.awaits("document.querySelectorAll('li[data-state=waiting]').length", 1)
        bob.says("from the other side")
        bob.sees("before", "from the other side")
        proxy.restore()
        ada.sees("before", "from the other side", "meanwhile")
        ada.says("at the end")

        for person in (ada, bob):
            person.sees("before", "from the other side", "meanwhile", "at the end")


def test_the_page_comes_back_to_a_server_that_was_killed(tmp_path, visitor):
    with serving(tmp_path / "data") as server:
        port = str(server.port)
        ada = visitor("Ada").joins(server.address)
        bob = visitor("Bob").joins(server.address)
        ada.says("before")
        for person in (ada, bob):
            person.sees("before")
        server.kill()
        ada.awaits_that("document.body.textContent.includes('Connection lost')")

    with serving(tmp_path / "data", "--port", port):
        ada.says("after")
        for person in (ada, bob):
            person.sees("before", "after")


def test_a_theme_is_chosen_and_kept(tmp_path, visitor):
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        for theme, colour in (("Light", "rgb(250, 247, 242)"), ("Dark", "rgb(25, 22, 20)")):
            ada.clicks("Settings")
            ada.clicks(theme)
            ada.awaits(GROUND, colour)
            ada.clicks("Close")

            ada.window.reload()

            ada.is_inside().awaits(GROUND, colour)


def test_an_invite_opens_the_door_and_leaves_the_address(tmp_path, visitor):
    with serving(tmp_path / "data", "--invites", "required") as server:
        secret = (tmp_path / "data" / "invite").read_text("utf-8").strip()
        bob = visitor("Bob")
        bob.window.goto(server.address)
        bob.awaits_that("document.querySelector('#invite') !== null")
        bob.types("Bob")
        bob.clicks("Join the conversation")
        bob.awaits("document.querySelector('#invite').ariaInvalid", "true")

        bob.window.goto("about:blank")
        bob.joins(f"{server.address}/#invite={secret}")
        bob.awaits("location.href", f"{server.address}/")
        bob.says("I was invited")
        bob.sees("I was invited")


def test_everything_is_done_by_keyboard(tmp_path, visitor):
    focused = f"{FOCUSED}.ariaLabel ?? {FOCUSED}.querySelector('.body')?.textContent"
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada")
        ada.window.goto(server.address)
        ada.awaits(f"{FOCUSED}.id", "name")
        ada.types("Ada")
        ada.presses("Enter")
        ada.is_inside()
        ada.types("one line")
        ada.presses("Shift", "Enter")
        ada.types("and another")
        ada.presses("Enter")
        ada.sees("one line\nand another")

        ada.presses("Shift", "Tab")
        ada.awaits(focused, "Messages in general")
        ada.presses("ArrowUp")
        ada.awaits(focused, "one line\nand another")
        ada.presses("Escape")
        ada.awaits(focused, "Message general")

        ada.presses("Shift", "Tab")
        ada.presses("Shift", "Tab")
        ada.awaits(focused, "Settings")
        ada.presses("Enter")
        ada.awaits_that("document.querySelector('dialog')?.open ?? false")
        ada.presses("Escape")
        ada.awaits(focused, "Settings")


def test_two_windows_of_one_person_show_the_same(tmp_path, visitor):
    with serving(tmp_path / "data") as server:
        here = visitor("Ada").joins(server.address)
        there = Visitor("Ada", here.window.another())
        there.window.goto(server.address)
        there.is_inside()  # the device remembers who it is

        here.says("from here")
        there.sees("from here")
        there.says("from there")
        for window in (here, there):
            window.sees("from here", "from there")


# --- Firefox alone ----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["firefox"], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_scrollbar_is_painted_on_the_colour_of_the_page(tmp_path, visitor, theme):
    seed_many(tmp_path / "data", 60)
    with serving(tmp_path / "data") as server:
        ada = visitor("Ada").joins(server.address)
        ada.awaits(AT_END, "true")
        ada.window.evaluate(f"document.documentElement.dataset.theme = {json.dumps(theme)}")

        width, x, y = ada.window.evaluate(TOP_OF_TRACK)

        assert width > 0
        assert ada.window.colour_at(x, y) == ada.window.evaluate(GROUND)


TOP_OF_TRACK = f"""(({{ offsetWidth, clientWidth }}) => {{
  const {{ right, top }} = {LOG}.getBoundingClientRect();
  const width = offsetWidth - clientWidth;
  return [width, Math.round(right - width / 2), Math.round(top + 8)];
}})({LOG})"""
