from fireside.chat.records import Records
from fireside.domain.person import AuditEntry, Person

ADA = Person("ada", "Ada", role="owner")


def test_an_entry_says_who_did_what_to_which_person_and_when():
    entry = Records(lambda: 7, lambda: 1).entry(ADA, "ban", "bob", "spam")

    assert entry == AuditEntry(entry.entry_id, 7, "ada", "ban", "bob", "spam")


def test_entries_sort_by_time():
    times, numbers = iter([1, 2, 1_795_345_200_000]), iter([3, 2, 1])
    records = Records(lambda: next(times), lambda: next(numbers))

    # The id takes the time at which the entry is made.
    ids = [records.entry(ADA, "ban", "bob").entry_id for _ in range(3)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 3
