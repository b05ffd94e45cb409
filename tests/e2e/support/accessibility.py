"""Every state of the page, one after another, asked of axe in each."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.support.broken_page import BREAK_TIMES, RESTORE_TIMES, forget_errors
from tests.e2e.support.connection import turn_on_until
from tests.e2e.support.frame_interceptor import FrameInterceptor
from tests.e2e.support.proxy import Proxy

Look = Callable[[str], None]
NOTHING_FADES = """() => document.getAnimations().every(
  (one) => one.effect.getComputedTiming().endTime === Infinity || one.playState === "finished")"""
AXE = Path(__file__).parents[3] / "web/node_modules/axe-core/axe.min.js"


def violations_by_state(person, proxy: Proxy) -> dict[str, list[str]]:
    """Walk through all states; the person's context must bypass the policy, or axe can't run."""
    found: dict[str, list[str]] = {}

    def look_at(state: str) -> None:
        found[state] = violations(person)

    person.page.clock.install()
    FrameInterceptor(person.page, up=refuse_bad)
    at_the_door(person, proxy, look_at)
    in_the_room(person, look_at)
    in_dialogs(person, look_at)
    without_a_line(person, proxy, look_at)
    in_pieces(person, look_at)
    return found


def at_the_door(person, proxy: Proxy, look_at: Look) -> None:
    """Be asked for an invite, then for a name alone; end inside."""
    person.page.route("**/config.json", ask_for_an_invite)
    person.opens(f"{proxy.address}/#invite=cut-off")
    expect(person.page.get_by_text("The invite link in the address is not whole.")).to_be_visible()
    look_at("join, a link that is not whole")
    person.opens(proxy.address)
    person.page.get_by_label("Your name").fill(person.name)
    person.page.get_by_label("Invite link").fill("https://fireside.example/")
    look_at("join, an invite is asked for")
    person.presses("Join the conversation")
    expect(person.page.get_by_label("Invite link")).to_have_attribute("aria-invalid", "true")
    look_at("join, no invite link")
    person.page.unroute("**/config.json")
    person.opens(proxy.address)
    expect(person.page.get_by_label("Invite link")).to_have_count(0)
    look_at("join")
    person.page.get_by_label("Your name").fill("<")
    person.presses("Join the conversation")
    expect(person.page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    look_at("join, a bad name")
    person.page.get_by_label("Your name").fill(person.name)
    person.presses("Join the conversation")
    person.is_inside()


def in_the_room(person, look_at: Look) -> None:
    """Write, fail, write too much, and read far up."""
    look_at("chat")
    person.sends("bad: this one is refused")
    person.sends("**bold** `code` [link](https://example.org)\n> quote\n- list")
    expect(person.rows("failed")).to_have_count(1)
    expect(person.rows("sending")).to_have_count(0)
    look_at("chat, a failed row")
    person.composer.fill("x" * 1_010)
    look_at("chat, too long")
    person.composer.fill("x" * 10_000)
    expect(person.page.get_by_text("The field is full")).to_be_visible()
    look_at("chat, the field is full")
    person.composer.fill("")
    person.log.evaluate("log => { log.scrollTop = 300; }")
    expect(person.page.locator(".pill")).to_be_visible()
    look_at("chat, far up")


def in_dialogs(person, look_at: Look) -> None:
    """Open each; that of the keys has no button."""
    for dialog in ("Settings", "Connection details"):
        person.presses(dialog)
        expect(person.page.get_by_role("dialog")).to_be_visible()
        look_at(dialog)
        person.presses("Close")
    person.presses("Settings")
    person.presses("Forget this device")
    expect(person.page.get_by_role("dialog", name="Forget this device")).to_be_visible()
    look_at("Forget this device")
    person.presses("Cancel")
    person.presses("Close")
    person.page.keyboard.press("Control+/")
    expect(person.page.get_by_role("dialog", name="Keys")).to_be_visible()
    look_at("Keys")
    person.presses("Close")


def without_a_line(person, proxy: Proxy, look_at: Look) -> None:
    """Lose the server, then find it shut."""
    proxy.cut()
    person.sends("waits")
    expect(person.rows("waiting")).to_have_count(1)
    person.sees_the_loss()
    look_at("offline")
    proxy.forbid_sockets()
    shut = person.page.get_by_text("The server does not let you in any more.")
    turn_on_until(person, shut.count, most_seconds=400)
    look_at("let in no more")


def in_pieces(person, look_at: Look) -> None:
    """Break the page itself, by a row that can't be shown."""
    person.composer.fill("breaks it")
    person.page.evaluate(BREAK_TIMES)
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("button", name="Reload the page")).to_be_visible()
    person.page.evaluate(RESTORE_TIMES)  # axe writes times too
    look_at("the page broke")
    forget_errors(person)


def ask_for_an_invite(route) -> None:
    """Answer as a server does that requires an invite."""
    route.fulfill(json={"invite": "required"})


def refuse_bad(frame: dict) -> list[dict]:
    """Make the server refuse what begins with "bad" for good."""
    is_bad = frame.get("message", "").startswith("bad")
    return [{**frame, "message": "x" * 2_000} if is_bad else frame]


def violations(person) -> list[str]:
    """Ask axe what is wrong with the page as it is now, once nothing fades in any more."""
    if not person.page.evaluate("'axe' in window"):
        person.page.add_script_tag(path=AXE)
    person.page.wait_for_function(NOTHING_FADES, polling=50)
    found = person.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
