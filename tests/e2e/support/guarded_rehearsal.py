"""`fireside` whose own process is confined as its functions are, and whose posts may take long.

python guarded_rehearsal.py rehearse ...
"""

import re
import sys
from pathlib import Path
from typing import Any

from fireside.cli.main import main
from fireside.cloud.package import Package
from fireside.cloud.rehearse import unpacked
from fireside.cloud.rehearse.confined import refuse_other_machines


def let_posts_take_long(folder: Path) -> None:
    """Let a function wait for its posts: on a busy machine it delegates them, which counts."""
    [module] = (folder / "function/fireside").rglob("fanout.py")
    seconds = re.compile(r"^(    (?:broadcast|post)_seconds: float) = .*$", re.MULTILINE)
    text, changed = seconds.subn(r"\1 = 20.0", module.read_text("utf-8"))
    assert changed == 2
    module.write_text(text, "utf-8")


def unpack_patient(place: Path, **options: Any) -> Package:
    """Unpack the zip, and let its posts take long."""
    package = unpack(place, **options)
    let_posts_take_long(place)
    return package


if __name__ == "__main__":
    sys.addaudithook(refuse_other_machines)
    unpack, unpacked.unpack = unpacked.unpack, unpack_patient
    sys.exit(main(sys.argv[1:]))
