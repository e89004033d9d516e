"""Rules x resources and rules x changes -> findings."""
