"""A computer with a checkout and a stand-in for terraform, and an account on AWS."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fireside.cli.main import main

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = Path(__file__).with_name("fake_terraform.py")

COPIED = ("api.json", "infra/main.tf", "infra/versions.tf", "infra/bootstrap/versions.tf")

INTERRUPTIBLE = (
    sys.executable,
    "-c",
    (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from fireside.cli.main import main; sys.exit(main(sys.argv[1:]))"
    ),
)
"""The program as a terminal starts it: what is started in the background may ignore Ctrl-C."""


def points(calls, first=1):
    """Return where to break off: at every call, in the long part where a later one is alike."""
    return [
        pytest.param(
            at,
            id=f"{at} {call}",
            marks=[pytest.mark.long] if _kind(call) in map(_kind, calls[at:]) else [],
        )
        for at, call in enumerate(calls, 1)
        if at >= first
    ]


def _kind(call):
    return call.split()[-1]


class Computer:
    """Runs `fireside` in a checkout of its own, as a person would."""

    def __init__(self, folder, aws, state=None):
        self.folder = folder
        self.home = folder / "home"
        self.checkout = folder / "checkout"
        for made in (self.home, self.checkout / "infra/bootstrap", folder / "bin"):
            made.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            shutil.copy(ROOT / name, self.checkout / name)
        self.state = state or self.home
        self.has_terminal = False
        script = folder / "bin/terraform"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{PROGRAM}" "$@"\n', "utf-8")
        script.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if name[:3] not in ("AWS", "TF_")}
        self.environ = kept | aws.environ
        self.environ |= {
            "FAKE_TERRAFORM": str(self.state),
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    @property
    def stage(self):
        return self.checkout / "infra/stages/prod"

    def answers(self, **answers):
        """Set what terraform answers from now on."""
        (self.state / "answers.json").write_text(json.dumps(answers), "utf-8")

    def fail(self, **failure):
        """Let terraform fail at one call from now on (`at`, `how`), or at none."""
        (self.state / "failure.json").write_text(json.dumps(failure), "utf-8")

    def calls(self):
        """Return the calls of terraform since the last time."""
        file = self.state / "calls"
        found = file.read_text("utf-8").splitlines() if file.is_file() else []
        file.unlink(missing_ok=True)
        return found

    def run(self, *words, **environ):
        """Run a command in this process, and return its exit code and output."""
        output, errors = io.StringIO(), io.StringIO()
        output.isatty = lambda: self.has_terminal
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
        ):
            patch.chdir(self.checkout)
            patch.setattr(sys, "stdin", io.StringIO(""))
            for name in set(os.environ) - set(self.environ):
                patch.delenv(name)
            for name, value in (self.environ | environ).items():
                patch.setenv(name, value)
            code = main(words)
        return subprocess.CompletedProcess(words, code, output.getvalue(), errors.getvalue())

    def apart(self, *words):
        """Run a command in a process of its own, which can be interrupted."""
        return subprocess.run(
            [*INTERRUPTIBLE, *words],
            cwd=self.checkout,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def deploy(self, *words, **environ):
        return self.run("deploy", "--no-build", "--yes", *words, **environ)
