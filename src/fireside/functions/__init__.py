"""The functions that run on AWS Lambda."""
