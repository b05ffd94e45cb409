"""Ending a connection over @connections: signed, once, and only logged when it fails."""

import contextlib
import time
from urllib.parse import unquote

import boto3
import pytest

from fireside.adapters.http.pool import Pool
from fireside.adapters.http.sigv4 import Credentials
from fireside.adapters.outbound.boto import BotoEnder
from fireside.adapters.outbound.ending import END_SECONDS, ConnectionsEnder
from localgateway.signing.access import Access
from tests.gateway.served import Served
from tests.gateway.test_serve import api
from tests.integration.faulty_server import answer, close, faulty_server, hang

KEY = Credentials("KEY", "SECRET")


@pytest.fixture(params=["own", pytest.param("boto3", marks=pytest.mark.long)])
def ender_of(request, monkeypatch):
    """Make clients for an endpoint on a port."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers another test's key
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY.secret)
    with contextlib.ExitStack() as cleanup:

        def make(port, stage="ws"):
            endpoint = f"http://127.0.0.1:{port}/{stage}"
            if request.param == "boto3":
                return BotoEnder.connect(endpoint, "eu-central-1")
            pool = Pool("127.0.0.1", port)
            cleanup.callback(pool.close)
            return ConnectionsEnder(endpoint, "eu-central-1", KEY, pool)

        yield make


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (answer(204), "connections ended: 1"),
        (answer(410), "connections ended: 1"),
        (answer(403), "connections not ended: 1 (403)"),
        (close, "connections not ended: 1 (no answer)"),
    ],
    ids=["ended", "gone", "forbidden", "no answer"],
)
def test_what_became_of_it_is_logged_without_its_id(ender_of, caplog, act, line):
    with faulty_server(act) as server:
        ender_of(server.port).end(["JC1dgf9yoAMC001="])

    paths = {unquote(path) for path, _ in server.seen}
    assert paths == {"/ws/@connections/JC1dgf9yoAMC001="}
    assert line in caplog.text
    assert "JC1d" not in caplog.text


def test_a_gateway_that_checks_signatures_ends_it(ender_of, tmp_path, caplog):
    with Served(
        api(tmp_path), access=Access(strict=True, secrets={KEY.key_id: KEY.secret})
    ) as served:
        ender_of(served.port, "api").end(["AAAAAAAAAAACAAA="])

    assert "connections ended: 1" in caplog.text


def test_a_hundred_that_hang_take_as_long_as_one(ender_of, caplog):
    began = time.monotonic()
    with faulty_server(hang) as server:
        ender_of(server.port).end([f"JC1dgf9yoAMC{number:03}=" for number in range(100)])
        took = time.monotonic() - began

    assert took < 50 * END_SECONDS
    assert "connections not ended: 100 (no answer)" in caplog.text
