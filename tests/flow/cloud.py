"""AWS on loopback: DynamoDB Local, @connections and Lambda's Invoke behind one door.

The door sees every call that a function makes, checks its signature as AWS does, and may be told
to do something before a call is carried out, or after that and before it is answered.
"""

import contextlib
import http.client
import itertools
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from fireside.adapters.dynamodb import rows
from fireside.adapters.dynamodb.client import RetryPolicy
from fireside.adapters.dynamodb.http import DynamoDbApi
from fireside.adapters.dynamodb.people import DynamoPeople
from fireside.adapters.dynamodb.store import DynamoRegistry, DynamoStore
from fireside.adapters.http.sigv4 import Credentials
from fireside.domain.invite import hash_of
from fireside.functions import aws
from localgateway.signing import signature
from tests.flow.house import OWNER_SECRET
from tests.flow.patience import DEADLINES
from tests.integration.faulty_server import answer, faulty_server

KEY_ID, SECRET = "FLOW", "flow-secret"
REGION = "eu-central-1"
HOSTS = "chat.example"
NUMBERS = itertools.count(1)
PATIENT = RetryPolicy(budget_ms=60_000)


class Call(NamedTuple):
    """One call: an operation of DynamoDB, `post` or `Invoke`; and the how-manieth of its kind."""

    kind: str
    number: int
    request: object


class Refused(Exception):  # noqa: N818 - it says what is so
    """The door answers so, and does not carry the call out."""

    def __init__(self, status, code):
        super().__init__(code)
        self.act = answer(status, json.dumps({"__type": f"x#{code}"}).encode())


@dataclass
class Region:
    """What one chat sees of AWS: its tables, its connections, its functions."""

    address: str
    name: str
    mailboxes: object
    before: object = lambda _call: None
    after: object = lambda _call: None
    invoked: list = field(default_factory=list)
    ended: list = field(default_factory=list)
    calls: Counter = field(default_factory=Counter)

    def environ(self, **more):
        return {
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": "token",
            "AWS_ENDPOINT_URL_DYNAMODB": self.address,
            "AWS_ENDPOINT_URL_LAMBDA": self.address,
            "FIRESIDE_MESSAGES_TABLE": f"{self.name}.messages",
            "FIRESIDE_CONNECTIONS_TABLE": f"{self.name}.connections",
            "FIRESIDE_PEOPLE_TABLE": f"{self.name}.people",
            "FIRESIDE_ENDPOINT": f"{self.address}/{self.name}",
            "FIRESIDE_FANOUT_FUNCTION": f"arn:aws:lambda:{REGION}:1:function:{self.name}:live",
            "FIRESIDE_HOSTS": HOSTS,
            "FIRESIDE_INVITE_SHA256": "open",
            **DEADLINES,
            **more,
        }

    def post(self, connection_id, data):
        gone = self.mailboxes.send([connection_id], data)
        return answer(410 if gone else 200)


class Cloud:
    """All Regions behind the door."""

    def __init__(self, server, dynamodb):
        self.address = f"http://127.0.0.1:{server.port}"
        credentials = Credentials(KEY_ID, SECRET)
        self.tables = DynamoDbApi(dynamodb, REGION, credentials, call_seconds=30)
        self.broken = []
        self._dynamodb = urlsplit(dynamodb).netloc
        self._regions = {}
        self._guard = threading.Lock()
        server.act = self._act

    def region(self, mailboxes):
        """Make empty tables for a chat."""
        region = Region(self.address, f"chat-{next(NUMBERS)}", mailboxes)
        self._regions[region.name] = region
        self.tables.call("CreateTable", rows.messages_table(f"{region.name}.messages"))
        self.tables.call("CreateTable", rows.connections_table(f"{region.name}.connections"))
        self.tables.call("CreateTable", rows.people_table(f"{region.name}.people"))
        return region

    def _act(self, visit):
        headers = [line.partition(": ")[::2] for line in visit.head.split("\r\n")[1:]]
        self._verify(visit, headers)
        names = {name.lower(): value for name, value in headers}
        operation = names.get("x-amz-target", "").partition(".")[2]
        request = json.loads(visit.body or "null")
        if visit.head.startswith("DELETE "):
            operation, name = "DELETE", visit.path.split("/")[1]
            do = self._end(name, unquote(visit.path.split("/")[3]))
        elif operation:
            name, do = _table(request), self._ask(visit, headers)
        elif visit.path.startswith("/2015-03-31/functions/"):
            operation, name = "Invoke", unquote(visit.path).split(":")[-2]
            do = self._invoke(name, visit.body)
        else:
            operation, name = "post", visit.path.split("/")[1]
            do = self._post(name, unquote(visit.path.split("/")[3]), visit.body)
        self._carry_out(self._regions[name], operation, request, do)(visit)

    def _carry_out(self, region, operation, request, do):
        with self._guard:
            region.calls[operation] += 1
            call = Call(operation, region.calls[operation], request)
        try:
            region.before(call)
            done = do()
        except Refused as refused:
            return refused.act
        region.after(call)
        return done

    def _verify(self, visit, headers):
        method = visit.head.partition(" ")[0]
        request = signature.SignedRequest(method, visit.path, "", headers, visit.body)
        claimed = signature.read(request)
        wanted = signature.sign(request, claimed, request.value("x-amz-date"), SECRET)
        if (claimed.key_id, claimed.hex_digest) != (KEY_ID, wanted):
            self.broken.append(visit.head)
            raise OSError("the signature is wrong")

    def _ask(self, visit, headers):
        def do():
            with contextlib.closing(http.client.HTTPConnection(self._dynamodb)) as connection:
                connection.request("POST", "/", visit.body, dict(headers))
                response = connection.getresponse()
                return answer(response.status, response.read())

        return do

    def _post(self, name, connection_id, data):
        return lambda: self._regions[name].post(connection_id, data)

    def _end(self, name, connection_id):
        def do():
            self._regions[name].ended.append(connection_id)
            self._regions[name].mailboxes.cut_ids.add(connection_id)
            return answer(204)

        return do

    def _invoke(self, name, payload):
        def do():
            self._regions[name].invoked.append(payload)
            return answer(202)

        return do


def _table(request):
    """Tell whose table a request is about."""
    names = [request.get("TableName"), *request.get("RequestItems", {})]
    names += [put["Put"]["TableName"] for put in request.get("TransactItems", [])]
    return next(name for name in names if name).partition(".")[0]


@contextlib.contextmanager
def cloud_before(dynamodb):
    """Open the door in front of DynamoDB Local."""
    with faulty_server() as server:
        cloud = Cloud(server, dynamodb)
        yield cloud
        cloud.tables.close()
        assert cloud.broken == []


class Furniture:
    """Puts houses into the cloud."""

    def __init__(self, cloud):
        self._cloud = cloud

    def furnish(self, house):
        """Give a house its store and its registry, both to look into, and its handler."""
        house.region = region = self._cloud.region(house.mailboxes)
        store = seen_store(self._cloud, region)
        store.people = seen_people(self._cloud, region, house.clock)
        hooks(region, store)
        world = aws.System(
            clock=house.clock,
            entropy=house.entropy,
            random_bytes=house.random_bytes,
            new_epoch=lambda: "epoch-1",
            retry=PATIENT,
            write_line=lambda _line: None,
        )
        invites = house.rules.invites
        known = "open" if invites is None else " ".join(invites)
        environ = region.environ(
            FIRESIDE_INVITE_SHA256=known,
            FIRESIDE_NAMES=house.names,
            FIRESIDE_OWNER_SHA256=hash_of(OWNER_SECRET),
        )
        handler = aws.build_chat(environ, world)
        return store, seen_registry(self._cloud, region, house.clock), handler


def seen_store(cloud, region):
    """Look into a chat's messages from outside."""
    table = f"{region.name}.messages"
    return DynamoStore(cloud.tables, table, new_epoch=lambda: "epoch-1", retry=PATIENT)


def seen_people(cloud, region, clock):
    table = f"{region.name}.people"
    return DynamoPeople(cloud.tables, table, clock=clock, retry=PATIENT)


def seen_registry(cloud, region, clock):
    table = f"{region.name}.connections"
    return DynamoRegistry(cloud.tables, table, clock=clock, retry=PATIENT)


def hooks(region, store):
    """Let a test meddle with the store as with the one in memory: it happens at the door."""
    store.is_full = False
    store.after_append = store.before_reading = lambda: None

    def before(call):
        if call.kind == "TransactWriteItems" and store.is_full:
            raise Refused(400, "ResourceNotFoundException")
        if call.kind == "Query" and "seq >" in call.request["KeyConditionExpression"]:
            store.before_reading()

    def after(call):
        if call.kind == "TransactWriteItems":
            store.after_append()

    region.before, region.after = before, after
