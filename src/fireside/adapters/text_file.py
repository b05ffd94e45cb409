"""Text files as editors save them: with a byte order mark or without, in UTF-8 or UTF-16."""

from pathlib import Path

_ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""The encoding that a byte order mark names. Notepad and PowerShell write each of these."""


def read_text(path: Path) -> str:
    r"""Return the text of a file, with `\n` at the end of each line.

    Raises:
        OSError: The file can't be read.
        UnicodeDecodeError: It is neither UTF-8 nor UTF-16 with a byte order mark.
    """
    return decode(path.read_bytes())


def decode(data: bytes) -> str:
    r"""Return the text of a file from its bytes, with `\n` at the end of each line.

    Raises:
        UnicodeDecodeError: It is neither UTF-8 nor UTF-16 with a byte order mark.
    """
    named = (encoding for mark, encoding in _ENCODINGS.items() if data.startswith(mark))
    text = data.decode(next(named, "utf-8"))
    return text.replace("\r\n", "\n").replace("\r", "\n")
