"""Renderers: pure functions from a report to text; they never sort, filter or edit findings."""
