"""A door in front of DynamoDB Local, behind which calls go wrong on request.

It speaks HTTP, so whatever client is used meets the trouble where it would meet it in the cloud.
"""

import contextlib
import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FAULTS = ("throttled", "failed", "timed out", "answer lost", "conflict", "done in part")
PREFIX = "com.amazonaws.dynamodb.v20120810#"


class Trouble:
    """What goes wrong, and what was asked. `at` says at which calls from now on, from 1."""

    def __init__(self, address):
        self.target = urlsplit(address).netloc
        self.calls = []
        self.fault, self.at = None, ()
        self.over = threading.Event()

    def plan(self, fault, *at):
        self.calls.clear()
        self.fault, self.at = fault, at

    def due(self, operation):
        """Count a call; tell what is to go wrong with it."""
        self.calls.append(operation)
        return self.fault if len(self.calls) in self.at else None


@contextlib.contextmanager
def trouble_before(address):
    """Open the door; give what says what goes wrong, and the door's address."""
    trouble = Trouble(address)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Door,), {"trouble": trouble}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield trouble, f"http://127.0.0.1:{server.server_port}"
    finally:
        trouble.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves as one packet: a second one would wait for the first's receipt
    trouble: Trouble

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        match self.trouble.due(operation):
            case None:
                self.answer(*self.ask(body))
            case "throttled":
                self.refuse(400, "ProvisionedThroughputExceededException")
            case "failed":
                self.refuse(500, "InternalServerError")
            case "timed out":
                self.trouble.over.wait(2)
                self.close_connection = True
            case "answer lost":
                self.ask(body)
                self.close_connection = True
            case "conflict" if operation == "TransactWriteItems":
                reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
                self.refuse(400, "TransactionCanceledException", CancellationReasons=reasons)
            case "conflict":
                self.refuse(400, "TransactionConflictException")
            case "done in part":
                self.do_in_part(operation, json.loads(body))

    def do_in_part(self, operation, request):
        """Do the first half of a batch, rounded down, and say that the rest was left."""
        if not operation.startswith("Batch"):
            self.refuse(400, "ThrottlingException")
            return
        [(table, asked)] = request["RequestItems"].items()
        is_read = operation == "BatchGetItem"
        wanted = asked["Keys"] if is_read else asked
        half = len(wanted) // 2
        answer = {"Responses": {table: []}} if is_read else {}
        if half:
            done = {**asked, "Keys": wanted[:half]} if is_read else wanted[:half]
            answer = json.loads(self.ask(json.dumps({"RequestItems": {table: done}}))[1])
        left = {table: {**asked, "Keys": wanted[half:]} if is_read else wanted[half:]}
        answer["UnprocessedKeys" if is_read else "UnprocessedItems"] = left
        self.answer(200, json.dumps(answer).encode())

    def ask(self, body):
        connection = http.client.HTTPConnection(self.trouble.target, timeout=60)
        names = ("X-Amz-Target", "X-Amz-Date", "Authorization", "Content-Type")
        connection.request("POST", "/", body, {name: self.headers[name] for name in names})
        with contextlib.closing(connection):
            response = connection.getresponse()
            return response.status, response.read()

    def refuse(self, status, code, **more):
        answer = {"__type": PREFIX + code, "message": "on request", **more}
        self.answer(status, json.dumps(answer).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""
