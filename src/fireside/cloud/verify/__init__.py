"""Test a running chat from outside."""
