"""The same rules inside CloudFormation: the handler of a Lambda hook, its package, and the construct that deploys it."""
