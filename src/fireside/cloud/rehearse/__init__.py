"""Run the zip for AWS Lambda on this machine."""
