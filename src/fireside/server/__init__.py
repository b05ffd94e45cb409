"""The chat on one machine: `fireside serve`."""
