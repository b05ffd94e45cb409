"""Who is in a room: every connection, and whose it is."""

from fireside.ports import Connection, Members


def connection(connection_id, user_id):
    return Connection(connection_id, user_id, user_id.title(), ("general",), 1)


def test_each_persons_connections_are_found():
    desk, phone, other = connection("c1", "ann"), connection("c2", "ann"), connection("c3", "bob")

    members = Members.of([desk, other, phone])

    assert members.ids == {"c1", "c2", "c3"}
    assert members.by_user["ann"] == [desk, phone]
    assert members.by_user["bob"] == [other]


def test_an_empty_room_has_no_one():
    members = Members.of([])

    assert members.ids == set()
    assert members.by_user == {}
