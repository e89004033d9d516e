"""cdkguard: the guardrail between `cdk synth` and `cdk deploy`."""

__version__ = "0.1.0"
