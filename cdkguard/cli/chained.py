"""Behind the app in cdk.json: what cdkguard and the CDK CLI that runs it tell each other."""

from __future__ import annotations

import json
import os

from cdkguard.errors import ConfigError
from cdkguard.model import Report
from cdkguard.system import files


def cli_fails_on_reports() -> bool:
    """Whether the CDK CLI that runs us has said that it, not the app, fails on validation-report.json."""
    try:
        context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
        if (overflow := os.environ.get("CONTEXT_OVERFLOW_LOCATION_ENV")) is not None:
            context |= json.loads(files.text(overflow))
        return context.get("@aws-cdk/core:failSynthOnValidationErrors") is False
    except (OSError, ValueError, TypeError, AttributeError):
        return False  # then our own exit status fails the synthesis


def merge_validation_report(report: Report) -> None:
    """Put our entry into CDK's own report, which the CDK CLI shows after the synthesis."""
    from cdkguard.outputs import cdkreport

    outdir = os.environ["CDK_OUTDIR"]
    file = os.path.join(outdir, "validation-report.json")
    try:
        version = str(json.loads(files.text(os.path.join(outdir, "manifest.json"))).get("version", ""))
        old = files.text(file) if files.exists(file) else None
        files.replace(file, cdkreport.merge(old, report, version, outdir))
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{file}: CDK's validation report cannot be written: {problem}") from problem
