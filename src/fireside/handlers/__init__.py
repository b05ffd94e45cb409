"""The handlers of API Gateway's events, the same on AWS and on one machine."""
