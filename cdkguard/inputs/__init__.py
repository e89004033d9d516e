"""What is judged: apps to synthesize, cloud assemblies, templates."""
