"""Clients of boto3 without retries: the adapters decide what to retry, not the SDK."""

import boto3
from botocore.client import BaseClient
from botocore.config import Config

SOCKETS = 10


def client(
    service: str, region: str, endpoint: str | None, seconds: float, sockets: int = SOCKETS
) -> BaseClient:
    """Return a client for an AWS service, with a timeout of `seconds` for each call."""
    config = Config(
        connect_timeout=seconds,
        read_timeout=seconds,
        retries={"total_max_attempts": 1},
        max_pool_connections=sockets,
    )
    return boto3.client(service, region_name=region, endpoint_url=endpoint, config=config)
