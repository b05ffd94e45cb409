"""The proxies of docs/how-to/run-on-a-server.md, run with the lines that stand there."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs/how-to/run-on-a-server.md"
CERTIFICATE = ROOT / "tests/integration/localhost.pem"
DOCUMENTED_PORT = "127.0.0.1:8080"
SECONDS = 60

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{listen};
        {lines}
    }}
}}
"""
TLS = "\n".join(f"ssl_{name} {CERTIFICATE};" for name in ("certificate", "certificate_key"))
CADDY = """
{{
    admin off
    auto_https off
    default_bind 127.0.0.1
    storage file_system {folder}
}}
{lines}
"""


def lines_for(language, path, server_port):
    """Return the how-to's lines for a proxy, in front of a server on another port."""
    blocks = re.findall(rf"```{language}\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    [lines] = [block for block in blocks if ("/chat/" in block) is (path == "/chat/")]
    assert DOCUMENTED_PORT in lines
    return lines.replace(DOCUMENTED_PORT, f"127.0.0.1:{server_port}")


@contextlib.contextmanager
def nginx(folder, port, lines, *, tls=False):
    """Run nginx on a port, with lines in its `server` block."""
    file = folder / "nginx.conf"
    file.write_text(
        NGINX.format(
            folder=folder, listen=f"{port} ssl" if tls else port, lines=(TLS if tls else "") + lines
        )
    )
    with _running(_program("nginx"), "-c", str(file), "-e", str(folder / "error.log"), port=port):
        yield


@contextlib.contextmanager
def caddy(folder, port, lines):
    """Run Caddy on a port, without TLS, with lines whose first names a site."""
    file = folder / "Caddyfile"
    site = re.sub(r"\A\S+", f":{port}", lines)
    file.write_text(CADDY.format(folder=folder, lines=site))
    command = (_program("caddy"), "run", "--adapter", "caddyfile", "--config", str(file))
    places = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
    with _running(*command, port=port, variables=places):
        yield


def _program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"Optional: no {name}: run `apt-get install {name}`")
    return found


@contextlib.contextmanager
def _running(*command, port, variables=None):
    environ = os.environ | (variables or {})
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(process, port)
            yield
        finally:
            process.kill()


def _wait_for(process, port):
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.stderr.read())
