"""Adapters: implementations of the ports, and the clients they use."""
