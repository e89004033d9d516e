"""Every deployed stack of many accounts, judged by the same rules and compared with the last time."""
