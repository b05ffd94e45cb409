"""Only what a handler posts to its own gateway takes the redirect."""

import sys

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localgateway.functions.interception import Redirect, _Finder, install, wrap_session
from localgateway.signing.signature import SignedRequest, read


@pytest.fixture
def redirect():
    found = Redirect()
    found.address = "http://127.0.0.1:3001"
    found.domains.add("chat.local:3001")
    return found


class Request:
    def __init__(self, url):
        self.url = url
        self.headers = {}


class Session:
    """Writes down what it is asked to send, as botocore's session would send it."""

    sent = None

    def __init__(self):
        self.own = []

    def send(self, request):
        self.own.append((request.url, dict(request.headers)))
        type(self).sent.append(self)
        return "answer"


@pytest.fixture
def session_class():
    return type("URLLib3Session", (Session,), {"sent": []})


@pytest.mark.parametrize(
    "path", ["/dev/@connections/abc%3D", "/dev/%40connections/abc%3D", "/dev/@connections/a?b=c"]
)
def test_a_post_to_a_known_domain_goes_to_the_gateway_itself(redirect, path):
    assert redirect.target(f"https://Chat.local:3001{path}") == f"http://127.0.0.1:3001{path}"


@pytest.mark.parametrize(
    "url",
    [
        "https://chat.local:3001/dev/other",
        "https://chat.local:3001/@connections/abc",
        "https://chat.local/dev/@connections/abc",
        "http://chat.local:3001/dev/@connections/abc",
        "https://sqs.eu-west-1.amazonaws.com/dev/@connections/abc",
    ],
)
def test_nothing_else_is_touched(redirect, url):
    assert redirect.target(url) is None


def test_the_host_that_was_signed_stays_and_the_request_is_as_it_was(redirect, session_class):
    wrap_session(session_class, redirect)
    request = Request("https://chat.local:3001/dev/@connections/abc")

    assert session_class().send(request) == session_class().send(request) == "answer"

    first, second = session_class.sent
    assert first is second, "one session is kept"
    assert first.own[0] == (
        "http://127.0.0.1:3001/dev/@connections/abc",
        {"Host": "chat.local:3001"},
    )
    assert request.url == "https://chat.local:3001/dev/@connections/abc"


def test_other_requests_are_sent_as_before(redirect, session_class):
    wrap_session(session_class, redirect)
    session, request = session_class(), Request("https://example.com/")
    session.send(request)

    assert session.own == [("https://example.com/", {})]


@pytest.mark.parametrize(
    ("url", "again"),
    [
        ("https://chat.local:3001/dev/@connections/abc", True),
        ("http://127.0.0.1:3001/2015-03-31/functions/other/invocations", True),
        ("http://127.0.0.1:3001/elsewhere", False),
        ("http://127.0.0.1:3002/2015-03-31/functions/other/invocations", False),
        ("https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/a/invocations", False),
    ],
)
def test_what_goes_to_the_gateway_is_signed_again_with_its_key(redirect, session_class, url, again):
    wrap_session(session_class, redirect)
    redirect.key = ("GATEWAY", "its secret")
    request = AWSRequest("POST", url, {"x-keep": "1", "x-bytes": "2"}, b"hi")
    yours = Credentials("MINE", "my secret", "a token")
    SigV4Auth(yours, "execute-api", "eu-west-1").add_auth(request)
    request = request.prepare()
    request.headers["x-bytes"] = b"2"
    session_class().send(request)

    (sent,) = session_class.sent
    headers = sent.own[0][1]
    signed = read(SignedRequest("POST", "", "", list(headers.items()), b""))
    assert signed.key_id == ("GATEWAY" if again else "MINE")
    assert (signed.region, signed.service) == ("eu-west-1", "execute-api")
    assert ("X-Amz-Security-Token" in headers) is not again
    assert headers["x-keep"] == "1"


def test_what_was_signed_with_the_gateways_key_stays_as_it_is(redirect, session_class):
    wrap_session(session_class, redirect)
    redirect.key = ("GATEWAY", "its secret")
    request = AWSRequest("POST", "https://chat.local:3001/dev/@connections/abc", {}, b"hi")
    SigV4Auth(Credentials("GATEWAY", "wrong"), "execute-api", "eu-west-1").add_auth(request)
    request = request.prepare()
    before = request.headers["Authorization"]
    session_class().send(request)

    assert session_class.sent[0].own[0][1]["Authorization"] == before


@pytest.fixture
def imports():
    """Let a test import anew, and put everything back."""
    finders = sys.meta_path[:]
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if is_botocore(name)}
    yield
    sys.meta_path[:] = finders
    for name in filter(is_botocore, list(sys.modules)):
        del sys.modules[name]
    sys.modules.update(kept)


def is_botocore(name):
    return name.partition(".")[0] == "botocore"


@pytest.mark.usefixtures("imports")
def test_botocore_is_wrapped_when_it_is_imported_and_not_before(redirect):
    install(redirect)
    import botocore.httpsession  # noqa: PLC0415 - the import is what is tested

    assert (
        botocore.httpsession.URLLib3Session.send.__module__ == "localgateway.functions.interception"
    )
    assert not [finder for finder in sys.meta_path if isinstance(finder, _Finder)]


@pytest.mark.usefixtures("imports")
def test_where_there_is_no_botocore_nothing_is_wrapped(redirect, tmp_path, monkeypatch):
    package = tmp_path / "botocore"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    install(redirect)

    with pytest.raises(ModuleNotFoundError):
        import botocore.httpsession  # noqa: F401, PLC0415 - the same
