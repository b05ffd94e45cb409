"""How a connection ends, is ended or is renewed: who comes back, and who says why not."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.support.connection import (
    BACK_MS,
    WATCH_STATUS,
    frames_heard,
    open_sockets,
    status_of,
    stop_the_clock,
    tries_in_time,
    turn_on_until,
    wait_until,
    watch_tries,
)
from tests.e2e.support.frame_interceptor import FrameInterceptor
from tests.e2e.support.proxy import proxied
from tests.e2e.support.server_process import serving

pytestmark = pytest.mark.e2e

SHORT_LIVED = str(Path(__file__).with_name("support") / "short_connections.py")
BLOCKED = (
    "The server does not let you in any more. Your messages are kept. "
    "If you sent too much in this hour, wait for the next."
)
CODES = (1000, 1001, 1008, 1011, 1012, 1013, 4000, 4403)
WATCH_CODES = """Math.random = () => 0.1;
window.codes = [];
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener("close", ({ code }) => window.codes.push(code));
  }
};"""


@pytest.mark.page_alone
def test_a_visit_that_the_server_ended_is_said_and_not_tried_again(place, person):
    with place.open() as server:
        ada = person("Ada")
        watch_tries(ada)
        interceptor = FrameInterceptor(ada.page)
        ada.page.clock.install()
        ada.joins(server.address)
        interceptor.send_to_page(
            '{"type":"closing","reason":"You were away too long.","again":false}'
        )

        expect(ada.page.get_by_role("status").first).to_have_text(
            "The server ended this visit: You were away too long."
        )
        expect(status_of(ada)).to_have_text("Disconnected")
        assert tries_in_time(ada, 60_000) == 1

        ada.presses("Join again")
        expect(status_of(ada)).to_have_text("Connected")


@pytest.mark.page_alone
@pytest.mark.parametrize("code", CODES)
def test_a_close_without_a_word_is_come_back_from_whatever_its_code(place, person, code):
    """Codes are hints: AWS can send but its own, and only `closing` ends a visit."""
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada")
        ada.page.add_init_script(WATCH_CODES)
        sockets, heard = open_sockets(ada), frames_heard(ada)
        ada.page.clock.install()
        ada.joins(proxy.address)
        ada.page.evaluate(WATCH_STATUS)
        # However slow a server is: a return is silent if the page finds it soon enough.
        stop_the_clock(ada)
        proxy.close_sockets(code)
        wait_until(ada, lambda: ada.page.evaluate("window.codes.length === 1"))
        ada.page.clock.run_for(1_000)
        wait_until(ada, lambda: "hello" in heard[-1] and len(heard) == 2)
        ada.page.clock.resume()
        ada.says("here again")

        expect(ada.row("here again")).to_have_attribute("data-state", "sent", timeout=BACK_MS)
        assert ada.page.evaluate("window.codes") == [code]
        assert [socket.is_closed() for socket in sockets] == [True, False]
        assert ada.page.evaluate("window.flickers") == []


@pytest.mark.page_alone
def test_who_is_let_in_no_more_is_told_and_not_tried_again_and_again(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada")
        watch_tries(ada)
        ada.page.clock.install()
        ada.joins(proxy.address)
        proxy.forbid_sockets()
        ada.says("kept meanwhile")
        told = ada.page.get_by_role("status").filter(has_text=BLOCKED)
        turn_on_until(ada, told.is_visible, most_seconds=180)
        tries = ada.page.evaluate("window.tries.length")

        expect(told).to_have_text(BLOCKED)
        expect(ada.page.get_by_text("Trying again")).to_have_count(0)
        expect(status_of(ada)).to_have_text("Disconnected")
        assert tries_in_time(ada, 300_000) == tries

        before = proxy.turned_away
        ada.presses("Retry now")
        wait_until(ada, lambda: proxy.turned_away > before)
        expect(told).to_have_text(BLOCKED)
        ada.is_answered()
        proxy.restore()
        ada.presses("Retry now")
        expect(status_of(ada)).to_have_text("Connected")
        expect(ada.row("kept meanwhile")).to_have_attribute("data-state", "sent")


def test_a_stop_that_was_announced_is_waited_for_and_forgotten(place, person):
    with place.start() as server:
        port = str(server.port)
        ada = person("Ada").returns_soon().joins(server.address)
        server.stop()
    with place.start("--port", port):
        ada.says("still here")
        expect(ada.row("still here")).to_have_attribute("data-state", "sent", timeout=BACK_MS)


def test_a_second_socket_takes_over_before_the_gateway_cuts_and_nothing_flickers(place, person):
    with place.open() as server:
        ada = person("Ada")
        sockets, heard = open_sockets(ada), frames_heard(ada)
        ada.page.clock.install()
        ada.joins(server.address)
        bob = person("Bob").joins(server.address)
        ada.page.evaluate(WATCH_STATUS)

        ada.page.clock.fast_forward("01:59:00")
        # The clock may only go on when all is answered: it would find the server too slow.
        wait_until(ada, lambda: "hello" in heard[-1] and len(heard) == 2 and "pong" in heard[0])
        bob.says("on which line?")
        ada.sees("on which line?")
        ada.page.clock.fast_forward("01:01")
        wait_until(ada, sockets[0].is_closed)
        ada.says("on the new one")
        bob.sees("on the new one")

        assert [socket.is_closed() for socket in sockets] == [True, False]
        assert ada.page.evaluate("window.flickers") == []


@pytest.mark.long  # real seconds
def test_the_page_moves_on_before_the_lifetime_that_the_server_told(tmp_path, person, mode):
    """Here the gateway really cuts, after 30 s; the page's clock is 10 s ahead of that.

    By it the page moves on at 25.5 s, and the second time long after the first connection is cut.
    """
    with serving(tmp_path / "data", *mode, program=(SHORT_LIVED, "30")) as server:
        ada = person("Ada")
        sockets = open_sockets(ada)
        ada.page.add_init_script("Math.random = () => 0")
        ada.page.clock.install()
        ada.joins(server.address)
        ada.page.evaluate(WATCH_STATUS)
        ada.page.clock.fast_forward("10")

        wait_until(ada, lambda: len(sockets) == 2)
        assert not sockets[0].is_closed()
        wait_until(ada, sockets[0].is_closed)
        ada.says("still on a line")
        expect(ada.row("still on a line")).to_have_attribute("data-state", "sent")

        assert [socket.is_closed() for socket in sockets] == [True, False]
        assert ada.page.evaluate("window.flickers") == []
