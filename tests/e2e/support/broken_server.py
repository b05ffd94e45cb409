"""`fireside`, broken on purpose in one way: a proof that misses the breakage proves nothing.

python broken_server.py WAY serve ...
"""

import sys
import uuid
from dataclasses import replace
from typing import Any

from fireside.adapters.sqlite.store import SqliteStore
from fireside.chat.broadcasts import Broadcasts
from fireside.chat.messages import Conversation
from fireside.cli.main import main
from fireside.domain import entry, invite
from fireside.domain.errors import InvalidName
from fireside.domain.events import MessageSent, Resumed
from fireside.handlers import authorizer


def ack_before_commit() -> None:
    """Commit only now and then, while answers go out at once."""
    commit, rounds = SqliteStore.commit, 0

    def lazy(store: SqliteStore) -> None:
        nonlocal rounds
        rounds += 1
        if rounds % 200 == 0:
            commit(store)

    begin = SqliteStore.begin

    def only_once(store: SqliteStore) -> None:
        if not store._database.in_transaction:
            begin(store)

    SqliteStore.commit, SqliteStore.begin = lazy, only_once  # type: ignore[method-assign]


def no_dedupe() -> None:
    """Take every message for a new one."""
    append = SqliteStore.append
    SqliteStore.append = lambda store, draft: append(  # type: ignore[method-assign]
        store, replace(draft, nonce=uuid.uuid4().hex)
    )


def no_sync() -> None:
    """Leave it to the system when bytes reach the disk."""
    begin = SqliteStore.begin

    def careless(store: SqliteStore) -> None:
        store._database.execute("PRAGMA synchronous=OFF")
        begin(store)

    SqliteStore.begin = careless  # type: ignore[method-assign]


def no_push() -> None:
    """Keep messages, and push them to no connection."""
    Broadcasts._push = lambda *_arguments: None  # type: ignore[method-assign]


def push_twice() -> None:
    """Push everything twice."""
    push = Broadcasts._push

    def twice(*arguments: Any) -> None:
        push(*arguments)
        push(*arguments)

    Broadcasts._push = twice  # type: ignore[method-assign]


def tell_nonces() -> None:
    """Push the author's nonce to every connection."""
    send = Broadcasts._send

    def tell(broadcasts: Broadcasts, ids: Any, event: Any, reader: str | None = None) -> None:
        author = event.message.user_id if isinstance(event, MessageSent) else reader
        send(broadcasts, ids, event, author)

    Broadcasts._send = tell  # type: ignore[method-assign]


def forget_cursors() -> None:
    """Leave out what a client missed."""
    Conversation._since = lambda _chat, _connection, room, cursor, space: (  # type: ignore[method-assign]
        Resumed(room, cursor.epoch, cursor.after, cursor.after, [], more=False, reset=False),
        space,
    )


def skip_seqs() -> None:
    """Leave a hole in each page of history."""
    after = SqliteStore.after
    SqliteStore.after = lambda store, *where: after(store, *where)[::2]  # type: ignore[method-assign]


def open_door() -> None:
    """Let anybody in, whatever invite they bring."""
    invite.opens = lambda _secret, _hashes: True


def trust_every_page() -> None:
    """Let pages from anywhere in."""
    entry._is_trusted = lambda *_arguments: True


def garble_names() -> None:
    """Read the bytes of a name as those of another encoding."""
    admit = authorizer.admit

    def garbled(*arguments: Any) -> entry.Visitor:
        user = admit(*arguments)
        return replace(user, username=user.username.encode().decode("latin-1"))

    authorizer.admit = garbled


def spaces_are_signs() -> None:
    """Let no name in that has a space, as if it were not decoded."""
    admit = authorizer.admit

    def undecoded(*arguments: Any) -> entry.Visitor:
        user = admit(*arguments)
        if " " in user.username:
            raise InvalidName("as the test says")
        return user

    authorizer.admit = undecoded


WAYS = {
    "ack-before-commit": ack_before_commit,
    "forget-cursors": forget_cursors,
    "garble-names": garble_names,
    "no-dedupe": no_dedupe,
    "no-push": no_push,
    "no-sync": no_sync,
    "open-door": open_door,
    "push-twice": push_twice,
    "skip-seqs": skip_seqs,
    "spaces-are-signs": spaces_are_signs,
    "tell-nonces": tell_nonces,
    "trust-every-page": trust_every_page,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
