"""The whole chat: events go in as from a gateway, frames come out.

A house stands in memory, or in the cloud as far as it can be had on loopback: conftest.py says
where, and the tests do not know.
"""

import base64
import hashlib
import itertools
import json

from fireside.adapters.memory import MemoryRegistry, MemoryStore
from fireside.chat import Chat
from fireside.domain.device_secrets import device_id
from fireside.domain.entry import EntryRules
from fireside.domain.errors import StorageFailed
from fireside.domain.invite import hash_of
from fireside.handlers.authorizer import make_authorizer
from fireside.handlers.router import make_handler

NOON = 1_795_345_200_000
"""When the clock of every house starts: far from 1970, so that no age is accidental."""

HOST = "localhost:8080"

OPEN = EntryRules(invites=None)

OWNER_SECRET = "the-owners-secret-of-22-or-more"

DAY = 24 * 60 * 60  # seconds

LIFECYCLE = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}


def secret_of(device):
    """Return the secret of a device, which a test calls d1, d2 …."""
    return base64.urlsafe_b64encode(hashlib.sha256(device.encode()).digest()).rstrip(b"=").decode()


def id_of(device):
    """Return the id by which the server knows a device."""
    return device_id(secret_of(device))


class Mailboxes:
    """An outbound that keeps what each connection was sent, and knows who is gone."""

    def __init__(self):
        self.frames = {}
        self.gone = set()
        self.cut_ids = set()
        self.before_sending = lambda: None

    def send(self, connection_ids, data):
        self.before_sending()
        ids = set(connection_ids)
        for connection_id in ids - self.gone:
            self.frames.setdefault(connection_id, []).append(json.loads(data))
        return ids & self.gone

    def cut(self, connection_ids, last_frame):
        ids = list(connection_ids)
        self.send(ids, last_frame)
        self.cut_ids.update(ids)


class WatchedStore(MemoryStore):
    """A memory store that can fail, or let something happen around a message."""

    def __init__(self):
        super().__init__("epoch-1")
        self.is_full = False
        self.after_append = lambda: None
        self.before_reading = lambda: None

    def append(self, draft):
        if self.is_full:
            raise StorageFailed
        kept = super().append(draft)
        self.after_append()
        return kept

    def after(self, room, seq, limit):
        self.before_reading()
        return super().after(room, seq, limit)


class House:
    """Router, chat and adapters, with a clock that moves only when told to."""

    cloud = region = None

    def __init__(self, store=None, rules=OPEN, names="open", outbound=lambda mailboxes: mailboxes):
        self.names = names
        self.now_ms = NOON
        self.mailboxes = Mailboxes()
        self.outbound = outbound(self.mailboxes)
        self.rules = rules
        self.clock = lambda: self.now_ms
        self.entropy = itertools.count(1).__next__
        self.random_bytes = lambda count: hashlib.shake_256(next(self._bytes)).digest(count)
        self._bytes = (str(number).encode() for number in itertools.count(1))
        self._request_ids = (f"request-{number}" for number in itertools.count(1))
        if store is None and self.cloud is not None:
            self.store, self.registry, self.handler = self.cloud.furnish(self)
        else:
            self._furnish(store or WatchedStore())

    def _furnish(self, store):
        self.store, self.registry = store, MemoryRegistry()
        self.chat = Chat(
            store,
            store.people,
            self.registry,
            self.outbound,
            clock=self.clock,
            entropy=self.entropy,
            random_bytes=self.random_bytes,
            owner_hashes=lambda: {hash_of(OWNER_SECRET)},
            names=self.names,
        )
        self.handler = make_handler(self.chat, lambda: self.rules)

    def somebody(self, username, connection_id=None, **shown):
        """Bring somebody to the door; `shown` are a device, a user id, a link or a code."""
        connection_id = connection_id or f"{username} {shown.get('device', '')}".strip()
        return Person(self, username, connection_id, self.now_ms, **shown)

    def join(self, username, connection_id=None, *, hello=False, **shown):
        """Open a connection, as a handshake does."""
        person = self.somebody(username, connection_id, **shown)
        assert person.connect() == 200
        if hello:
            assert person.ask("hello", v=1)["type"] == "hello"
        return person

    def claim(self, username, device, connection_id=None):
        """Open a connection whose device has the name for itself."""
        person = self.join(username, connection_id, device=device)
        person.code = person.ask("claim", name=username)["recovery"]
        assert person.ask("hello", v=2)["user"]["claimed"]
        return person

    def own(self, username, device):
        """Open a connection of an owner of the place."""
        owner = self.claim(username, device)
        assert owner.ask("own", secret=OWNER_SECRET)["user"]["role"] == "owner"
        return owner

    def wait(self, seconds):
        self.now_ms += seconds * 1_000

    def context(self, person, route):
        return {
            "routeKey": route,
            "eventType": LIFECYCLE.get(route, "MESSAGE"),
            "connectionId": person.connection_id,
            "connectedAt": person.connected_at,
            "requestId": next(self._request_ids),
            "authorizer": person.vouched,
        }


class Person:
    """One connection and the name behind it."""

    def __init__(
        self, house, username, connection_id, connected_at, *, device=None, user=None, shows=()
    ):
        self.house = house
        self.username = username
        self.connection_id = connection_id
        self.connected_at = connected_at
        self.device = device
        self.user = user
        self.shows = [*([f"device.{secret_of(device)}"] if device else []), *shows]
        self.vouched = self._vouched()

    def _vouched(self):
        """Return what the authorizer says to every event, or what it would say in an open place."""
        authorize = make_authorizer(lambda: self.house.rules)
        answer = authorize({**self.handshake(), "methodArn": "arn:aws:execute-api:x"}, None)
        plain = {"userId": self.username.casefold(), "username": self.username}
        return answer.get("context", plain)

    def connect(self):
        """Return the status of the handshake; 403 also where the authorizer refuses."""
        response = self.house.handler(self.connect_event(), None)
        return response["statusCode"]

    def ask(self, action, **fields):
        """Ask for something on its own route; return the frame that answers."""
        return self.write(json.dumps({"action": action, **fields}), route=action)

    def write(self, body, route="$default"):
        response = self.respond(body, route)
        assert response["statusCode"] == 200, response
        assert len(response["body"].encode()) <= 30_000
        return json.loads(response["body"])

    def respond(self, body, route):
        event = {"requestContext": self.house.context(self, route), "body": body}
        return self.house.handler(event, None)

    def say(self, text="hi", **fields):
        return self.ask("sendMessage", message=text, **fields)

    def leave(self):
        event = {"requestContext": self.house.context(self, "$disconnect")}
        assert self.house.handler(event, None) == {"statusCode": 200}

    def connect_event(self):
        return {"requestContext": self.house.context(self, "$connect"), **self.handshake()}

    def handshake(self):
        """Return what an event has of the handshake."""
        offered = {"Sec-WebSocket-Protocol": ", ".join(["fireside.v1", *self.shows])}
        user = {} if self.user is None else {"user": self.user}
        return {
            "headers": {
                "Host": HOST,
                "Origin": f"http://{HOST}",
                **(offered if self.shows else {}),
            },
            "queryStringParameters": {"username": self.username, **user},
        }

    @property
    def is_in(self):
        """Whether the connection is in the room, and hears what is said there."""
        return self.connection_id in self.house.registry.in_room("general").ids

    @property
    def is_cut(self):
        return self.connection_id in self.house.mailboxes.cut_ids

    def told(self, kind):
        """Return the pushes of a type, oldest first."""
        return [frame for frame in self.received if frame["type"] == kind]

    @property
    def received(self):
        """What was pushed to this connection, oldest first."""
        return self.house.mailboxes.frames.get(self.connection_id, [])
