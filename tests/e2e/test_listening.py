"""Only this machine reaches what Fireside starts, in each of its processes."""

import pytest

from tests.e2e.support.server_process import MODES, serving
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
