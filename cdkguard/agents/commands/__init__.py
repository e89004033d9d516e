"""The arguments of a tool -> what it would do: one module for each tool."""
