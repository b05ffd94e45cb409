"""The names that a stage has unless it is given others."""

PROJECT = "fireside"
STAGE = "prod"
