"""Which client a function gets, what it is told, and whom it trusts."""

import contextlib
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from fireside.adapters import aws_clients
from fireside.adapters.dynamodb.boto import BotoTables
from fireside.adapters.dynamodb.client import Transient
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.http import tls
from fireside.adapters.outbound.boto import BotoConnections, BotoFunctions
from fireside.adapters.outbound.http import ConnectionsApi
from fireside.adapters.outbound.lambda_invoke import LambdaApi
from tests.integration.faulty_server import CERTIFICATE, answer, faulty_server

ROOTS = Path(__file__).parents[1] / "roots.pem"
ENVIRON = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "HOME",
    "AWS_SECRET_ACCESS_KEY": "home/secret",
    "AWS_SESSION_TOKEN": "token",
}
ENDPOINT = "https://abc.execute-api.eu-central-1.amazonaws.com/ws"
NOBODY = "http://127.0.0.1:9"
USE_ALL = f"""
import sys
from fireside.adapters import aws_clients
from fireside.adapters.dynamodb.client import Transient
environ = {ENVIRON} | {{"AWS_ENDPOINT_URL_DYNAMODB": "{NOBODY}"}}
environ |= {{"AWS_ENDPOINT_URL_LAMBDA": "{NOBODY}"}}
try:
    aws_clients.tables(environ).call("Query", {{}})
except Transient:
    pass
aws_clients.outbound(environ, "{NOBODY}/ws").post(["c1"], b"hi")
aws_clients.functions(environ).invoke("fanout", [b"{{}}"])
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"boto3", "botocore"}}))
"""


@pytest.fixture(autouse=True)
def fresh():
    """Forget whom earlier tests trusted."""
    tls.context.cache_clear()


def made(**more):
    environ = ENVIRON | more
    return (
        aws_clients.tables(environ),
        aws_clients.outbound(environ, ENDPOINT),
        aws_clients.functions(environ),
    )


@pytest.mark.parametrize(
    "chosen", [{}, {"FIRESIDE_AWS_CLIENT": "builtin"}, {"FIRESIDE_AWS_CLIENT": "own"}]
)
def test_without_a_choice_the_clients_are_our_own(chosen):
    tables, outbound, functions = made(**chosen)

    assert isinstance(tables, DynamoDbApi)
    assert isinstance(outbound, ConnectionsApi)
    assert isinstance(functions, LambdaApi)


def test_the_sdk_can_be_chosen(monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would remember this key
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)

    tables, outbound, functions = made(FIRESIDE_AWS_CLIENT="boto3")

    assert isinstance(tables, BotoTables)
    assert isinstance(outbound, BotoConnections)
    assert isinstance(functions, BotoFunctions)
    outbound.close()


def test_the_client_that_ends_connections_is_made_when_it_is_first_needed(monkeypatch):
    """It hardly ever is, and each client of the SDK makes a cold start longer."""
    made = []

    class Client:
        def delete_connection(self, **given):
            made.append(given)

    monkeypatch.setattr(
        "fireside.adapters.outbound.boto.posting_client",
        lambda *given: made.append(given) or Client(),
    )
    ender = aws_clients.ender(ENVIRON | {"FIRESIDE_AWS_CLIENT": "boto3"}, ENDPOINT)
    assert made == []

    ender.end(["one"])
    ender.end(["two"])
    assert made[0][:2] == (ENDPOINT, "eu-central-1")
    assert made[1:] == [{"ConnectionId": "one"}, {"ConnectionId": "two"}]


def test_a_choice_that_is_none_is_told():
    with pytest.raises(ValueError, match="set it to builtin or boto3"):
        made(FIRESIDE_AWS_CLIENT="boto")


def test_our_own_clients_import_no_sdk():
    run = subprocess.run(
        [sys.executable, "-c", USE_ALL], capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "[]"


def test_without_an_endpoint_it_is_the_regions():
    tables, *_ = made()

    assert tables._url.geturl() == "https://dynamodb.eu-central-1.amazonaws.com"


def test_a_bundle_can_be_trusted_in_place_of_the_systems():
    with faulty_server(answer(200, b"{}"), tls=True) as server:
        there = {"AWS_ENDPOINT_URL_DYNAMODB": f"https://localhost:{server.port}"}
        with (
            contextlib.closing(aws_clients.tables(ENVIRON | there)) as tables,
            pytest.raises(Transient),
        ):
            tables.call("Query", {})
        assert server.seen == []

        trusting = ENVIRON | there | {"AWS_CA_BUNDLE": str(CERTIFICATE)}
        with contextlib.closing(aws_clients.tables(trusting)) as tables:
            assert tables.call("Query", {}) == {}


def names(context):
    subjects = [dict(pair for [pair] in one["subject"]) for one in context.get_ca_certs()]
    return [subject.get("commonName") for subject in subjects]


def test_of_the_systems_roots_only_amazons_speak_for_aws(monkeypatch):
    monkeypatch.setattr(tls, "system_bundle", lambda: str(ROOTS))

    assert names(tls.context_for({}, ENDPOINT)) == ["Amazon Root CA 9"]
    assert "Amazon Root CA 9" not in names(tls.context_for({}, "https://chat.example.com"))
    assert "Amazon Root CA 9" not in names(tls.context_for({}, "https://amazonaws.com.example.com"))


@pytest.mark.parametrize("bundle", [None, CERTIFICATE], ids=["none", "without Amazon's"])
def test_a_system_without_amazons_roots_trusts_what_it_has(monkeypatch, bundle):
    monkeypatch.setattr(tls, "system_bundle", lambda: bundle and str(bundle))

    everybody = names(tls.context_for({}, "https://chat.example.com"))
    assert names(tls.context_for({}, ENDPOINT)) == everybody


def test_plain_http_needs_no_trust():
    assert tls.context_for({}, NOBODY) is None


def test_the_roots_are_read_once_for_all_clients():
    assert tls.context_for({}, ENDPOINT) is tls.context_for(
        {}, "https://lambda.eu-west-1.amazonaws.com"
    )
