"""Renderers of a page: one file that shows a report, a plan or many apps, without network and without script."""
