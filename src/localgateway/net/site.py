"""Plain HTTP beside the WebSocket: a folder of files, health, and 426 for a GET on the stage."""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.typedefs import LooseHeaders

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[bool]]
"""Returns whether the server can serve: `/readyz` answers 200 or 503 accordingly."""

_FOREVER = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"

READY_SECONDS = 2.0
"""Time after which `/readyz` answers 503."""

_REUSE_SECONDS = 1.0


class Readiness:
    """Checks whether the server can serve, at most once a second and never twice at once.

    `/readyz` is open to all, and a check costs a write: so all requests share an answer.
    """

    def __init__(self, check: Callable[[], Awaitable[None]]) -> None:
        """Take a check that raises when the server can't serve."""
        self._check = check
        self._asked_at = -_REUSE_SECONDS
        self._answer: asyncio.Task[bool] | None = None

    async def ask(self) -> bool:
        """Return whether the server can serve."""
        now = asyncio.get_running_loop().time()
        if self._answer is None or (now - self._asked_at >= _REUSE_SECONDS and self._answer.done()):
            self._asked_at = now
            self._answer = asyncio.create_task(self._ask())
        return await asyncio.shield(self._answer)

    async def _ask(self) -> bool:
        try:
            await asyncio.wait_for(self._check(), READY_SECONDS)
        except Exception as cause:  # noqa: BLE001 - whatever is wrong, the answer is no
            log.warning("not ready: %s", type(cause).__name__)
            return False
        return True


def make_site(
    stage: str,
    folder: Path | None,
    is_ready: Check,
    headers: Mapping[str, str],
    take_over: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> web.Application:
    """Return an app with `folder` on `/`, with `/healthz`, `/readyz`, and the stage.

    Args:
        stage: The path segment of the WebSocket.
        folder: A built page; files under `assets/` have their hash in their name.
        is_ready: Called by `/readyz`.
        headers: Put on every answer.
        take_over: Answers requests to the stage: an upgrade on a kept-alive connection, or 426.
    """
    app = web.Application(middlewares=[_only_reads])

    async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    async def socket(request: web.Request) -> web.StreamResponse:
        return await take_over(request)

    async def health(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"}, headers={hdrs.CACHE_CONTROL: "no-store"})

    async def ready(_request: web.Request) -> web.Response:
        good = await is_ready()
        return web.json_response(
            {"status": "ok" if good else "unavailable"},
            status=200 if good else 503,
            headers={hdrs.CACHE_CONTROL: "no-store"},
        )

    app.on_response_prepare.append(add_headers)
    app.router.add_get("/healthz", health)
    app.router.add_get("/readyz", ready)
    app.router.add_get(f"/{stage}", socket)
    app.router.add_get(f"/{stage}/{{tail:.*}}", socket)
    if folder is not None:
        _add_files(app, folder)
    return app


def _add_files(app: web.Application, folder: Path) -> None:
    """Serve the page's own files by name, so that no path can lead out of the folder."""

    def file(path: Path, lasts: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(_request: web.Request) -> web.StreamResponse:
            return _in_pieces(path, {hdrs.CACHE_CONTROL: lasts})

        return answer

    def packable(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        packed = gzip.compress(path.read_bytes(), _LEVEL, mtime=0)  # not on the event loop
        headers = {hdrs.CACHE_CONTROL: _FOREVER, hdrs.VARY: hdrs.ACCEPT_ENCODING}

        async def answer(request: web.Request) -> web.StreamResponse:
            if _takes_gzip(request):
                kind = {hdrs.CONTENT_TYPE: _PACKABLE[path.suffix], hdrs.CONTENT_ENCODING: "gzip"}
                return web.Response(body=packed, headers=headers | kind)
            return _in_pieces(path, headers)

        return answer

    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        is_asset = name.startswith("assets/")
        if is_asset and path.suffix in _PACKABLE:
            app.router.add_get(f"/{name}", packable(path))
        else:
            lasts = _FOREVER if is_asset else _REVALIDATE
            app.router.add_get("/" if name == "index.html" else f"/{name}", file(path, lasts))


_PACKABLE = {".js": "text/javascript", ".css": "text/css"}
"""The kinds of files under `assets/` that are compressed, with their Content-Type."""


_LEVEL = 6
"""Twice as fast as 9, and larger by a five-hundredth."""


def _takes_gzip(request: web.Request) -> bool:
    """Return whether a client reads gzip; a part of a file is sent as it is."""
    named = request.headers.get(hdrs.ACCEPT_ENCODING, "").lower().replace(" ", "").split(",")
    return "gzip" in named and hdrs.RANGE not in request.headers


def _in_pieces(path: Path, headers: LooseHeaders) -> web.FileResponse:
    """Return an answer that writes a file in pieces.

    `loop.sendfile` does not tell the protocol that a client stops reading, and refuses a transport
    that is wrapped where the system can't send files.
    """
    response = web.FileResponse(path, headers=headers)
    response.enable_compression(web.ContentCoding.identity)  # any coding keeps it from sendfile
    return response


@web.middleware
async def _only_reads(
    request: web.Request,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Answer 405 to all but GET and HEAD, before a body is read."""
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
        return web.json_response(
            {"message": "Method Not Allowed"}, status=405, headers={hdrs.ALLOW: "GET, HEAD"}
        )
    return await handler(request)
