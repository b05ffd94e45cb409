"""A program that answers as terraform does, as far as `fireside deploy` asks, and fails on request.

Its folder, $FAKE_TERRAFORM, has: `calls`, a line for each; `failure.json` ({"at": 3, "how": "fail"
or "interrupt", "said": ..., "left": a state that is not saved}); `answers.json`, what outputs,
plans and the version are made of; and `applied.json`, the variables of the last apply.
"""

import json
import os
import re
import signal
import sys
from pathlib import Path

HOME = Path(os.environ["FAKE_TERRAFORM"])


def read(name):
    file = HOME / name
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}


def main(words):
    answers = read("answers.json")
    folder = Path(words[0].removeprefix("-chdir="))
    step, options = (words[0], []) if words[0] == "version" else (words[1], words[2:])
    bootstrap = "bootstrap " if folder.name == "bootstrap" else ""
    with (HOME / "calls").open("a", encoding="utf-8") as calls:
        calls.write(f"{bootstrap}{' '.join([step, *options])}\n")
    code = answer(step, options, folder, answers)
    fail_on_request(folder)
    return code


def fail_on_request(folder):
    failure = read("failure.json")
    calls = (HOME / "calls").read_text("utf-8").splitlines()
    if failure.get("at") != len(calls):
        return
    if "left" in failure:
        (folder / "errored.tfstate").write_text(failure["left"], "utf-8")
    if failure["how"] == "interrupt":
        os.kill(os.getppid(), signal.SIGINT)
    print(failure.get("said", "Error: as the test says"), file=sys.stderr)
    sys.exit(1)


def answer(step, options, folder, answers):
    match step:
        case "version":
            print(answers.get("version", '{"terraform_version": "1.11.4"}'))
        case "init":
            if "-lockfile=readonly" not in options:
                lock(folder)
        case "plan":
            return plan(options, folder)
        case "show":
            print(json.dumps(json.loads((folder / options[-1]).read_text("utf-8"))["shown"]))
        case "apply":
            apply(folder / options[-1], folder)
        case "output":
            print(json.dumps(outputs(answers)))
        case "state":  # push
            text = (folder / options[-1]).read_text("utf-8")
            (HOME / "pushed").write_text(text, "utf-8")
    return 0


def lock(folder):
    """Write the lock of the versions that the configuration wants."""
    file = folder / "versions.tf"
    text = file.read_text("utf-8") if file.is_file() else ""
    pairs = re.findall(r'source += "(.*)"\s+version = "(.*)"', text)
    blocks = [
        f'provider "registry.terraform.io/{name}" {{\n  version = "{version}"\n}}\n'
        for name, version in pairs
    ]
    (folder / ".terraform.lock.hcl").write_text("".join(blocks), "utf-8")


def plan(options, folder):
    """Write what would be applied; variables are those of the files and of -var."""
    answers, applied = read("answers.json"), read("applied.json")
    variables = {"throttle_rate": 100, "throttle_burst": 500, "brake_messages_per_hour": 50_000}
    variables |= {"site": True, "open": False}
    for option in options:
        if option.startswith("-var-file="):
            file = folder / option.removeprefix("-var-file=")
            if file.name.endswith(".json"):
                variables |= json.loads(file.read_text("utf-8"))
    variables |= answers.get("variables", {})
    is_made = (folder / "terraform.tfstate").is_file()
    changes = answers.get("changes", [CHANGE])
    if "-destroy" in options:
        changes = TABLES_GONE if applied else []
    elif folder.name == "bootstrap":
        changes = [] if is_made else [CHANGE]
    elif applied == variables:
        changes = []
    out = next(option for option in options if option.startswith("-out="))
    shown = {
        "applyable": bool(changes),
        "resource_changes": changes,
        "variables": {name: {"value": value} for name, value in variables.items()},
    }
    planned = {"shown": shown, "destroy": "-destroy" in options, "variables": variables}
    (folder / out.removeprefix("-out=")).write_text(json.dumps(planned), "utf-8")
    return 2 if changes else 0


def apply(file, folder):
    planned = json.loads(file.read_text("utf-8"))
    if folder.name == "bootstrap":
        (folder / "terraform.tfstate").write_text("{}", "utf-8")
    elif planned["destroy"]:
        (HOME / "applied.json").unlink(missing_ok=True)
    else:
        (HOME / "applied.json").write_text(json.dumps(planned["variables"]), "utf-8")


def outputs(answers):
    applied = read("applied.json")
    if not applied:
        return {}
    given = {
        "address": "https://chat.example/",
        "socket_url": "wss://chat.example/ws",
        "api_endpoint": "https://abc123.execute-api.eu-central-1.amazonaws.com/ws",
        "page_config": "{}",
        "live_versions": {"chat": "7"},
        "tables": {"messages": "fireside-prod-messages", "connections": "c"},
        "log_groups": {"chat": "/aws/lambda/fireside-prod-chat", "brake": "/aws/lambda/brake"},
        "settings": {name: applied[name] for name in SETTINGS if name in applied},
    } | answers.get("outputs", {})
    missing = answers.get("missing", ())
    return {name: {"value": value} for name, value in given.items() if name not in missing}


SETTINGS = (
    "project_name",
    "stage_name",
    "region",
    "invite_hashes",
    "owner_sha256",
    "open",
    "alarm_email",
)
CHANGE = {
    "address": "module.tables.aws_dynamodb_table.messages",
    "type": "aws_dynamodb_table",
    "change": {"actions": ["create"], "before": None, "after": {"name": "fireside-prod-messages"}},
}
TABLES_GONE = [
    {
        "address": f"module.tables.aws_dynamodb_table.{name}",
        "type": "aws_dynamodb_table",
        "change": {
            "actions": ["delete"],
            "before": {"name": f"fireside-prod-{name}", "deletion_protection_enabled": True},
            "after": None,
        },
    }
    for name in ("messages", "people")
]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
