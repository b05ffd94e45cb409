"""A web page can't drive `localgateway serve`: a real Chromium, on pages from elsewhere."""

import http.server
import itertools
import json
import threading
from urllib.parse import urlsplit

import pytest

from tests.e2e.support.browser import LONGEST_MS
from tests.gateway.test_management import ask, signed_headers
from tests.gateway.test_serve import NEVER_ISSUED, api, serving

NAME = "fireside.lan"
"""Chromium finds this machine under it, as after a page's name was pointed here."""

INVOKE = "/2015-03-31/functions/app/invocations"

OPEN_SOCKET = """url => new Promise(resolve => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
})"""

CALL = """async ([url, options]) => {
    try {
        const answer = await fetch(url, options);
        return answer.type === "opaque" ? "not readable" : answer.status;
    } catch {
        return "not readable";
    }
}"""


class Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

    def log_message(self, *_):
        pass


@pytest.fixture
def foreign_page(browser):
    """Give a page that another server of this machine sent, under another name."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=server.serve_forever).start()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://{NAME}:{server.server_port}/", timeout=LONGEST_MS)
    yield page
    context.close()
    server.shutdown()
    server.server_close()


@pytest.fixture
def gateway(tmp_path):
    """Give the address of a gateway that takes any signature, so that nothing else refuses."""
    with serving(api(tmp_path), "--any-key") as running:
        yield urlsplit(running.address()[1])


@pytest.fixture
def calls(tmp_path):
    """Give a file, and a call of the handler that makes it."""
    file = tmp_path / "was-called"
    return file, json.dumps({"body": json.dumps({"do": "touch", "n": 1, "file": str(file)})})


def signed(url, body, service):
    """Sign a request; a page may set all headers but these."""
    headers = signed_headers("POST", url, body.encode(), service=service)
    return {name: value for name, value in headers.items() if name not in {"Host", "Origin"}}


def test_a_program_of_this_machine_may_call_the_handler(gateway, calls):
    """Show that what the pages try would work: they are refused as pages."""
    file, event = calls
    base = f"http://{gateway.netloc}"
    headers = signed(base + INVOKE, event, "lambda")

    status, _, answer = ask(base, "POST", INVOKE, event.encode(), headers)

    assert (status, json.loads(answer)["statusCode"], file.exists()) == (200, 200, True)


def test_a_foreign_page_opens_no_socket(gateway, foreign_page):
    assert foreign_page.evaluate(OPEN_SOCKET, gateway.geturl()) == "refused"


def test_a_foreign_page_calls_no_handler_and_posts_to_nobody(gateway, calls, foreign_page):
    file, event = calls
    answered = []
    foreign_page.on(
        "response", lambda answer: answered.append((answer.request.method, answer.status))
    )

    for path, mode in itertools.product((INVOKE, NEVER_ISSUED), ("cors", "no-cors")):
        options = {"method": "POST", "mode": mode, "body": event}
        url = f"http://{gateway.netloc}{path}"
        assert foreign_page.evaluate(CALL, [url, options]) == "not readable"

    # Chromium tells nobody the status of what it keeps from the page altogether, as with `cors`.
    assert [status for method, status in answered if method == "POST"] == [403, 403]
    assert not file.exists()


def test_a_rebound_page_gets_nothing_however_it_signs(gateway, calls, browser):
    """Its name leads to this machine, so that the gateway is of its own origin."""
    file, event = calls
    base = f"http://{NAME}:{gateway.port}"
    context = browser.new_context()
    page = context.new_page()
    first = page.goto(f"{base}/", timeout=LONGEST_MS)

    found = [page.evaluate(OPEN_SOCKET, f"ws://{NAME}:{gateway.port}{gateway.path}")]
    for path, service in ((INVOKE, "lambda"), (NEVER_ISSUED, "execute-api")):
        headers = signed(base + path, event, service)
        options = {"method": "POST", "headers": headers, "body": event}
        found.append(page.evaluate(CALL, [base + path, options]))
    context.close()

    assert (first.status, found) == (403, ["refused", 403, 403])
    assert not file.exists()
