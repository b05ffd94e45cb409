"""The plainest client: say who you are, say something, read what was said before.

python examples/plain_client.py http://localhost:8080 Ada "Hello there"
"""

import json
import sys
from urllib.parse import quote

from websockets.sync.client import connect


def main(address: str, username: str, text: str) -> None:
    """Send one message, then print the last fifty, newest first."""
    url = f"{address.replace('http', 'ws', 1)}/ws?username={quote(username)}"
    with connect(url) as socket:
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
