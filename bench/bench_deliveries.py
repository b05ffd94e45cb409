"""Deliveries a second to 1,000 receivers, beside Node's `ws` in the same run.

One sender keeps sends under way; the receivers are in one process on the other core. Node's
server keeps nothing; ours commits every message first.
"""

import asyncio
import os
import time

from load import (
    LOAD_CORE,
    connect,
    connect_many,
    fireside_server,
    heading,
    median,
    node_server,
    pin,
    send_text,
    table,
)

RECEIVERS, UNDER_WAY, SECONDS, ROUNDS = 1_000, 100, 3.0, 3


async def measure(port: int, path: str) -> float:
    """Return deliveries a second, counted where they arrive."""
    receivers = await connect_many(port, RECEIVERS, path, hello=path == "/ws")
    sender = await connect(port, "speaker", path)
    running = True

    def again(client, acks: int, _messages: int) -> None:
        if running and acks:
            client.send(*(send_text(k) for k in range(acks)))

    sender.on_data = again
    sender.send(*(send_text(-k) for k in range(UNDER_WAY)))
    await asyncio.sleep(0.5)
    before, start = sum(r.messages for r in receivers), time.perf_counter()
    await asyncio.sleep(SECONDS)
    rate = (sum(r.messages for r in receivers) - before) / (time.perf_counter() - start)
    running = False
    lost = sum(r.lost for r in receivers)
    for client in (*receivers, sender):
        client.transport.abort()
    if lost:
        print(f"  {lost} of {RECEIVERS} receivers were closed as too slow")
    return rate


def main() -> None:
    pin(os.getpid(), LOAD_CORE)
    heading(f"Deliveries a second to {RECEIVERS:,} receivers (`python bench/bench_deliveries.py`)")
    rates: dict[str, list[float]] = {"fireside": [], "node ws": []}
    for _ in range(ROUNDS):
        for name, server, path in (
            ("fireside", fireside_server, "/ws"),
            ("node ws", node_server, "/"),
        ):
            with server() as (_, port):
                rates[name].append(asyncio.run(measure(port, path)))
    table(
        ["server", "median", "min", "max"],
        [[name, median(r), min(r), max(r)] for name, r in rates.items()],
    )
    pairs = [a / b for a, b in zip(rates["fireside"], rates["node ws"], strict=True)]
    print(f"ratio fireside / node ws, median of pairs: {median(pairs):.1f}")


if __name__ == "__main__":
    main()
