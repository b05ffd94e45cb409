"""Sends frames to connections over @connections, and invokes other Lambda functions."""
