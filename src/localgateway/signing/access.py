"""Who may call @connections and Invoke, and their requests' bodies.

Both are for programs on this machine. A web page is refused whatever it signs, which API Gateway
does not do: no page can be open beside it that its developer did not write.
"""

import asyncio
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import hdrs, web

from localgateway.signing import signature
from localgateway.signing.signature import SignedRequest

BODY_SECONDS = 10.0
"""How long all of a body may take."""

MOST_UNREAD = 64
"""Bodies that are waited for at the same time; one that came with its head is not counted."""

_FROM_A_PAGE = (hdrs.ORIGIN, "Sec-Fetch-Site")
"""Headers that browsers add and no SDK does."""


class Refused(Exception):  # noqa: N818 - it says what happened
    """The request is refused. `kind` is AWS's name of the error."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind


class Bodies:
    """Reads bodies: each within a length and a time, and few at once."""

    def __init__(self) -> None:
        self.unread = 0
        """Bodies of which a part has not arrived."""

    async def read(self, request: web.Request, longest: int) -> bytes | None:
        """Return the body, or None as soon as it is known to be too long.

        Raises:
            Refused: It took too long, or too many others are waited for.
        """
        if (request.content_length or 0) > longest:
            return None
        if request.content.is_eof():
            return await _collect(request, longest)
        if self.unread >= MOST_UNREAD:
            raise Refused(503, "ServiceUnavailableException", "Too many at once: try again")
        self.unread += 1
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await _collect(request, longest)
        except TimeoutError as cause:
            text = f"The body did not arrive within {BODY_SECONDS:g} seconds"
            raise Refused(408, "RequestTimeoutException", text) from cause
        finally:
            self.unread -= 1


@dataclass(frozen=True, slots=True)
class Access:
    """Which signatures are valid: any well-formed one, or only those made with a known key."""

    strict: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secret access keys by key id."""
    bodies: Bodies = field(default_factory=Bodies, repr=False, compare=False)


def is_from_page(request: web.Request) -> bool:
    """Return whether a web page sent the request."""
    return any(name in request.headers for name in _FROM_A_PAGE)


async def read_signed(
    request: web.Request, access: Access, longest: int, service: str = signature.SERVICE
) -> bytes | None:
    """Check who sent the request; return its body, or None as soon as it is too long.

    The body is read last, and only if the head can be right.

    Raises:
        Refused: A page sent the request, it is not signed as it must be, or its body is late.
    """
    if is_from_page(request):
        raise Refused(403, "ForbiddenException", "Web pages can't call this: call it from a server")
    headers = [(name.decode("latin-1"), v.decode("latin-1")) for name, v in request.raw_headers]
    url = request.rel_url
    head = SignedRequest(request.method, url.raw_path, url.raw_query_string, headers, b"")
    try:
        if not access.strict:
            signature.read(head)
            return await access.bodies.read(request, longest)
        signature.check_head(head, access.secrets, datetime.now(UTC), service=service)
        body = await access.bodies.read(request, longest)
        if body is not None:
            whole = dataclasses.replace(head, body=body)
            signature.verify(whole, access.secrets, datetime.now(UTC), service=service)
    except signature.BadSignature as cause:
        raise Refused(403, cause.kind, str(cause)) from cause
    return body


async def _collect(request: web.Request, longest: int) -> bytes | None:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > longest:
            return None
    return bytes(body)
