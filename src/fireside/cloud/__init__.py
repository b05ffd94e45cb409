"""The commands for AWS, which run on a person's computer. Nothing in here is uploaded."""
