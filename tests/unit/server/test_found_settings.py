"""A settings file that happens to lie in the current folder is named, and may not be another's."""

import os
from pathlib import Path

import pytest

from fireside.adapters import own_file
from fireside.server.found_settings import announcement, require_own_file
from fireside.server.settings import BadSettings

HERE = Path("/home/ada/download/fireside.toml")


def said(**values):
    return list(announcement(HERE, values))


def test_it_is_named_with_all_that_it_sets():
    assert said(port=9000, limits="on") == [f"settings from {HERE}: port, limits"]
    assert said() == [f"settings from {HERE}: none"]


def test_neither_the_folder_nor_a_value_moves_the_cursor():
    lines = list(announcement(Path("/a\x1b[2J/b\n/fireside.toml"), {"data": "\x9b2J"}))
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        (
            {"public_url": "https://evil.example"},
            "sets public_url: the link with the invite leads to https://evil.example",
        ),
        (
            {"allow_origin": ["http://localhost:5173", "https://evil.example"]},
            "sets allow_origin: pages of http://localhost:5173, https://evil.example may connect",
        ),
        ({"host": "0.0.0.0"}, "sets host: other machines may reach the chat at 0.0.0.0"),  # noqa: S104 - refused
        ({"invites": "off"}, "sets invites: people enter without an invite"),
        ({"limits": "off"}, "sets limits: one person may ask and connect as often as they like"),
        ({"keep_free": "0"}, "sets keep_free: messages may fill the disk"),
        ({"keep_free": 0}, "sets keep_free: messages may fill the disk"),
        ({"keep_free": "0 MiB"}, "sets keep_free: messages may fill the disk"),
        ({"data": "/home/eve/chat"}, "sets data: messages and invite are in /home/eve/chat"),
        ({"data": "/eve\x1b[2J"}, "sets data: messages and invite are in /eve\\x1b[2J"),
    ],
)
def test_what_opens_the_chat_to_others_is_warned_of(values, warning):
    (_, line) = said(**values)
    assert line == f"warning: {HERE} was found here, not named with --config, and {warning}"


@pytest.mark.parametrize(
    "values",
    [
        {"public_url": "http://localhost:9000"},
        {"allow_origin": ["http://127.0.0.1:5173"]},
        {"allow_origin": 7},
        {"public_url": "no address"},
        {"host": "::1"},
        {"invites": "required"},
        {"limits": "auto"},
        {"keep_free": "500 MiB"},
        {"keep_free": "nothing"},
    ],
)
def test_what_stays_on_this_machine_is_not(values):
    assert len(said(**values)) == 1


def test_a_file_of_another_user_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "fireside.toml"
    path.touch()
    require_own_file(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    monkeypatch.setattr(own_file, "_ROOT", -1)
    with pytest.raises(BadSettings, match=r"belongs to another user: .* --config"):
        require_own_file(path)
