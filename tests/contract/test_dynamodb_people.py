"""What only people in DynamoDB can do: change under many hands, expire, and cost units."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.people import FORGOTTEN_MS
from fireside.adapters.dynamodb.rows import people as people_rows
from fireside.adapters.dynamodb.units import MeteredTables
from fireside.adapters.people_of_event import PeopleOfEvent
from fireside.domain.errors import NameTaken, StorageFailed
from fireside.domain.lookalikes import name_keys
from fireside.domain.person import (
    DAY_MS,
    AuditEntry,
    Change,
    Device,
    DeviceLink,
    Holder,
    Person,
    forgotten,
    require_free,
    with_device,
)
from fireside.handlers.authorizer import visitor_of
from tests.contract.conftest import dynamo_people, new_table
from tests.flow.house import OWNER_SECRET, House, WatchedStore

ADA = Person("ada", "Ada", devices=(Device("d1", "phone", 1, 0),))
DEVICES, KEYS = [f"{number:022}" for number in range(4)], len(name_keys("Ada"))


class Watched:
    """Tables before whose next write something happens, once."""

    def __init__(self, tables):
        self.tables = tables
        self.meanwhile = None

    def call(self, operation, request):
        meanwhile = self.meanwhile
        if meanwhile and operation in {"PutItem", "TransactWriteItems"}:
            self.meanwhile = None
            meanwhile()
        return self.tables.call(operation, request)


@pytest.fixture
def table(tables):
    return new_table(tables, rows.people_table)


@pytest.fixture
def watched(tables):
    return Watched(tables)


@pytest.fixture
def people(watched, table):
    return dynamo_people(watched, table)


@pytest.fixture
def others(tables, table):
    """Give the same people, as another process has them."""
    return dynamo_people(tables, table)


def claim(people, person, *keys, now_ms=0):
    def decide(found):
        require_free(found, keys, person.user_id, now_ms)
        return Change(person, taken=keys)

    return people.change(person.user_id, keys, decide)


def add(people, device):
    return people.change("ada", (), lambda found: Change(with_device(found.person, device, "", 0)))


def free(people, person, *keys, until_ms):
    def decide(found):
        gone = dataclasses.replace(found.person, username="Eda")
        return Change(gone, freed=keys, freed_until_ms=until_ms)

    people.change(person.user_id, keys, decide)


def test_a_person_is_read_as_it_was_written(people):
    full = Person(
        "ada", "Ada Ä", "moderator", (Device("d1", "Ada\u2019s phone", 7, 3),), "hash", 8,
        (DeviceLink("link", 9, "maker"),), is_banned=True, muted_until_ms=10,
    )  # fmt: skip
    stored = [claim(people, one) for one in (full, Person("bob", "Bob"))]

    assert stored == [dataclasses.replace(full, revision=1), Person("bob", "Bob", revision=1)]
    assert [people.find(one.user_id).person for one in stored] == stored


def test_many_who_change_a_person_at_once_lose_nothing(people, tables, table):
    claim(people, Person("ada", "Ada"))
    devices = [f"d{number}" for number in range(16)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda device: add(dynamo_people(tables, table), device), devices))

    person = people.find("ada").person
    assert {one.device_id for one in person.devices} == set(devices)
    assert person.revision == 17


def test_what_was_changed_meanwhile_is_decided_again(people, watched, others):
    claim(people, ADA, "ada")
    watched.meanwhile = lambda: add(others, "d2")

    assert [one.device_id for one in add(people, "d3").devices] == ["d1", "d2", "d3"]


def test_of_two_who_claim_a_name_at_once_one_gets_it(people, watched, others):
    """Their user ids differ: the names look alike."""
    watched.meanwhile = lambda: claim(others, ADA, "look")

    with pytest.raises(NameTaken):
        claim(people, Person("eda", "Eda"), "look")

    assert people.find("eda", ("look",)).holders == {"look": Holder("ada")}
    assert people.find("eda").person is None


def test_a_name_whose_time_is_over_is_taken_once(people, watched, others):
    claim(people, ADA, "ada")
    free(people, ADA, "ada", until_ms=5)
    bob, cy = Person("bob", "Bob"), Person("cy", "Cy")
    with pytest.raises(NameTaken):
        claim(people, bob, "ada", now_ms=4)
    watched.meanwhile = lambda: claim(others, cy, "ada", now_ms=6)

    with pytest.raises(NameTaken):
        claim(people, bob, "ada", now_ms=6)

    assert people.find("", ("ada",)).holders == {"ada": Holder("cy")}


def test_a_name_that_is_given_up_is_nobody_elses(people):
    """With other tables of what looks alike, a later release may give a name another key."""
    claim(people, ADA, "ada")
    claim(people, Person("bob", "Bob"), "bob")

    free(people, Person("bob", "Bob"), "ada", "bob", until_ms=5)

    holders = people.find("", ("ada", "bob")).holders
    assert holders == {"ada": Holder("ada"), "bob": Holder("bob", 5)}


def test_an_old_name_that_was_not_asked_for_is_given_up_too(people):
    claim(people, ADA, "ada")

    people.change("ada", (), lambda found: Change(found.person, freed=("ada",), freed_until_ms=5))

    assert people.find("", ("ada",)).holders == {"ada": Holder("ada", 5)}


def test_the_audit_trail_is_read_in_pages_and_an_entry_expires_after_a_year(people, tables, table):
    entries = [AuditEntry(f"0{n}", n, "ada", "mute", "bob", str(n)) for n in range(1, 6)]
    for one in entries:
        role = "member" if one.at_ms % 2 else "moderator"
        people.change("bob", (), lambda _, r=role, e=one: Change(Person("bob", "Bob", r), entry=e))

    assert people.audit(None, 2) == entries[:2:-1]
    assert people.audit("04", 9) == entries[2::-1]
    key = {"pk": rows.text("audit"), "sk": rows.text("01")}
    row = tables.call("GetItem", {"TableName": table, "Key": key})["Item"]
    assert row["ttl"] == rows.number(365 * 24 * 3_600)


def test_who_is_forgotten_is_known_to_others_within_a_minute_and_here_at_once(tables, table):
    now = [7 * DAY_MS]
    here, there = (dynamo_people(tables, table, clock=lambda: now[0]) for _ in range(2))
    claim(here, ADA, "ada")
    assert here.forgotten == there.forgotten == frozenset()

    here.change("ada", (), lambda found: Change(forgotten(found.person)))

    assert here.forgotten == {"ada"}
    now[0] += FORGOTTEN_MS
    assert there.forgotten == frozenset()
    now[0] += 1
    assert there.forgotten == {"ada"}
    now[0] -= DAY_MS  # a clock that was wrong is no reason to believe it for a day
    assert there.forgotten == {"ada"}


@pytest.mark.parametrize("damage", [{"v": {"N": "2"}}, {"role": {"S": "king"}}, {"rev": {"S": ""}}])
def test_a_row_of_a_newer_release_or_a_damaged_one_is_told(people, tables, table, damage):
    row = people_rows.of_person(ADA) | damage
    tables.call("PutItem", {"TableName": table, "Item": row})

    with pytest.raises(StorageFailed):
        people.find("ada")


# --- what each command costs, as functions.aws does it ---


class Place(House):
    """People in DynamoDB, and all else in memory; it counts what people cost."""

    def __init__(self, tables, table):
        self.meter = MeteredTables(tables)
        store = WatchedStore()
        people = dynamo_people(self.meter, table, clock=lambda: self.now_ms)
        self.people = store.people = PeopleOfEvent(people)
        super().__init__(store)

    def context(self, person, route):
        context = super().context(person, route)
        context["authorizer"] |= {"userId": person.user_id, "device": person.device}
        return context

    def cost(self, username, number, action, /, **fields):
        """Return the read and write units of a command, and its answer."""
        person = self.somebody(username, f"{username} {number}")
        person.user_id, person.device = username.casefold(), DEVICES[number]
        visitor = visitor_of(self.context(person, action)["authorizer"])
        self.meter.read_units = self.meter.write_units = 0
        self.people.begin()
        self.chat.door.payer(visitor)
        answer = person.ask(action, **fields)
        assert answer["type"] != "error", answer
        return self.meter.read_units, self.meter.write_units, answer


@pytest.fixture
def place(tables, table):
    return Place(tables, table)


def test_what_each_command_costs(place):
    k = KEYS
    *cost, claimed = place.cost("Ada", 0, "claim", name="Ada")
    assert cost == [2 * (1 + k), 2 * (1 + k)]
    for action, fields in {"hello": {"v": 2}, "sendMessage": {"message": "hi"}, "ping": {}}.items():
        assert place.cost("Ada", 0, action, **fields)[:2] == (1, 0), action
    assert place.cost("Bob", 1, "ping")[:2] == (1 + k, 0)

    *cost, made = place.cost("Ada", 0, "deviceLink")
    assert cost == [2, 1]
    assert place.cost("Ada", 1, "link", secret=made["secret"])[:2] == (2, 1)
    code = claimed["recovery"]
    assert place.cost("Ada", 2, "recover", name="Ada", code=code)[:2] == (3, 1)
    assert place.cost("Ada", 0, "devices")[:2] == (1, 0)
    assert place.cost("Ada", 0, "revokeDevice", device=DEVICES[1])[:2] == (2, 1)
    assert place.cost("Ada", 0, "recovery")[:2] == (2, 1)
    assert place.cost("Ada", 0, "own", secret=OWNER_SECRET)[:2] == (2, 4)
    place.cost("Cy", 3, "claim", name="Cy")
    for action, fields in {"promote": {"role": "moderator"}, "mute": {"seconds": 60}}.items():
        assert place.cost("Ada", 0, action, person="cy", **fields)[:2] == (2, 4), action

    place.wait(DAY_MS // 1_000)
    assert place.cost("Cy", 3, "hello", v=2)[:2] == (2, 1)
    assert place.cost("Cy", 3, "hello", v=2)[:2] == (1, 0)
    assert place.cost("Cy", 3, "rename", name="Di")[:2] == (2 + 2 * k, 2 * (1 + 2 * k))
    assert place.cost("Ada", 0, "promote", person="cy", role="member")[:2] == (2, 4)
    assert place.cost("Cy", 3, "forgetMe", name="Di")[:2] == (2 + k, 2 * (2 + k))
