"""Start a function's process as Lambda would: with the zip, and nothing else of this machine.

Run as `python -I -S confined.py`, beside a copy of the gateway's side of it. So no repository, no
site-packages and no variable for Python is in reach; and no address but this machine's own.
"""

import ipaddress
import sys
from pathlib import Path
from typing import Any


class Outside(PermissionError):  # noqa: N818 - it says where it wanted to go
    """Somebody wanted to reach another machine than this one."""


ALLOWED = frozenset(sys.argv[1:]) if __name__ == "__main__" else frozenset[str]()
"""Further addresses of this machine: where the gateway listens."""


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to connect to, or even to look up, what is not this machine; an audit hook."""
    match event, arguments:
        case (("socket.connect" | "socket.sendto" | "socket.sendmsg"), (_, (host, *_))) if (
            not _is_here(host)
        ):
            raise Outside(f"A rehearsal stays on this machine: no connection to {host}")
        case (
            ("socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr"),
            (host, *_),
        ) if host is not None and not _is_here(host):
            raise Outside(f"A rehearsal stays on this machine: {host} is not looked up")
        case _:
            pass


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name == "localhost" or name in ALLOWED:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def main() -> int:
    """Confine this process, then serve invocations in it."""
    sys.addaudithook(stay_here)
    sys.path.insert(0, str(Path(__file__).parent))
    from localgateway.functions import worker  # noqa: PLC0415 - the copy beside this file

    return worker.main()


if __name__ == "__main__":
    sys.exit(main())
