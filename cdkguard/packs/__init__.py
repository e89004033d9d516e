"""Rule files -> rules, checked, and prepared so that no start-up parses them."""
