"""The hosts of coding agents: what each of them sends to a hook, and the answer that it understands."""
