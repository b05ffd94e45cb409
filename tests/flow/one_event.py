"""A container of Lambda's that lives for one event, which comes on stdin; the last line answers."""

import importlib
import json
import operator
import os
import sys

from fireside.adapters.outbound import fanout
from tests.flow.patience import have_patience


class Context:
    """As much of Lambda's as our functions look at."""

    @staticmethod
    def get_remaining_time_in_millis():
        return 600_000  # the machine may be a busy one


def main():
    fanout.INLINE = 4
    have_patience(operator.setitem)
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), function)
    print(json.dumps(handler(json.load(sys.stdin), Context())))  # noqa: T201 - it is the answer


if __name__ == "__main__":
    main()
