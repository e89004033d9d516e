"""The files that a team keeps for cdkguard: settings, environments, accepted findings, approvals."""
