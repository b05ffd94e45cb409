"""The process of a function, confined as on Lambda: it sees the zip, and only this machine.

It runs as `python -I -S confined.py`, beside a copy of the gateway's worker. So no repository, no
site-packages and no variable of Python is within reach, and no address but this machine's own.
"""

import ipaddress
import sys
from pathlib import Path
from typing import Any


class OtherMachine(PermissionError):  # noqa: N818 - it says what was refused
    """A function tried to reach another machine."""


ALLOWED = frozenset(sys.argv[1:]) if __name__ == "__main__" else frozenset[str]()
"""Further addresses of this machine, such as the one that the gateway listens on."""


def refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise before a connection to, or a DNS query of, another machine; an audit hook.

    Raises:
        OtherMachine: The host is not this machine.
    """
    match event, arguments:
        case (("socket.connect" | "socket.sendto" | "socket.sendmsg"), (_, (host, *_))) if (
            not _is_this_machine(host)
        ):
            raise OtherMachine(f"A rehearsal stays on this machine: no connection to {host}")
        case (
            ("socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr"),
            (host, *_),
        ) if host is not None and not _is_this_machine(host):
            raise OtherMachine(f"A rehearsal stays on this machine: no DNS query of {host}")
        case _:
            pass


def _is_this_machine(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name == "localhost" or name in ALLOWED:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def main() -> int:
    """Confine this process, then run invocations in it."""
    sys.addaudithook(refuse_other_machines)
    sys.path.insert(0, str(Path(__file__).parent))
    from localgateway.functions import worker  # noqa: PLC0415 - the copy beside this file

    return worker.main()


if __name__ == "__main__":
    sys.exit(main())
