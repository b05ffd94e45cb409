"""Complete sends a second: accepted, committed with synchronous=FULL, acknowledged, delivered.

`senders` is how many sends are under way at once, spread over at most ten sockets that are all
in one room, so each send also reaches up to nine others.
"""

import asyncio
import os
import time

from load import LOAD_CORE, connect, fireside_server, heading, median, pin, send_text, table

SECONDS, ROUNDS, SOCKETS = 2.0, 3, 10


async def measure(port: int, senders: int) -> float:
    """Keep `senders` sends under way for a while; return acknowledgements a second."""
    clients = [await connect(port, f"guest-{n}") for n in range(min(senders, SOCKETS))]
    running, number = True, 0

    def again(client, acks: int, _messages: int) -> None:
        nonlocal number
        if running and acks:
            number += acks
            client.send(*(send_text(number + k) for k in range(acks)))

    for client in clients:
        client.on_data = again
        client.send(*(send_text(-k) for k in range(senders // len(clients))))
    await asyncio.sleep(0.3)
    before, start = sum(c.acks for c in clients), time.perf_counter()
    await asyncio.sleep(SECONDS)
    rate = (sum(c.acks for c in clients) - before) / (time.perf_counter() - start)
    running = False
    lost = sum(c.lost for c in clients)
    for client in clients:
        client.transport.close()
    if lost:
        print(f"  {lost} of {len(clients)} sockets were closed by the server")
    return rate


def main() -> None:
    pin(os.getpid(), LOAD_CORE)
    heading("Complete sends a second over at most 10 sockets (`python bench/bench_sends.py`)")
    rows = []
    for senders in (1, 10, 100, 1_000):
        rates = []
        for _ in range(ROUNDS):
            with fireside_server() as (_, port):
                rates.append(asyncio.run(measure(port, senders)))
        rows.append([senders, median(rates), min(rates), max(rates)])
    table(["sends under way", "median", "min", "max"], rows)


if __name__ == "__main__":
    main()
