"""Connect with a token: `python client.py ws://127.0.0.1:8080/dev apple`."""

import sys

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def main(url: str, token: str) -> None:
    """Send a greeting, and print the user that the API knows us as."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with connect(url, additional_headers=headers) as socket:
            socket.send("hello")
            print(socket.recv(timeout=10))
    except InvalidStatus as cause:
        print(f"refused with {cause.response.status_code}")


if __name__ == "__main__":
    main(*sys.argv[1:])
