"""The default names of a stage: a module of its own, so that `--help` imports nothing else."""

PROJECT = "fireside"
STAGE = "prod"
