"""The chat: people, rooms and messages, and nothing of sockets."""

__version__ = "0.1.0"
