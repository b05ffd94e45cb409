"""Let `python -m localgateway` do what `localgateway` does."""

import sys

from localgateway.cli import main

if __name__ == "__main__":
    sys.exit(main())
