"""Header blocks of HTTP/2 (HPACK, RFC 7541): those that we send, and the status in an answer's.

Of an answer's block only the status is read. It stands first, and as we allow the other side no
table of its own (`HEADER_TABLE_SIZE` 0), what follows it needs no reading to stay in step.
"""

DEFAULT_TABLE = 4096
"""Bytes of entries that a reader keeps until it says otherwise (RFC 9113, 6.5.2)."""

_ENTRY_OVERHEAD = 32  # of each entry, in the reader's count (RFC 7541, 4.1)
_STATIC_ENTRIES = 61
_STATIC_NAMES = {b":authority": 1, b":path": 4, b"authorization": 23, b"content-length": 28}
_STATIC_STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
_DIGITS_OF_5_BITS, _FIRST_OF_6_BITS = 3, 0x19  # Huffman's code: 0 to 2, and 3 to 9

_ONE_BYTE = [bytes((size,)) for size in range(0x7F)]

Field = tuple[bytes, bytes]


class Encoder:
    """Writes fields for one reader, which remembers those that come again."""

    def __init__(self) -> None:
        self._size = self._room = DEFAULT_TABLE
        self._entries: list[Field] = []
        self._owed = b""

    def resize(self, most: int) -> None:
        """Begin anew with a table of at most so many bytes, if that is another size."""
        size = min(most, DEFAULT_TABLE)
        if size == self._size:
            return
        self._size = self._room = size
        self._entries.clear()
        self._owed = _integer(0, 0x20, 5) + _integer(self._room, 0x20, 5)

    def updates(self) -> bytes:
        """Take what the next block must begin with."""
        owed, self._owed = self._owed, b""
        return owed

    def field(self, field: Field) -> tuple[bytes, bool]:
        """Write a field that comes again; tell whether it will be written so the next time.

        It is remembered while there is room; nothing that is remembered is ever forgotten.
        """
        if field in self._entries:
            newest_first = len(self._entries) - 1 - self._entries.index(field)
            return _integer(_STATIC_ENTRIES + 1 + newest_first, 0x80, 7), True
        name, value = field
        size = len(name) + len(value) + _ENTRY_OVERHEAD
        if size > self._room:
            return literal(field), True
        self._room -= size
        self._entries.append(field)
        return _named(name, 0x40, 6) + string(value), False


def literal(field: Field) -> bytes:
    """Write a field that nobody need remember."""
    name, value = field
    return _named(name, 0x00, 4) + string(value)


def secret_name(name: bytes) -> bytes:
    """Write the name of a field that nobody may remember, on no way between us either."""
    return _named(name, 0x10, 4)


def string(text: bytes) -> bytes:
    """Write a text as it is, with its length before it."""
    size = len(text)
    return (_ONE_BYTE[size] if size < len(_ONE_BYTE) else _integer(size, 0x00, 7)) + text


def status(block: bytes) -> int:
    """Read the status of an answer.

    Raises:
        ValueError: The block begins with something else, or refers to a table that we don't keep.
    """
    try:
        return _status(block)
    except IndexError:
        raise ValueError("the header block ends too early") from None


def _status(block: bytes) -> int:
    at = 0
    while block[at] >> 5 == 0b001:  # a table's new size
        _, at = _read_integer(block, at, 5)
    if block[at] & 0x80:
        index, _ = _read_integer(block, at, 7)
        if index not in _STATIC_STATUSES:
            raise ValueError(f"the header block begins with field {index}")
        return _STATIC_STATUSES[index]
    index, at = _read_integer(block, at, 6 if block[at] & 0x40 else 4)
    if index not in _STATIC_STATUSES:
        raise ValueError(f"the header block begins with a field named by {index}")
    is_huffman = bool(block[at] & 0x80)
    length, at = _read_integer(block, at, 7)
    value = block[at : at + length]
    if len(value) < length:
        raise IndexError
    text = _huffman_digits(value) if is_huffman else value
    if len(text) != 3 or not text.isdigit():  # noqa: PLR2004 - as every status
        raise ValueError("the status is not a number")
    return int(text)


def _huffman_digits(value: bytes) -> bytes:
    """Read digits, which have five or six bits each, up to the padding of ones; or nothing."""
    left = len(value) * 8
    bits = int.from_bytes(value)
    digits = bytearray()
    while left >= 5 and (code := bits >> (left - 5) & 0b11111) != 0b11111:  # noqa: PLR2004
        if code < _DIGITS_OF_5_BITS:
            digits.append(ord("0") + code)
            left -= 5
        elif left > 5 and (code := bits >> (left - 6) & 0b111111) >= _FIRST_OF_6_BITS:  # noqa: PLR2004
            digits.append(ord("3") + code - _FIRST_OF_6_BITS)
            left -= 6
        else:
            return b""
    padding = (1 << left) - 1
    is_read = left < 8 and bits & padding == padding  # noqa: PLR2004 - less than a byte
    return bytes(digits) if is_read else b""


def _named(name: bytes, pattern: int, bits: int) -> bytes:
    index = _STATIC_NAMES.get(name, 0)
    return _integer(index, pattern, bits) + (b"" if index else string(name))


def _integer(value: int, pattern: int, bits: int) -> bytes:
    """Write a number into the low `bits` of a byte, and what does not fit after it."""
    most = (1 << bits) - 1
    if value < most:
        return bytes((pattern | value,))
    written = bytearray((pattern | most,))
    value -= most
    while value >= 0x80:  # noqa: PLR2004 - seven bits a byte
        written.append(0x80 | value & 0x7F)
        value >>= 7
    written.append(value)
    return bytes(written)


def _read_integer(data: bytes, at: int, bits: int) -> tuple[int, int]:
    """Read a number; return it and where it ends."""
    most = (1 << bits) - 1
    value, at = data[at] & most, at + 1
    if value < most:
        return value, at
    shift = 0
    while True:
        value, byte, at = value + ((data[at] & 0x7F) << shift), data[at], at + 1
        shift += 7
        if not byte & 0x80:
            return value, at
