"""What a rehearsal runs: the unpacked zip, the worker beside it, and the functions' variables."""

import compileall
import contextlib
import dataclasses
import importlib.util
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from fireside import environment
from fireside.cloud.cost.usage import MEMORY_MEGABYTES
from fireside.cloud.package import FUNCTIONS, SOURCES, CannotPackage, Package, closure, write
from fireside.cloud.rehearse import confined
from fireside.cloud.sdk import INSTALL
from fireside.domain.entry import EntryRules
from fireside.handlers.rules import OPEN
from fireside.server.own_folder import require_own_folder
from localgateway.functions.worker_process import Launch
from localgateway.machine.api import Api, Function

MESSAGES, CONNECTIONS = "fireside-messages", "fireside-connections"
PEOPLE = "fireside-people"
FANOUT_SECONDS = 30.0
"""The timeout of `fanout`, as in infra/main.tf."""

AUTHORIZER, FANOUT = "authorizer", "fanout"
ZIP = "fireside-lambda.zip"
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")

_DATA, _FUNCTION, _GATEWAY = "dynamodb", "function", "gateway"
_WORKER = "localgateway.functions.worker"
_SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_PRIVATE = 0o700  # messages are in there


@contextlib.contextmanager
def folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder `keep`, or a temporary one.

    Raises:
        CannotStart: Others may write to the folder: what is run from there could be theirs.
    """
    if keep is not None:
        require_own_folder(keep, "--keep")
        keep.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="fireside-rehearsal-") as name:
        yield Path(name)


def data_in(place: Path) -> Path:
    """Return the folder for DynamoDB Local's files, and create it."""
    data = place / _DATA
    data.mkdir(exist_ok=True)
    return data


def unpack(place: Path, *, sdk: bool = False) -> Package:
    """Build the zip, unpack it, and copy the gateway's worker beside it.

    With `sdk`, boto3 is beside the worker too, as in Lambda's own runtime.

    Raises:
        CannotPackage: The zip can't be built, or boto3 is not installed.
        OSError: The folder can't be used.
    """
    for name in (_FUNCTION, _GATEWAY):
        shutil.rmtree(place / name, ignore_errors=True)
    package = write(place / ZIP)
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(place / _FUNCTION)
    for file in (*closure(_WORKER).values(), Path(confined.__file__)):
        copy = place / _GATEWAY / file.relative_to(SOURCES)
        if file.name == Path(confined.__file__).name:
            copy = place / _GATEWAY / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    compileall.compile_dir(place / _GATEWAY, quiet=1)
    if sdk:
        _link_sdk(place / _GATEWAY)
    return package


def _link_sdk(runtime: Path) -> None:
    """Link boto3 and what it needs into the folder, but no other installed package."""
    for name in _SDK:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise CannotPackage(f"{name} is not installed: run {INSTALL}")
        origin = Path(found.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (runtime / origin.name).symlink_to(origin, target_is_directory=origin.is_dir())


def confined_launch(place: Path, *hosts: str) -> Launch:
    """Return how to start a confined process, which may reach loopback and `hosts`."""
    program = str(place / _GATEWAY / Path(confined.__file__).name)
    return Launch(
        (sys.executable, "-I", "-S", program, *hosts),
        {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        },
    )


def with_functions(api: Api, place: Path, variables: Mapping[str, str]) -> Api:
    """Return the API with the unpacked functions and their environment.

    The authorizer gets no table, and no endpoint.
    """
    authorizers = {route.authorizer.name for route in api.routes.values() if route.authorizer}
    restricted = {name: value for name, value in variables.items() if name in _AUTHORIZER_VARIABLES}
    functions = {
        name: _function(function, AUTHORIZER, restricted)
        if name in authorizers
        else _function(function, name, variables)
        for name, function in api.functions.items()
    }
    fanout = Function(FANOUT, f"functions.{FANOUT}", timeout_seconds=FANOUT_SECONDS)
    functions[FANOUT] = _function(fanout, FANOUT, variables)
    return dataclasses.replace(api, functions=functions, code_root=place / _FUNCTION)


def function_variables(api: Api, rules: EntryRules, gateway: str, tables: str) -> dict[str, str]:
    """Return the functions' environment as infra/ sets it, with this machine's addresses."""
    own = {gateway} if rules.plain_hosts else set()  # there the page comes over http
    return {
        environment.MESSAGES_TABLE: MESSAGES,
        environment.CONNECTIONS_TABLE: CONNECTIONS,
        environment.PEOPLE_TABLE: PEOPLE,
        environment.ENDPOINT: f"{gateway}/{api.stage}",
        environment.FANOUT_FUNCTION: f"{api.name}-{FANOUT}",
        environment.PERSON_MESSAGES_PER_HOUR: str(ENDLESS),
        environment.HOSTS: " ".join(sorted({*LOOPBACK_HOSTS, *rules.hosts})),
        environment.ORIGINS: " ".join(sorted(rules.origins | own)),
        environment.INVITE_SHA256: OPEN
        if rules.invites is None
        else " ".join(sorted(rules.invites)),
        "AWS_ENDPOINT_URL_DYNAMODB": tables,
        "AWS_ENDPOINT_URL_LAMBDA": gateway,
    }


ENDLESS = 10**9
"""Messages of each person: a rehearsal counts them, and refuses none of its simulated users."""

_AUTHORIZER_VARIABLES = {environment.HOSTS, environment.ORIGINS, environment.INVITE_SHA256}


def _function(function: Function, name: str, variables: Mapping[str, str]) -> Function:
    return dataclasses.replace(
        function,
        handler=f"{FUNCTIONS}.{name}",
        environment=dict(variables),
        memory_megabytes=MEMORY_MEGABYTES,
    )
