"""The doors: from a gateway event, a command line or a process into the chat."""
