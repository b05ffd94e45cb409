"""Terraform as a child process: each command is shown as a person could type it.

Its output is forwarded line by line. It is never killed: Ctrl-C reaches it too, and it then ends
its current step, so that its state matches what exists.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fireside.console.terminal import WriteLine

MIN_VERSION = (1, 11)
"""As in infra/versions.tf: the first version that locks a state in S3 without a table."""

INSTALL = "install it from https://developer.hashicorp.com/terraform/install"


_NOTHING_TO_CHANGE, _CHANGES = 0, 2  # `plan -detailed-exitcode`
_PLAIN = re.compile(r"[A-Za-z0-9_./=:,@%+-]+")


def _discard(_: str) -> None:
    """Ignore a line of output."""


class TerraformFailed(Exception):  # noqa: N818 - it says what happened
    """A command failed. `errors` is what it wrote to stderr."""

    def __init__(self, step: str, errors: str) -> None:
        super().__init__(f"`terraform {step}` failed")
        self.step = step
        self.errors = errors


class TerraformMissing(Exception):  # noqa: N818 - the same
    """Terraform is not installed, or too old. The sentence says what to install."""


@dataclass(frozen=True, slots=True)
class WorkingDirectory:
    """A folder with a configuration, the folder for Terraform's own data, and the program."""

    path: Path
    data: Path
    program: str = "terraform"

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables for Terraform: each stage has a data folder of its own."""
        return {"TF_DATA_DIR": _relative(self.data, self.path), "TF_IN_AUTOMATION": "1"}


class Terraform:
    """Terraform's commands in one working directory. None of them asks a question."""

    def __init__(self, directory: WorkingDirectory, write_line: WriteLine) -> None:
        self.directory = directory
        self._write_line = write_line

    def init(self, backend: Path | None = None, *, is_locked: bool = False) -> None:
        """Install the providers and configure the state; `backend` says where it is.

        With `is_locked` only those of the lock file are installed, and it stays as it is.
        """
        options = [] if backend is None else [f"-backend-config={self._relative(backend)}"]
        options += ["-lockfile=readonly"] if is_locked else []
        # `backend` decides where the state is, not what an earlier run has stored.
        self._run("init", "-reconfigure", *options)

    def plan(self, out: Path, files: Sequence[Path], *options: str) -> bool:
        """Write a plan to `out`, and return whether it changes anything."""
        variables = [f"-var-file={self._relative(file)}" for file in files]
        where = f"-out={self._relative(out)}"
        return self._run("plan", "-detailed-exitcode", *variables, *options, where) == _CHANGES

    def read_plan(self, plan: Path) -> dict[str, Any]:
        """Return a plan as JSON."""
        return self._read_json("show", "-json", self._relative(plan))

    def apply(self, plan: Path) -> None:
        """Apply a saved plan, and nothing else."""
        self._run("apply", self._relative(plan))

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the last apply; empty before the first."""
        return {name: one["value"] for name, one in self._read_json("output", "-json").items()}

    @property
    def errored_state(self) -> Path:
        """Return the file in which Terraform leaves a state that it could not save."""
        return self.directory.path / "errored.tfstate"

    def push_state(self, file: Path) -> None:
        """Save a state; Terraform refuses one that is not newer than the saved one."""
        words = ("push", "-no-color", self._relative(file))
        self._write_line(f"$ {self.command_line('state', *words)}")
        code, _, errors = run(
            self._command("state", *words), self.directory.environ, _discard, self._write_line
        )
        if code != 0:
            raise TerraformFailed("state push", errors)

    def show_command(self, plan: Path) -> str:
        """Return the command that prints a plan as text."""
        return self.command_line("show", self._relative(plan))

    def command_line(self, step: str, *options: str) -> str:
        """Return a command as a person would type it in the current folder."""
        variable = f"TF_DATA_DIR={_quoted(self.directory.environ['TF_DATA_DIR'])}"
        folder = _quoted(f"-chdir={_relative(self.directory.path, Path.cwd())}")
        return " ".join([variable, "terraform", folder, step, *map(_quoted, options)])

    def _run(self, step: str, *options: str) -> int:
        """Run a command, and return its exit code.

        Raises:
            TerraformFailed: The command failed.
            KeyboardInterrupt: Ctrl-C was pressed; the command has ended by itself.
        """
        arguments = ["-input=false", "-no-color", *options]
        self._write_line(f"$ {self.command_line(step, *arguments)}")
        # A plan's output is replaced by a summary (plan.py).
        forward = self._write_line if step == "apply" else _discard
        command = self._command(step, *arguments)
        code, _, errors = run(command, self.directory.environ, forward, self._write_line)
        success = {_NOTHING_TO_CHANGE, _CHANGES} if step == "plan" else {_NOTHING_TO_CHANGE}
        if code not in success:
            raise TerraformFailed(step, errors)
        return code

    def _read_json(self, step: str, *options: str) -> dict[str, Any]:
        """Run a command, and return the JSON that it prints."""
        self._write_line(f"$ {self.command_line(step, *options)}")
        code, output, errors = run(self._command(step, *options), self.directory.environ)
        if code != 0:
            raise TerraformFailed(step, errors)
        answer: dict[str, Any] = json.loads(output)
        return answer

    def _command(self, step: str, *options: str) -> list[str]:
        return [self.directory.program, f"-chdir={self.directory.path}", step, *options]

    def _relative(self, path: Path) -> str:
        return _relative(path, self.directory.path)


def find_terraform(which: Callable[[str], str | None] = shutil.which) -> tuple[str, str]:
    """Return Terraform's path and version.

    Raises:
        TerraformMissing: It is not installed, or too old.
    """
    program = which("terraform")
    minimum = ".".join(map(str, MIN_VERSION))
    if program is None:
        raise TerraformMissing(
            f"Terraform is not installed: {INSTALL}, version {minimum} or newer."
        )
    code, output, errors = run([program, "version", "-json"], {})
    try:
        version = str(json.loads(output)["terraform_version"])
        numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    except (KeyError, TypeError, ValueError) as cause:
        why = f"exit code {code}: {errors.strip()}"
        sentence = f"{program} does not print its version ({why}): {INSTALL}."
        raise TerraformMissing(sentence) from cause
    if numbers < MIN_VERSION:
        raise TerraformMissing(
            f"Terraform {version} is too old: {INSTALL}, version {minimum} or newer."
        )
    return program, version


def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    write_line: WriteLine = _discard,
    write_error: WriteLine = _discard,
) -> tuple[int, str, str]:
    """Run a program to its end, and return its exit code, stdout and stderr.

    Each line of stdout goes to `write_line` at once, each of stderr to `write_error`.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile. The program has ended nevertheless.
    """
    output: list[str] = []
    errors: list[str] = []
    with (
        _deferred_interrupt(write_error) as interrupted,
        subprocess.Popen(  # noqa: S603 - the one on the PATH, with fixed arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=os.environ | dict(environ),
        ) as process,
    ):
        readers = [
            threading.Thread(target=_forward_lines, args=(stream, kept, forward))
            for stream, kept, forward in (
                (process.stdout, output, write_line),
                (process.stderr, errors, write_error),
            )
            if stream is not None
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    if interrupted():
        raise KeyboardInterrupt
    return process.returncode, "".join(output), "".join(errors)


@contextmanager
def _deferred_interrupt(write_line: WriteLine) -> Iterator[Callable[[], bool]]:
    """Ignore Ctrl-C within; yield a function that returns whether it was pressed."""
    pressed: list[int] = []

    def note(number: int, _frame: object) -> None:
        if not pressed:
            write_line("Stopping: Terraform ends its step first, so that nothing is lost.")
        pressed.append(number)

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # the caller has a handler of its own
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def _forward_lines(stream: IO[str], kept: list[str], write_line: WriteLine) -> None:
    for line in stream:
        kept.append(line)
        write_line(line.rstrip("\n"))


def _relative(path: Path, start: Path) -> str:
    """Return a path relative to `start` if it is within, else the absolute path."""
    path, start = path.absolute(), start.absolute()
    return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'" if sys.platform != "win32" else f'"{word}"'
