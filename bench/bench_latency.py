"""How long a message takes at 100 messages a second: to the ack, and to another's screen."""

import asyncio
import os
import time

from load import LOAD_CORE, connect, connect_many, fireside_server, heading, pin, send_text, table

RATE, SECONDS, RECEIVERS = 100, 10, 20


async def measure(port: int) -> tuple[list[float], list[float]]:
    receivers = await connect_many(port, RECEIVERS)
    sender = await connect(port, "speaker")
    await asyncio.sleep(0.5)
    sent: list[float] = []
    acked: list[float] = []
    seen: list[float] = []

    def on_ack(_client, acks: int, _messages: int) -> None:
        for _ in range(acks):
            acked.append(time.perf_counter() - sent[len(acked)])

    def on_message(_client, _acks: int, messages: int) -> None:
        for _ in range(messages):
            seen.append(time.perf_counter() - sent[len(seen)])

    sender.on_data = on_ack
    receivers[-1].on_data = on_message
    start = time.perf_counter()
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, start + number / RATE - time.perf_counter()))
        sent.append(time.perf_counter())
        sender.send(send_text(number))
    await asyncio.sleep(0.5)
    return acked, seen


def main() -> None:
    pin(os.getpid(), LOAD_CORE)
    load = f"{RATE} messages a second, {RECEIVERS} receivers"
    heading(f"Latency at {load} (`python bench/bench_latency.py`)")
    with fireside_server() as (_, port):
        acked, seen = asyncio.run(measure(port))
    rows = []
    for name, values in (("send to ack", acked), ("send to seen", seen)):
        ordered = sorted(1_000 * value for value in values)
        rows.append([name, len(ordered), *(ordered[int(len(ordered) * q)] for q in (0.5, 0.99))])
    table(["ms", "count", "p50", "p99"], rows)


if __name__ == "__main__":
    main()
