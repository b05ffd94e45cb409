"""What we write is read by hpack, and the status is read out of what hpack writes."""

import contextlib

import hpack as oracle
import pytest
from hpack.exceptions import HPACKDecodingError
from hypothesis import given, settings
from hypothesis import strategies as st

from fireside.adapters import hpack

STATUSES = range(100, 600)
TABLES = st.sampled_from([0, 100, 4096, 65_536])

NAME = st.sampled_from([b":authority", b":path", b"authorization", b"content-length", b"x"])
LONG = st.sampled_from([126, 127, 128, 4064, 5000, 20_000]).map(lambda size: b"v" * size)
FIELD = st.tuples(
    NAME | st.binary(min_size=1, max_size=200),
    st.sampled_from([b"", b"a", b"b"]) | st.binary(max_size=200) | LONG,
)
KIND = st.sampled_from(["field", "field", "literal", "secret"])
BLOCK = st.lists(st.tuples(KIND, FIELD), max_size=8)
BLOCKS = st.lists(st.tuples(st.none() | TABLES, BLOCK), min_size=1, max_size=6)

STATUS_IS_KNOWN, STATUS_IS_NAMED, STATUS_IS_SECRET = 0x48, 0x08, 0x18


def reader(table: int = hpack.DEFAULT_TABLE) -> oracle.Decoder:
    decoder = oracle.Decoder(max_header_list_size=1 << 20)
    decoder.max_allowed_table_size = table
    return decoder


def writer(table: int) -> hpack.Encoder:
    encoder = hpack.Encoder()
    encoder.resize(table)
    return encoder


def written(encoder: hpack.Encoder, kind: str, field: hpack.Field) -> bytes:
    match kind:
        case "field":
            return encoder.field(field)[0]
        case "literal":
            return hpack.literal(field)
        case _:
            return hpack.secret_name(field[0]) + hpack.string(field[1])


def literal_status(pattern: int, text: bytes, *, huffman: bool = False) -> bytes:
    """Write what an answer begins with by hand: hpack always takes the shortest form."""
    if huffman:
        text = oracle.Encoder().huffman_coder.encode(text)
    return bytes((pattern, len(text) | (0x80 if huffman else 0))) + text


def require_unreadable(block: bytes) -> None:
    with pytest.raises(ValueError, match=r"the (header block|status) "):
        hpack.status(block)


@settings(max_examples=200, deadline=None)
@given(blocks=BLOCKS)
def test_what_is_written_is_read_the_same_and_also_after_the_table_was_resized(blocks):
    encoder, decoder = hpack.Encoder(), reader()
    for table, block in blocks:
        if table is not None:
            encoder.resize(table)
            decoder.max_allowed_table_size = table

        text = encoder.updates() + b"".join(written(encoder, *entry) for entry in block)

        assert list(decoder.decode(text, raw=True)) == [field for _, field in block]


@settings(max_examples=100, deadline=None)
@given(table=TABLES, fields=st.lists(FIELD, min_size=1, max_size=8), turns=st.integers(2, 4))
def test_once_all_is_said_the_same_bytes_go_on_saying_it(table, fields, turns):
    encoder, decoder = writer(table), reader(table)
    first = encoder.updates() + b"".join(encoder.field(field)[0] for field in fields)
    assert list(decoder.decode(first, raw=True)) == fields

    again = [[encoder.field(field) for field in fields] for _ in range(turns)]

    assert all(is_settled for turn in again for _, is_settled in turn)
    for turn in again:
        assert turn == again[0]
        assert list(decoder.decode(b"".join(text for text, _ in turn), raw=True)) == fields


def test_a_field_that_comes_again_is_one_byte():
    encoder = hpack.Encoder()

    first, was_settled = encoder.field((b"host", b"example.com"))
    second, is_settled = encoder.field((b"host", b"example.com"))

    assert len(first) > len(b"hostexample.com")
    assert len(second) == 1
    assert (was_settled, is_settled) == (False, True)


def test_a_field_that_is_larger_than_the_table_is_written_out_each_time_and_displaces_nothing():
    encoder, decoder = hpack.Encoder(), reader()
    small, large = (b"a", b"b"), (b"c", b"d" * 4096)

    text = b"".join(encoder.field(field)[0] for field in (small, large, small, large))

    assert list(decoder.decode(text, raw=True)) == [small, large, small, large]
    assert list(decoder.header_table.dynamic_entries) == [small]


def test_the_table_is_filled_to_its_last_byte():
    encoder = writer(100)
    exact, more = (b"a", b"b" * (100 - 32 - 1)), (b"a", b"b" * (100 - 32))

    assert encoder.field(more)[1], "it never will be remembered"
    assert not encoder.field(exact)[1]
    assert len(encoder.field(exact)[0]) == 1


def test_a_full_table_is_read_by_numbers_of_several_bytes():
    encoder, decoder = hpack.Encoder(), reader()
    fields = [(b"x", b"%d" % number) for number in range(100, 210)]
    decoder.decode(b"".join(encoder.field(field)[0] for field in fields))

    again = [encoder.field(field)[0] for field in fields]

    assert {len(text) for text in again} == {1, 2}
    assert list(decoder.decode(b"".join(again), raw=True)) == fields


def test_a_resized_table_is_announced_once():
    encoder = writer(100)

    assert encoder.updates()
    assert encoder.updates() == b""


def test_a_table_of_the_same_size_is_said_nothing_of():
    encoder = hpack.Encoder()

    encoder.resize(2 * hpack.DEFAULT_TABLE)  # more than we fill

    assert encoder.updates() == b""


def test_a_resized_table_begins_empty():
    encoder, decoder = hpack.Encoder(), reader()
    decoder.decode(encoder.field((b"a", b"b"))[0])
    assert decoder.header_table.dynamic_entries

    encoder.resize(hpack.DEFAULT_TABLE - 1)
    decoder.decode(encoder.updates())

    assert not decoder.header_table.dynamic_entries


def test_a_table_never_grows_beyond_what_we_care_to_fill():
    encoder, decoder = writer(65_536), reader(65_536)

    decoder.decode(encoder.updates())

    assert decoder.header_table_size == hpack.DEFAULT_TABLE


@given(field=FIELD)
def test_a_secret_is_remembered_by_nobody(field):
    decoder = reader()

    (read,) = decoder.decode(hpack.secret_name(field[0]) + hpack.string(field[1]), raw=True)

    assert read == field
    assert not read.indexable
    assert not decoder.header_table.dynamic_entries


@given(field=FIELD)
def test_a_literal_leaves_the_table_alone_but_may_be_remembered_on_the_way(field):
    decoder = reader()

    (read,) = decoder.decode(hpack.literal(field), raw=True)

    assert read == field
    assert read.indexable
    assert not decoder.header_table.dynamic_entries


@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 254, 255, 16_383, 16_511, 70_000])
def test_texts_of_all_lengths_are_read(size):
    field = (b"x", b"y" * size)

    assert list(reader().decode(hpack.literal(field), raw=True)) == [field]


@pytest.mark.parametrize("huffman", [False, True])
@pytest.mark.parametrize("table", [None, 0, 100, 5000])
def test_every_status_that_hpack_writes_is_read(huffman, table):
    for status in STATUSES:
        encoder = oracle.Encoder()
        if table is not None:
            encoder.header_table_size = table
        fields = [(":status", str(status)), ("content-type", "text/plain")]

        assert hpack.status(encoder.encode(fields, huffman=huffman)) == status


@pytest.mark.parametrize("huffman", [False, True])
@pytest.mark.parametrize("pattern", [STATUS_IS_KNOWN, STATUS_IS_NAMED, STATUS_IS_SECRET])
def test_every_status_is_read_as_it_is_written_out(pattern, huffman):
    for status in STATUSES:
        block = literal_status(pattern, b"%d" % status, huffman=huffman)
        assert [value for _, value in reader().decode(block)] == [str(status)]

        assert hpack.status(block + b"\xff\xff") == status


@pytest.mark.parametrize("name", range(8, 15))
def test_a_status_may_be_named_by_any_of_them(name):
    assert hpack.status(literal_status(0x40 | name, b"418")) == 418
    assert hpack.status(literal_status(name, b"418")) == 418


def test_a_status_may_follow_several_updates_of_the_table():
    assert hpack.status(b"\x20\x3f\xe1\x1f\x88") == 200


@pytest.mark.parametrize("before", [b"", b"\x20", b"\x3f\xe1\x1f"])
@pytest.mark.parametrize(
    "status",
    [
        b"\x88",
        literal_status(STATUS_IS_NAMED, b"299"),
        literal_status(STATUS_IS_KNOWN, b"410", huffman=True),
        literal_status(STATUS_IS_SECRET, b"200", huffman=True),
    ],
)
def test_a_block_that_is_cut_off_is_refused(before, status):
    block = before + status
    assert hpack.status(block) in (200, 299, 410)

    for size in range(len(block)):
        require_unreadable(block[:size])


def test_a_text_that_is_longer_than_its_block_is_refused():
    require_unreadable(b"\x08\x04200")
    require_unreadable(b"\x08\x83\x10\x01")


@pytest.mark.parametrize("field", [("content-type", "a"), (":path", "/"), ("x-status", "200")])
@pytest.mark.parametrize("is_secret", [False, True])
def test_a_block_that_begins_with_another_field_is_refused(field, is_secret):
    fields = [(*field, is_secret), (":status", "200")]

    require_unreadable(oracle.Encoder().encode(fields))


@pytest.mark.parametrize("index", [0, *range(1, 8), *range(15, 62), 62, 63, 126])
def test_an_index_of_what_is_no_status_or_not_kept_is_refused(index):
    require_unreadable(bytes((0x80 | index,)))
    require_unreadable(literal_status(0x40 | min(index, 62), b"200"))


@pytest.mark.parametrize("index", [127, 200, 1 << 20])
def test_a_large_index_is_refused(index):
    require_unreadable(hpack._integer(index, 0x80, 7))


def test_a_number_without_end_is_refused():
    with pytest.raises(ValueError, match=r"."):
        hpack.status(b"\xff" * 50_000)
    with pytest.raises(ValueError, match=r"."):
        hpack.status(b"\xff" * 50_000 + b"\x00")


@settings(max_examples=400)
@given(
    text=st.text("0123456789-./ aez~", max_size=5).map(str.encode)
    | st.binary(max_size=5)
    | st.integers(0, 999).map(lambda status: b"%03d" % status),
    huffman=st.booleans(),
)
def test_only_three_digits_are_a_status(text, huffman):
    block = literal_status(STATUS_IS_NAMED, text, huffman=huffman)

    if len(text) == 3 and text.isdigit():
        assert hpack.status(block) == int(text)
    else:
        require_unreadable(block)


@pytest.mark.parametrize("text", [b"2/0", b"20-", b"..0", b"200/", b"200~", b"200\xf9", b"2a0"])
def test_what_looks_like_a_digit_in_huffmans_code_is_none(text):
    require_unreadable(literal_status(STATUS_IS_NAMED, text, huffman=True))


@pytest.mark.parametrize("padded", [b"\x10\x00", b"\x10\x01\xff", b"\x10\x01\xff\xff\xff\xff"])
def test_only_less_than_a_byte_of_ones_is_padding_in_huffmans_code(padded):
    assert hpack.status(b"\x08\x82\x10\x01") == 200

    require_unreadable(bytes((0x08, 0x80 | len(padded))) + padded)


@settings(max_examples=1000)
@given(
    block=st.binary(max_size=12)
    | st.tuples(
        st.sampled_from([b"\x08", b"\x48", b"\x18", b"\x20\x08"]),
        st.sampled_from([b"\x03", b"\x82", b"\x83", b"\x84"]),
        st.binary(max_size=4) | st.text("0123456789", min_size=3, max_size=3).map(str.encode),
    ).map(b"".join)
)
def test_whatever_comes_is_refused_or_read_as_hpack_reads_it(block):
    try:
        status = hpack.status(block)
    except ValueError:
        return

    with contextlib.suppress(HPACKDecodingError):  # what follows the status may be unreadable
        name, value = reader().decode(block)[0]
        assert (name, int(value)) == (":status", status)
