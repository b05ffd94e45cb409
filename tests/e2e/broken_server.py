"""`fireside`, broken on purpose in one way: a proof that misses the breakage proves nothing.

python broken_server.py WAY serve ...
"""

import sys
import uuid
from dataclasses import replace

from fireside.adapters.sqlite import SqliteStore
from fireside.entrypoints.cli import main


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


WAYS = {"ack-before-commit": ack_before_commit, "no-dedupe": no_dedupe, "no-sync": no_sync}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
