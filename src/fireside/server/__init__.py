"""What runs on one machine: `fireside serve`."""
