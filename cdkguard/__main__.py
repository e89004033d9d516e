"""`python -m cdkguard`."""

from cdkguard.cli import run

run()
