"""What a run behind the app in cdk.json tells beside CDK's own report."""

from __future__ import annotations

import pytest

from cdkguard.cli.validation_report import hint_of_stages
from cdkguard.model import Report, StackInfo


def report_on(*paths: str) -> Report:
    stacks = (StackInfo(path, path, "t.json", "prod", None, None, 1, False) for path in paths)
    return Report((), (), tuple(stacks))


@pytest.mark.parametrize(("paths", "says"), [(("prod/Data", "staging/Data"), True), (("Data", "prod/Data"), False)])
def test_the_hint_is_for_apps_whose_stacks_are_all_in_stages(paths: tuple[str, ...], says: bool) -> None:
    hint = hint_of_stages(report_on(*paths))
    assert bool(hint) is says and ("cdk synth '**'" in hint) is says


def test_a_nested_stack_is_no_stack_in_a_stage() -> None:
    nested = StackInfo("N", "Data/Nested", "n.json", "prod", None, None, 1, True)
    report = report_on("Data")
    assert hint_of_stages(report._replace(stacks=(*report.stacks, nested))) == ""
