"""Messages, connections and people in three DynamoDB tables."""
