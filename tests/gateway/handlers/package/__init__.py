"""A package of handlers."""
