"""Programs that run other programs: what they would run, by their arguments alone."""
