"""The WebSocket API as a state machine: no I/O, no clock."""
