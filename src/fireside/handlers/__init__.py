"""Turn a gateway event into a chat call. The same on AWS and on one machine."""
