"""For development: faults on request, recorded events, replay."""
