"""Messages and connections in two DynamoDB tables."""
