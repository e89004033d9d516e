"""What Python and the operating system give: files, processes, signals, the cache folder."""
