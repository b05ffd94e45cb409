"""Ways to send to connections over @connections, and to other functions."""
