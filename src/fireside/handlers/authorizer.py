"""The Lambda authorizer: decides who may connect, without reading any data."""

from collections.abc import Callable
from typing import Any

from fireside.domain.entry import EntryRules, User, admit
from fireside.domain.errors import ChatError
from fireside.handlers.handshake import read_handshake

Handler = Callable[[dict[str, Any], object], dict[str, Any]]
"""A Lambda handler: takes an event and a context, returns the response."""

Rules = Callable[[], EntryRules]
"""Returns the current rules: invites can be replaced while the server runs."""


def make_authorizer(
    rules: Rules, on_refusal: Callable[[ChatError], object] = lambda _: None
) -> Handler:
    """Return the function that API Gateway calls before `$connect`.

    The client is not told why it is refused; `on_refusal` is.
    """

    def authorize(event: dict[str, Any], _context: object) -> dict[str, Any]:
        try:
            user = admit_from(event, rules())
        except ChatError as refusal:
            on_refusal(refusal)
            return _policy("nobody", "Deny", event["methodArn"])
        context = {"username": user.username, "userId": user.user_id}
        return {**_policy(user.user_id, "Allow", event["methodArn"]), "context": context}

    return authorize


def admit_from(event: dict[str, Any], rules: EntryRules) -> User:
    """Return the user of a `$connect` or authorizer event.

    Raises:
        ChatError: The handshake may not connect.
    """
    return admit(read_handshake(event), rules)


def _policy(principal_id: str, effect: str, resource: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": principal_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
