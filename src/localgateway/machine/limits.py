"""How much and how long: every number the gateway enforces, with its source.

"Q" is the AWS page "Quotas for configuring and running a WebSocket API in API Gateway".
"""

from dataclasses import dataclass

CLOSE_NORMAL = 1000
"""What a client gets when its connection was deleted (boto3 #3789)."""

CLOSE_GOING_AWAY = 1001
"""What a client gets when it was idle or connected too long (Q)."""

CLOSE_UNSUPPORTED = 1003
"""What a client gets for a binary frame ("Binary media types for WebSocket APIs")."""

CLOSE_BAD_TEXT = 1007
"""What a client gets for text that is not UTF-8 (RFC 6455, section 8.1)."""

CLOSE_RESTART = 1012
"""What a client gets when the server stops (the IANA registry of close codes)."""

CLOSE_TOO_SLOW = 1013
"""What a client gets that does not read what it is sent (the IANA registry of close codes)."""

CONNECTS_PER_SECOND = 500.0
"""New connections of an account in a Region (Q)."""

REQUESTS_PER_SECOND = 10_000.0
"""Messages and @connections requests of an account in a Region (Q)."""

INTEGRATION_MILLIS = range(50, 29_001)
"""How long an integration may take, in milliseconds (Q)."""

CONCURRENCY = 10
"""Processes that one function may have at a time; ours, Lambda's is 1,000 for an account."""

NO_STATUS = 1005
ABNORMAL = 1006
"""Codes that are never on the wire: no code was given, no close was said (RFC 6455, 7.4.1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one API allows. The defaults are API Gateway's, or ours where it has none."""

    frame_bytes: int = 32 * 1024
    """A frame from a client, in bytes; more is closed with 1009 (Q)."""

    message_bytes: int = 128 * 1024
    """A message over all its frames, in bytes; more is closed with 1009 (Q)."""

    idle_seconds: float = 600
    """Without a message in either direction; then closed with 1001 (Q)."""

    lifetime_seconds: float = 7200
    """From the 101 on; then closed with 1001 (Q)."""

    handshake_seconds: float = 10
    """From the TCP connection to a whole request head; ours, API Gateway's is not documented."""

    head_bytes: int = 16 * 1024
    """A request head, in bytes; ours, above the 10,240 bytes API Gateway documents for headers."""

    target_characters: int = 4096
    """The path and query of an upgrade (Q)."""

    queue_bytes: int = 256 * 1024
    """What may wait for a client, in bytes; one that stays further behind is closed. Ours."""

    behind_seconds: float = 1
    """How long a client may stay behind: a burst is no reason to close one that reads. Ours."""

    max_queued_bytes: int = 4 * 1024 * 1024
    """What may wait for a client at any moment, in bytes; more closes it at once. Ours."""

    ping_seconds: float = 20
    """Silence from a client after which it is pinged on the protocol level; ours."""

    ping_timeout_seconds: float = 45
    """Silence from a client after which it counts as gone: two pings were missed; ours."""

    closing_seconds: float = 2
    """For the client to answer a close; then the socket is cut. Ours."""

    pending_invocations: int = 128
    """Messages of one connection under way before its next ones wait; ours."""

    pending_characters: int = 256 * 1024
    """The same in characters of their text; ours."""

    authorizer_bytes: int = 8 * 1024
    """An authorizer's answer as JSON, in bytes (Q)."""

    connects_per_second: float | None = None
    """New connections; more get 429. API Gateway's is 500 (Q), which `localgateway serve` takes."""

    requests_per_second: float | None = None
    """Messages and @connections requests; more of the latter get 429. API Gateway's is
    10,000 (Q), which `localgateway serve` takes."""

    requests_burst: float = 5_000
    """The burst of the same quota (Q)."""

    max_connections: int = 20_000
    """Open connections, half-open ones included; more get 503. Ours: memory has an end."""
