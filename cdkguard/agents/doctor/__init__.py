"""Examines the whole set-up: what cdkguard needs, whether each hook answers, which walls hold without an agent's good will."""
