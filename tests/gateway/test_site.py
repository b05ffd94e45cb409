"""Plain HTTP on the same port: the page, its headers, health, and no way out of the folder."""

import contextlib
import errno
import gzip
import json
import os

import pytest

from localgateway.machine.limits import Limits
from localgateway.net.site import make_site
from tests.gateway.harness import gateway, on_loop, pass_time

HEADERS = {"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff"}


async def yes():
    return True


async def no():
    return False


@pytest.fixture
def folder(tmp_path):
    """Build a page beside a secret."""
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<h1>Hello</h1>")
    (page / "assets" / "main-a1b2.js").write_text("let x = 1;")
    (page / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return page


def serving(folder, is_ready=yes):
    """Serve the folder."""
    return lambda take: make_site("ws", folder, is_ready, HEADERS, take)


@pytest.mark.parametrize(
    ("path", "kind", "cache"),
    [
        ("/", "text/html", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/assets/main-a1b2.js", "javascript", "public, max-age=31536000, immutable"),
    ],
)
@on_loop
async def test_a_file_is_served_with_its_kind_and_its_time_to_live(folder, path, kind, cache):
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        status, headers, body = await client.get(path)
        again, _, nothing = await client.get(path, method="HEAD")

    assert (status, again) == (200, 200)
    assert kind in headers["content-type"]
    assert headers["cache-control"] == cache
    assert body
    assert nothing == b""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@on_loop
async def test_the_scripts_of_the_page_are_compressed_for_clients_that_can_read_it(folder, method):
    script = b"let x = 1;\n" * 1_000
    (folder / "assets" / "main-a1b2.js").write_bytes(script)
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        for _ in range(2):
            status, headers, body = await client.get(
                "/assets/main-a1b2.js", "Accept-Encoding: br, gzip", method=method
            )

    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "javascript" in headers["content-type"]
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["vary"] == "accept-encoding"
    assert int(headers["content-length"]) < len(script) / 10
    assert method == "HEAD" or gzip.decompress(body) == script


@on_loop
async def test_no_request_waits_for_a_script_to_be_compressed(folder, monkeypatch):
    async with gateway(site=serving(folder)) as running:
        monkeypatch.delattr(gzip, "compress")
        client = await running.client()

        _, headers, _ = await client.get("/assets/main-a1b2.js", "Accept-Encoding: gzip")

    assert headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/assets/main-a1b2.js", ()),
        ("/assets/main-a1b2.js", ("Accept-Encoding: br, gzip;q=0",)),
        ("/assets/main-a1b2.js", ("Accept-Encoding: gzip", "Range: bytes=0-9")),
        ("/assets/font-c3d4.woff2", ("Accept-Encoding: gzip",)),
        ("/", ("Accept-Encoding: gzip",)),
    ],
)
@on_loop
async def test_what_is_asked_otherwise_or_compressed_already_comes_as_it_is(folder, path, asked):
    (folder / "assets" / "font-c3d4.woff2").write_bytes(b"a font")
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        status, headers, body = await client.get(path, *asked)

    assert status in {200, 206}
    assert "content-encoding" not in headers
    assert body in {b"let x = 1;", b"a font", b"<h1>Hello</h1>"}
    assert headers.get("vary") == ("accept-encoding" if path.endswith(".js") else None)


@pytest.mark.parametrize("path", ["/", "/assets/main-a1b2.js", "/healthz", "/ws", "/nothing"])
@on_loop
async def test_every_answer_has_the_headers_of_the_page(folder, path):
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        _, headers, _ = await client.get(path)

    for name, value in HEADERS.items():
        assert headers[name.lower()] == value.lower()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/ws", "/nothing"])
@on_loop
async def test_what_would_change_something_is_405(folder, method, path):
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        status, headers, body = await client.get(path, method=method)

    assert (status, headers["allow"]) == (405, "get, head")
    assert json.loads(body) == {"message": "Method Not Allowed"}


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/assets/",
        "/assets",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..\\secret.txt",
        "//etc/passwd",
        "/assets//main-a1b2.js",
        "/index.html%00.js",
        "http://localhost/../secret.txt",
    ],
)
@on_loop
async def test_no_path_leads_out_of_the_folder(folder, path):
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        client.raw(client.head(path, websocket=False))
        status, _, body = await client.http()

    assert status in {400, 404}
    assert b"secret" not in body


@on_loop
async def test_a_file_added_after_the_start_is_not_served(folder):
    async with gateway(site=serving(folder)) as running:
        (folder / "late.txt").write_text("late")
        client = await running.client()

        assert (await client.get("/late.txt"))[0] == 404


@on_loop
async def test_health_says_that_the_server_runs_and_ready_that_it_can_serve():
    async with gateway(site=serving(None)) as running:
        client = await running.client()
        for path in "/healthz", "/readyz":
            status, headers, body = await client.get(path)
            assert (status, json.loads(body)) == (200, {"status": "ok"})
            assert headers["cache-control"] == "no-store"


@on_loop
async def test_ready_is_503_when_the_server_can_not_serve():
    async with gateway(site=serving(None, no)) as running:
        client = await running.client()
        assert (await client.get("/healthz"))[0] == 200
        status, _, body = await client.get("/readyz")

    assert (status, json.loads(body)) == (503, {"status": "unavailable"})


@on_loop
async def test_without_a_folder_there_is_no_page():
    async with gateway(site=serving(None)) as running:
        client = await running.client()

        assert (await client.get("/"))[0] == 404


@on_loop
async def test_many_requests_in_one_go_are_answered_in_order(folder):
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        paths = ["/", "/nothing", "/healthz"] * 20
        client.raw(b"".join(client.head(path, websocket=False) for path in paths))

        assert [(await client.http())[0] for _ in paths] == [200, 404, 200] * 20


@pytest.mark.parametrize("path", ["/", "/icon.svg", "/assets/main-a1b2.js"])
@on_loop
async def test_a_file_comes_whole_where_the_system_can_not_send_files(folder, path, monkeypatch):
    """Some file systems and sandboxes answer sendfile with EINVAL."""

    def unsupported(*_):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "sendfile", unsupported)
    async with gateway(site=serving(folder)) as running:
        client = await running.client()

        for _ in range(2):
            status, headers, body = await client.get(path)
            assert (status, int(headers["content-length"])) == (200, len(body))
            assert "content-encoding" not in headers


@on_loop
async def test_a_reader_of_files_that_stops_reading_is_cut(folder):
    (folder / "big.bin").write_bytes(b"x" * 20_000_000)
    async with gateway(site=serving(folder), limits=SLOW) as running:
        client = await running.client()
        client.writer.transport.pause_reading()
        client.raw(client.head("/big.bin", websocket=False))
        [transport] = await stuck(running)
        await pass_time(SLOW.ping_timeout_seconds + 1)

        assert transport.is_closing()


SLOW = Limits(
    handshake_seconds=9_000, idle_seconds=9_000, ping_seconds=8_000, ping_timeout_seconds=8_500
)


async def stuck(running):
    """Wait until a connection has more to send than its client takes."""
    await running.until(
        lambda: any(wire.get_write_buffer_size() for wire in running.server.transports)
    )
    return running.server.transports


@on_loop
async def test_a_reader_of_files_that_leaves_half_way_leaves_nothing(folder):
    (folder / "big.bin").write_bytes(b"x" * 20_000_000)
    async with gateway(site=serving(folder)) as running:
        client = await running.client()
        client.raw(client.head("/big.bin", websocket=False))
        await client.reader.readexactly(1000)
        client.vanish()
        with contextlib.suppress(ConnectionError):
            await running.until(lambda: not running.server.transports)
