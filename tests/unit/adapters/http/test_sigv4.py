"""Our signatures are AWS's: botocore's signer is the oracle."""

import re
from datetime import UTC, datetime
from typing import NamedTuple, get_args
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from fireside.adapters.dynamodb.client import Operation
from fireside.adapters.http.sigv4 import Credentials, Signer

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC).timestamp()

WORD = st.text("abcXYZ019-_.", min_size=1, max_size=12).filter(lambda text: text.strip("."))
SEGMENT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text not in (".", "..") and "/" not in text
)
PATH = st.lists(SEGMENT, max_size=4).map(
    lambda parts: "/" + "/".join(quote(part, safe="") for part in parts)
)
VALUE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30).map(
    lambda text: f"v{text}v"
)
CREDENTIALS = st.builds(
    Credentials,
    st.text("ABCDEFGHIJ0123456789", min_size=16, max_size=20),
    st.text("abcXYZ+/=0123456789", min_size=40, max_size=40),
    st.none() | st.text("abcXYZ+/=0123456789", min_size=1, max_size=880),
)
HEADERS = st.dictionaries(st.sampled_from(["Content-Type", "X-Amz-Target", "x-other"]), VALUE)


class Case(NamedTuple):
    """What a signer is made of."""

    credentials: Credentials
    region: str
    service: str
    method: str
    host: str
    headers: dict[str, str]


CASES = st.builds(
    Case,
    CREDENTIALS,
    st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    st.sampled_from(["execute-api", "dynamodb"]),
    st.sampled_from(["POST", "GET", "DELETE"]),
    WORD.map(lambda word: f"{word}.example.com".lower()),
    HEADERS,
)
REQUESTS = st.lists(st.tuples(PATH, st.binary(max_size=200)), min_size=1, max_size=4)
OPERATIONS = st.sampled_from(get_args(Operation))
BODIES = st.lists(st.binary(max_size=200), min_size=1, max_size=4)
MOMENT = st.integers(0, 4_000_000_000)


def lines(signed: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in signed.split("\r\n") if line)


def botocore_signs(monkeypatch, case, path, body, moment):
    """Sign with botocore; return the headers it would send."""
    now = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_args, **_options: now)
    url = f"https://{case.host}{path}"
    request = AWSRequest(case.method, url, headers=case.headers, data=body)
    ours = case.credentials
    theirs = BotoCredentials(ours.key_id, ours.secret, ours.token)
    SigV4Auth(theirs, case.service, case.region).add_auth(request)
    return request.headers


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def require_same_signatures(patch, case, requests, moment):
    """One signer signs several requests, some on another day than the one before."""
    signer = Signer(**case._asdict())
    for number, (path, body) in enumerate(requests):
        at = moment + number * 40_000

        signed = lines(signer.sign(path, body, at))

        wanted = botocore_signs(patch, case, path, body, at)
        assert signed["authorization"] == wanted["Authorization"]
        assert signed["x-amz-date"] == wanted["X-Amz-Date"]
        assert signed.get("x-amz-security-token") == wanted.get("X-Amz-Security-Token")


@settings(max_examples=100)
@given(case=CASES, requests=REQUESTS, moment=MOMENT)
def test_signatures_equal_botocores(patch, case, requests, moment):
    require_same_signatures(patch, case, requests, moment)


@pytest.mark.long
@settings(max_examples=500)
@given(case=CASES, requests=REQUESTS, moment=MOMENT)
def test_signatures_equal_botocores_in_many_examples(patch, case, requests, moment):
    require_same_signatures(patch, case, requests, moment)


@settings(max_examples=100)
@given(case=CASES, operation=OPERATIONS, bodies=BODIES, moment=MOMENT)
def test_signatures_of_database_calls_equal_botocores(patch, case, operation, bodies, moment):
    require_same_signatures_of_calls(patch, case, operation, bodies, moment)


@pytest.mark.long
@settings(max_examples=500)
@given(case=CASES, operation=OPERATIONS, bodies=BODIES, moment=MOMENT)
def test_signatures_of_database_calls_equal_botocores_in_many_examples(
    patch, case, operation, bodies, moment
):
    require_same_signatures_of_calls(patch, case, operation, bodies, moment)


def require_same_signatures_of_calls(patch, case, operation, bodies, moment):
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
    }
    call = case._replace(service="dynamodb", method="POST", headers=headers)
    require_same_signatures(patch, call, [("/", body) for body in bodies], moment)


def test_all_that_is_signed_is_also_sent():
    signer = Signer(
        Credentials("KEY", "secret", "token"),
        region="us-east-1",
        service="dynamodb",
        method="POST",
        host="dynamodb.us-east-1.amazonaws.com",
        headers={"X-Amz-Target": "DynamoDB_20120810.Query", "Content-Type": "a  b"},
    )

    signed = lines(signer.sign("/", b"{}", NOW))

    names = re.search("SignedHeaders=([^,]+)", signed["authorization"])[1].split(";")
    assert set(names) == set(signed) - {"authorization"}
    assert signed["content-type"] == "a b"


def test_a_signature_changes_with_the_second_and_only_then():
    signer = Signer(
        Credentials("KEY", "secret"), region="us-east-1", service="s", method="POST", host="h"
    )

    first = signer.sign("/", b"", NOW)

    assert signer.sign("/", b"", NOW + 0.9) == first
    assert signer.sign("/", b"", NOW + 1) != first


def test_secrets_are_not_shown():
    assert "secret" not in repr(Credentials("KEY", "secret", "secret token"))
