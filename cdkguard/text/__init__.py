"""Strings of others, searched, compared and made harmless."""
