"""Talking to a person: results on stdout, all else on stderr."""

import io
import sys

from fireside.console.terminal import Terminal


def test_only_results_go_to_stdout(capsys):
    terminal = Terminal()

    terminal.print_progress("Building")
    terminal.print_result("https://chat.example")

    assert capsys.readouterr() == ("https://chat.example\n", "Building\n")


def test_an_answer_is_read_without_its_line_end(monkeypatch, capsys):
    stdin = io.StringIO("yes \n")
    stdin.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", stdin)

    assert Terminal().ask("Sure? ") == "yes"
    assert capsys.readouterr() == ("", "Sure? ")


def test_where_no_person_can_answer_there_is_no_answer(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))

    assert Terminal().ask("Sure? ") is None
    assert capsys.readouterr() == ("", "")
