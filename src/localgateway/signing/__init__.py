"""Signatures of AWS clients: whose are let in, and which requests have the right one."""
