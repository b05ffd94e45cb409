"""Which sockets a process and its children listen on, as Linux knows it."""

import ipaddress
import re
from pathlib import Path

import pytest

LISTEN = "0A"


def listening(pid):
    """Return the addresses that a process and all its descendants listen on, with their ports."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("Optional: only Linux says in /proc who listens where")
    inodes = {inode for one in (pid, *_descendants(pid)) for inode in _sockets(one)}
    return {place for place, inode in _listeners() if inode in inodes}


def _descendants(pid):
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents.setdefault(int(found[1]), []).append(int(stat.parent.name))
    left, found = [pid], []
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


def _sockets(pid):
    """Return the inodes of a process's sockets."""
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except OSError:
            continue
        if match is not None:
            yield match[1]


def _listeners():
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN:
                address, _, port = fields[1].partition(":")
                yield (_address(address), int(port, 16)), fields[9]


def _address(text):
    """Read an address in words of four bytes, each in the machine's own order."""
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    found = ipaddress.ip_address(b"".join(words))
    return getattr(found, "ipv4_mapped", None) or found
