"""Terraform, run where everybody sees it: each command is shown as one could type it.

What it prints goes on to the person line by line. It is never killed: Ctrl-C reaches it too, and
it then ends the step that it is in, so that its state says what there is.
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

from fireside.console.terminal import Say

OLDEST = (1, 11)
"""As infra/versions.tf says: S3 locks the state by itself since then."""

INSTALL = "Install it from https://developer.hashicorp.com/terraform/install"


_NOTHING_TO_CHANGE, _CHANGES = 0, 2  # `plan -detailed-exitcode`
_PLAIN = re.compile(r"[A-Za-z0-9_./=:,@%+-]+")


def _nobody(_: str) -> None:
    """Keep it from the screen."""


class TerraformFailed(Exception):  # noqa: N818 - it says what happened
    """A command ended badly. `said` is what it wrote about that."""

    def __init__(self, step: str, said: str) -> None:
        super().__init__(f"`terraform {step}` failed")
        self.step = step
        self.said = said


class TerraformMissing(Exception):  # noqa: N818 - the same
    """There is none here, or it is too old. The sentence says what to install."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A configuration, where Terraform keeps what it knows of it, and who runs it."""

    path: Path
    data: Path
    program: str = "terraform"

    @property
    def environ(self) -> dict[str, str]:
        """Say what it needs beside our own environment: one folder of data for each stage."""
        return {"TF_DATA_DIR": _short(self.data, self.path), "TF_IN_AUTOMATION": "1"}


class Terraform:
    """Runs commands in one folder. Nobody is asked anything by them."""

    def __init__(self, folder: Folder, say: Say) -> None:
        self.folder = folder
        self._say = say

    def init(self, backend: Path | None = None) -> None:
        """Fetch the providers and find the state."""
        options = [] if backend is None else [f"-backend-config={self._short(backend)}"]
        # Where the state is was decided by us; what an earlier run remembered does not count.
        self._run("init", "-reconfigure", *options)

    def plan(self, out: Path, files: Sequence[Path], *options: str) -> bool:
        """Write a plan to `out`; tell whether there is anything to change."""
        variables = [f"-var-file={self._short(file)}" for file in files]
        where = f"-out={self._short(out)}"
        return self._run("plan", "-detailed-exitcode", *variables, *options, where) == _CHANGES

    def show(self, plan: Path) -> dict[str, Any]:
        """Read a plan."""
        return self._ask("show", "-json", self._short(plan))

    def apply(self, plan: Path) -> None:
        """Do what that plan says, and nothing else."""
        self._run("apply", self._short(plan))

    def outputs(self) -> dict[str, Any]:
        """Read what the last apply left; empty before the first."""
        return {name: one["value"] for name, one in self._ask("output", "-json").items()}

    def shows(self, plan: Path) -> str:
        """Write the command that prints a plan for people."""
        return self.shown("show", self._short(plan))

    def shown(self, step: str, *options: str) -> str:
        """Write a command as one would type it in the folder where this program was started."""
        variable = f"TF_DATA_DIR={_quoted(self.folder.environ['TF_DATA_DIR'])}"
        folder = _quoted(f"-chdir={_short(self.folder.path, Path.cwd())}")
        return " ".join([variable, "terraform", folder, step, *map(_quoted, options)])

    def _run(self, step: str, *options: str) -> int:
        """Run a command that changes or makes something.

        Raises:
            TerraformFailed: It says why.
            KeyboardInterrupt: Somebody pressed Ctrl-C; the command has ended by itself.
        """
        arguments = ["-input=false", "-no-color", *options]
        self._say(f"$ {self.shown(step, *arguments)}")
        loud = self._say if step == "apply" else _nobody  # a plan is told in our own words
        command = self._command(step, *arguments)
        code, _, errors = run(command, self.folder.environ, loud, self._say)
        fine = {_NOTHING_TO_CHANGE, _CHANGES} if step == "plan" else {_NOTHING_TO_CHANGE}
        if code not in fine:
            raise TerraformFailed(step, errors)
        return code

    def _ask(self, step: str, *options: str) -> dict[str, Any]:
        """Run a command that answers in JSON."""
        self._say(f"$ {self.shown(step, *options)}")
        code, output, errors = run(self._command(step, *options), self.folder.environ)
        if code != 0:
            raise TerraformFailed(step, errors)
        answer: dict[str, Any] = json.loads(output)
        return answer

    def _command(self, step: str, *options: str) -> list[str]:
        return [self.folder.program, f"-chdir={self.folder.path}", step, *options]

    def _short(self, path: Path) -> str:
        return _short(path, self.folder.path)


def find(which: Callable[[str], str | None] = shutil.which) -> tuple[str, str]:
    """Say where Terraform is, and its version.

    Raises:
        TerraformMissing: It is not there, or too old.
    """
    program = which("terraform")
    wanted = ".".join(map(str, OLDEST))
    if program is None:
        raise TerraformMissing(f"Terraform is not here: {INSTALL}, version {wanted} or newer.")
    code, output, errors = run([program, "version", "-json"], {})
    try:
        version = str(json.loads(output)["terraform_version"])
        numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    except (KeyError, TypeError, ValueError) as cause:
        said = f"it ended with {code}: {errors.strip()}"
        raise TerraformMissing(
            f"{program} does not say its version ({said}). {INSTALL}."
        ) from cause
    if numbers < OLDEST:
        raise TerraformMissing(f"Terraform {version} is too old: {INSTALL}, {wanted} or newer.")
    return program, version


def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    say: Say = _nobody,
    say_errors: Say = _nobody,
) -> tuple[int, str, str]:
    """Run a program to its end; return its exit code and what it wrote on stdout and stderr.

    Both are handed on line by line as they come.

    Raises:
        KeyboardInterrupt: It came meanwhile. The program has ended all the same.
    """
    output: list[str] = []
    errors: list[str] = []
    with (
        _patient(say_errors) as interrupted,
        subprocess.Popen(  # noqa: S603 - the one on the PATH, and words of our own
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
        pumps = [
            threading.Thread(target=_pump, args=(stream, kept, heard))
            for stream, kept, heard in (
                (process.stdout, output, say),
                (process.stderr, errors, say_errors),
            )
            if stream is not None
        ]
        for pump in pumps:
            pump.start()
        for pump in pumps:
            pump.join()
    if interrupted():
        raise KeyboardInterrupt
    return process.returncode, "".join(output), "".join(errors)


@contextmanager
def _patient(say: Say) -> Iterator[Callable[[], bool]]:
    """Let nothing be cut short by Ctrl-C within; give what tells whether it was pressed."""
    pressed: list[int] = []

    def note(number: int, _frame: object) -> None:
        if not pressed:
            say("Stopping: Terraform ends its step first, so that nothing is lost.")
        pressed.append(number)

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # somebody else decides what it means
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def _pump(stream: IO[str], kept: list[str], say: Say) -> None:
    for line in stream:
        kept.append(line)
        say(line.rstrip("\n"))


def _short(path: Path, start: Path) -> str:
    """Write a path from `start` on if it is in there, else whole."""
    path, start = path.absolute(), start.absolute()
    return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'" if sys.platform != "win32" else f'"{word}"'
