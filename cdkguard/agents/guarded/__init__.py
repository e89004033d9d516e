"""The guard of the guard: what an agent changes of the files and branches that hold it back."""
