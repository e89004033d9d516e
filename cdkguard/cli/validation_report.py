"""CDK's own validation report, through which cdkguard reports when it runs behind the app in cdk.json."""

from __future__ import annotations

import json
import os

from cdkguard._typing import TYPE_CHECKING
from cdkguard.errors import ConfigError
from cdkguard.model import Report
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.outputs.render import LinkOf

_STAGE = "assembly-"  # how CDK begins the name of a Stage's folder


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
    """The verdict and what to write, where stacks are in Stages: a bare `cdk synth` leaves them out, and can pass."""
    roots = [stack for stack in report.stacks if not stack.nested]
    staged = [stack for stack in roots if os.path.basename(os.path.dirname(stack.template_path)).startswith(_STAGE)]
    if not staged:
        return ""
    from cdkguard.outputs.summary import summarize_status

    which = "the stacks are" if len(staged) == len(roots) else f"{len(staged)} of {len(roots)} stacks are"
    return f"cdkguard: {summarize_status(report)}; {which} in Stages: only `cdk synth '**'` fails on them"


def hint_of_lines(report: Report) -> str:
    """What to do where no finding has a line of the app's code: neither the CDK CLI nor an editor shows one then."""
    if not report.active or any(finding.source for finding in report.active):
        return ""
    return (
        "cdkguard: no finding has a source line, so that editors show none: `cdkguard init --chain` puts what records "
        "them before the app (JSII_HOST_STACK_TRACES=1 in Python)"
    )


def add_report(report: Report, link_of: LinkOf) -> None:
    """Add our entry to validation-report.json, which the CDK CLI shows after the synthesis. Raises ConfigError."""
    from cdkguard.outputs import cdk_report

    outdir = os.environ["CDK_OUTDIR"]
    file = os.path.join(outdir, "validation-report.json")
    try:
        version = str(json.loads(files.read_text(os.path.join(outdir, "manifest.json"))).get("version", ""))
        old = files.read_text(file) if files.exists(file) else None
        files.write(file, cdk_report.merge_report(old, report, version, outdir, link_of=link_of))
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{file}: CDK's validation report cannot be written: {problem}") from problem
