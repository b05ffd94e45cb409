"""Sockets and HTTP: all the network I/O of the gateway."""
