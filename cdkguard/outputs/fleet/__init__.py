"""Renderers of many apps: what each report says, app by app and environment by environment."""
