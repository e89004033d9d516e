"""What a line would do, seen through wrappers, scripts of the repository and code, without running anything."""
