"""Send a text to the echo API: `python client.py ws://127.0.0.1:8080/dev hello`."""

import sys

from websockets.sync.client import connect


def main(url: str, text: str) -> None:
    """Send one message, and print what comes back."""
    with connect(url) as socket:
        socket.send(text)
        print(socket.recv(timeout=10))


if __name__ == "__main__":
    main(*sys.argv[1:])
