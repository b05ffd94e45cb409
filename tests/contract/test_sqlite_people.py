"""People in a file: what outlives a restart, a full disk, a killed process, and what is cached."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest

from fireside.adapters.sqlite.people import CACHED
from fireside.adapters.sqlite.space import NO_SPACE, FreeSpace
from fireside.adapters.sqlite.store import SqliteStore
from fireside.domain.errors import StorageFailed
from fireside.domain.person import Found, Holder, forgotten
from tests.contract.drafts import draft
from tests.contract.persons import NOTHING, change, claim, entry, person

KEYS = ("ann", "arm")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "chat.db"


@pytest.fixture
def opened():
    """Open stores, and close them in the end."""
    stores = []

    def open_store(path):
        stores.append(SqliteStore.open(path, new_epoch=lambda: "epoch"))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def store(path, opened):
    return opened(path)


def whole(people):
    """Return whether all of a claim is there, or nothing; half a claim is neither."""
    found, entries = people.find("ann", KEYS), people.audit(None, 9)
    if (found, entries) == (NOTHING, []):
        return False
    assert found == Found(person(revision=1), dict.fromkeys(KEYS, Holder("ann")))
    assert entries == [entry()]
    return True


def claim_ann(store):
    return claim(store.people, person(), *KEYS, entry=entry())


# --- what stays ---


def test_a_claim_is_there_after_a_restart(path, opened):
    store = opened(path)
    store.begin()
    claim_ann(store)
    store.commit()
    store.close()

    assert whole(opened(path).people)


def test_a_claim_that_was_not_committed_is_gone_after_a_restart(path, opened):
    store = opened(path)
    store.begin()
    claim_ann(store)
    store.close()

    assert not whole(opened(path).people)


def test_a_place_has_an_owner_once_there_is_one(store):
    assert not store.people.has_owner()
    claim_ann(store)
    assert not store.people.has_owner()

    change(store.people, "ann", lambda ann: replace(ann, role="owner"))

    assert store.people.has_owner()


# --- a killed process, a power cut ---

CLAIM_AND_DIE = """
import os, pathlib, signal, sys
from fireside.adapters.sqlite.store import SqliteStore
from tests.contract.persons import claim, entry, person

at = sys.argv[2]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def traced(statement):
    if at in statement:
        die()

store = SqliteStore.open(pathlib.Path(sys.argv[1]), new_epoch=lambda: "epoch")
store._database.set_trace_callback(traced)
store.begin()
store.savepoint()
claim(store.people, person(), "ann", "arm", entry=entry())
store.release()
store.commit()
print("committed", flush=True)
die()
"""

STATEMENTS = [
    "SAVEPOINT change",
    "INTO people",
    "INTO names",
    "INTO audit",
    "RELEASE change",
    "RELEASE one",
    "COMMIT",
]


@pytest.mark.parametrize("at", [*STATEMENTS, "no statement"])
def test_a_process_that_is_killed_at_a_claim_leaves_all_of_it_or_nothing(path, opened, at):
    opened(path).close()

    killed = subprocess.run(
        [sys.executable, "-c", CLAIM_AND_DIE, path, at],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    is_committed = killed.stdout == "committed\n"
    assert is_committed == (at == "no statement")
    assert whole(opened(path).people) == is_committed


def test_a_journal_that_was_cut_anywhere_has_all_of_a_claim_or_nothing(path, opened, tmp_path):
    store = opened(path)
    claim_ann(store)
    for number in range(5):
        store.append(draft(f"n{number}", text="x" * 900))
    database, journal = path.read_bytes(), path.with_name("chat.db-wal").read_bytes()
    found = []

    for length in range(0, len(journal) + 2_048, 2_048):
        copy = tmp_path / f"{length}.db"
        copy.write_bytes(database)
        copy.with_name(f"{length}.db-wal").write_bytes(journal[:length])
        restored = opened(copy)
        found.append(whole(restored.people))
        restored.close()

    assert found == sorted(found)
    assert (found[0], found[-1]) == (False, True)


# --- a disk that is full, or fails ---


def limit_to_what_it_has(store):
    (pages,) = store._execute("PRAGMA page_count").fetchone()
    store._execute(f"PRAGMA max_page_count = {pages}")


def fill(store):
    """Claim names until the disk is full; return who got theirs."""
    keys = [f"{number:02} {'k' * 400}" for number in range(20)]
    for number in range(1_000):
        one = person(f"user-{number}")
        claim(store.people, one, *(f"{number} {key}" for key in keys), entry=entry(f"{number:026}"))
        yield one.user_id


def test_a_full_disk_refuses_a_claim_as_a_whole_and_it_can_be_tried_again(store):
    limit_to_what_it_has(store)
    claimed = []

    with pytest.raises(StorageFailed) as refusal:
        claimed.extend(fill(store))

    assert refusal.value.retryable
    refused = f"user-{len(claimed)}"
    assert store.people.find(refused) == NOTHING
    count = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM names)"
    assert store._execute(count).fetchone() == (len(claimed), 20 * len(claimed))
    assert len(store.people.audit(None, 1_000)) == len(claimed)
    store._execute("PRAGMA max_page_count = 100000")
    assert claim_ann(store) == person(revision=1)


def test_a_disk_that_becomes_full_in_a_batch_costs_the_batch(store):
    claim_ann(store)
    store.begin()
    store.savepoint()
    change(store.people, "ann", lambda ann: replace(ann, is_banned=True))
    store.release()
    limit_to_what_it_has(store)
    store.savepoint()
    with pytest.raises(StorageFailed):
        list(fill(store))

    with pytest.raises(StorageFailed):
        store.release()
    store.rollback()

    assert whole(store.people)


def test_with_too_little_space_nothing_changes_but_all_is_found(store, path):
    claim_ann(store)
    free = [1 << 30]
    store.people._space = store._space = FreeSpace(path.parent, 1 << 30, lambda _: (0, 0, free[0]))
    free[0] -= 1
    store.begin()

    with pytest.raises(StorageFailed) as refusal:
        claim(store.people, person("bob"), "bob")
    store.commit()

    assert refusal.value.text == NO_SPACE
    assert claim_ann(store) == person(revision=1)
    assert store.people.find("bob", ("bob",)) == NOTHING
    free[0] += 1
    store.begin()
    assert claim(store.people, person("bob"), "bob").revision == 1
    store.commit()


def test_people_and_messages_look_at_the_same_free_space_and_damage(store):
    assert (store.people._space, store.people.damage) == (store._space, store.damage)


def test_a_commit_that_fails_takes_the_claim_back_from_memory_too(store, path):
    store.begin()
    claim_ann(store)
    assert whole(store.people)
    path.rename(path.with_name("elsewhere.db"))
    with pytest.raises(StorageFailed):
        store.commit()
    store.rollback()

    assert not whole(store.people)
    path.with_name("elsewhere.db").rename(path)


@pytest.mark.parametrize("verb", ["savepoint", "commit", "undo", "release"])
def test_a_claim_that_sqlite_undid_by_itself_is_not_found_in_memory(store, verb):
    store.begin()
    store.savepoint()
    claim_ann(store)
    assert whole(store.people)
    store._execute("ROLLBACK")

    with pytest.raises(StorageFailed):
        getattr(store, verb)()
    store.rollback()

    assert not whole(store.people)


def test_an_entry_that_cannot_be_stored_takes_its_change_back(store):
    """Its id is there already; the batch goes on without it."""
    ann = claim_ann(store)
    store.begin()
    store.savepoint()
    with pytest.raises(StorageFailed):
        change(store.people, "ann", forgotten, entry=entry())
    store.release()
    store.commit()

    assert store.people.find("ann").person == ann
    assert store.people.forgotten == frozenset()


# --- what is cached ---


def statements(store):
    """Return a list to which each statement is added from now on."""
    found = []
    store._database.set_trace_callback(found.append)
    return found


def test_what_was_found_is_asked_for_once(store):
    people = store.people
    ann = claim_ann(store)
    asked = statements(store)

    for _ in range(3):
        assert people.find("ann") == Found(ann, {})
        assert people.find("bob", ("bob",)) == NOTHING
        assert people.forgotten == frozenset()

    assert len(asked) == len(["ann", "bob", "bob's name", "the forgotten"])


def test_a_change_is_found_at_once(store):
    people = store.people
    assert people.find("ann", KEYS) == NOTHING
    claim_ann(store)
    assert whole(people)
    assert people.forgotten == frozenset()

    change(people, "ann", forgotten, keys=KEYS, freed=KEYS, freed_until_ms=9)

    assert people.forgotten == {"ann"}
    assert people.find("bob", KEYS).holders == dict.fromkeys(KEYS, Holder("ann", 9))


def test_no_more_is_cached_than_a_bound(store):
    cached = store.people._find.cache_info()

    assert cached.maxsize == CACHED


def test_what_another_program_wrote_is_found_in_the_next_batch(store, path):
    claim_ann(store)
    assert whole(store.people)
    assert store.people.forgotten == frozenset()
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE people SET is_forgotten = 1")
        other.commit()

    store.begin()

    assert store.people.find("ann").person.is_forgotten
    assert store.people.forgotten == {"ann"}
    store.commit()


def test_a_change_builds_on_what_another_program_wrote_in_the_same_batch(store, path):
    claim_ann(store)
    store.begin()
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE people SET is_banned = 1")
        other.commit()

    ann = change(store.people, "ann", lambda ann: replace(ann, username="Anna"))
    store.commit()

    assert ann.is_banned


def test_people_of_a_restored_copy_are_found(store, path, tmp_path):
    claim_ann(store)
    with closing(sqlite3.connect(path)) as source:
        source.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
    change(store.people, "ann", forgotten, keys=KEYS, freed=KEYS)
    assert store.people.find("ann", KEYS).person.is_forgotten
    backup = shutil.copy(tmp_path / "backup.db", tmp_path / "copy.db")

    with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(path)) as it:
        source.backup(it)

    store.begin()
    assert whole(store.people)
    store.commit()
