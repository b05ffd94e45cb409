"""The rows of the three DynamoDB tables, one module for each, and what is in them.

    messages      pk                  sort key  contains
                  room#general        1, 2 …    a message of the room's log
                  nonce#ann#6f1c…     0         the key of the message with this nonce; has a ttl
                  epoch               0         the name of this store, and the id of its table

    connections   connection#L0SM…    -         a connection and its rooms; has a ttl
                  room#general        L0SM…     the same connection, as a member of the room
                  person#ann          495812    what a person used in an hour since 1970; has a ttl

    people        person#ann          -         a person: role, devices, recovery code
                  name#ann            -         who has the names of this key, or had them
                  audit               01KB…     what was done to a person; has a ttl
                  forgotten           ann       a person who asked to be forgotten

Attribute names are short because AWS bills every byte: a member of a room stays below 130 bytes.
`v` in every row is the version of its format. A newer version of the code may add attributes; if
it changes what an attribute means, it raises `v`. Code that reads a row with a higher `v` than it
knows shows a message as damaged, ignores a connection, and raises for any other row.
"""

from fireside.adapters.dynamodb.rows.connections import (
    CONNECTION_SECONDS,
    connection,
    connection_key,
    connections_table,
    member_key,
    of_connection,
    of_member,
    spend,
    spending_key,
)
from fireside.adapters.dynamodb.rows.log import (
    absent_or_of_another_table,
    epoch,
    message,
    messages_table,
    of_epoch,
    of_message,
    of_nonce,
    under_nonce,
)
from fireside.adapters.dynamodb.rows.people import people_table
from fireside.adapters.dynamodb.rows.values import (
    ABSENT,
    VERSION,
    Item,
    Value,
    number,
    room_key,
    text,
)

__all__ = [
    "ABSENT",
    "CONNECTION_SECONDS",
    "VERSION",
    "Item",
    "Value",
    "absent_or_of_another_table",
    "connection",
    "connection_key",
    "connections_table",
    "epoch",
    "member_key",
    "message",
    "messages_table",
    "number",
    "of_connection",
    "of_epoch",
    "of_member",
    "of_message",
    "of_nonce",
    "people_table",
    "room_key",
    "spend",
    "spending_key",
    "text",
    "under_nonce",
]
