"""The examples from source: cdkguard beside the app's own command in the same environment, and beside `cdk synth`."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
CDK = ROOT / "examples/task-api/node_modules/.bin/cdk"
EXAMPLES = ("task-api", "orders")
# What cdkguard.inputs.synth gives an app beside the user's own environment, so that what is left is what cdkguard itself takes.
FAST = {
    "CDK_VALIDATION": "false",
    "TS_NODE_TRANSPILE_ONLY": "true",
    "JSII_HOST_STACK_TRACES": "1",
    "NODE_OPTIONS": "--stack-trace-limit=50",
}
CONTEXT = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:version-reporting": True,
    "aws:cdk:bundling-stacks": [],
    "@aws-cdk/core:failSynthOnValidationErrors": False,
}


def add_rows(table, check, site, temporary, runs, rules):
    """Three rows for each example, on a rows.Table; `check` is the command of cdkguard that judges the current folder,
    `rules` how many rules it judges by.

    The example's packages must be installed (`make examples`); else nothing is added.
    """
    if not CDK.exists():
        return
    for name in EXAMPLES:
        folder, out = ROOT / "examples" / name, Path(temporary, "out", name)
        table.title(f"from source: examples/{name}")
        alone = table.row("the app alone", alone_command(folder, out / "alone"), runs, cwd=folder)
        table.row("cdkguard check", check, runs, alone, cwd=folder, site=site, rules=rules)
        synth = [str(CDK), "synth", "-q", "--no-notices", "-o", str(out / "cdk")]
        table.row("cdk synth", synth, runs, alone, cwd=folder)


def alone_command(folder, out):
    """The command of the app's cdk.json by itself, as cdkguard runs it; it writes its assembly into `out`."""
    settings = json.loads((folder / "cdk.json").read_text(encoding="utf-8"))
    given = {**FAST, "CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps({**settings["context"], **CONTEXT})}
    words = [f"{name}={value}" for name, value in given.items()]
    return ["env", *words, "sh", "-c", settings["app"]]
