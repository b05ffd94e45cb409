"""Run `python -m localgateway` as `localgateway`."""

import sys

from localgateway.cli import main

if __name__ == "__main__":
    sys.exit(main())
