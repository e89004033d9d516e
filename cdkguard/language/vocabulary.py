"""The words that a rule file may use, for the loader, the schema and the documentation."""

DIRECTIONS = ("lower", "higher", "absent", "new", "added", "changed", "other", "prefix", "order")  # of `weakens`
