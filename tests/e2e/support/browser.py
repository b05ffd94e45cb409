"""Which Chromium tests and benchmarks of the page use, and how: without a network of its own."""

import os
import shutil

FULL_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

NAMES = ("chromium-headless-shell", *FULL_NAMES)
"""The same engine without a window's parts costs half the CPU: tests prefer it."""

HOW_TO_GET_IT = "No Chromium: run `apt-get install chromium`, or set TEST_CHROMIUM to its path"

LONGEST_MS = 60_000
"""For anything to be seen or done on a page: no test says how fast a machine is."""

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A name that is not loopback, so that its pages are no secure context: as on a home network.
    "--host-resolver-rules=MAP fireside.lan 127.0.0.1",
)


def find_chromium(names: tuple[str, ...] = NAMES) -> str | None:
    """Return the path of the browser that TEST_CHROMIUM names, or of the first that is here."""
    named = os.environ.get("TEST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, names)), None)
