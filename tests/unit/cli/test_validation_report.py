"""What a run behind the app in cdk.json tells beside CDK's own report."""

from __future__ import annotations

import pytest

from cdkguard.cli.validation_report import hint_of_lines, hint_of_stages
from cdkguard.model import Report, Source, StackInfo
from tests.support.page_reports import finding


def report_on(*paths: str) -> Report:
    stacks = (
        StackInfo(path, path, f"cdk.out/{f'assembly-{stage}/' if stage else ''}t.json", "prod", None, None, 1, False)
        for path in paths
        for stage in [path.rpartition("/")[0]]
    )
    return Report((), (), tuple(stacks))


@pytest.mark.parametrize(
    ("paths", "says"),
    [
        (("prod/Data", "staging/Data"), "the stacks are in Stages: only `cdk synth '**'` fails on them"),
        (("Data", "prod/Data"), "1 of 2 stacks are in Stages: only `cdk synth '**'` fails on them"),
        (("Data", "More"), ""),
    ],
)
def test_the_hint_is_for_apps_with_stacks_in_stages(paths: tuple[str, ...], says: str) -> None:
    assert hint_of_stages(report_on(*paths)).endswith(says)
    assert bool(hint_of_stages(report_on(*paths))) is bool(says)


def test_a_stack_in_a_construct_or_another_stack_is_in_no_stage() -> None:
    stacks = [
        StackInfo("N", "Data/Nested", "cdk.out/assembly-x/n.json", "prod", None, None, 1, True),
        StackInfo("C", "Group/Data", "cdk.out/c.json", "prod", None, None, 1, False),
    ]
    assert hint_of_stages(Report((), (), tuple(stacks))) == ""


def test_the_hint_of_lines_is_for_findings_of_which_none_has_one() -> None:
    bare = Report((finding(source=None), finding("Items", source=None)), (), ())
    assert "`cdkguard init --chain` puts what records them" in hint_of_lines(bare)
    one = finding(source=Source("app.py", 3))
    assert hint_of_lines(bare._replace(findings=(*bare.findings, one))) == ""
    assert hint_of_lines(bare._replace(findings=())) == ""
