"""Lines of shells, read without running them: POSIX shells, PowerShell, cmd."""
