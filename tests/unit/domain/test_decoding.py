"""What is refused is in tests/flow/test_bad_input.py, where a whole frame is seen."""

import json

import pytest

from fireside.domain.decoding import decode
from fireside.domain.errors import InvalidJson


@pytest.mark.parametrize("text", ["é", "🔥", "\\u00e9", "\\ud83d\\udd25", "\\\\ud83d"])
def test_whole_characters_pass_however_they_are_written(text):
    fields = decode(f'{{"message":"{text}"}}').fields

    assert fields["message"] == json.loads(f'"{text}"')


def test_what_cannot_be_read_keeps_its_cause_for_the_log():
    with pytest.raises(InvalidJson) as refusal:
        decode('{"a":1,"a":2}')

    assert "same key twice" in str(refusal.value.__cause__)
