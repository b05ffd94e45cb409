"""Memory of an idle connection: what 2,000 of them add to the server, divided by 2,000."""

import asyncio
import os

from load import LOAD_CORE, connect_many, fireside_server, heading, pin, rss_kib, table

CONNECTIONS = 2_000


async def measure(process_id: int, port: int) -> float:
    await connect_many(port, 100)
    await asyncio.sleep(0.5)
    before = rss_kib(process_id)
    await connect_many(port, CONNECTIONS)
    await asyncio.sleep(1)
    return (rss_kib(process_id) - before) / CONNECTIONS


def main() -> None:
    pin(os.getpid(), LOAD_CORE)
    heading("Memory of an idle connection (`python bench/bench_memory.py`)")
    with fireside_server() as (server, port):
        kib = asyncio.run(measure(server.pid, port))
    table(["connections", "KiB each"], [[CONNECTIONS, kib]])


if __name__ == "__main__":
    main()
