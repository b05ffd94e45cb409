"""How one reads: by wheel, finger or key, at a human pace; and whether anything moved by itself."""

from tests.e2e.support.person import Person

# The row under the eye is the first whose words are in view, and its place is that of the words:
# a row can lose the name above them when an older one comes before it.
EYE = """
const placeOf = (log, seq) =>
  log.querySelector(`li[data-seq="${seq}"] .body`).getBoundingClientRect().top
    - log.getBoundingClientRect().top;
const underTheEye = log => {
  const top = log.getBoundingClientRect().top;
  const row = [...log.querySelectorAll("li[data-seq]")].find(
    row => row.querySelector(".body").getBoundingClientRect().bottom > top);
  return [row.dataset.seq, placeOf(log, row.dataset.seq)];
};
const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
"""
# All layout shifts, and those alone that no tap or key explains.
WATCH_SHIFTS = """window.shifts = { all: 0, unasked: 0 };
new PerformanceObserver(list => {
  for (const { value, hadRecentInput } of list.getEntries()) {
    window.shifts.all += value;
    if (!hadRecentInput) window.shifts.unasked += value;
  }
}).observe({ type: "layout-shift", buffered: true });"""
NOTCH_PX, NOTCH_FRAMES, KEY_FRAMES = 120, 4, 20
SWIPE_PX, SWIPE_PX_PER_SECOND = 500, 2_500
FRAMES = """async frames => {
  for (; frames > 0; frames -= 1) await new Promise(requestAnimationFrame);
}"""


def eye(person: Person) -> tuple[str, float]:
    """Return the seq of the row under the eye, and how far its words are below the log's edge."""
    seq, place = person.log.evaluate(f"log => {{ {EYE} return underTheEye(log); }}")
    return seq, place


def place_of(person: Person, seq: str) -> float:
    return person.log.evaluate(f"(log, seq) => {{ {EYE} return placeOf(log, seq); }}", seq)


def scroll(person: Person, by: int) -> float:
    """Scroll by so many pixels; return by how many the row under the eye moved besides."""
    return person.log.evaluate(
        f"""async (log, by) => {{
          {EYE}
          const [seq, place] = underTheEye(log);
          const turned = Math.max(by, -log.scrollTop);
          log.scrollTop += by;
          await painted();
          return placeOf(log, seq) - place + turned;
        }}""",
        by,
    )


def turn_wheel(person: Person, notches: int) -> None:
    """Turn a real wheel upwards over the log."""
    person.log.hover()
    for _ in range(notches):
        person.page.mouse.wheel(0, -NOTCH_PX)
        person.page.evaluate(FRAMES, NOTCH_FRAMES)


def swipe_back(person: Person, swipes: int) -> None:
    """Draw the log down with a finger, as one does to see what was before."""
    devtools = person.context.new_cdp_session(person.page)
    box = person.log.bounding_box()
    assert box is not None
    for _ in range(swipes):
        devtools.send(
            "Input.synthesizeScrollGesture",
            {
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + 60,
                "yDistance": SWIPE_PX,
                "speed": SWIPE_PX_PER_SECOND,
                "gestureSourceType": "touch",
            },
        )
    devtools.detach()


def type_and_send(person: Person, text: str) -> None:
    """Write key by key: a field may grow under one's fingers, but not when a script fills it."""
    person.composer.press_sequentially(text)
    person.presses("Send")


def press_keys(person: Person, key: str, times: int) -> None:
    person.log.focus()
    for _ in range(times):
        person.page.keyboard.press(key)
        person.page.evaluate(FRAMES, KEY_FRAMES)
