"""What a coding agent is about to do, judged by what the deployment would delete, and answered in its host's own way."""
