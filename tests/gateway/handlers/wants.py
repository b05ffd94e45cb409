"""Wants a module that nobody has."""

import not_installed  # noqa: F401


def handler(_event, _context):
    return None
