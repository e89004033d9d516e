"""Writes, checks and takes away the files by which the hosts of coding agents call cdkguard."""
