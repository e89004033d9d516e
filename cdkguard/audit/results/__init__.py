"""What an audit has found: written part by part, compared with the last audit, and asked by SQL."""
