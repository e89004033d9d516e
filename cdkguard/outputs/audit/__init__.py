"""Renderers of an audit: pages, tables and findings for other services, of many accounts."""
