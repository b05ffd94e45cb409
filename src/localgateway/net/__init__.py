"""Sockets and HTTP: the only part that does network I/O."""
