"""A container of Lambda's that lives for one event, which comes on stdin; the last line answers."""

import importlib
import json
import os
import sys

from fireside.adapters.outbound import fanout


class Context:
    """As much of Lambda's as our functions look at."""

    @staticmethod
    def get_remaining_time_in_millis():
        return 10_000


def main():
    fanout.INLINE = 4
    fanout.WITHIN_SECONDS = fanout.POST_SECONDS = 20  # the machine may be a busy one
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), function)
    print(json.dumps(handler(json.load(sys.stdin), Context())))  # noqa: T201 - it is the answer


if __name__ == "__main__":
    main()
