"""Names and devices: how a person claims a name, gets back in, and leaves."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace

from fireside.chat.broadcasts import Broadcasts
from fireside.chat.door import Arrival, Sender
from fireside.chat.records import Records
from fireside.domain import device_secrets
from fireside.domain.commands.people import (
    Claim,
    ForgetMe,
    Link,
    NewDeviceLink,
    Own,
    Recover,
    Rename,
    RevokeDevice,
)
from fireside.domain.device_secrets import CODE_BYTES, LINK_BYTES, recovery_code, recovery_hash
from fireside.domain.errors import (
    Busy,
    Forbidden,
    InvalidCommand,
    NameTaken,
    NotFound,
    StorageFailed,
)
from fireside.domain.events import (
    Claimed,
    Closing,
    DeviceLinkMade,
    DeviceList,
    Linked,
    Myself,
    RecoveryMade,
    You,
    YouChange,
)
from fireside.domain.invite import opens
from fireside.domain.lookalikes import name_keys, require_unreserved
from fireside.domain.names import fold
from fireside.domain.person import (
    DAY_MS,
    FREED_MS,
    LINK_MS,
    Change,
    Device,
    DeviceLink,
    Found,
    Person,
    after_link,
    existing,
    forgotten,
    opened_by,
    require_free,
    require_rank,
    require_welcome,
    seen_today,
    with_device,
    with_link,
    without_device,
)
from fireside.ports import Clock, People, RandomBytes

OwnerHashes = Callable[[], Collection[str]]
"""Returns the hashes of the secrets that make an owner."""

SIGNED_OUT = Closing("This device was signed out", again=False)
FORGOTTEN_NOW = Closing("You are forgotten here", again=False)


class Names:
    """What persons do with their names and devices."""

    def __init__(  # noqa: PLR0913 - what persons' commands need
        self,
        people: People,
        broadcasts: Broadcasts,
        records: Records,
        *,
        clock: Clock,
        random_bytes: RandomBytes,
        owner_hashes: OwnerHashes,
    ) -> None:
        self._people = people
        self._broadcasts = broadcasts
        self._records = records
        self._clock = clock
        self._random_bytes = random_bytes
        self._owner_hashes = owner_hashes

    def claim(self, arrival: Arrival, command: Claim) -> Claimed:
        """Make a name the property of the connection's device.

        Raises:
            NameTaken: It, or one that looks like it, belongs to another person.
            InvalidName: It is reserved.
            Forbidden: It is banned, or the connection came without the invite that is needed.
        """
        name, device = command.name, _device_of(arrival)
        if fold(name) != fold(arrival.visitor.username):
            raise InvalidCommand("Claim the name that you came with", "name")
        require_unreserved(name)
        keys, code = name_keys(name), self._new_code()
        user_id, now = self._id_for(name, device), self._clock()
        first = Device(device, command.label or "", now, now // DAY_MS)
        claimed = Person(
            user_id, name, devices=(first,), recovery=recovery_hash(code), recovery_ms=now
        )

        def decide(found: Found) -> Change:
            person = found.person
            if person is not None and not (person.has(device) or person.is_vacant):
                raise NameTaken
            if person is not None:
                require_welcome(person)
            if person is not None and person.has(device):
                return Change(person)
            if not arrival.visitor.is_invited:
                raise Forbidden("This chat needs an invite: a link or a code opens only its person")
            require_free(found, keys, user_id, now)
            revision = 0 if person is None else person.revision
            return Change(replace(claimed, revision=revision), taken=keys)

        person = self._people.change(user_id, keys, decide)
        self._broadcasts.put_out(user_id, lambda one: not person.has(one.device))
        self._tell(person, "claimed", besides=arrival.connection_id)
        return Claimed(Myself.of(person), code if person.recovery == claimed.recovery else None)

    def rename(self, sender: Sender, command: Rename) -> You:
        """Give a person another name; the old one stays refused to others for a while."""
        require_unreserved(command.name)
        keys, now = name_keys(command.name), self._clock()
        old = name_keys(_person_of(sender).username)
        asked = tuple(dict.fromkeys((*keys, *old)))

        def decide(found: Found) -> Change:
            person = existing(found)
            if person.username == command.name:
                return Change(person)
            require_free(found, keys, person.user_id, now)
            freed = tuple(key for key in name_keys(person.username) if key not in keys)
            renamed = replace(person, username=command.name)
            return Change(renamed, taken=keys, freed=freed, freed_until_ms=now + FREED_MS)

        person = self._people.change(_person_of(sender).user_id, asked, decide)
        return self._tell(person, "renamed", besides=sender.connection.connection_id)

    def new_recovery(self, sender: Sender) -> RecoveryMade:
        """Replace a person's recovery code."""
        code, now = self._new_code(), self._clock()

        def decide(found: Found) -> Change:
            person = existing(found)
            return Change(replace(person, recovery=recovery_hash(code), recovery_ms=now))

        person = self._people.change(_person_of(sender).user_id, (), decide)
        self._tell(person, "recovery", besides=sender.connection.connection_id)
        return RecoveryMade(code)

    def recover(self, arrival: Arrival, command: Recover) -> Linked:
        """Add a device to the person of a name, by the recovery code, which is replaced.

        Raises:
            NotFound: The name and the code don't belong together.
        """
        device, now, code = _device_of(arrival), self._clock(), self._new_code()
        shown, renewed = recovery_hash(command.code), recovery_hash(code)

        def decide(found: Found) -> Change:
            person = found.person
            if person is not None and person.recovery == renewed:
                return Change(person)  # the answer to an earlier attempt was lost
            if person is None or person.recovery != shown:
                raise NotFound("That name and that code don't belong together", "code")
            require_welcome(person)
            added = with_device(person, device, command.label or "", now)
            return Change(replace(added, recovery=renewed, recovery_ms=now))

        person = self._people.change(self._holder_of(command.name), (), decide)
        self._tell(person, "device_added", device=device, besides=arrival.connection_id)
        return Linked(Myself.of(person), code)

    def new_device_link(self, sender: Sender, command: NewDeviceLink) -> DeviceLinkMade:
        """Make a link that adds one device; an owner may make it for who lost all of theirs."""
        maker, now = _person_of(sender), self._clock()
        user_id = command.person or maker.user_id
        is_own = user_id == maker.user_id
        if not is_own:
            require_rank(maker, "owner")
        secret = device_secrets.link_secret(user_id, self._random_bytes(LINK_BYTES))
        hashed, device = device_secrets.hash_of(secret), sender.connection.device
        link = DeviceLink(hashed, now + LINK_MS, device)
        entry = None if is_own else self._records.entry(maker, "device_link", user_id)

        def decide(found: Found) -> Change:
            person = existing(found)
            is_stored = link in person.links  # the answer to an earlier attempt was lost
            return Change(with_link(person, link, now), entry=None if is_stored else entry)

        person = self._people.change(user_id, (), decide)
        if not is_own:
            self._tell(person, "device_link")
        return DeviceLinkMade(secret, link.until_ms)

    def link(self, arrival: Arrival, command: Link) -> Linked:
        """Add a device to the person who made a link.

        Raises:
            NotFound: The link was used, or is too old.
        """
        device, now = _device_of(arrival), self._clock()
        link = device_secrets.read_link(command.secret)

        def decide(found: Found) -> Change:
            person = found.person
            is_own = person is not None and person.has(device)
            if person is None or not (is_own or opened_by(person, link.hash, now)):
                raise NotFound("That link was used, or is too old: make a new one", "secret")
            require_welcome(person)
            if is_own:
                return Change(person)
            added = with_device(person, device, command.label or "", now)
            return Change(after_link(added, link.hash))

        person = self._people.change(link.user_id, (), decide)
        self._tell(person, "device_added", device=device, besides=arrival.connection_id)
        return Linked(Myself.of(person))

    def devices(self, sender: Sender) -> DeviceList:
        """Return a person's devices."""
        return DeviceList(_person_of(sender), sender.connection.device)

    def revoke(self, sender: Sender, command: RevokeDevice) -> DeviceList:
        """End a device of a person, and close its connections; that it is none is no failure."""
        user_id, own_id = _person_of(sender).user_id, sender.connection.connection_id

        def decide(found: Found) -> Change:
            return Change(without_device(existing(found), command.device))

        person = self._people.change(user_id, (), decide)
        self._broadcasts.cut(
            user_id,
            SIGNED_OUT,
            lambda one: one.device == command.device and one.connection_id != own_id,
        )
        self._broadcasts.put_out(user_id, lambda one: one.device == command.device)
        self._tell(person, "device_removed", besides=own_id)
        return DeviceList(person, sender.connection.device)

    def forget(self, sender: Sender, command: ForgetMe) -> Closing:
        """Forget a person: the devices and the name go, the messages stay without it."""
        person = _person_of(sender)
        if fold(command.name) != fold(person.username):
            raise InvalidCommand("Type your name as it is, to be forgotten", "name")
        until = self._clock() + FREED_MS

        def decide(found: Found) -> Change:
            if found.person is not None and found.person.is_forgotten:
                return Change(found.person)  # the answer to an earlier attempt was lost
            current = existing(found)
            if current.role == "owner":
                raise Forbidden("An owner can't leave: let another owner make you a member first")
            keys = name_keys(current.username)  # perhaps renamed meanwhile
            return Change(forgotten(current), freed=keys, freed_until_ms=until)

        self._people.change(person.user_id, name_keys(person.username), decide)
        own_id = sender.connection.connection_id
        self._broadcasts.cut(person.user_id, FORGOTTEN_NOW, lambda one: one.connection_id != own_id)
        self._broadcasts.put_out(person.user_id, lambda _: True)
        return FORGOTTEN_NOW

    def own(self, sender: Sender, command: Own) -> You:
        """Make a person an owner, by the secret of the owner link.

        Raises:
            Forbidden: It is not that secret.
        """
        if not opens(command.secret, self._owner_hashes()):
            raise Forbidden("That is not the owner link of this place: `fireside owner` prints it")
        entry = self._records.entry(_person_of(sender), "own", _person_of(sender).user_id)

        def decide(found: Found) -> Change:
            person = existing(found)
            if person.role == "owner":
                return Change(person)
            return Change(replace(person, role="owner"), entry=entry)

        person = self._people.change(_person_of(sender).user_id, (), decide)
        return self._tell(person, "role", besides=sender.connection.connection_id)

    def note_visit(self, sender: Sender) -> None:
        """Note that a device is here today, once a day; what can't be noted now is noted later."""
        person, device, now = sender.person, sender.connection.device, self._clock()
        if person is None or seen_today(person, device, now) == person:
            return

        def decide(found: Found) -> Change:
            return Change(seen_today(existing(found), device, now))

        with suppress(Busy, StorageFailed):  # as on a full disk, where one may still read
            self._people.change(person.user_id, (), decide)

    def _tell(
        self, person: Person, change: YouChange, *, device: str | None = None, besides: str = ""
    ) -> You:
        you = You(Myself.of(person), change, device)
        self._broadcasts.to_person(person, you, besides)
        return you

    def _id_for(self, name: str, device: str) -> str:
        """Return the user id of who claims a name: another one if an earlier person has that."""
        user_id = self._holder_of(name)
        earlier = self._people.find(user_id).person
        if user_id != fold(name) or earlier is None or earlier.has(device) or earlier.is_vacant:
            return user_id
        return f"{user_id}~{self._random_bytes(_ID_BYTES).hex()}"

    def _holder_of(self, name: str) -> str:
        """Return the user id of the person who has a name; its own if there is none."""
        key = fold(name)
        holder = self._people.find(key, (key,)).holders.get(key)
        return key if holder is None or holder.until_ms is not None else holder.user_id

    def _new_code(self) -> str:
        return recovery_code(self._random_bytes(CODE_BYTES))


_ID_BYTES = 4


def _device_of(arrival: Arrival) -> str:
    """Return the device that a person is to have.

    Raises:
        InvalidCommand: The connection showed none.
    """
    if not arrival.visitor.device:
        raise InvalidCommand("Connect with a device's secret: device.SECRET as a subprotocol")
    return arrival.visitor.device


def _person_of(sender: Sender) -> Person:
    """Return the person who sent a command.

    Raises:
        Forbidden: The name is claimed by no person.
    """
    if sender.person is None:
        raise Forbidden("Claim your name first")
    return sender.person
