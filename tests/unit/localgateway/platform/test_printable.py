"""What comes from others is shown on a terminal without moving its cursor."""

import json

from localgateway.platform.printable import printable, printable_json


def test_control_characters_are_escaped_and_tabs_are_not():
    assert printable("\x1b[2J\x9b\n\t漢字 🔥") == r"\x1b[2J\x9b\n" + "\t漢字 🔥"


def test_joiners_of_emoji_and_letters_stay():
    text = "می\u200cخواهم 👨\u200d👩\u200d👧 \u00a0\u3000"
    assert printable(text) == text
    assert text in printable_json([text])


def test_what_hides_or_turns_text_is_escaped():
    assert printable("a\u202eb\u2066c\u200ed\u2028e\ud800") == (
        r"a\u202eb\u2066c\u200ed\u2028e\ud800"
    )


def test_json_is_readable_and_has_no_control_character_for_a_terminal():
    text = printable_json({"body": "\x1b[2J\x9b\x7f\u202e\u2028\U000e0001 漢字 🔥\n"})

    assert all(character.isprintable() or character == "\n" for character in text)
    assert "漢字 🔥" in text
    assert json.loads(text) == {"body": "\x1b[2J\x9b\x7f\u202e\u2028\U000e0001 漢字 🔥\n"}
