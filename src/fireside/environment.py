"""Environment variables of the functions: on AWS set by infra/, here by what stands in for AWS."""

MESSAGES_TABLE = "FIRESIDE_MESSAGES_TABLE"
CONNECTIONS_TABLE = "FIRESIDE_CONNECTIONS_TABLE"
PEOPLE_TABLE = "FIRESIDE_PEOPLE_TABLE"

ENDPOINT = "FIRESIDE_ENDPOINT"
"""Address of @connections, `https://HOST/STAGE`."""

FANOUT_FUNCTION = "FIRESIDE_FANOUT_FUNCTION"
"""Name of the function that posts to the rest of a large room."""

POST_SECONDS = "FIRESIDE_POST_SECONDS"
BROADCAST_SECONDS = "FIRESIDE_BROADCAST_SECONDS"

PERSON_MESSAGES_PER_HOUR = "FIRESIDE_PERSON_MESSAGES_PER_HOUR"
"""Messages that one person may cause in an hour."""

HOSTS = "FIRESIDE_HOSTS"
ORIGINS = "FIRESIDE_ORIGINS"
INVITE_SHA256 = "FIRESIDE_INVITE_SHA256"

NAMES = "FIRESIDE_NAMES"
"""Whether names must be claimed; also a setting of `fireside serve`."""

OWNER_SHA256 = "FIRESIDE_OWNER_SHA256"
"""Hashes of the secrets that make an owner."""

ORIGIN_SECRET_SHA256 = "FIRESIDE_ORIGIN_SECRET_SHA256"  # noqa: S105 - a variable's name
"""Hashes of the secret with which CloudFront shows that a request came through it."""

LIFETIME_SECONDS = "FIRESIDE_LIFETIME_SECONDS"
"""How long a connection lasts; only `fireside serve --isolated` sets it."""

API_ID = "FIRESIDE_API_ID"
STAGE = "FIRESIDE_STAGE"
"""Of the API that the kill switch stops."""

OF_FUNCTIONS = frozenset(
    {
        API_ID,
        BROADCAST_SECONDS,
        CONNECTIONS_TABLE,
        ENDPOINT,
        FANOUT_FUNCTION,
        HOSTS,
        INVITE_SHA256,
        LIFETIME_SECONDS,
        MESSAGES_TABLE,
        ORIGINS,
        ORIGIN_SECRET_SHA256,
        OWNER_SHA256,
        PEOPLE_TABLE,
        PERSON_MESSAGES_PER_HOUR,
        POST_SECONDS,
        STAGE,
    }
)
"""All that only functions read: on AWS, or in a process of `fireside serve --isolated`."""
