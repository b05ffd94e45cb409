"""Messages and people in one SQLite file."""
