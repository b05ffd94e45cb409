"""The plainest client: say who you are, say something, read what was said before.

python examples/plain_client.py http://localhost:8080 Ada "Hello there"

Where one needs an invite, give its link in place of the address.
"""

import json
import sys
from urllib.parse import quote, urlsplit

from websockets.sync.client import connect


def main(link: str, username: str, text: str) -> None:
    """Send one message, then print the last fifty, newest first."""
    place = urlsplit(link)
    url = f"{place.scheme.replace('http', 'ws')}://{place.netloc}/ws?username={quote(username)}"
    secret = place.fragment.removeprefix("invite=")
    offered = ["fireside.v1", f"invite.{secret}"] if secret else None
    with connect(url, subprotocols=offered) as socket:
        socket.send(json.dumps({"action": "sendMessage", "message": text}))
        for frame in map(json.loads, socket):
            if frame["type"] == "ack":  # two at once may be carried out in any order on AWS
                socket.send(json.dumps({"action": "getHistory"}))
            if frame["type"] == "error":
                sys.exit(f"{frame['code']}: {frame['message']}")
            if frame["type"] == "history":
                for message in frame["messages"]:
                    print(f"{message['timestamp']}  {message['username']}: {message['message']}")
                break


if __name__ == "__main__":
    main(*sys.argv[1:4])
