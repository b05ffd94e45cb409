"""What a host means to a server that listens on it."""

import asyncio
import contextlib
import errno
import socket

import pytest

from localgateway.platform.listening import listen

SECONDS = 60


@contextlib.contextmanager
def listening(host, port=0):
    """Listen; give the port."""
    listeners = listen(host, port)
    try:
        ports = {one.getsockname()[1] for one in listeners}
        assert len(ports) == 1
        yield ports.pop()
    finally:
        for one in listeners:
            one.close()


def is_reached(host, port):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as client:
        client.settimeout(SECONDS)
        return client.connect_ex((host, port)) == 0


@pytest.mark.usefixtures("ipv6")
def test_all_addresses_are_those_of_both_families():
    with listening("::") as port:
        assert is_reached("::1", port)
        assert is_reached("127.0.0.1", port)


@pytest.mark.usefixtures("ipv6")
def test_a_port_that_is_taken_in_one_family_is_taken():
    with listening("0.0.0.0") as port, pytest.raises(OSError, match=r".") as caught:  # noqa: S104 - closed at once
        listen("::", port)

    assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.usefixtures("ipv6")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104 - for a moment
def test_where_localhost_leads_here_both_of_its_addresses_are_listened_on(host):
    with listening(host) as port:
        assert is_reached("127.0.0.1", port)
        assert is_reached("::1", port)


@pytest.mark.usefixtures("ipv6")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104 - for a moment
def test_what_is_anothers_at_one_address_of_localhost_is_taken(host):
    with listening("::1") as port, pytest.raises(OSError, match=r".") as caught:
        listen(host, port)

    assert caught.value.errno == errno.EADDRINUSE
    with listening("127.0.0.1"):
        pass


@pytest.mark.usefixtures("ipv6")
def test_one_family_alone_is_what_is_asked_for():
    with listening("::1") as port:
        assert is_reached("::1", port)
        assert not is_reached("127.0.0.1", port)


def test_what_is_accepted_sends_at_once():
    """Nagle's algorithm keeps a frame until the client has acknowledged the one before it."""

    async def accepted_options(listener):
        accepted = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(
            lambda _reader, writer: accepted.set_result(writer), sock=listener
        )
        async with server:
            _, client = await asyncio.open_connection(*listener.getsockname()[:2])
            async with asyncio.timeout(SECONDS):
                one = await accepted
            no_delay = one.get_extra_info("socket").getsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY
            )
            for writer in (client, one):
                writer.close()
                await writer.wait_closed()
        return no_delay

    for listener in listen("127.0.0.1", 0):
        assert asyncio.run(accepted_options(listener)) != 0


def test_a_name_with_several_addresses_has_one_port(monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", (f"127.0.0.{last}", 0)) for last in (1, 2, 2)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with listening("several.example") as port:
        assert is_reached("127.0.0.1", port)
        assert is_reached("127.0.0.2", port)


def test_an_address_that_this_machine_lacks_is_left_out_unless_it_is_the_only_one(monkeypatch):
    lacking = (socket.AF_INET, 1, 6, "", ("192.0.2.1", 0))
    here = (socket.AF_INET, 1, 6, "", ("127.0.0.1", 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [lacking, here])
    with listening("both.example") as port:
        assert is_reached("127.0.0.1", port)

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [lacking])
    with pytest.raises(OSError, match=r".") as caught:
        listen("lacking.example", 0)
    assert caught.value.errno == errno.EADDRNOTAVAIL


def test_no_socket_is_left_when_one_of_several_fails(monkeypatch):
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        found = [(socket.AF_INET, 1, 6, "", (f"127.0.0.{last}", port)) for last in (1, 2)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(OSError, match=r".") as caught:
            listen("several.example", port)
    monkeypatch.undo()

    assert caught.value.errno == errno.EADDRINUSE
    with listening("127.0.0.1", port):
        pass


def test_a_port_that_the_system_chose_may_be_taken_elsewhere_and_is_chosen_again(monkeypatch):
    tries = []
    bind = socket.socket.bind

    def busy_at_first(one, address):
        tries.append(address)
        if len(tries) == 2:
            raise OSError(errno.EADDRINUSE, "in use")
        bind(one, address)

    found = [(socket.AF_INET, 1, 6, "", (f"127.0.0.{last}", 0)) for last in (1, 2)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket.socket, "bind", busy_at_first)

    with listening("several.example"):
        assert [address[0] for address in tries] == ["127.0.0.1", "127.0.0.2"] * 2
