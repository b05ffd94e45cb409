"""What every command shares: exit codes, logs, checks, questions, QR codes."""
