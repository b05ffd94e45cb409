"""Print an invite link, and its QR code on a terminal that can show one."""

import io
import sys

import segno

_WHITE_ON_BLACK, _PLAIN = "\x1b[97;40m", "\x1b[0m"


def show(link: str, *, qr: bool | None) -> None:
    """Print a link and its QR code; without `qr`, the code only where a person can scan it."""
    print(link)
    if _can_show_qr() if qr is None else qr:
        print(drawn(link))


def drawn(text: str) -> str:
    """Return a QR code in half blocks, white on black whatever the terminal's colours are."""
    lines = io.StringIO()
    segno.make(text, micro=False).terminal(lines, compact=True)
    rows = lines.getvalue().splitlines()
    return "\n".join(f"{_WHITE_ON_BLACK}{row}{_PLAIN}" for row in rows)


def _can_show_qr() -> bool:
    """Return whether stdout is a terminal whose encoding has the block characters."""
    encoding = (sys.stdout.encoding or "").lower()
    return sys.stdout.isatty() and encoding.startswith("utf")
