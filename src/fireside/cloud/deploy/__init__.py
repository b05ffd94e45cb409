"""Put the chat on AWS, look at it there, and take it away."""
