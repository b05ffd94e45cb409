"""Let `python -m fireside` be `fireside`."""

import sys

from fireside.entrypoints.cli import main

if __name__ == "__main__":
    sys.exit(main())
