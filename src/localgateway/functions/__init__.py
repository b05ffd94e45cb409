"""Run handlers as AWS Lambda does, in this process or in processes of their own."""
