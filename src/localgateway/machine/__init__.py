"""The WebSocket API as a state machine and what it reads: no network, no clock."""
