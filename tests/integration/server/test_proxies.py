"""The how-to's lines for nginx and Caddy, in front of a real server."""

import json
import socket
import ssl
from http.client import HTTPConnection

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.documented_proxies import CERTIFICATE, SECONDS, caddy, lines_for, nginx
from tests.e2e.support.server_process import serving
from tests.free_ports import free_port

NAME = "chat.example"
"""No address of this machine: so what the proxy makes of `Host` and of `Origin` counts."""


@pytest.fixture
def ports():
    """Give a port for the proxy and one for the server behind it."""
    return free_port(), free_port()


def behind(tmp_path, ports, path="/", scheme="http"):
    """Start a server that people reach by the proxy."""
    public = f"{scheme}://{NAME}:{ports[0]}{path}"
    arguments = ("--public-url", public, "--invites", "off", "--port", str(ports[1]))
    return serving(tmp_path / "data", *arguments)


def get(port, target):
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", target, headers={"Host": f"{NAME}:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def enter(port, path="/", scheme="http"):
    """Come in as a page does, and say something."""
    client = socket.create_connection(("127.0.0.1", port), SECONDS)
    context = ssl.create_default_context(cafile=CERTIFICATE) if scheme == "https" else None
    names = {} if context is None else {"ssl": context, "server_hostname": "localhost"}
    address = f"{scheme.replace('http', 'ws')}://{NAME}:{port}{path}ws?username=Ann"
    origin = f"{scheme}://{NAME}:{port}"
    with connect(address, origin=origin, sock=client, open_timeout=SECONDS, **names) as socket_:
        socket_.send('{"action":"sendMessage","message":"hi"}')
        return json.loads(socket_.recv(SECONDS))["message"]


@pytest.mark.parametrize("path", ["/", "/chat/"])
@pytest.mark.parametrize(("language", "proxy"), [("nginx", nginx), ("caddyfile", caddy)])
def test_the_documented_lines_let_people_in_on_any_port(tmp_path, ports, language, proxy, path):
    lines = lines_for(language, path, ports[1])
    with proxy(tmp_path, ports[0], lines), behind(tmp_path, ports, path):
        status, page = get(ports[0], path)
        assert (status, b"<title>Fireside</title>" in page) == (200, True)
        assert get(ports[0], f"{path}config.json") == (200, b'{"invite": "open"}')
        assert enter(ports[0], path) == "hi"


def test_they_do_so_over_tls(tmp_path, ports):
    lines = lines_for("nginx", "/", ports[1])
    with nginx(tmp_path, ports[0], lines, tls=True), behind(tmp_path, ports, scheme="https"):
        assert enter(ports[0], scheme="https") == "hi"


@pytest.mark.parametrize(("language", "proxy"), [("nginx", nginx), ("caddyfile", caddy)])
def test_the_path_without_its_slash_leads_there(tmp_path, ports, language, proxy):
    with proxy(tmp_path, ports[0], lines_for(language, "/chat/", ports[1])):
        assert get(ports[0], "/chat")[0] in {301, 302}


def test_without_the_upgrade_the_server_says_what_is_wrong(tmp_path, ports):
    lines = lines_for("nginx", "/", ports[1])
    without = "\n".join(line for line in lines.split("\n") if "pgrade" not in line)
    with nginx(tmp_path, ports[0], without), behind(tmp_path, ports):
        with pytest.raises(InvalidStatus) as refused:
            enter(ports[0])
        assert refused.value.response.status_code == 426
        assert json.loads(get(ports[0], "/config.json")[1])["upgrade"] == "lost"


# --- Without --public-url ------------------------------------------------------------------------

ADDED = [
    ("Forwarded", "for=192.0.2.1"),
    ("X-Forwarded-For", "192.0.2.1"),
    ("X-Forwarded-Host", "chat.example"),
    ("x-forwarded-proto", "https"),
    ("Via", "1.1 proxy"),
    ("X-Real-IP", "192.0.2.1"),
    ("CF-Connecting-IP", "192.0.2.1"),
]


def status_and_words(port, **headers):
    """Ask for a WebSocket as a program does; return the answer's status and message."""
    try:
        with connect(f"ws://localhost:{port}/ws?username=Ann", additional_headers=headers):
            return 101, ""
    except InvalidStatus as refused:
        answer = refused.response
        return answer.status_code, json.loads(answer.body)["message"]


@pytest.mark.parametrize("mode", [(), ("--isolated",)], ids=["in batches", "isolated"])
def test_what_came_through_a_proxy_is_not_from_this_machine(tmp_path, ports, mode):
    with serving(tmp_path / "data", "--port", str(ports[1]), *mode):
        assert status_and_words(ports[1]) == (101, "")
        for name, value in ADDED:
            status, words = status_and_words(ports[1], **{name: value})
            assert status == 403
            assert "--public-url" in words
            assert f"({name})" in words
            assert value not in words


def test_a_proxy_that_rewrites_the_host_lets_no_program_in(tmp_path, ports):
    lines = lines_for("caddyfile", "/", ports[1])
    upstream = f"reverse_proxy 127.0.0.1:{ports[1]}"
    assert upstream in lines
    lines = lines.replace(upstream, f"{upstream} {{\n header_up Host localhost:{ports[1]}\n}}")
    with caddy(tmp_path, ports[0], lines), serving(tmp_path / "data", "--port", str(ports[1])):
        status, words = status_and_words(ports[0])
        config = json.loads(get(ports[0], "/config.json")[1])

    assert (status, config["proxy"]) == (403, "unknown")
    assert "start it with --public-url" in words


def test_the_documented_lines_show_the_proxy(tmp_path, ports):
    """So whoever forgets --public-url lets nobody in, instead of everybody."""
    for language, proxy in (("nginx", nginx), ("caddyfile", caddy)):
        lines = lines_for(language, "/", ports[1]).replace("$http_host", f"localhost:{ports[1]}")
        folder = tmp_path / language
        folder.mkdir()
        with proxy(folder, ports[0], lines), serving(folder / "data", "--port", str(ports[1])):
            assert status_and_words(ports[0])[0] == 403
