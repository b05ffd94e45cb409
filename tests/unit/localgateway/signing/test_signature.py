"""Signatures: botocore's own signer says what is right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from localgateway.signing import signature
from localgateway.signing.signature import BadSignature, SignedRequest

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SECRETS = {KEY: SECRET}

plain = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
segments = st.text(max_size=12).map(lambda text: quote(text, safe="-_.~"))
paths = st.lists(segments, max_size=5).map(lambda parts: "/" + "/".join(parts))
queries = st.lists(st.tuples(plain, segments), max_size=4).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
spaced = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)


def signed(method="POST", path="/ws/x", query="", body=b"", service="execute-api", **headers):
    """Sign a request with botocore, and give it as the wire would."""
    url = f"http://127.0.0.1:3001{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=headers, data=body)
    SigV4Auth(Credentials(KEY, SECRET), service, "eu-west-1").add_auth(request)
    sent = [("Host", "127.0.0.1:3001"), *request.headers.items()]
    return SignedRequest(method, path, query, sent, body)


def now():
    return datetime.now(UTC)


def without(request, name):
    return replace(request, headers=[h for h in request.headers if h[0].lower() != name])


def changed(request, name, old, new):
    return replace(
        request,
        headers=[(k, v.replace(old, new) if k == name else v) for k, v in request.headers],
    )


@given(st.sampled_from(["GET", "POST", "DELETE"]), paths, queries, st.binary(max_size=200), spaced)
def test_what_botocore_signs_is_right(method, path, query, body, value):
    request = signed(method, path, query, body, **{"X-Extra": value})

    signature.verify(request, SECRETS, now())


@given(st.sampled_from(["method", "path", "query", "body"]), paths)
def test_what_was_changed_after_signing_is_wrong(part, path):
    request = signed(path=path, query="a=b", body=b"hi")
    other = {"method": "GET", "path": f"{path}/more", "query": "a=c", "body": b"ho"}

    with pytest.raises(BadSignature, match="does not match") as caught:
        signature.verify(replace(request, **{part: other[part]}), SECRETS, now())
    assert caught.value.kind == "InvalidSignatureException"


def test_a_wrong_secret_is_wrong():
    with pytest.raises(BadSignature, match="does not match"):
        signature.verify(signed(), {KEY: "another"}, now())


def test_a_key_that_nobody_knows_is_refused():
    with pytest.raises(BadSignature, match="security token") as caught:
        signature.verify(signed(), {"ANOTHER": SECRET}, now())
    assert caught.value.kind == "UnrecognizedClientException"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_from_another_time_is_expired(minutes):
    with pytest.raises(BadSignature, match="Signature expired"):
        signature.verify(signed(), SECRETS, now() + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_may_differ_a_little(minutes):
    signature.verify(signed(), SECRETS, now() + timedelta(minutes=minutes))


def test_a_signature_for_another_service_is_refused():
    with pytest.raises(BadSignature, match="execute-api"):
        signature.verify(signed(service="s3"), SECRETS, now())


def test_the_host_must_be_signed():
    request = changed(signed(), "Authorization", "host;", "")
    with pytest.raises(BadSignature, match="Host"):
        signature.verify(request, SECRETS, now())


def test_the_day_of_the_key_must_be_the_days_of_the_request():
    request = signed()
    stamp = request.value("x-amz-date")
    with pytest.raises(BadSignature, match="Credential scope"):
        signature.verify(
            changed(request, "X-Amz-Date", stamp, f"19990101{stamp[8:]}"), SECRETS, now()
        )


def test_a_date_is_needed_and_must_be_one():
    request = signed()
    stamp = request.value("x-amz-date")
    with pytest.raises(BadSignature, match="existence of 'X-Amz-Date'"):
        signature.verify(without(request, "x-amz-date"), SECRETS, now())
    with pytest.raises(BadSignature, match="basic format"):
        signature.verify(changed(request, "X-Amz-Date", stamp, f"{stamp[:8]}later"), SECRETS, now())


def test_a_body_that_was_left_out_of_the_signature_may_be_anything():
    request = signed(body=b"hi", **{"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})

    signature.verify(replace(request, body=b"ho"), SECRETS, now())


def test_a_digest_that_is_not_the_bodys_is_wrong():
    request = signed(body=b"hi", **{"X-Amz-Content-SHA256": "0" * 64})
    with pytest.raises(BadSignature, match="does not match"):
        signature.verify(request, SECRETS, now())


def test_no_signature_is_missing():
    with pytest.raises(BadSignature, match="Missing Authentication Token") as caught:
        signature.read(without(signed(), "authorization"))
    assert caught.value.kind == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    "text",
    [
        "Bearer abc",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/execute-api/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=;, Signature="
        + "0" * 64,
    ],
)
def test_a_malformed_signature_is_incomplete(text):
    with pytest.raises(BadSignature, match="must be AWS4") as caught:
        signature.read(replace(signed(), headers=[("Authorization", text)]))
    assert caught.value.kind == "IncompleteSignatureException"


def test_any_key_will_do_when_only_the_form_is_asked():
    found = signature.read(signed())

    assert (found.key_id, found.region, found.service) == (KEY, "eu-west-1", "execute-api")
    assert found.header_names == ("host", "x-amz-date")
