"""`fireside`, with a gateway that cuts connections after seconds: two hours are long to wait for.

python short_connections.py SECONDS serve ...
"""

import dataclasses
import sys

from fireside.cli.main import main
from fireside.server import run
from fireside.server.settings import Settings
from localgateway.machine.limits import Limits

chat_limits = run.chat_limits


def short_limits(settings: Settings, most: int) -> Limits:
    """Return a chat's limits, but for how long a connection lasts."""
    seconds = float(sys.argv[1])
    return dataclasses.replace(chat_limits(settings, most), lifetime_seconds=seconds)


if __name__ == "__main__":
    run.chat_limits = short_limits  # type: ignore[assignment]
    sys.exit(main(sys.argv[2:]))
