"""Whichever call goes wrong, and however: nothing is lost, nothing is doubled.

Every use of the adapters is repeated with each of its calls going wrong in each way, and must
leave the tables, and answer, as if nothing had.
"""

import contextlib
import dataclasses
import functools

import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import RetryPolicy
from fireside.domain.errors import Busy, Gone, NotFound
from fireside.domain.person import (
    AuditEntry,
    Change,
    Device,
    Person,
    forgotten,
    require_free,
    without_device,
)
from fireside.ports import Connection
from tests.contract.conftest import (
    CLIENTS,
    dynamo_people,
    dynamo_registry,
    dynamo_store,
    new_table,
)
from tests.contract.drafts import draft, keep
from tests.dynamodb.trouble import FAULTS, trouble_before

PATIENT = RetryPolicy(budget_ms=60_000, sleep=lambda _: None)
IMPATIENT = RetryPolicy(budget_ms=0, jitter=lambda: 1)

TWO_ROOMS = Connection("c1", "ann", "Ann", ("general", "attic"), 1_000)
OTHERS = [Connection(f"d{number}", "bob", "Bob", ("general",), number) for number in range(4)]


class World:
    """Two tables, with something in them already; they are read where nothing goes wrong."""

    def __init__(self, tables):
        self.tables = tables
        self.messages = new_table(tables, rows.messages_table)
        self.connections = new_table(tables, rows.connections_table)
        self.people = new_table(tables, rows.people_table)
        self.calm = Adapters(self, tables, PATIENT)
        keep(self.calm.store, "n1", "n2", now_ms=5_000)
        claim("bea", "bea", "skel-bea")(self.calm)
        members = [rows.of_member(connection, "general") for connection in OTHERS]
        known = [rows.of_connection(connection) for connection in OTHERS]
        self.calm.registry._write([{"PutRequest": {"Item": row}} for row in members + known])

    def seen(self):
        """Read everything there is."""
        store, registry = self.calm.store, self.calm.registry
        logs = [store.after(room, 0, 99) for room in ("general", "attic")]
        members = [sorted(registry.in_room(room).ids) for room in ("general", "attic")]
        known = registry._known([connection.connection_id for connection in (TWO_ROOMS, *OTHERS)])
        return logs, members, set(known), store.epoch, self.seen_people()

    def seen_people(self):
        """Read all persons and names that the uses below are about, with their revisions."""
        people = dynamo_people(self.tables, self.people)
        keys = ("ann", "bea", "skel-bea", "cleo")
        found = [people.find(user_id, keys) for user_id in ("ann", "bea")]
        return found, people.audit(None, 99), people.forgotten


class Adapters:
    def __init__(self, world, tables, retry):
        self.store = dynamo_store(tables, world.messages, retry=retry)
        self.registry = dynamo_registry(tables, world.connections, retry=retry)
        self.people = dynamo_people(tables, world.people, retry=retry)


def come(adapters):
    adapters.registry.expect(TWO_ROOMS)


def come_and_leave_a_room(adapters):
    come(adapters)
    adapters.registry.add(dataclasses.replace(TWO_ROOMS, rooms=("attic",), said_hello=True))


def come_and_go(adapters):
    come(adapters)
    adapters.registry.remove("c1")


def claim(user_id, *keys):
    person = Person(user_id, user_id, devices=(Device("d1", "phone", 1, 0),), recovery="hash")

    def decide(found):
        if found.person is not None:
            return Change(found.person)
        require_free(found, keys, user_id, 0)
        return Change(person, taken=keys)

    return lambda adapters: adapters.people.change(user_id, keys, decide)


def rename(adapters):
    def decide(found):
        if found.person.username == "cleo":
            return Change(found.person)
        renamed = dataclasses.replace(found.person, username="cleo")
        return Change(renamed, taken=("cleo",), freed=("bea", "skel-bea"), freed_until_ms=9)

    return adapters.people.change("bea", ("cleo", "bea", "skel-bea"), decide)


def revoke(adapters):
    """Do what can't be done twice: the second time, there is no such device."""
    return adapters.people.change(
        "bea", (), lambda found: Change(without_device(found.person, "d1"))
    )


def promote(adapters):
    entry = AuditEntry("01A", 7, "ann", "promote", "bea", "owner")
    return adapters.people.change(
        "bea",
        (),
        lambda found: Change(dataclasses.replace(found.person, role="owner"), entry=entry),
    )


def forget(adapters):
    def decide(found):
        if found.person.is_forgotten:
            raise Gone("already")
        freed = ("bea", "skel-bea")
        return Change(forgotten(found.person), freed=freed, freed_until_ms=9)

    return adapters.people.change("bea", ("bea", "skel-bea"), decide)


USES = {
    "a claim": claim("ann", "ann", "skel-ann"),
    "a rename": rename,
    "a device that is signed out": revoke,
    "a promotion": promote,
    "a person who goes for ever": forget,
    "a person is looked up": lambda adapters: adapters.people.find("bea", ("bea", "x")),
    "the audit trail": lambda adapters: adapters.people.audit("02", 9),
    "the forgotten": lambda adapters: adapters.people.forgotten,
    "a message": lambda adapters: adapters.store.append(draft("n3", text="new")),
    "the first message of a room": lambda adapters: adapters.store.append(draft(room="attic")),
    "a repeated nonce": lambda adapters: adapters.store.append(draft("n1", text="again")),
    "reading forward": lambda adapters: adapters.store.after("general", 0, 1),
    "reading back": lambda adapters: adapters.store.before("general", None, 9),
    "the head": lambda adapters: adapters.store.head("general"),
    "the name": lambda adapters: adapters.store.epoch,
    "somebody comes": come,
    "somebody is put back": lambda adapters: adapters.registry.add(TWO_ROOMS),
    "somebody leaves a room": come_and_leave_a_room,
    "somebody goes": come_and_go,
    "somebody is looked up": lambda adapters: adapters.registry.get("d1"),
    "a room is looked up": lambda adapters: adapters.registry.in_room("general"),
    "the gone are forgotten": lambda adapters: adapters.registry.forget({"d0", "d1", "d2"}, 2),
}


@pytest.fixture(scope="module")
def tables(tables_of):
    """Give what builds worlds and looks at them: for that, any client will do."""
    return tables_of(CLIENTS[0])


@pytest.fixture(scope="module")
def troubled(dynamodb, connect_with):
    """Give what goes wrong, and clients that meet it."""
    with met_by(CLIENTS[0], dynamodb, connect_with) as everything:
        yield everything


@pytest.fixture(scope="module")
def boto3_troubled(dynamodb, connect_with):
    """Give boto3's clients too: test_clients.py shows that they take each fault for the same."""
    with met_by(CLIENTS[1], dynamodb, connect_with) as everything:
        yield everything


@contextlib.contextmanager
def met_by(kind, dynamodb, connect_with):
    connect = functools.partial(connect_with, kind)
    with trouble_before(dynamodb) as (trouble, address):
        yield trouble, connect(address, call_seconds=60), connect(address, call_seconds=0.25)


def played(tables, use, others_tables, retry=PATIENT):
    world = World(tables)
    answer = use(Adapters(world, others_tables, retry))
    return answer, world.seen()


@pytest.fixture(scope="module")
def untroubled(tables, troubled):
    """Use the adapters while nothing goes wrong; give what came of it, and how many calls."""
    trouble, through_the_door, _ = troubled

    @functools.cache
    def play(use):
        trouble.plan(None)
        expected = played(tables, use, through_the_door)
        assert trouble.calls
        return expected, len(trouble.calls)

    return play


@pytest.fixture(params=USES.values(), ids=USES)
def use(request):
    return request.param


NOT_REPEATED = {"DescribeTable"}
"""Nothing depends on its answer: it is asked for again a minute later."""

FIRST_FAULT, *OTHER_FAULTS = FAULTS


@pytest.fixture(
    params=[FIRST_FAULT, *(pytest.param(one, marks=pytest.mark.long) for one in OTHER_FAULTS)]
)
def fault(request):
    return request.param


def test_a_call_that_goes_wrong_once_changes_nothing(tables, troubled, untroubled, use, fault):
    trouble, through_the_door, in_a_hurry = troubled
    expected, calls = untroubled(use)
    if fault == "timed out":
        through_the_door = in_a_hurry

    for at in range(1, calls + 1):
        trouble.plan(fault, at)
        assert played(tables, use, through_the_door) == expected, f"call {at} of {calls}"
        is_enough = fault == "done in part" or trouble.calls[at - 1] in NOT_REPEATED
        assert len(trouble.calls) > calls or is_enough


def test_two_calls_in_a_row_that_go_wrong_change_nothing(tables, troubled, untroubled, use):
    lose_two_answers_in_a_row(tables, troubled, untroubled, use)


@pytest.mark.long
def test_nor_do_they_with_boto3(tables, boto3_troubled, untroubled, use):
    lose_two_answers_in_a_row(tables, boto3_troubled, untroubled, use)


def lose_two_answers_in_a_row(tables, troubled, untroubled, use):
    trouble, through_the_door, _ = troubled
    expected, calls = untroubled(use)

    for at in range(1, calls + 1):
        trouble.plan("answer lost", at, at + 1)
        assert played(tables, use, through_the_door) == expected, f"calls {at} and {at + 1}"


@pytest.mark.variations
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "timed out"])
def test_what_was_given_up_can_be_asked_again(tables, troubled, untroubled, use, fault):
    trouble, through_the_door, _ = troubled
    (_, expected), calls = untroubled(use)

    for at in range(1, calls + 1):
        world = World(tables)
        adapters = Adapters(world, through_the_door, IMPATIENT)
        trouble.plan(fault, at)
        with contextlib.suppress(Busy):
            use(adapters)
            assert fault == "done in part" or trouble.calls[at - 1] in NOT_REPEATED
        with contextlib.suppress(Gone, NotFound):  # it was done the first time
            use(adapters)
        assert world.seen() == expected, f"call {at} of {calls}"


@pytest.mark.parametrize("at", [1, 2])
def test_who_was_refused_at_the_door_haunts_no_room(tables, troubled, fault, at):
    trouble, through_the_door, in_a_hurry = troubled
    world = World(tables)
    others = world.seen()[1]
    client = in_a_hurry if fault == "timed out" else through_the_door
    trouble.plan(fault, *range(at, 9))

    with pytest.raises(Busy):
        Adapters(world, client, IMPATIENT).registry.expect(TWO_ROOMS)

    # A write whose answer was lost is there. A post finds out who is gone, and then it is not.
    is_there = fault in {"answer lost", "done in part"} and at == 2
    assert is_there or world.seen()[1] == others
    world.calm.registry.forget({"c1"}, TWO_ROOMS.connected_at_ms + 1)
    assert world.seen()[1] == others


def test_a_message_whose_answer_was_lost_is_no_duplicate_to_whoever_asked_once(tables, troubled):
    trouble, through_the_door, _ = troubled
    world = World(tables)
    adapters = Adapters(world, through_the_door, PATIENT)
    trouble.plan("answer lost", 2)

    kept = adapters.store.append(draft("n3"))

    assert trouble.calls.count("TransactWriteItems") == 2
    assert (kept.duplicate, kept.message.seq) == (False, 3)
    assert adapters.store.append(draft("n3")).duplicate
