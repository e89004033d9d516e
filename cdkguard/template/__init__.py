"""What the values of a template are worth before deployment: intrinsic functions, conditions, paths, loops."""
