"""Chat: `python client.py ws://127.0.0.1:8080/dev Ann`, then write lines."""

import json
import sys
import threading
from urllib.parse import quote

from websockets.sync.client import ClientConnection, connect


def main(url: str, name: str) -> None:
    """Send each line, and print every message that comes."""
    with connect(f"{url}?name={quote(name)}") as socket:
        threading.Thread(target=_print_messages, args=(socket,), daemon=True).start()
        for line in sys.stdin:
            socket.send(json.dumps({"action": "send", "text": line.strip()}))


def _print_messages(socket: ClientConnection) -> None:
    for frame in socket:
        message = json.loads(frame)
        print(f"{message['from']}: {message['text']}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
