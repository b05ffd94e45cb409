"""What the operating system gives a server: its output, its signals, its ports, its files."""
