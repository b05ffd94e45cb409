"""Who may call @connections and Invoke, and their requests' bodies.

Both are for programs on this machine. A web page is refused whatever it signs, which API Gateway
does not do: no page can be open beside it that its developer did not write.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import hdrs, web

from localgateway.net import signature
from localgateway.net.signature import SignedRequest

_FROM_A_PAGE = (hdrs.ORIGIN, "Sec-Fetch-Site")
"""Headers that browsers add and no SDK does."""


class Refused(Exception):  # noqa: N818 - it says what happened
    """The request is refused. `kind` is AWS's name of the error."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Access:
    """Which signatures are valid: any well-formed one, or only those made with a known key."""

    strict: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secret access keys by key id."""


async def read_signed(
    request: web.Request, access: Access, longest: int, service: str = signature.SERVICE
) -> bytes | None:
    """Check the signature; return the body, or None as soon as it is too long.

    Raises:
        Refused: A page sent the request, or it is not signed as it must be.
    """
    if any(name in request.headers for name in _FROM_A_PAGE):
        raise Refused(403, "ForbiddenException", "Web pages can't call this: call it from a server")
    headers = [(name.decode("latin-1"), v.decode("latin-1")) for name, v in request.raw_headers]
    url = request.rel_url
    head = SignedRequest(request.method, url.raw_path, url.raw_query_string, headers, b"")
    try:
        signature.read(head)
        body = await _read(request, longest)
        if body is not None and access.strict:
            whole = dataclasses.replace(head, body=body)
            signature.verify(whole, access.secrets, datetime.now(UTC), service=service)
    except signature.BadSignature as cause:
        raise Refused(403, cause.kind, str(cause)) from cause
    return body


async def _read(request: web.Request, longest: int) -> bytes | None:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > longest:
            return None
    return bytes(body)
