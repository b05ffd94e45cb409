"""What `chat` passes to `fanout`: it is read as it was written, and a later form is refused."""

import json

import pytest

from fireside.adapters.outbound import payload


def test_what_was_written_is_read():
    written = payload.write(["c1", "c2"], '{"message":"Grüße 🔥"}'.encode(), 1_000)

    ids, data, sent_at_ms = payload.read(json.loads(written))

    assert (ids, data.decode(), sent_at_ms) == (["c1", "c2"], '{"message":"Grüße 🔥"}', 1_000)


def test_a_field_that_a_later_release_adds_does_no_harm():
    written = json.loads(payload.write(["c1"], b"hi", 1_000))

    assert payload.read(written | {"mood": "good"}) == payload.read(written)


def test_what_a_later_release_means_differently_is_refused():
    written = json.loads(payload.write(["c1"], b"hi", 1_000))

    with pytest.raises(payload.NewerFormat, match="deploy both functions together"):
        payload.read(written | {"v": payload.VERSION + 1})
