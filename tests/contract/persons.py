"""What every suite of the stores of people says."""

from fireside.domain.errors import NameTaken
from fireside.domain.person import AuditEntry, Change, Device, Found, Person, require_free

NOW = 1_795_345_200_000


def person(user_id="ann", device="d1", **fields):
    return Person(user_id, user_id.title(), devices=(Device(device, "", NOW, 20_779),), **fields)


def entry(entry_id="e1", to="ann", detail=""):
    return AuditEntry(entry_id, NOW, "zoe", "mute", to, detail)


def claiming(one, *keys, entry=None):
    """Give what `decide` is when a person claims a name: it is theirs, or is refused."""

    def decide(found):
        if found.person is not None:
            if found.person.devices == one.devices:
                return Change(found.person)
            raise NameTaken
        require_free(found, keys, one.user_id, NOW)
        return Change(one, taken=keys, entry=entry)

    return decide


def claim(people, one, *keys, entry=None):
    return people.change(one.user_id, keys, claiming(one, *keys, entry=entry))


def change(people, user_id, changed, *, keys=(), **parts):
    """Change a person who is there by a function."""
    return people.change(user_id, keys, lambda found: Change(changed(found.person), **parts))


NOTHING = Found(None, {})
