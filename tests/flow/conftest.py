"""Where houses stand: every test that does not say otherwise runs in memory and in the cloud."""

import pytest

from fireside.adapters.http.pool import Pool
from tests.flow.cloud import Furniture, cloud_before
from tests.flow.house import House
from tests.flow.patience import have_patience


def pytest_configure(config):
    config.addinivalue_line("markers", "in_memory: looks into what is only there in memory")
    config.addinivalue_line("markers", "in_cloud: looks into what is only there in the cloud")
    config.addinivalue_line("markers", "everywhere: is not long in the cloud either")
    config.addinivalue_line("markers", "without_house: starts a server of its own, or none")


def pytest_generate_tests(metafunc):
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", _places(metafunc.definition), indirect=True)


def _places(test):
    """Return where a test runs; in the cloud in the long part, where it says nothing of places."""
    in_memory = not test.get_closest_marker("in_cloud")
    in_cloud = not any(map(test.get_closest_marker, ("in_memory", "without_house")))
    is_again = in_memory and not test.get_closest_marker("everywhere")
    cloud = pytest.param("cloud", marks=[pytest.mark.long] if is_again else [])
    return ["memory"] * in_memory + [cloud] * in_cloud


@pytest.fixture(scope="session")
def cloud(request):
    with cloud_before(request.getfixturevalue("dynamodb")) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def place(request, monkeypatch):
    if request.param == "memory":
        yield request.param
        return
    pools = []
    make = Pool.__init__

    def noting(self, *args, **options):
        make(self, *args, **options)
        pools.append(self)

    cloud = request.getfixturevalue("cloud")
    monkeypatch.setattr(Pool, "__init__", noting)
    monkeypatch.setattr(House, "cloud", Furniture(cloud))
    have_patience(monkeypatch.setitem)
    yield request.param
    for pool in pools:
        pool.close()
