"""`cdkguard.api` says of each stack what `cdkguard check` says of it: on both examples, and on the corpus."""

import os
import shutil
from pathlib import Path

import pytest

from cdkguard.api import Judge, StackContext
from cdkguard.check.exit_status import status_of
from cdkguard.check.run import check, check_assembly
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.errors import InputError
from cdkguard.inputs.app import find_app
from cdkguard.inputs.assembly import read_assembly
from cdkguard.inputs.synth import open_synthesized_app
from tests.support.api_contexts import context_of, without_app
from tests.support.paths import ROOT

CORPUS = os.environ.get("CDKGUARD_CORPUS")


def assert_judged_alike(found, config, judge):
    """Each root stack of the assembly by itself, with those nested in it; only a manifest tells of missing context."""
    findings = 0
    for root in [stack for stack in found.stacks if stack.parent is None and not stack.missing]:
        stacks = [stack for stack in found.stacks if stack.root is root]
        if len({(stack.parent, stack.parent_logical_id) for stack in stacks}) < len(stacks):
            continue  # A product with several versions: a body is given for one of them.
        report = check_assembly(config, found._replace(stacks=tuple(stacks)), today="2026-01-01")
        text = Path(root.template_path).read_text(encoding="utf-8")
        verdict = judge.judge(text, context_of(root, stacks, report.stacks[0].environment))

        assert list(map(without_app, verdict.findings)) == list(map(without_app, report.findings)), root
        assert verdict.stacks == report.stacks
        assert [p for p in verdict.errors if "asset" not in p.message] == [
            p for p in report.errors if "asset" not in p.message
        ]
        acknowledged = any(f.suppression and f.suppression.kind == "acknowledgement" for f in report.findings)
        if not acknowledged and len(verdict.errors) == len(report.errors):
            assert verdict.exit_status == status_of(report)
        findings += len(verdict.findings)
    return findings


@pytest.mark.e2e
@pytest.mark.skipif(
    not (ROOT / "examples/task-api/node_modules").is_dir(), reason="`make examples` installs what it needs"
)
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("name", ["orders", "task-api"])
def test_the_stacks_of_an_example(name):
    folder = str(ROOT / "examples" / name)
    config = load_config(folder, None)._replace(rules=("all",))
    with open_synthesized_app(find_app(folder, config.app, config.context), full=False, timeout=None) as out:
        assert assert_judged_alike(read_assembly(out), config, Judge(config, today="2026-01-01")) > 20


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="CDKGUARD_CORPUS names no folder")
def test_the_assemblies_of_the_cdk_itself():
    config = Config(environment="prod")
    judge = Judge(config, today="2026-01-01")
    findings = 0
    for folder in sorted(Path(CORPUS, "assemblies/cdk-integ").iterdir()):
        findings += assert_judged_alike(read_assembly(str(folder)), config, judge)
    assert findings > 1_000


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="CDKGUARD_CORPUS names no folder")
def test_templates_that_people_wrote():
    config = Config(environment="prod", rules=("all",))
    judge = Judge(config, today="2026-01-01")
    for path in sorted(Path(CORPUS, "handwritten").rglob("*")):
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            continue
        context = StackContext(path.stem, takes_defaults=True, construct_path="", source=str(path))
        try:
            report = check(config._replace(paths=(str(path),)), today="2026-01-01")
        except InputError:
            report = None
        if report is None or not report.stacks:
            assert judge.judge(text, context).outcome == "unknown"
            continue
        if not any(stack.nested for stack in report.stacks):  # Those lie beside it, where a judge does not look.
            verdict = judge.judge(text, context._replace(name=report.stacks[0].name))
            assert list(map(without_app, verdict.findings)) == list(map(without_app, report.findings)), path
            assert verdict.exit_status == status_of(report)
