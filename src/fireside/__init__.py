"""The chat: people, rooms and messages, and nothing of sockets."""
