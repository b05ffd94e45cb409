"""`fireside rehearse` over a DynamoDB Local that runs already: tests share it, and see its rows.

python shared_dynamodb.py ADDRESS KEY rehearse ...

Nothing else is different. DynamoDB Local keeps what each access key made apart from the rest, so
that a KEY of its own gives a rehearsal tables of its own.
"""

import contextlib
import sys

from fireside.cli.main import main
from fireside.cloud.rehearse import dynamodb_local
from fireside.server import isolated

if __name__ == "__main__":
    address, key = sys.argv[1:3]
    secret = isolated.new_credentials()[1]
    isolated.new_credentials = lambda: (key, secret)
    dynamodb_local.running = (  # type: ignore[assignment]
        lambda *_, **__: contextlib.nullcontext(address)
    )
    sys.exit(main(sys.argv[3:]))
