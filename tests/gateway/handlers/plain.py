"""Handlers as somebody wrote them for Lambda: they know nothing of who calls them."""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

logger = logging.getLogger(__name__)
calls = 0


def answer(value):
    return {"statusCode": 200, "body": json.dumps(value)}


def everything(event, context):
    """Do what the message asks for."""
    global calls  # noqa: PLW0603 - a warm function keeps its globals; that is what is shown
    calls += 1
    asked = json.loads(event.get("body") or "{}")
    return ACTIONS[asked.get("do", "echo")](asked, event, context)


def echo(asked, _event, _context):
    return answer({"n": asked.get("n"), "pid": os.getpid(), "calls": calls})


def sleep(asked, _event, context):
    before = context.get_remaining_time_in_millis()
    time.sleep(asked["seconds"])
    after = context.get_remaining_time_in_millis()
    return answer({"n": asked.get("n"), "before": before, "after": after, "pid": os.getpid()})


def wait(asked, _event, _context):
    """Wait for somebody else to come by: it shows that both run at once."""
    while not Path(asked["file"]).exists():
        time.sleep(0.01)
    return answer({"n": asked["n"], "pid": os.getpid()})


def touch(asked, _event, _context):
    Path(asked["file"]).touch()
    return answer({"n": asked["n"], "pid": os.getpid()})


def look(_asked, event, context):
    seen = {key: getattr(context, key) for key in asked_of(context)}
    names = [
        key for key in os.environ if key.startswith(("AWS_", "LAMBDA_", "TZ", "_H", "GREETING"))
    ]
    return answer(
        {
            "context": seen,
            "environment": {key: os.environ[key] for key in names},
            "stdin": sys.stdin.read(),
            "folder": os.getcwd(),  # noqa: PTH109 - as people write it
            "variables": event.get("stageVariables"),
        }
    )


def asked_of(context):
    return [key for key in vars(context) if not key.startswith("_") and key != "identity"]


def speak(asked, _event, context):
    print("printed", asked["n"])  # noqa: T201 - on Lambda, stdout is the log
    print("to stderr", file=sys.stderr)  # noqa: T201 - the same
    logger.warning("logged %s", asked["n"])
    os.write(1, b"raw, with no newline")
    context.log("from the context\n")
    return answer(context.aws_request_id)


def authorizer(_asked, event, _context):
    return answer(event["requestContext"]["authorizer"])


def child(_asked, _event, _context):
    os.system("echo from a child")  # noqa: S605 - children print to the log too
    return answer("done")


def orphan(_asked, _event, _context):
    """Die, and leave a child behind that holds on to the log."""
    subprocess.Popen(["sleep", "60"])
    os._exit(4)


def mute(_asked, _event, _context):
    """Close stdout and stderr; the process can still be used."""
    os.close(1)
    os.close(2)
    return answer({"pid": os.getpid()})


def hold(_asked, _event, _context):
    """Close the answers' pipe, whichever it is, and stay."""
    os.closerange(3, 20)
    time.sleep(60)


def deep(_asked, _event, _context):
    body = []
    for _ in range(100_000):
        body = [body]
    return {"statusCode": 200, "body": body}


def fail(_asked, _event, _context):
    raise RuntimeError("it broke")


def leave(_asked, _event, _context):
    sys.exit(3)


def die(_asked, _event, _context):
    os._exit(4)


def spin(_asked, _event, _context):
    while True:
        pass


def abort(_asked, _event, _context):
    os.abort()


def nothing(_asked, _event, _context):
    return None


def nonsense(_asked, _event, _context):
    return "not a proxy result"


def unserialisable(_asked, _event, _context):
    return {"statusCode": 200, "body": {1, 2}}


def huge(_asked, _event, _context):
    return {"statusCode": 200, "body": "x" * 7_000_000}


def scribble(_asked, _event, _context):
    """Write into every pipe there is, also the one that answers go through."""
    for fd in range(3, 20):
        try:
            os.write(fd, b"nonsense\n")
        except OSError:
            continue
    return answer("done")


ACTIONS = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and name not in ("answer", "everything", "asked_of")
}
