"""The audit trail: what owners and moderators did, and when."""

from fireside.domain.message import message_id
from fireside.domain.person import AuditEntry, Person
from fireside.ports import Clock, Entropy


class Records:
    """Makes entries; they are stored together with what they are about."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy

    def entry(self, by: Person, action: str, person: str, detail: str = "") -> AuditEntry:
        """Return an entry of now; its id sorts by time."""
        now = self._clock()
        entry_id = message_id(now, 0, self._entropy())
        return AuditEntry(entry_id, now, by.user_id, action, person, detail)
