"""A minimal client: connect with a username, send a message, read the history.

python examples/plain_client.py http://localhost:8080 Ada "Hello there"

If the chat needs an invite, use the invite's link instead of the address; `-` reads it from stdin,
so that it is in no list of processes.
"""

import json
import sys
from urllib.parse import quote, urlsplit

from websockets.sync.client import connect

SHOWN = "\u200c\u200d\u00a0\u202f\u3000"  # joiners of emoji and Persian, French spaces


def main(link: str, username: str, text: str) -> None:
    """Send one message, then print the last fifty, newest first."""
    place = urlsplit(sys.stdin.readline().strip() if link == "-" else link)
    folder = place.path.rstrip("/")  # the chat may be behind a path
    address = f"{place.scheme.replace('http', 'ws')}://{place.netloc}{folder}/ws"
    url = f"{address}?username={quote(username)}"
    secret = place.fragment.removeprefix("invite=")
    offered = ["fireside.v1", f"invite.{secret}"] if secret else None
    with connect(url, subprotocols=offered) as socket:
        socket.send(json.dumps({"action": "sendMessage", "message": text}))
        for frame in map(json.loads, socket):
            if frame["type"] == "ack":  # on AWS, commands sent together may swap
                socket.send(json.dumps({"action": "getHistory"}))
            if frame["type"] == "error":
                sys.exit(printable(f"{frame['code']}: {frame['message']}"))
            if frame["type"] == "history":
                for message in frame["messages"]:
                    said = f"{message['username']}: {message['message']}"
                    print(f"{message['timestamp']}  {printable(said)}")
                break


def printable(text: str) -> str:
    """Escape control characters, which a terminal would obey; joiners and spaces are none."""
    return "".join(
        sign if sign.isprintable() or sign in SHOWN else ascii(sign)[1:-1] for sign in text
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
