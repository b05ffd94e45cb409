"""Deploy the chat to AWS, inspect it there, and destroy it."""
