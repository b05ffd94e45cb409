"""The server's side of `fireside serve --faithful`: handlers run in a process of their own.

They post over signed HTTP like functions on AWS, with a key that is made anew for each run.
"""

import dataclasses
import secrets
from collections.abc import Callable
from pathlib import Path

import fireside
from fireside.domain.entry import EntryRules
from fireside.server import isolated_handlers
from localgateway.functions.context import Credentials
from localgateway.functions.runner import OnCompleted
from localgateway.functions.workers import WorkerRunner
from localgateway.machine.api import Api
from localgateway.machine.core import Returned
from localgateway.machine.limits import Limits
from localgateway.net.management import Access

_WELL = Returned({"statusCode": 200})


class NotReady(Exception):  # noqa: N818 - it says what is so
    """The handlers' process can't keep messages."""


class HandlersApart(WorkerRunner):
    """Runs the chat's functions in a process each: the messages have one writer."""

    def __init__(
        self,
        api: Api,
        *,
        on_completed: OnCompleted,
        address: Callable[[], str],
        credentials: Credentials,
    ) -> None:
        super().__init__(
            api, on_completed=on_completed, address=address, concurrency=1, credentials=credentials
        )

    async def check(self) -> None:
        """Make sure that messages can be kept.

        Raises:
            NotReady: They can't.
        """
        context = {"routeKey": isolated_handlers.READY, "requestId": ""}
        outcome = await self.call("chat", {"requestContext": context})
        if outcome != _WELL:
            raise NotReady(str(outcome[0]))


def with_handlers(api: Api, data: Path, rules: EntryRules, endpoint: str, limits: Limits) -> Api:
    """Say where the functions' code is, and what they need to know."""
    environment = {
        isolated_handlers.DATA: str(data.absolute()),
        isolated_handlers.ENDPOINT: endpoint,
        isolated_handlers.HOSTS: " ".join(rules.hosts),
        isolated_handlers.ORIGINS: " ".join(rules.origins),
        isolated_handlers.INVITES: isolated_handlers.OPEN if rules.invites is None else "",
        isolated_handlers.LIFETIME: str(int(limits.lifetime_seconds)),
    }
    functions = {
        name: dataclasses.replace(
            function, handler=f"{isolated_handlers.__name__}.{name}", environment=environment
        )
        for name, function in api.functions.items()
    }
    root = Path(fireside.__file__).parents[1]
    return dataclasses.replace(api, functions=functions, code_root=root)


def new_credentials() -> Credentials:
    """Make a key that only this server and its handlers know."""
    return "FIRESIDE", secrets.token_urlsafe(30)


def access_with(credentials: Credentials) -> Access:
    """Let nobody but the handlers post."""
    return Access(strict=True, secrets=dict([credentials]))
