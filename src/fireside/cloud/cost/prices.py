"""AWS's list prices in us-east-1, each with its source, and the free tiers.

Update `AS_OF` with every price.
"""

from dataclasses import dataclass

REGION = "us-east-1"
AS_OF = "2026-11-22"

_GATEWAY = "https://aws.amazon.com/api-gateway/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_CLOUDFRONT = "https://aws.amazon.com/cloudfront/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_S3 = "https://aws.amazon.com/s3/pricing/"

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """A list price: `dollars` for `per` of its `unit`, after `free` of them each month."""

    service: str
    unit: str
    dollars: float
    per: int
    source: str
    free: float = 0
    """Units a month, for every account, with no end date: no 12-month free tier is counted."""


MESSAGES = Price("API Gateway", "messages of up to 32 KB", 1.00, _MILLION, _GATEWAY)
MINUTES = Price("API Gateway", "connection minutes", 0.25, _MILLION, _GATEWAY)
REQUESTS = Price("Lambda", "requests", 0.20, _MILLION, _LAMBDA, free=_MILLION)
GB_SECONDS_ARM = Price("Lambda", "GB-seconds, arm64", 13.3334, _MILLION, _LAMBDA, free=400_000)
GB_SECONDS_X86 = Price("Lambda", "GB-seconds, x86", 16.6667, _MILLION, _LAMBDA, free=400_000)
WRITES = Price("DynamoDB", "write units, on demand", 0.625, _MILLION, _DYNAMODB)
READS = Price("DynamoDB", "read units, on demand", 0.125, _MILLION, _DYNAMODB)
STORED = Price("DynamoDB", "GB stored", 0.25, 1, _DYNAMODB, free=25)
BACKED_UP = Price("DynamoDB", "GB of backup", 0.20, 1, _DYNAMODB)
SITE_REQUESTS = Price("CloudFront", "requests", 1.00, _MILLION, _CLOUDFRONT, free=10_000_000)
SITE_OUT = Price("CloudFront", "GB out", 0.085, 1, _CLOUDFRONT, free=1_024)
SITE_IN = Price("CloudFront", "GB in", 0.020, 1, _CLOUDFRONT)
PAGE_STORED = Price("S3", "GB stored", 0.023, 1, _S3)
LOGS = Price("CloudWatch", "GB of logs", 0.50, 1, _CLOUDWATCH, free=5)
METRICS = Price("CloudWatch", "custom metrics", 0.30, 1, _CLOUDWATCH, free=10)
ALARMS = Price("CloudWatch", "alarms", 0.10, 1, _CLOUDWATCH, free=10)

FREE_TIERS = (
    "Lambda: 1,000,000 requests and 400,000 GB-seconds a month, every account, for ever.",
    (
        "DynamoDB: 25 GB stored, every account, for ever. Its 25 read and 25 write units are free "
        "with provisioned capacity alone; on demand, as here, every unit is paid for."
    ),
    (
        "CloudFront: 1 TB out and 10,000,000 requests a month, every account, for ever. "
        "CloudWatch: 5 GB of logs, 10 metrics, 10 alarms."
    ),
    (
        "API Gateway: nothing. Its 1,000,000 messages and 750,000 minutes were for the first "
        "twelve months of accounts made before 15 July 2025, so no account has them any more."
    ),
    (
        "Accounts made since then get up to $200 of credits: the free plan ends after 6 months, "
        "the credits after 12. They are not counted here."
    ),
)
"""AWS's free tiers and who has them; printed below every bill."""

SERVER_DOLLARS = 5.0
"""A month of a small server that runs the same code without AWS: an assumption, no AWS price."""
