"""How the page does against its bars, in a real Chromium with a real server (make bench-page)."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright
from visitor import Talker

from load import table
from tests.e2e.support.accessibility import violations_by_state
from tests.e2e.support.browser import CHROMIUM_ARGUMENTS, FULL_NAMES, find_chromium
from tests.e2e.support.person import Person
from tests.e2e.support.proxy import Proxy, proxied
from tests.e2e.support.scrolling import (
    WATCH_SHIFTS,
    press_keys,
    swipe_back,
    turn_wheel,
    type_and_send,
)
from tests.e2e.support.seeding import seed_many, words
from tests.e2e.support.server_process import ROOT, Running, serving

DESKTOP = {"viewport": {"width": 1_280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
APPENDS, WARM_UP, FLOOD, STRIDE = 60, 1_000, 10_000, 250
MOST_MS, MOST_SHIFT, MOST_GROWTH_MB, MOST_NODES = 4.0, 0.02, 1.0, 500

Row = tuple[str, object, object, bool]
"""What was measured, how much it is, what it may be, and whether that holds."""


@contextmanager
def place(browser: Browser, seeded: int, **look: object) -> Iterator[tuple[Person, Running, Proxy]]:
    """Prepare a room with a past, a network before it, and a person who is about to join."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        seed_many(data, seeded)
        server = stack.enter_context(serving(data))
        proxy = stack.enter_context(proxied(server.port))
        ada = Person("Ada", browser.new_context(**look), [])
        stack.callback(ada.context.close)
        yield ada, server, proxy


def sizes(_browser: Browser) -> Iterator[Row]:
    """What a first visit downloads, as `npm run size` weighs it."""
    said = subprocess.run(
        ["npm", "run", "--silent", "size"],
        cwd=ROOT / "web",
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    for kind, weight, bar, verdict in re.findall(r"(\w+) +([\d.]+) kB of (\d+) kB +(.+)", said):
        yield f"first load, {kind} (kB)", float(weight), float(bar), verdict == "ok"


# From the frame's arrival until React has drawn it and the layout is known.
TIME_APPENDS = """window.appends = [];
window.WebSocket = class extends WebSocket {
  set onmessage(handle) {
    super.onmessage = handle && (event => {
      const { type, seq } = JSON.parse(event.data);
      const start = performance.now();
      handle(event);
      if (type !== "message") return;
      // React draws in a microtask of its own, which was asked for first.
      queueMicrotask(() => {
        const log = document.querySelector("[role=log]");
        const end = log.scrollHeight - log.scrollTop - log.clientHeight;
        const took = performance.now() - start;
        const last = [...log.querySelectorAll("li[data-seq]")].at(-1)?.dataset.seq;
        const shown = end <= 1 && Number(last) === JSON.parse(event.data).seq;
        window.appends.push([took, shown]);
      });
    });
  }
};"""


def appends(browser: Browser) -> Iterator[Row]:
    with place(browser, 500, **DESKTOP) as (ada, server, _proxy):
        ada.page.add_init_script(TIME_APPENDS)
        ada.joins(server.address)
        mount_all(ada)
        rows = ada.rows().count()
        bob = Talker(server.socket_url)
        for number in range(APPENDS):
            see(ada, bob.says(words(number)))
        bob.close()
        timed = ada.page.evaluate("window.appends")
        assert len(timed) >= APPENDS, len(timed)
        assert all(shown for _, shown in timed)
        times = sorted(ms for ms, _ in timed)
        median = statistics.median(times)
        yield f"append at {rows} rows, median (ms)", median, MOST_MS, median <= MOST_MS
        yield f"append at {rows} rows, p95 (ms)", times[int(len(times) * 0.95)], "", True


def mount_all(person: Person) -> None:
    """Read back to the beginning, and return to the end with everything still mounted."""
    first = person.log.locator('li[data-seq="1"]')
    while first.count() == 0:
        person.reads_back()
    person.presses("Latest")
    expect(person.page.locator(".pill")).to_have_count(0)


def see(person: Person, seq: int) -> None:
    """Wait until the page shows this message."""
    expect(person.log.locator(f'li[data-seq="{seq}"]')).to_have_count(1, timeout=60_000)


def shifts(browser: Browser) -> Iterator[Row]:
    """Come in, talk, lose the line, come back, read back, and load it all anew."""
    for name, look, read_back in (("desktop", DESKTOP, turn_wheel), ("phone", PHONE, swipe_back)):
        with place(browser, 300, **look) as (ada, server, proxy):
            ada.page.add_init_script(WATCH_SHIFTS)
            ada.joins(proxy.address)
            bob = Talker(server.socket_url)
            for number in range(10):
                see(ada, bob.says(words(number)))
                type_and_send(ada, f"mine {number}")
            expect(ada.rows("sent").filter(has_text="mine 9")).to_have_count(1)
            proxy.cut()
            type_and_send(ada, "while away")
            retry = ada.page.get_by_role("button", name="Retry now")
            expect(retry).to_be_visible(timeout=15_000)
            proxy.restore()
            retry.click()
            expect(ada.row("while away")).to_have_attribute("data-state", "sent", timeout=30_000)
            ada.presses("Settings")
            ada.presses("Close")
            see(ada, bob.says("and on it goes"))
            before = ada.page.evaluate("window.shifts")
            while int(ada.rows().first.get_attribute("data-seq") or 0) > 100:
                read_back(ada, 5)
                bob.says("meanwhile")
                press_keys(ada, "PageUp", 1)
            after = ada.page.evaluate("window.shifts")
            ada.page.reload()
            see(ada, bob.seq)
            total = after["unasked"] + ada.page.evaluate("window.shifts.unasked")
            yield f"layout shift in a session, {name}", total, MOST_SHIFT, total < MOST_SHIFT
            # A key excuses what moves within half a second; a reader would not.
            back = after["all"] - before["all"]
            yield f"reading back alone, keys too, {name}", back, MOST_SHIFT, back < MOST_SHIFT
            bob.close()


def growth(browser: Browser) -> Iterator[Row]:
    with place(browser, 1, **DESKTOP) as (ada, server, _proxy):
        ada.joins(server.address)
        devtools = ada.context.new_cdp_session(ada.page)
        devtools.send("Performance.enable")
        bob = Talker(server.socket_url)

        def flood(count: int) -> tuple[float, int]:
            for number in range(count):
                bob.says(words(number))
                if number % STRIDE == STRIDE - 1:
                    see(ada, bob.seq)
            for _ in range(3):
                devtools.send("HeapProfiler.collectGarbage")
            metrics = {
                it["name"]: it["value"] for it in devtools.send("Performance.getMetrics")["metrics"]
            }
            return metrics["JSHeapUsedSize"] / 1e6, int(metrics["Nodes"])

        heap, nodes = flood(WARM_UP)
        heap_after, nodes_after = flood(FLOOD)
        bob.close()
    grown, more = heap_after - heap, nodes_after - nodes
    yield f"heap after {WARM_UP:,} messages (MB)", heap, "", True
    yield f"heap growth over {FLOOD:,} more (MB)", grown, MOST_GROWTH_MB, grown <= MOST_GROWTH_MB
    yield f"DOM nodes after {WARM_UP:,} messages", nodes, "", True
    yield f"DOM nodes gained over {FLOOD:,} more", more, MOST_NODES, more <= MOST_NODES


def accessibility(browser: Browser) -> Iterator[Row]:
    for scheme in ("light", "dark"):
        for name, look in (("desktop", DESKTOP), ("phone", PHONE)):
            with place(browser, 60, **look, color_scheme=scheme, bypass_csp=True) as (
                ada,
                _,
                proxy,
            ):
                for state, found in violations_by_state(ada, proxy).items():
                    yield f"axe, {scheme}, {name}: {state}", len(found), 0, not found


MEASURES: tuple[Callable[[Browser], Iterator[Row]], ...] = (
    sizes,
    appends,
    shifts,
    growth,
    accessibility,
)


def _verdict(bar: object, *, good: bool) -> str:
    """Say nothing of what has no bar: "ok" would claim that it had been judged."""
    if bar == "":
        return ""
    return "ok" if good else "over"


def main() -> int:
    """Measure, print each with its bar, and fail when one is over."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(FULL_NAMES), args=list(CHROMIUM_ARGUMENTS)
        )
        rows = [row for measure in MEASURES for row in measure(browser)]
        print(f"\nThe page in Chromium {browser.version} (`make bench-page`)")
        print(
            f"{time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
        browser.close()
    shown = [[what, much, bar, _verdict(bar, good=good)] for what, much, bar, good in rows]
    table(["measured", "is", "bar", "verdict"], shown)
    return int(not all(good for *_, good in rows))


if __name__ == "__main__":
    sys.exit(main())
