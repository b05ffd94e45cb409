"""Many small requests over few connections, and what happens when some of them fail."""

import contextlib
import itertools
import math
import socket
import ssl
import threading
import time

import pytest

from fireside.adapters.http.http1 import Answer
from fireside.adapters.http.pool import KEEP_SECONDS, Pool
from tests.free_ports import free_port
from tests.integration.faulty_server import (
    CERTIFICATE,
    OK,
    answer,
    answer_then_close,
    close,
    drip,
    faulty_server,
    hang,
    raw,
    reset,
)

SHORT = 0.5


def get(index: int) -> bytes:
    return b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % index


def statuses(answers: list[Answer | None]) -> list[int | None]:
    return [answer and answer.status for answer in answers]


@pytest.fixture
def pool_to():
    pools = []

    def make(server, **options) -> Pool:
        pools.append(Pool("127.0.0.1", server.port, **options))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def serve():
    with contextlib.ExitStack() as servers:
        yield lambda *args, **options: servers.enter_context(faulty_server(*args, **options))


def one_of(*acts):
    """Do the first with the first request, and so on; the last with all others."""
    turns = itertools.chain(acts, itertools.repeat(acts[-1]))

    def act(visit):
        next(turns)(visit)

    return act


def at(path: str, act):
    """Do something at one path, and answer at all others."""
    return lambda visit: (act if visit.path == path else raw(OK))(visit)


def test_each_answer_stands_where_its_request_stood(serve, pool_to):
    server = serve(lambda visit: answer(200, visit.path.encode())(visit))

    answers = pool_to(server).exchange(200, get, seconds=60)

    assert [answer.body for answer in answers] == [b"/%d" % n for n in range(200)]


def test_no_requests_need_no_connection(serve, pool_to):
    server = serve()

    assert pool_to(server).exchange(0, get, seconds=60) == []
    assert server.connections == 0


@pytest.mark.parametrize(("count", "most"), [(1, 100), (100, 100), (400, 10)])
def test_connections_are_about_the_root_of_the_requests_and_never_over_the_most(
    serve, pool_to, count, most
):
    server = serve()

    pool_to(server, most=most).exchange(count, get, seconds=60)

    assert server.connections <= min(most, count, math.ceil(2.4 * math.sqrt(count)))


def test_connections_are_used_again(serve, pool_to):
    server = serve()
    pool = pool_to(server)

    for _ in range(5):
        assert statuses(pool.exchange(10, get, seconds=60)) == [200] * 10

    assert server.connections <= 8


def late_at(path: str, act, others: int, clock):
    """Answer the others; then their time passes, and one has something else done."""
    answered = threading.Semaphore(0)

    def at_all(visit):
        if visit.path != path:
            raw(OK)(visit)
            answered.release()
            return
        for _ in range(others):
            assert answered.acquire(timeout=60)
        clock.wait(SHORT)
        act(visit)

    return at_all


def test_one_that_hangs_holds_up_nobody_else(serve, pool_to, clock):
    server = serve(late_at("/3", hang, 99, clock))

    answers = pool_to(server, most=4).exchange(100, get, seconds=SHORT)

    assert statuses(answers) == [200] * 3 + [None] + [200] * 96


def test_a_slow_drip_ends_at_the_deadline(serve, pool_to, clock):
    server = serve(late_at("/1", drip, 2, clock))

    answers = pool_to(server).exchange(3, get, seconds=SHORT)

    assert statuses(answers) == [200, None, 200]


def test_the_whole_ends_in_its_time_and_the_rest_is_left(serve, pool_to, clock):
    def act(visit):
        clock.wait(SHORT)
        hang(visit)

    server = serve(act)

    answers = pool_to(server, most=2).exchange(50, get, seconds=60, until=clock() + SHORT)

    assert statuses(answers) == [None] * 50
    assert len(server.seen) <= 2


def test_time_that_is_over_opens_nothing(serve, pool_to):
    server = serve()

    assert pool_to(server).exchange(2, get, seconds=60, until=0) == [None, None]
    assert server.connections == 0


def test_a_connection_closed_while_idle_is_noticed(serve, pool_to):
    """A function frozen between two calls finds its connections closed."""
    server = serve(one_of(answer_then_close, raw(OK)))
    pool = pool_to(server)

    assert statuses(pool.exchange(1, get, seconds=60)) == [200]
    assert pool._selector.select(60), "the end has arrived"
    assert statuses(pool.exchange(1, get, seconds=60)) == [200]
    assert server.connections == 2


@pytest.mark.parametrize(("seconds", "connections"), [(KEEP_SECONDS, 1), (KEEP_SECONDS + 1, 2)])
def test_a_connection_that_may_be_forgotten_by_now_is_not_used(
    serve, pool_to, monkeypatch, seconds, connections
):
    now = [1_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    server = serve()
    pool = pool_to(server)
    pool.exchange(1, get, seconds=60)

    now[0] += seconds

    assert statuses(pool.exchange(1, get, seconds=60)) == [200]
    assert server.connections == connections


def test_a_kept_connection_that_is_reset_under_a_request_costs_nothing(serve, pool_to):
    """The other side had forgotten it: so ends what was frozen for long."""
    server = serve(one_of(raw(OK), reset, raw(OK)))
    pool = pool_to(server)

    assert statuses(pool.exchange(1, get, seconds=60)) == [200]
    assert statuses(pool.exchange(1, get, seconds=60)) == [200]
    assert len(server.seen) == 3


def test_a_kept_connection_that_ends_under_a_request_may_have_carried_it(serve, pool_to):
    server = serve(one_of(raw(OK), close, raw(OK)))
    pool = pool_to(server)

    assert statuses(pool.exchange(1, get, seconds=60)) == [200]
    assert statuses(pool.exchange(1, get, seconds=60)) == [None]
    assert len(server.seen) == 2


@pytest.mark.parametrize("ending", [close, reset], ids=["closed", "reset"])
def test_a_new_connection_that_ends_is_not_asked_again(serve, pool_to, ending):
    """The server may have done what it was asked; whoever asked decides."""
    server = serve(at("/1", ending))

    assert statuses(pool_to(server, most=1).exchange(1, get, seconds=60)) == [200]
    assert statuses(pool_to(server).exchange(2, get, seconds=60)) == [200, None]
    assert [path for path, _ in server.seen].count("/1") == 1


def test_what_is_reset_twice_is_given_up(serve, pool_to):
    server = serve(one_of(raw(OK), reset, reset, raw(OK)))
    pool = pool_to(server)
    pool.exchange(1, get, seconds=60)

    assert statuses(pool.exchange(1, get, seconds=60)) == [None]


def test_an_answer_that_breaks_off_is_none(serve, pool_to):
    def half(visit):
        visit.send(OK[:-1])
        visit.is_over = True

    server = serve(at("/0", half))

    assert statuses(pool_to(server).exchange(2, get, seconds=60)) == [None, 200]


def test_nobody_there_is_no_answer():
    pool = Pool("127.0.0.1", free_port())

    assert pool.exchange(30, get, seconds=1) == [None] * 30
    pool.close()


def test_no_such_name_is_no_answer(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", raise_(socket.gaierror("no such name")))
    pool = Pool("nowhere.example", 80)

    assert pool.exchange(3, get, seconds=1) == [None] * 3
    pool.close()


def raise_(error: Exception):
    def act(*_args, **_options):
        raise error

    return act


def test_an_address_without_a_way_is_passed_over_for_the_next(serve, pool_to, monkeypatch):
    server = serve()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 0, "", place)
        for place in (nobody, ("127.0.0.1", server.port))
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

    assert statuses(pool_to(server).exchange(1, get, seconds=60)) == [200]


def test_an_address_that_can_not_even_be_tried_is_passed_over_too(serve, pool_to, monkeypatch):
    server = serve()
    places = [("255.255.255.255", 9), ("127.0.0.1", server.port)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

    assert statuses(pool_to(server).exchange(3, get, seconds=60)) == [200] * 3


def test_a_name_that_is_looked_up_in_vain_takes_no_longer_than_all_may(monkeypatch):
    now, asked = [100.0], []

    def look_up(*_args, **_options):
        asked.append(now[0])
        now[0] += 5
        raise socket.gaierror("nobody knows")

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    pool = Pool("nowhere.example", 80)

    assert pool.exchange(500, get, seconds=1, until=107.0) == [None] * 500
    assert asked == [100.0, 105.0]
    pool.close()


def test_an_address_that_can_not_even_be_tried_is_no_answer(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("255.255.255.255", 9))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    pool = Pool("broadcast", 9)

    assert pool.exchange(2, get, seconds=1) == [None, None]
    pool.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([CHUNKED, b"2\r\nab\r\n", b"1;x=y\r\nc\r\n0\r\n", b"\r\n"], b"abc"),
        ([b"HTTP/1.1 204 No Content\r\n", b"\r\n"], b""),
        ([b"HTTP/1.1 200 OK\r\ncontent-LENGTH:   3\r\n\r\n", b"a", b"bc"], b"abc"),
    ],
    ids=["chunked", "204", "in pieces"],
)
def test_bodies_come_in_three_ways_and_in_any_pieces(serve, pool_to, pieces, body):
    server = serve(raw(*pieces))

    (found,) = pool_to(server).exchange(1, get, seconds=60)

    assert found.body == body


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nwithout a length",
        CHUNKED + b"xyz\r\nab\r\n",
        b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (17 * 1024 * 1024),
    ],
    ids=["no http", "no length", "no size", "endless head", "endless body"],
)
def test_nonsense_is_no_answer(serve, pool_to, nonsense):
    server = serve(at("/0", raw(nonsense)))

    assert statuses(pool_to(server).exchange(3, get, seconds=60)) == [None, 200, 200]


def test_a_piece_of_negative_size_ends_at_the_deadline(serve, pool_to, clock):
    server = serve(late_at("/0", raw(CHUNKED + b"-1\r\nab\r\n"), 2, clock))

    assert statuses(pool_to(server).exchange(3, get, seconds=SHORT)) == [None, 200, 200]


@pytest.mark.parametrize(
    "last",
    [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", OK + b"and more"],
    ids=["said to be the last", "with too much"],
)
def test_a_connection_that_can_not_go_on_is_not_used_again(serve, pool_to, last):
    server = serve(raw(last))

    assert statuses(pool_to(server, most=1).exchange(3, get, seconds=60)) == [200] * 3
    assert server.connections == 3


def test_a_long_request_is_sent_as_fast_as_it_is_read(serve, pool_to):
    server = serve()
    body = bytes(8_000_000)

    def post(_index: int) -> bytes:
        return b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    assert statuses(pool_to(server).exchange(1, post, seconds=60)) == [200]
    assert server.seen == [("/", body)]


def test_a_request_that_can_not_be_written_leaves_nothing_open(serve, pool_to):
    server = serve()
    pool = pool_to(server)

    with pytest.raises(ZeroDivisionError):
        pool.exchange(2, raise_(ZeroDivisionError()), seconds=60)

    assert statuses(pool.exchange(2, get, seconds=60)) == [200, 200]


# --- TLS --------------------------------------------------------------------------------------


def test_tls_is_verified_and_kept(serve):
    server = serve(lambda visit: answer(200, visit.path.encode())(visit), tls=True)
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    pool = Pool("localhost", server.port, tls=trust)

    for _ in range(2):
        answers = pool.exchange(50, get, seconds=60)
        assert [answer.body for answer in answers] == [b"/%d" % n for n in range(50)]
    assert server.connections <= 17
    pool.close()


def test_tls_sends_and_reads_more_than_a_record(serve):
    size = 3_000_000
    server = serve(lambda visit: answer(200, visit.body)(visit), tls=True)
    pool = Pool("localhost", server.port, tls=ssl.create_default_context(cafile=str(CERTIFICATE)))

    def post(_index: int) -> bytes:
        return b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (size, bytes(size))

    assert pool.exchange(1, post, seconds=60)[0].body == bytes(size)
    pool.close()


@pytest.mark.parametrize(
    ("host", "trusted"), [("localhost", None), ("127.0.0.1", CERTIFICATE)], ids=["issuer", "name"]
)
def test_a_server_that_can_not_be_verified_is_told_nothing(serve, host, trusted):
    server = serve(tls=True)
    trust = ssl.create_default_context(cafile=trusted and str(trusted))
    pool = Pool(host, server.port, tls=trust)

    assert pool.exchange(2, get, seconds=60) == [None, None]
    assert server.seen == []
    pool.close()


def test_a_server_that_never_shakes_hands_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        pool = Pool("127.0.0.1", port, tls=ssl.create_default_context())

        assert pool.exchange(2, get, seconds=SHORT) == [None, None]
        pool.close()
