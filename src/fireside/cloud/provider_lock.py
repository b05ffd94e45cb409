"""Terraform's lock of its providers, which is kept in the bucket of the state.

A provider runs with all rights of the account. Its checksums come from the registry, so no lock is
in the repository: the first deploy makes one, and every later run, on any computer, uses it as it
is. A provider with another checksum is then refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fireside.cloud.sdk import Aws, AwsError
from fireside.console.exits import CannotStart, ExitCode

NAME = ".terraform.lock.hcl"
"""The name that Terraform gives it, beside the configuration."""

_WANTED = re.compile(r'source\s*=\s*"([\w/-]+)"\s+version\s*=\s*"([\d.]+)"')
_LOCKED = re.compile(r'provider "[\w.]+/([\w/-]+)" \{\s+version\s*=\s*"([\d.]+)"')
_BACKEND = re.compile(r'^(bucket|region)\s*=\s*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ProviderLock:
    """The lock of one stage, and where it is kept."""

    aws: Aws
    infra: Path
    backend: Path
    """The file that says where the state is."""
    stage: str

    @property
    def key(self) -> str:
        """Return its key in the bucket."""
        return f"{self.stage}{NAME}"

    def fetch(self) -> bool:
        """Put the lock beside the configuration; return whether there is one for its versions.

        After an upgrade to other versions there is none yet.

        Raises:
            CannotStart: It can't be read.
        """
        file = self.infra / NAME
        kept = self._read()
        if kept is not None:
            file.write_bytes(kept)
        if fits(self.infra):
            return kept is not None
        file.unlink(missing_ok=True)  # Terraform would not take it
        return False

    def keep(self) -> None:
        """Keep the lock that Terraform has written.

        Raises:
            CannotStart: It can't be written.
        """
        file = self.infra / NAME
        if not file.is_file():
            return
        try:
            self.aws.call("s3", "put_object", **self._place(), Body=file.read_bytes())
        except AwsError as error:
            sentence = f"No permission to keep {self.key} beside the state: {error}"
            raise CannotStart(sentence, ExitCode.CLOUD) from error

    def _read(self) -> bytes | None:
        try:
            answer = self.aws.call("s3", "get_object", **self._place())
        except AwsError as error:
            if error.is_missing:
                return None
            sentence = f"No permission to read {self.key} beside the state: {error}"
            raise CannotStart(sentence, ExitCode.CLOUD) from error
        found: bytes = answer["Body"].read()
        return found

    def _place(self) -> dict[str, str]:
        backend = dict(_BACKEND.findall(self.backend.read_text("utf-8")))
        return {"region": backend["region"], "Bucket": backend["bucket"], "Key": self.key}


def fits(folder: Path) -> bool:
    """Return whether the lock in a folder is of the versions that its configuration wants."""
    wanted = _versions(_WANTED, folder / "versions.tf")
    return wanted.items() <= _versions(_LOCKED, folder / NAME).items() and bool(wanted)


def _versions(pattern: re.Pattern[str], file: Path) -> Mapping[str, str]:
    return dict(pattern.findall(file.read_text("utf-8"))) if file.is_file() else {}
