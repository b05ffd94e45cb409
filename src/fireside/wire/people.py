"""The frames about people, made of what happened to them. None of them has a secret's hash."""

from fireside.domain.events import (
    AuditPage,
    Claimed,
    DeviceLinkMade,
    DeviceList,
    Linked,
    Moderated,
    Myself,
    RecoveryMade,
    You,
)
from fireside.frames.people import (
    AuditFrame,
    ClaimedFrame,
    DeviceLinkFrame,
    DevicesFrame,
    LinkedFrame,
    PersonFrame,
    RecoveryFrame,
    User,
    YouFrame,
)
from fireside.wire.times import day, timestamp


def of_oneself(
    event: You | Claimed | Linked | RecoveryMade | DeviceLinkMade | DeviceList,
) -> YouFrame | ClaimedFrame | LinkedFrame | RecoveryFrame | DeviceLinkFrame | DevicesFrame:
    """Return what a person is told of themselves."""
    match event:
        case You():
            return _you(event)
        case Claimed(myself, recovery):
            return {"type": "claimed", "user": user(myself), "recovery": recovery}
        case Linked():
            return _linked(event)
        case RecoveryMade(code):
            return {"type": "recovery", "code": code}
        case DeviceLinkMade(secret, expires_ms):
            return {"type": "deviceLink", "secret": secret, "expiresAt": timestamp(expires_ms)}
        case DeviceList():
            return _devices(event)


def of_moderation(event: Moderated | AuditPage) -> PersonFrame | AuditFrame:
    """Return what owners and moderators are told."""
    match event:
        case Moderated(person):
            shown = user(Myself.of(person))
            return {"type": "person", "user": shown, "banned": person.is_banned}
        case AuditPage(entries, following):
            return {
                "type": "audit",
                "entries": [
                    {
                        "entry": entry.entry_id,
                        "at": timestamp(entry.at_ms),
                        "by": entry.by,
                        "action": entry.action,
                        "person": entry.person,
                        "detail": entry.detail,
                    }
                    for entry in entries
                ],
                "next": following,
            }


def user(myself: Myself) -> User:
    """Return a user: a person, or only a name."""
    person = myself.person
    frame: User = {
        "userId": myself.user_id,
        "username": myself.username,
        "claimed": person is not None,
        "role": "member" if person is None else person.role,
    }
    if person is not None and person.muted_until_ms:
        frame["mutedUntil"] = timestamp(person.muted_until_ms)
    return frame


def _you(event: You) -> YouFrame:
    frame: YouFrame = {"type": "you", "user": user(event.user), "change": event.change}
    if event.device is not None:
        frame["device"] = event.device
    return frame


def _linked(event: Linked) -> LinkedFrame:
    frame: LinkedFrame = {"type": "linked", "user": user(event.user)}
    if event.recovery is not None:
        frame["recovery"] = event.recovery
    return frame


def _devices(event: DeviceList) -> DevicesFrame:
    frame: DevicesFrame = {
        "type": "devices",
        "devices": [
            {
                "device": device.device_id,
                "label": device.label,
                "addedAt": timestamp(device.added_ms),
                "lastDay": day(device.last_day),
                "here": device.device_id == event.here,
            }
            for device in event.person.devices
        ],
    }
    if event.person.recovery:
        frame["recoveryAt"] = timestamp(event.person.recovery_ms)
    return frame
