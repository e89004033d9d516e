"""The run: a configuration in, a report out."""
