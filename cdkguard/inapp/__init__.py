"""The same rules inside a CDK app, at synthesis."""
