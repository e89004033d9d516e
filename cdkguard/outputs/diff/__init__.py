"""Renderers of a difference: what a deployment would change, without a verdict of rules."""
