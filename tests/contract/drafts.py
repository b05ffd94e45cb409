"""What every suite of the stores says."""

from fireside.domain.message import Draft


def draft(nonce="n1", *, text="hi", room="general", author="ann", now_ms=1_000, reply_to=None):
    return Draft(room, author, author.title(), text, nonce, reply_to, now_ms, entropy=7)


def keep(store, *nonces, **fields):
    return [store.append(draft(nonce, **fields)).message for nonce in nonces]


def seqs(messages):
    return [message.seq for message in messages]
