"""Shared by everything that talks to a person: exit codes, logs, checks, QR codes."""
