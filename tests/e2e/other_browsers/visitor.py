"""A person in any browser: what they do with keys and mouse, and what they see."""

import json
import time
from typing import Self

from tests.e2e.other_browsers.window import LONGEST_SECONDS, Window

KEYS = {
    "Shift": "\ue008",
    "Control": "\ue009",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "ArrowUp": "\ue013",
}
"""https://www.w3.org/TR/webdriver2/#keyboard-actions"""

COMPOSER = "document.querySelector('textarea')"
LOG = "document.querySelector('.log')"
ROWS = "[...document.querySelectorAll('li[data-state]')]"
FOCUSED = "document.activeElement"

BUTTON = """[...document.querySelectorAll("button, label")].find(it =>
  it.checkVisibility() && (it.ariaLabel ?? it.textContent).trim() === {name})"""

CENTER = """(it => {{
  if (!it) return null;
  it.scrollIntoView({{ block: "nearest" }});
  const {{ x, y, width, height }} = it.getBoundingClientRect();
  const at = [x + width / 2, y + height / 2].map(Math.round);
  return it.contains(document.elementFromPoint(...at)) ? at : null;
}})({element})"""
"""Where a click reaches an element, once it does."""


class Visitor:
    """A person with a window."""

    def __init__(self, name: str, window: Window) -> None:
        self.name = name
        self.window = window

    def joins(self, address: str) -> Self:
        self.window.goto(address)
        self.awaits(f"{FOCUSED}.id", "name")
        self.types(self.name)
        self.clicks("Join the conversation")
        return self.is_inside()

    def is_inside(self) -> Self:
        """Wait until the room is there; from now on the page is quick to come back."""
        self.awaits_that(f"{FOCUSED} === {COMPOSER}")
        self.awaits_that(f"!{LOG}.textContent.includes('Loading messages')")
        self.window.evaluate("void (Math.random = () => 0.05)")
        return self

    def says(self, text: str) -> None:
        self.clicks_on(COMPOSER)
        self.types(text)
        self.presses("Enter")

    def sees(self, *texts: str, state: str = "sent") -> None:
        """Wait until these are all the messages, in this order and in this state."""
        rows = f"{ROWS}.map(row => [row.dataset.state, row.querySelector('.body').textContent])"
        self.awaits(rows, [[state, text] for text in texts])

    def awaits_that(self, condition: str) -> None:
        """Wait until a condition on the page is true."""
        self.awaits(condition, wanted=True)

    def awaits(self, expression: str, wanted: object) -> None:
        """Wait until an expression on the page has a value."""
        for _ in range(LONGEST_SECONDS * 20):
            found = self.window.evaluate(expression)
            if found == wanted:
                return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} waits for {wanted!r} and has {found!r}: {expression}")

    def types(self, text: str) -> None:
        strokes = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._perform({"type": "key", "id": "keyboard", "actions": strokes})

    def presses(self, *keys: str) -> None:
        """Press keys together: "Shift", "Tab"."""
        values = [KEYS.get(key, key) for key in keys]
        strokes = [{"type": "keyDown", "value": value} for value in values]
        strokes += [{"type": "keyUp", "value": value} for value in reversed(values)]
        self._perform({"type": "key", "id": "keyboard", "actions": strokes})

    def clicks(self, name: str) -> None:
        """Click what is a button, or a label, of this name."""
        self.clicks_on(BUTTON.format(name=json.dumps(name)))

    def clicks_on(self, element: str) -> None:
        center = CENTER.format(element=element)
        self.awaits_that(f"{center} !== null")
        x, y = self.window.evaluate(center)
        click: list[dict[str, object]] = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._perform({"type": "pointer", "id": "mouse", "actions": click})

    def _perform(self, source: dict[str, object]) -> None:
        self.window.perform([source])
