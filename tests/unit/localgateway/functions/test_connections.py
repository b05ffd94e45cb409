"""What a handler says to connections is noted until it may be sent."""

from localgateway.functions.connections import Connections, Push


def test_what_was_said_is_taken_once_and_in_order():
    connections = Connections()
    connections.live |= {"a", "b"}

    connections.send(["a", "b"], b"one")
    connections.send(iter(["b"]), b"two")

    assert connections.take() == [Push(("a", "b"), b"one"), Push(("b",), b"two")]
    assert connections.take() == []


def test_those_that_are_gone_are_told_at_once():
    connections = Connections()
    connections.live.add("a")

    assert connections.send(["a", "b"], b"hi") == {"b"}
