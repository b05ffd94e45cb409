"""Talk: `python client.py ws://127.0.0.1:8080/dev Ann`, then write lines."""

import json
import sys
import threading
from urllib.parse import quote

from websockets.sync.client import ClientConnection, connect


def main(url: str, name: str) -> None:
    """Send each line, and print what anybody says."""
    with connect(f"{url}?name={quote(name)}") as socket:
        threading.Thread(target=_listen, args=(socket,), daemon=True).start()
        for line in sys.stdin:
            socket.send(json.dumps({"action": "say", "text": line.strip()}))


def _listen(socket: ClientConnection) -> None:
    for frame in socket:
        said = json.loads(frame)
        print(f"{said['from']}: {said['text']}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
