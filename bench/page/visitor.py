"""Who else is in the room that the page's benchmarks measure: somebody who talks a lot."""

import json

from websockets.sync.client import connect


class Talker:
    """Says one thing after another over a plain socket; each is acknowledged before the next."""

    def __init__(self, socket_url: str, name: str = "Bob") -> None:
        self._socket = connect(f"{socket_url}?username={name}")
        self._socket.send(json.dumps({"action": "hello", "v": 1}))
        self.seq = 0

    def says(self, text: str) -> int:
        """Say it and return its place in the room."""
        self._socket.send(json.dumps({"action": "sendMessage", "message": text}))
        while (frame := json.loads(self._socket.recv(timeout=10)))["type"] != "ack":
            pass
        self.seq = frame["seq"]
        return self.seq

    def close(self) -> None:
        self._socket.close()
