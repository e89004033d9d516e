"""Many apps at once: the JSON reports that their own runs wrote, read and put side by side."""
