"""Only this machine reaches what Fireside starts, in each of its processes."""

import os
import re
import shutil
import subprocess
import threading

import pytest

from tests.e2e.support.server_process import MODES, ROOT, START_SECONDS, serving
from tests.free_ports import free_port
from tests.listening import listening


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_every_socket_that_listens_is_on_loopback(tmp_path, mode):
    with serving(tmp_path, *mode) as server:
        found = listening(server.process.pid)

    assert "127.0.0.1" in {str(place) for place, port in found if port == server.port}
    assert {place for place, _ in found if not place.is_loopback} == set()


def test_it_listens_elsewhere_only_if_it_is_asked_to(tmp_path):
    with serving(tmp_path, "--host", "0.0.0.0", "--invites", "off") as server:  # noqa: S104 - for a moment
        found = listening(server.process.pid)

    assert {str(place) for place, _ in found if not place.is_loopback} == {"0.0.0.0"}  # noqa: S104 - the same


def test_vite_listens_at_the_one_address_that_it_names():
    """At `localhost` it takes one of its two addresses, and somebody else may have the other."""
    node, port = shutil.which("node"), free_port()
    program = ROOT / "web/node_modules/vite/bin/vite.js"
    vite = subprocess.Popen(
        [str(node), str(program), "--port", str(port), "--strictPort"],
        cwd=ROOT / "web",
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    killer = threading.Timer(START_SECONDS, vite.kill)
    killer.start()
    try:
        named = next(
            found for line in vite.stdout if (found := re.search(r"http://(\S+):\d", line))
        )
        places = listening(vite.pid)
    finally:
        killer.cancel()
        vite.kill()
        vite.communicate()

    assert {(str(place), at) for place, at in places} == {(named[1], port)}
