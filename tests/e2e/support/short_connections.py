"""`fireside`, with a gateway that cuts connections after seconds: two hours are long to wait for.

python short_connections.py SECONDS serve ...
"""

import functools
import sys

from fireside.cli.main import main
from fireside.server import run
from localgateway.machine.limits import Limits

if __name__ == "__main__":
    short = functools.partial(Limits, lifetime_seconds=float(sys.argv[1]))
    run.Limits = short  # type: ignore[misc, assignment]
    sys.exit(main(sys.argv[2:]))
