"""Where houses stand: every test that does not say otherwise runs in memory and in the cloud."""

import pytest

from fireside.adapters.http.pool import Pool
from fireside.adapters.outbound import fanout
from tests.contract.conftest import dynamodb  # noqa: F401 - a fixture
from tests.flow.cloud import Furniture, cloud_before
from tests.flow.house import House


def pytest_configure(config):
    config.addinivalue_line("markers", "in_memory: looks into what is only there in memory")
    config.addinivalue_line("markers", "in_cloud: looks into what is only there in the cloud")


def pytest_generate_tests(metafunc):
    if "place" in metafunc.fixturenames:
        places = [
            place
            for place, other in (("memory", "in_cloud"), ("cloud", "in_memory"))
            if metafunc.definition.get_closest_marker(other) is None
        ]
        metafunc.parametrize("place", places, indirect=True)


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
    # A test is about what is said, not how fast: the machine may be a busy one.
    monkeypatch.setattr(fanout, "WITHIN_SECONDS", 20.0)
    monkeypatch.setattr(fanout, "POST_SECONDS", 20.0)
    yield request.param
    for pool in pools:
        pool.close()
