"""What a server asks of the operating system: open files, and a port."""

import contextlib
import errno
import sys

from fireside.console.exits import CannotStart, ExitCode
from fireside.server.settings import Settings
from localgateway.machine.limits import Limits
from localgateway.net.lingering import MOST_LINGERING

SPARE_FILES = 64 + MOST_LINGERING
"""Open files reserved for the database, the page, and connections that are not served."""


def allowed_connections() -> int:
    """Raise the limit on open files, and return how many connections it allows."""
    most = Limits().max_connections
    if sys.platform == "win32":
        return most
    import resource  # noqa: PLC0415 - it is not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft - SPARE_FILES))


def cannot_listen(settings: Settings, cause: OSError) -> CannotStart:
    """Return an error that says why the port can't be used, and what to do."""
    if cause.errno == errno.EADDRINUSE:
        message = (
            f"Port {settings.port} is taken by another program: "
            "choose another with --port, or --port 0 for any free one."
        )
        return CannotStart(message, ExitCode.PORT_BUSY)
    if cause.errno == errno.EACCES:
        message = f"Port {settings.port} needs more rights than you have: choose one above 1023."
        return CannotStart(message, ExitCode.PORT_BUSY)
    message = f"{settings.host} is not an address of this machine: check --host."
    return CannotStart(message, ExitCode.USAGE)
