"""Renderers of the checklist before a deployment."""
