"""The server's side of `fireside serve --isolated`: handlers run in another process.

They post over signed HTTP, as functions on AWS do, with a key that is new for each run.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import fireside
from fireside import environment
from fireside.domain.entry import EntryRules
from fireside.server import isolated_handlers
from fireside.server.settings import Settings
from localgateway.functions import context
from localgateway.functions.context import Credentials
from localgateway.functions.runner import OnCompleted
from localgateway.functions.workers import WorkerRunner
from localgateway.machine.actions import Returned
from localgateway.machine.api import Api
from localgateway.machine.limits import Limits
from localgateway.signing.access import Access

_OK = Returned({"statusCode": 200})


class NotReady(Exception):  # noqa: N818 - a state, as in "ready"
    """The handlers' process has no database, or can't store messages."""


class IsolatedRunner(WorkerRunner):
    """Runs each of the chat's functions in one process, so that the database has one writer."""

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

    async def require_database(self) -> None:
        """Let the handlers open the database; the disk may be too full to store anything.

        Raises:
            NotReady: They can't.
        """
        await self._ask(isolated_handlers.OPENED)

    async def check(self) -> None:
        """Ask the handlers whether they can store messages.

        Raises:
            NotReady: They can't.
        """
        await self._ask(isolated_handlers.READY)

    async def _ask(self, route: str) -> None:
        context = {"routeKey": route, "requestId": ""}
        outcome = await self.call("chat", {"requestContext": context})
        if outcome != _OK:
            raise NotReady(str(outcome[0]))


def with_handlers(
    api: Api, settings: Settings, rules: EntryRules, endpoint: str, limits: Limits
) -> Api:
    """Return the API with the code of its functions, and with their environment."""
    variables = {
        isolated_handlers.DATA: str(settings.data.absolute()),
        isolated_handlers.HOST: " ".join(rules.plain_hosts),
        isolated_handlers.KEEP_FREE: str(settings.keep_free),
        environment.ENDPOINT: endpoint,
        environment.HOSTS: " ".join(rules.hosts),
        environment.ORIGINS: " ".join(rules.origins),
        environment.NAMES: settings.names,
        isolated_handlers.INVITES: "off" if rules.invites is None else "required",
        environment.LIFETIME_SECONDS: str(int(limits.lifetime_seconds)),
    }
    functions = {
        name: dataclasses.replace(
            function, handler=f"{isolated_handlers.__name__}.{name}", environment=variables
        )
        for name, function in api.functions.items()
    }
    root = Path(fireside.__file__).parents[1]
    return dataclasses.replace(api, functions=functions, code_root=root)


def new_credentials() -> Credentials:
    """Return a new key, known to this server and its handlers alone."""
    return context.new_credentials("FIRESIDE")


def access_with(credentials: Credentials) -> Access:
    """Return access rules that let only requests signed with this key post."""
    return Access(strict=True, secrets=dict([credentials]))
