"""Build the events that a handler gets, field by field, and the gateway's own error frames.

The shapes are those captured from API Gateway at the end of 2024: what AWS leaves out is left
out here, so that a handler which relies on it fails on your machine and not on AWS.
"""

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from localgateway.machine.api import CONNECT, DISCONNECT, Identity

Event = dict[str, Any]
"""A Lambda event: decoded JSON."""

Randomness = Callable[[int], bytes]
"""Takes a number and returns that many random bytes, as `os.urandom` does."""

REGION = "local-1"
ACCOUNT = "000000000000"
"""The Region and the account in ARNs, which do not exist here."""

CLOSE_TEXTS = {
    1000: "Connection Closed Normally",
    1001: "Going away",
    1005: "Client-side close frame status not set",
    1006: "",
}
"""API Gateway's own close reasons; the one for 1006 was not found, so it is empty."""

_HOP_HEADERS = frozenset({"connection", "upgrade", "content-length"})
_FORWARDED = frozenset(
    {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"}
)
_REQUEST = 0x05
_CONNECTION = 0x02


@dataclass(frozen=True, slots=True)
class Handshake:
    """An upgrade request, as it came over the socket."""

    stage: str
    query: str
    headers: Sequence[tuple[str, str]]
    source_ip: str

    def header(self, name: str) -> str | None:
        """Return the last value of a header, whatever its case."""
        wanted = name.lower()
        values = [value for key, value in self.headers if key.lower() == wanted]
        return values[-1] if values else None

    def parameter(self, name: str) -> str | None:
        """Return the last value of a query parameter."""
        values = [value for key, value in self.parameters() if key == name]
        return values[-1] if values else None

    def parameters(self) -> list[tuple[str, str]]:
        """Return the decoded query, blank values included."""
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(slots=True)
class ConnectionInfo:
    """What every event of one connection repeats in its requestContext."""

    connection_id: str
    connected_at: int
    stage: str
    api_id: str
    domain: str
    identity: Mapping[str, str]
    authorizer: Mapping[str, Any] | None = None
    """The authorizer's context, from its result on: every later event carries it."""
    stage_variables: Mapping[str, str] = field(default_factory=dict)


class Ids:
    """Makes ids in API Gateway's form: 11 bytes, base64url, so 15 characters and a `=`."""

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness

    def connection(self) -> str:
        """Return a connection or message id: the ninth byte is 2 in every one that was seen."""
        return self._make(_CONNECTION)

    message = connection

    def request(self) -> str:
        """Return a request id: the ninth byte is 5 in every one that was seen."""
        return self._make(_REQUEST)

    def _make(self, kind: int) -> str:
        entropy = self._randomness(10)
        return base64.urlsafe_b64encode(b"%b%c%b" % (entropy[:8], kind, entropy[8:])).decode(
            "ascii"
        )


def connect(handshake: Handshake, info: ConnectionInfo, request_id: str, now_ms: int) -> Event:
    """Return the event of `$connect`: no body, and no query keys when there is no query."""
    headers = [h for h in _as_received(handshake, info) if h[0].lower() not in _HOP_HEADERS]
    event: Event = {
        "headers": _last(headers),
        "multiValueHeaders": _all(headers),
    }
    if handshake.query:
        event["queryStringParameters"] = _last(handshake.parameters())
        event["multiValueQueryStringParameters"] = _all(handshake.parameters())
    event["requestContext"] = _context(info, CONNECT, "CONNECT", request_id, now_ms)
    event["isBase64Encoded"] = False
    return _with_variables(event, info)


def authorizer(handshake: Handshake, info: ConnectionInfo, request_id: str, now_ms: int) -> Event:
    """Return the event of a REQUEST authorizer: both query maps are there even when empty."""
    headers = _as_received(handshake, info)
    return {
        "type": "REQUEST",
        "methodArn": method_arn(info),
        "headers": _last(headers),
        "multiValueHeaders": _all(headers),
        "queryStringParameters": _last(handshake.parameters()),
        "multiValueQueryStringParameters": _all(handshake.parameters()),
        "stageVariables": dict(info.stage_variables),
        "requestContext": _context(info, CONNECT, "CONNECT", request_id, now_ms),
    }


def message(
    info: ConnectionInfo, route_key: str, body: str, ids: tuple[str, str], now_ms: int
) -> Event:
    """Return the event of a text message; `ids` are the request's and the message's."""
    request_id, message_id = ids
    context = _context(info, route_key, "MESSAGE", request_id, now_ms)
    context["messageId"] = message_id
    event = {"requestContext": context, "body": body, "isBase64Encoded": False}
    return _with_variables(event, info)


def disconnect(info: ConnectionInfo, close: tuple[int, str], request_id: str, now_ms: int) -> Event:
    """Return the event of `$disconnect`, whose four headers are API Gateway's own."""
    context = _context(info, DISCONNECT, "DISCONNECT", request_id, now_ms)
    context["disconnectStatusCode"], context["disconnectReason"] = close
    headers = [
        ("Host", info.domain),
        ("x-api-key", ""),
        ("X-Forwarded-For", ""),
        ("x-restapi", ""),
    ]
    event = {
        "headers": _last(headers),
        "multiValueHeaders": _all(headers),
        "requestContext": context,
        "isBase64Encoded": False,
    }
    return _with_variables(event, info)


def method_arn(info: ConnectionInfo) -> str:
    """Return the ARN of `$connect` as policies name it: stage and route key, no HTTP method."""
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{info.api_id}/{info.stage}/{CONNECT}"


def error_frame(text: str, connection_id: str, own_id: str, kind: str = "requestId") -> str:
    """Return the error frame that API Gateway itself sends, with its spacing."""
    head = json.dumps({"message": text})[:-1]
    return f'{head}, "connectionId":"{connection_id}", "{kind}":"{own_id}"}}'


def identity(handshake: Handshake) -> dict[str, str]:
    """Return the client's address, and its user agent only if one was sent."""
    agent = handshake.header("User-Agent")
    found = {} if agent is None else {"userAgent": agent}
    return {**found, "sourceIp": handshake.source_ip}


def has_identity(handshake: Handshake, event: Event, identity: Identity) -> bool:
    """Return whether an identity source is present and not empty."""
    match identity.place:
        case "header":
            found: object = handshake.header(identity.name)
        case "querystring":
            found = handshake.parameter(identity.name)
        case "stageVariables":
            found = event["stageVariables"].get(identity.name)
        case _:
            found = event["requestContext"]
            for step in identity.name.split("."):
                found = found.get(step) if isinstance(found, dict) else None
    return bool(found)


def _with_variables(event: Event, info: ConnectionInfo) -> Event:
    """Add the stage's variables, if it has any: without them the key is absent."""
    if info.stage_variables:
        event["stageVariables"] = dict(info.stage_variables)
    return event


def _context(
    info: ConnectionInfo,
    route_key: str,
    event_type: str,
    request_id: str,
    now_ms: int,
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": _common_log_time(now_ms // 1000),
        "messageDirection": "IN",
        "stage": info.stage,
        "connectedAt": info.connected_at,
        "requestTimeEpoch": now_ms,
        "identity": info.identity,
        "requestId": request_id,
        "domainName": info.domain,
        "connectionId": info.connection_id,
        "apiId": info.api_id,
    }
    if info.authorizer is not None:
        context["authorizer"] = info.authorizer
    return context


@lru_cache(maxsize=4)
def _common_log_time(epoch_seconds: int) -> str:
    """Format a time as web servers log it: 22/Nov/2026:11:49:08 +0000."""
    now = time.gmtime(epoch_seconds)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return time.strftime(f"%d/{months[now.tm_mon - 1]}/%Y:%H:%M:%S +0000", now)


def _as_received(handshake: Handshake, info: ConnectionInfo) -> list[tuple[str, str]]:
    """Return the headers with those that API Gateway adds, behind a proxy's X-Forwarded-For."""
    forwarded = [v for k, v in handshake.headers if k.lower() == "x-forwarded-for"]
    kept = [h for h in handshake.headers if h[0].lower() not in _FORWARDED]
    return [
        *kept,
        ("X-Amzn-Trace-Id", handshake.header("X-Amzn-Trace-Id") or _trace_id(info)),
        ("X-Forwarded-For", ", ".join([*forwarded, handshake.source_ip])),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def _trace_id(info: ConnectionInfo) -> str:
    """Return an X-Ray trace id: the time, then 96 bits from the connection id."""
    entropy = base64.urlsafe_b64decode(info.connection_id).ljust(12, b"\0").hex()
    return f"Root=1-{info.connected_at // 1000:08x}-{entropy}"


def _last(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    return dict(pairs)


def _all(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
