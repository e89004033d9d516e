"""The stacks of the orders service."""
