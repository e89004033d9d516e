"""Checks again whenever what was checked changes, until somebody ends it."""
