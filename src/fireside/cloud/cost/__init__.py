"""Estimate the AWS bill of a month."""
