"""CDK's own validation report, through which cdkguard reports when it runs behind the app in cdk.json."""

from __future__ import annotations

import json
import os

from cdkguard.errors import ConfigError
from cdkguard.model import Report
from cdkguard.system import files


def cdk_fails_on_it() -> bool:
    """Whether the CDK CLI that runs the app fails by itself on findings in validation-report.json.

    It says so in the app's context: https://github.com/aws/aws-cdk-cli
    """
    try:
        context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
        if (overflow := os.environ.get("CONTEXT_OVERFLOW_LOCATION_ENV")) is not None:
            context |= json.loads(files.read_text(overflow))
        return context.get("@aws-cdk/core:failSynthOnValidationErrors") is False
    except (OSError, ValueError, TypeError, AttributeError):
        return False  # Our own exit status fails the synthesis then.


def hint_of_stages(report: Report) -> str:
    """The verdict and what to write, where every stack is in a Stage: a bare `cdk synth` shows no report then, and passes."""
    if any("/" not in stack.construct_path for stack in report.stacks if not stack.nested):
        return ""
    from cdkguard.outputs.summary import summarize_status

    return f"cdkguard: {summarize_status(report)}; the stacks are in Stages: only `cdk synth '**'` fails on it"


def add_report(report: Report) -> None:
    """Add our entry to validation-report.json, which the CDK CLI shows after the synthesis. Raises ConfigError."""
    from cdkguard.outputs import cdk_report

    outdir = os.environ["CDK_OUTDIR"]
    file = os.path.join(outdir, "validation-report.json")
    try:
        version = str(json.loads(files.read_text(os.path.join(outdir, "manifest.json"))).get("version", ""))
        old = files.read_text(file) if files.exists(file) else None
        files.write(file, cdk_report.merge_report(old, report, version, outdir))
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{file}: CDK's validation report cannot be written: {problem}") from problem
