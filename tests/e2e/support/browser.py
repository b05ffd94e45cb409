"""How Chromium is started for tests and benchmarks of the page: without a network of its own."""

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
