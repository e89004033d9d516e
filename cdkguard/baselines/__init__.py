"""The other side of a diff: what is deployed, a git revision, a saved assembly."""
