"""Two sides of an app in, changes out: pairs, renames, replacement, deletion."""
