"""Sizes, times and rates: every number the gateway enforces, with its source.

"Q" is the AWS page "Quotas for configuring and running a WebSocket API in API Gateway".
"Chosen here" marks a number that AWS does not document.
"""

from dataclasses import dataclass

CLOSE_NORMAL = 1000
"""Close code of a connection that was deleted (boto3 #3789)."""

CLOSE_GOING_AWAY = 1001
"""Close code of a connection that was idle or open too long (Q)."""

CLOSE_UNSUPPORTED = 1003
"""Close code for a binary frame ("Binary media types for WebSocket APIs")."""

CLOSE_BAD_TEXT = 1007
"""Close code for text that is not UTF-8 (RFC 6455, section 8.1)."""

CLOSE_POLICY = 1008
"""Close code of a client whose frames say nothing, or whose messages have too many parts, or take
too long to check (RFC 6455, section 7.4.1)."""

CLOSE_RESTART = 1012
"""Close code when the server stops (the IANA registry of close codes)."""

CLOSE_TOO_SLOW = 1013
"""Close code of a client that does not read what it is sent (the same registry)."""

CONNECTS_PER_SECOND = 500.0
"""New connections of an account in a Region (Q)."""

REQUESTS_PER_SECOND = 10_000.0
"""Messages and @connections requests of an account in a Region (Q)."""

INTEGRATION_MILLIS = range(50, 29_001)
"""How long an integration may take, in milliseconds (Q)."""

CONCURRENCY = 10
"""Processes that one function may have at a time. Chosen here: Lambda's is 1,000 for an account."""

NO_STATUS = 1005
ABNORMAL = 1006
"""Codes that are never on the wire: a close without a code, no close at all (RFC 6455, 7.4.1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one API allows. The defaults are API Gateway's, or chosen here if it documents none."""

    frame_bytes: int = 32 * 1024
    """Bytes of a frame from a client; a longer one closes the connection with 1009 (Q)."""

    message_bytes: int = 128 * 1024
    """Bytes of a message over all its frames; a longer one closes the connection with 1009 (Q)."""

    idle_seconds: float = 600
    """Time without a message in either direction; then the connection is closed with 1001 (Q)."""

    lifetime_seconds: float = 7200
    """Time from the 101 on; then the connection is closed with 1001 (Q)."""

    handshake_seconds: float = 10
    """Time from the TCP connection to a whole request head. Chosen here."""

    head_bytes: int = 16 * 1024
    """Bytes of a request head. Chosen here, above the 10,240 that are documented for headers."""

    linger_seconds: float = 10
    """Time for a client to read the answer that ends its connection, and to close. Chosen here."""

    linger_bytes: int = 16 * 1024 * 1024
    """Bytes that such a client may still send; they are dropped. Chosen here."""

    target_characters: int = 4096
    """Length of the path and query of an upgrade (Q)."""

    queue_bytes: int = 256 * 1024
    """Bytes that may wait for a client; one that stays further behind is closed. Chosen here."""

    behind_seconds: float = 1
    """Time a client may stay behind: a burst is no reason to close one that reads. Chosen here."""

    max_queued_bytes: int = 4 * 1024 * 1024
    """Bytes that may wait for a client at any moment; more closes it at once. Chosen here."""

    ping_seconds: float = 20
    """Silence of a client after which it gets a ping frame. Chosen here."""

    ping_timeout_seconds: float = 45
    """Silence of a client after which it counts as gone: two pings were missed. Chosen here."""

    closing_seconds: float = 2
    """Time for the client to answer a close frame; then the socket is aborted. Chosen here."""

    pending_invocations: int = 128
    """Messages of one connection in flight before its next ones wait. Chosen here."""

    pending_characters: int = 256 * 1024
    """The same in characters of their text. Chosen here."""

    empty_frames: int = 64
    """Empty and control frames on end, within a second; more closes the connection with 1008.
    Chosen here."""

    fragments: int = 256
    """Frames of one message before its last one; more closes the connection with 1008. Chosen
    here."""

    authorizer_bytes: int = 8 * 1024
    """Bytes of an authorizer's result as JSON (Q)."""

    connects_per_second: float | None = None
    """New connections; more get 429. API Gateway's is 500 (Q), which `localgateway serve` takes."""

    requests_per_second: float | None = None
    """Messages and @connections requests; more of the latter get 429. API Gateway's is
    10,000 (Q), which `localgateway serve` takes."""

    requests_burst: float = 5_000
    """The burst of the same quota (Q)."""

    person_per_second: float | None = None
    """Messages and new connections of one person (a principal of the authorizer); more get an
    answer that says when to go on, or 429. API Gateway has no such limit."""

    person_burst: float = 60
    """The burst of the same limit."""

    person_connections: int | None = None
    """Open connections of one person; more get 429. API Gateway has no such limit."""

    address_connections: int | None = None
    """Open connections from one address; more get 429. API Gateway has no such limit."""

    address_http: int | None = None
    """Connections from one address that are no WebSocket, idle ones and unfinished requests; more
    get 429 unless an idle one can give way. API Gateway has no such limit."""

    counts_loopback: bool = False
    """Whether this machine's own address is counted too; it may be that of a proxy."""

    is_behind_proxy: bool = False
    """Whether to believe `X-Forwarded-For` on connections from this machine itself."""

    max_connections: int = 20_000
    """Open connections, unfinished handshakes included; more get 503 unless one that is idle, and
    no WebSocket, can give way. Chosen here: memory is finite."""
