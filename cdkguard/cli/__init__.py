"""Argv -> a command -> the exit status."""
