"""What every connection registry must do, whatever it is made of."""

from dataclasses import replace

import pytest

from fireside.ports import Connection


@pytest.fixture(
    params=["memory", "dynamodb", pytest.param("dynamodb with boto3", marks=pytest.mark.long)]
)
def registry(request, new_registry):
    return new_registry(request.param)


def connection(connection_id, user_id="ann", *, rooms=("general",), connected_at_ms=0):
    return Connection(connection_id, user_id, user_id.title(), rooms, connected_at_ms)


@pytest.mark.parametrize("verb", ["expect", "add"])
def test_a_connection_that_was_stored_is_in_its_rooms(registry, verb):
    added = connection("c1", rooms=("general", "attic"))

    getattr(registry, verb)(added)

    assert registry.get("c1") == added
    for room in ("general", "attic"):
        assert registry.in_room(room).ids == {"c1"}


def test_an_unknown_connection_is_nowhere(registry):
    assert registry.get("c1") is None
    assert registry.in_room("general").ids == frozenset()
    assert registry.in_room("general").by_user.get("ann") is None


def test_members_are_found_by_person(registry):
    tabs = [connection("c1"), connection("c2")]
    for one in [*tabs, connection("c3", "bob")]:
        registry.add(one)

    members = registry.in_room("general")

    assert members.ids == {"c1", "c2", "c3"}
    assert list(members.by_user["ann"]) == tabs
    assert set(members.by_user) == {"ann", "bob"}


def test_members_change_as_people_come_and_go(registry):
    registry.add(connection("c1"))
    before = registry.in_room("general")
    registry.add(connection("c2"))
    registry.remove("c1")

    assert registry.in_room("general").ids == {"c2"}
    assert before.ids == {"c1"}


def test_adding_again_replaces(registry):
    added = connection("c1", rooms=("general", "attic"))
    registry.add(added)

    registry.add(replace(added, said_hello=True, rooms=("attic",)))

    assert registry.get("c1").said_hello
    assert registry.in_room("general").ids == frozenset()
    [member] = registry.in_room("attic").by_user["ann"]
    assert member.said_hello


def test_removing_twice_is_normal(registry):
    registry.add(connection("c1"))

    registry.remove("c1")
    registry.remove("c1")

    assert registry.get("c1") is None
    assert registry.in_room("general").ids == frozenset()


def test_only_older_connections_are_forgotten(registry):
    for number in (1, 2, 3):
        registry.add(connection(f"c{number}", connected_at_ms=number))

    registry.forget(["c1", "c2", "unknown"], 2)

    assert registry.in_room("general").ids == {"c2", "c3"}


def test_an_old_connection_that_was_not_named_stays(registry):
    registry.add(connection("c1"))

    registry.forget(["c2"], 9)

    assert registry.in_room("general").ids == {"c1"}
