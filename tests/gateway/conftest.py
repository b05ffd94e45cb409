"""Where the black-box tests knock: at a server of their own, or at an API deployed on AWS.

`pytest tests/gateway --url wss://ID.execute-api.REGION.amazonaws.com/probe --management-url
https://ID.execute-api.REGION.amazonaws.com/probe` runs those that ask the API in `probe/`; the
others look inside the local server and are left out.
"""

import gc
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from websockets.sync.client import connect

from tests.gateway.served import Served

PROBE = Path(__file__).parent / "probe"


def pytest_addoption(parser):
    group = parser.getgroup("gateway")
    group.addoption("--url", help="wss:// address of a deployed probe API, with its stage")
    group.addoption("--management-url", help="https:// address of its @connections, with its stage")


def pytest_collection_modifyitems(config, items):
    """Leave out what needs the local server when another one is asked."""
    if config.getoption("--url", None) is None:
        return
    local = [item for item in items if "target" not in item.fixturenames]
    items[:] = [item for item in items if "target" in item.fixturenames]
    config.hook.pytest_deselected(items=local)


@pytest.fixture(autouse=True, scope="session")
def _little_garbage():
    """Look for garbage only among what tests make: each test of the gateway looks."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="session")
def _time_to_start():
    """Let a function's process take long to start: the machine may be a busy one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("localgateway.functions.worker_process.INIT_SECONDS", 120)
        yield


class Target:
    """An API to ask: its socket, and its connections."""

    def __init__(self, url, management_url, credentials):
        self.url = url
        self.management_url = management_url
        self.credentials = credentials

    def connect(self, query="pass=please", **options):
        """Open a WebSocket."""
        address = f"{self.url}?{query}" if query else self.url
        return connect(address, **({"compression": None} | options))

    def boto3(self, **options):
        """Make AWS's own client, as a handler makes it."""
        return boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=self.management_url,
            config=Config(retries={"max_attempts": 1}, read_timeout=60),
            **(self.credentials | options),
        )


@pytest.fixture(scope="session")
def target(request):
    """Give the API that `--url` names, or a local server with the same handlers."""
    url = request.config.getoption("--url", None)
    if url is not None:
        yield Target(url, request.config.getoption("--management-url"), {})
        return
    with Served(PROBE / "api.json") as served:
        keys = {
            "region_name": "local-1",
            "aws_access_key_id": "any",
            "aws_secret_access_key": "any",
        }
        yield Target(served.url, served.management_url, keys)
