"""How long 2,000 persons take to come back after a restart: $connect, and the first hello.

Each has claimed its name before, with a device of its own, so the server reads a person for each.
"""

import argparse
import asyncio
import base64
import hashlib
import os
import tempfile
import time

from load import LOAD_CORE, connect, fireside_server, heading, pin, table

PERSONS, AT_ONCE = 2_000, 200
LONGEST_SECONDS = 120


def secret_of(number: int) -> str:
    """Return the secret of a device, 32 bytes in base64url."""
    digest = hashlib.sha256(b"device %d" % number).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def ask(client, text: bytes, answer: bytes) -> None:
    """Send a frame and wait for bytes of its answer."""
    done = asyncio.get_running_loop().create_future()
    client.on_bytes = lambda data: answer in data and (done.done() or done.set_result(None))
    client.send(text)
    await asyncio.wait_for(done, LONGEST_SECONDS)


async def come(port: int, number: int, *, claims: bool, limit: asyncio.Semaphore) -> object:
    """Connect and say hello, and claim the name the first time."""
    async with limit:
        name = f"Guest-{number}"
        client = await connect(port, name, hello=False, device=secret_of(number))
        await ask(client, b'{"action":"hello","v":2}', b'"type":"hello"')
        if claims:
            await ask(client, b'{"action":"claim","name":"%b"}' % name.encode(), b'"claimed"')
        return client


async def all_come(port: int, count: int, *, claims: bool) -> float:
    """Return the seconds until all persons have their hello."""
    limit = asyncio.Semaphore(AT_ONCE)
    start = time.perf_counter()
    comers = (come(port, number, claims=claims, limit=limit) for number in range(count))
    clients = await asyncio.gather(*comers)
    took = time.perf_counter() - start
    for client in clients:
        client.transport.close()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--persons", type=int, default=PERSONS)
    count = parser.parse_args().persons
    pin(os.getpid(), LOAD_CORE)
    heading("Coming back after a restart (`python bench/bench_return.py`)")
    with tempfile.TemporaryDirectory() as folder:
        with fireside_server(data=folder) as (_, port):
            first = asyncio.run(all_come(port, count, claims=True))
        with fireside_server(data=folder) as (_, port):
            again = asyncio.run(all_come(port, count, claims=False))
    rows = [["come and claim", count, first], ["come back", count, again]]
    table(["what", "persons", "seconds"], rows)


if __name__ == "__main__":
    main()
