"""Run handlers as AWS Lambda does."""
