"""The frames the server sends, field by field; `web/src/wire/frames.ts` is generated from this.

Only a message has all of `timestamp`, `username` and `message`. So a simple client can show every
frame with these three fields and ignore all others.
"""

from typing import TypeAlias

from fireside.frames.messages import (
    AckFrame,
    ClosingFrame,
    ErrorFrame,
    HelloFrame,
    HistoryFrame,
    MessageFrame,
    PongFrame,
    ResumedFrame,
)
from fireside.frames.people import (
    AuditFrame,
    ClaimedFrame,
    DeviceLinkFrame,
    DevicesFrame,
    LinkedFrame,
    PersonFrame,
    RecoveryFrame,
    YouFrame,
)

ServerFrame: TypeAlias = (
    HelloFrame
    | MessageFrame
    | AckFrame
    | HistoryFrame
    | ResumedFrame
    | ErrorFrame
    | ClosingFrame
    | PongFrame
    | YouFrame
    | ClaimedFrame
    | LinkedFrame
    | RecoveryFrame
    | DeviceLinkFrame
    | DevicesFrame
    | PersonFrame
    | AuditFrame
)
