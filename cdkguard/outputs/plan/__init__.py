"""Plan -> text: a change with the verdict of the rules."""
