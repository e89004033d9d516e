"""What somebody has accepted: suppressions in configuration, in code, and those written for peers."""
