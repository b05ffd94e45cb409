"""Every state of the page, one after another, asked of axe in each."""

from pathlib import Path

from playwright.sync_api import expect

from meddling import Meddler
from proxy import Proxy

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


def violations_by_state(person, proxy: Proxy) -> dict[str, list[str]]:
    """Walk through all states; the person's context must bypass the policy, or axe can't run."""
    found: dict[str, list[str]] = {}

    def look_at(state: str) -> None:
        found[state] = violations(person)

    person.page.clock.install()
    Meddler(person.page, up=refuse_bad)
    person.opens(proxy.address)
    look_at("join")
    person.page.get_by_label("Your name").fill("<")
    person.presses("Join the conversation")
    expect(person.page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    look_at("join, a bad name")
    person.page.get_by_label("Your name").fill(person.name)
    person.presses("Join the conversation")
    person.is_inside()
    look_at("chat")
    person.sends("bad: this one is refused")
    person.sends("**bold** `code` [link](https://example.org)\n> quote\n- list")
    expect(person.rows("failed")).to_have_count(1)
    look_at("chat, a failed row")
    person.composer.fill("x" * 1_010)
    look_at("chat, too long")
    person.composer.fill("")
    person.log.evaluate("log => { log.scrollTop = 300; }")
    expect(person.page.locator(".pill")).to_be_visible()
    look_at("chat, far up")
    for dialog in ("Settings", "Connection details"):
        person.presses(dialog)
        expect(person.page.get_by_role("dialog")).to_be_visible()
        look_at(dialog)
        person.presses("Close")
    proxy.cut()
    person.sends("waits")
    expect(person.rows("waiting")).to_have_count(1)
    person.sees_the_loss()
    look_at("offline")
    return found


def refuse_bad(frame: dict) -> list[dict]:
    """Make the server refuse what begins with "bad" for good."""
    is_bad = frame.get("message", "").startswith("bad")
    return [{**frame, "message": "x" * 2_000} if is_bad else frame]


def violations(person) -> list[str]:
    """Ask axe what is wrong with the page as it is now."""
    person.page.add_script_tag(path=AXE)
    found = person.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
