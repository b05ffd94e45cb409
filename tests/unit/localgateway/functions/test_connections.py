"""What a handler sends to connections is queued until it may be sent."""

from localgateway.functions.connections import Broadcast, Connections


def test_the_queue_is_drained_once_and_in_order():
    connections = Connections()
    connections.live |= {"a", "b"}

    connections.send(["a", "b"], b"one")
    connections.send(iter(["b"]), b"two")

    assert connections.drain() == [Broadcast(("a", "b"), b"one"), Broadcast(("b",), b"two")]
    assert connections.drain() == []


def test_connections_that_are_gone_are_returned_at_once():
    connections = Connections()
    connections.live.add("a")

    assert connections.send(["a", "b"], b"hi") == {"b"}
