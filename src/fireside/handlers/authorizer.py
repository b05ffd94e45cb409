"""Decides who may connect, and says so as API Gateway wants to hear it. Needs no data at all."""

from collections.abc import Callable
from typing import Any

from fireside.domain.entry import Caller, EntryRules, admit
from fireside.domain.errors import ChatError
from fireside.handlers.handshake import knock

Handler = Callable[[dict[str, Any], object], dict[str, Any]]
"""A Lambda handler: event and context in, a result out."""

Rules = Callable[[], EntryRules]
"""Gives the rules of this moment: invites can be replaced while the server runs."""


def make_authorizer(rules: Rules) -> Handler:
    """Make the function that is asked before `$connect`."""

    def authorize(event: dict[str, Any], _context: object) -> dict[str, Any]:
        try:
            caller = admit_from(event, rules())
        except ChatError:
            return _policy("nobody", "Deny", event["methodArn"])
        context = {"username": caller.username, "userId": caller.user_id}
        return {**_policy(caller.user_id, "Allow", event["methodArn"]), "context": context}

    return authorize


def admit_from(event: dict[str, Any], rules: EntryRules) -> Caller:
    """Let in whoever a handshake names.

    Raises:
        ChatError: They may not enter.
    """
    return admit(knock(event), rules)


def _policy(principal_id: str, effect: str, resource: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": principal_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
