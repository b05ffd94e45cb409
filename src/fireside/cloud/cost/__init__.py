"""Estimate a month's bill on AWS."""
