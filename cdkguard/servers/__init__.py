"""Long-running ways in: the Model Context Protocol."""
