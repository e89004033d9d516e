"""The comment on a pull request: what a reviewer reads first, and what is left out last."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cdkguard.model import Change, Finding, Outcome, Problem, Remedy, Report, Source, Stack, StackInfo, Suppression
from cdkguard.outputs.blast_radius import EFFECTS, BlastRadius, Node
from cdkguard.outputs.markdown.budget import Block, Part, fit
from cdkguard.outputs.markdown.mermaid import render_picture
from cdkguard.outputs.markdown.report import render_report_within
from cdkguard.outputs.render import Options, render
from tests.support.mermaid_laws import read_flowcharts

BUCKET, POLICY = "AWS::S3::Bucket", "AWS::IAM::Policy"
ADDRESS = "https://github.com/acme/shop/blob/" + "1" * 40


def permalink(file: str, line: int) -> str:
    return f"{ADDRESS}/{file}#L{line}"


OPTIONS = Options(
    root="/home/dev/shop", permalink=permalink, excerpt=lambda source: [(source.line, "bucket.grantRead(refund);")]
)


def home(environment: str) -> Stack:
    path = f"{environment}/Data"
    return Stack(path.replace("/", "-"), {}, "t.json", construct_path=path, environment=environment)


def changes_of(environment: str, fate: Any) -> list[Change]:
    stack = home(environment)
    path = stack.construct_path

    def change(impact: Any, name: str, kind: str, causes: tuple[str, ...] = (), **fields: Any) -> Change:
        return Change(
            impact, stack, name, kind, f"{path}/{name}/Resource", token=f"{path}/{name}", causes=causes, **fields
        )

    impact = "WILL_ORPHAN" if fate == "retained" else "WILL_DESTROY"
    old = f"{path}/Invoices"
    return [
        change(impact, "Invoices", BUCKET, stateful=True, fate=fate, partner="x", partner_id="Docs", detail=("renamed",)),
        change("WILL_CREATE", "Docs", BUCKET, stateful=True, partner="x", partner_id="Invoices"),
        change("WILL_REPLACE", "Task", "AWS::ECS::TaskDefinition", (old,)),
        change("WILL_UPDATE", "Web", "AWS::ECS::Service", (f"{path}/Task",)),
        change("WILL_UPDATE", "Refund", POLICY),
    ]  # fmt: skip


def finding(rule: str, severity: str, environment: str = "prod", name: str = "Invoices", **fields: Any) -> Finding:
    path = f"{environment}/Data"
    values: dict[str, Any] = {
        "outcome": Outcome.FAIL,
        "message": f"{name} is at fault",
        "logical_id": name,
        "resource_type": BUCKET,
        "construct_path": f"{path}/{name}/Resource",
        "title": f"The problem of {rule}",
        "why": f"The reason of {rule}.",
        "remedy": Remedy("Do it right.", typescript="retain: true,"),
        "source": Source("/home/dev/shop/lib/data.ts", 23),
        **fields,
    }
    return Finding(
        rule, values.pop("outcome"), severity, values.pop("message"), path.replace("/", "-"), path, "t.json", environment,
        **values,
    )  # fmt: skip


ACCEPTED = Suppression(
    "s3-tls", "behind a proxy", "cdkguard.yaml:3", "configuration", owner="web", expires="2030-01-31"
)
RENAMED = finding("data-renamed", "critical", impact="WILL_ORPHAN", change="a", is_new=True)
WIDER = finding(
    "access-widened", "high", name="Refund", resource_type=POLICY, impact="WILL_UPDATE", change="b", is_new=True
)
CHANGE = Report(
    findings=(
        RENAMED,
        WIDER,
        WIDER._replace(
            severity="medium", environment="staging", stack="staging-Data", stack_path="staging/Data",
            construct_path="staging/Data/Refund/Resource",
        ),
        finding("iam-every-bucket", "medium", name="Export", outcome=Outcome.UNKNOWN, is_new=True),
        finding("s3-versioning", "critical", name="Old", is_new=False),
        finding("s3-logging", "low", name="Old", is_new=False),
        finding("s3-tls", "high", name="Old", is_new=False, suppression=ACCEPTED),
    ),
    rules=(),
    stacks=tuple(StackInfo(f"{name}-Data", f"{name}/Data", "t.json", name, None, None, 5, False) for name in ("prod", "staging")),
    problems=(Problem("baseline", "compared with 76c3c6f, the merge base with main", fatal=False),),
    changes=(*changes_of("staging", "if-empty"), *changes_of("prod", "retained")),
    against="git 76c3c6f",
    seconds=9.6,
    version="1.0.0",
)  # fmt: skip


def comment(report: Report = CHANGE, options: Options = OPTIONS) -> str:
    return render("markdown", report, options)


def folded(text: str) -> list[str]:
    return re.findall(r"<details>.*?</details>", text, re.DOTALL)


def open_part(text: str) -> str:
    return re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)


def test_golden(golden: Any) -> None:
    golden("comment.md", comment())


def test_the_order_of_a_reader_at_the_pull_request() -> None:
    text = comment()
    assert text.splitlines()[0] == "<!-- cdkguard -->"
    assert text.splitlines()[1].startswith("❌ **cdkguard failed**: new: 1 critical, 1 high, 1 medium, 1 undecided")
    words = (
        "### This change",
        "**In prod**",
        "```mermaid",
        "**In staging**",
        "### 4 new findings",
        "data-renamed",
        "there before",
    )
    places = [text.index(word) for word in words]
    assert places == sorted(places)
    assert (
        "s3-versioning" not in open_part(text)
        and "s3-tls" not in open_part(text)
        and "76c3c6f, the" not in open_part(text)
    )


@pytest.mark.parametrize(
    ("fail_on", "gate", "word"), [("high", "all", "failed"), ("never", "all", "passed"), ("critical", "new", "failed")]
)
def test_the_verdict_agrees_with_the_exit_status(fail_on: str, gate: str, word: str) -> None:
    report = CHANGE._replace(fail_on=fail_on, gate=gate)
    assert report.fails() is (word == "failed")
    assert f"**cdkguard {word}**" in comment(report)


def test_of_a_second_environment_the_differences_are_told() -> None:
    staging = comment().partition("**In staging**")[2].partition("<details>")[0]
    assert staging.startswith(" as in prod, but\n") and staging.count("\n- ") == 1
    assert "destroyed if it is empty" in staging
    same = CHANGE._replace(changes=(*changes_of("staging", "retained"), *changes_of("prod", "retained")))
    assert "**In prod, staging**\n" in comment(same) and len(read_flowcharts(comment(same))) == 1


def test_the_pictures_show_causes_and_what_follows() -> None:
    first, second = read_flowcharts(comment())
    assert first.labels[0] == ("Data/Invoices", "S3 bucket", "LEFT BEHIND with its data, an empty one is made")
    assert first.edges == ((0, 1), (1, 2)) and first.classes == ("behind", "replaced", "updated")
    assert second.classes[0] == "destroyed"
    assert len(read_flowcharts(open_part(comment()))) == 1  # That of staging is folded.


def test_no_picture_where_nothing_is_lost() -> None:
    text = comment(
        CHANGE._replace(changes=tuple(c for c in CHANGE.changes if c.impact in ("WILL_UPDATE", "WILL_CREATE")))
    )
    assert "mermaid" not in text and "The problem of access-widened: <code>Data/Refund</code>" in text
    assert "mermaid" not in comment(CHANGE._replace(changes=(), against="", findings=CHANGE.findings))


def test_a_fault_of_two_environments_is_one_entry_explained_once() -> None:
    text = comment()
    assert text.count("The reason of access-widened.") == 1
    assert "in prod, staging (medium)" in text
    other = finding("access-widened", "high", name="Other", impact="WILL_UPDATE", is_new=True, title="x", source=None)
    assert comment(CHANGE._replace(findings=(*CHANGE.findings, other))).count("The reason of access-widened.") == 1


def test_places_lead_to_the_commit_where_it_has_the_line() -> None:
    text = comment()
    assert f"[<code>lib/data.ts:23</code>]({ADDRESS}/lib/data.ts#L23)" in text
    assert "<code>lib/data.ts:23</code> of the baseline" in text  # The bucket left the code.
    assert "github.com" not in comment(options=OPTIONS._replace(permalink=Options().permalink))
    outside = finding("s3-tls", "high", source=Source("/usr/lib/x.ts", 3), is_new=True)
    assert "<code>/usr/lib/x.ts:3</code>" in comment(CHANGE._replace(findings=(outside,))).replace("&#47;", "/")
    assert ADDRESS not in comment(CHANGE._replace(findings=(outside,)))


def test_of_a_helper_its_caller_is_linked() -> None:
    called = Source("/home/dev/shop/lib/helper.ts", 9, called_from=Source("/home/dev/shop/lib/data.ts", 23))
    text = comment(CHANGE._replace(findings=(finding("s3-tls", "high", source=called, is_new=True),)))
    assert f"({ADDRESS}/lib/helper.ts#L9), called from [<code>lib/data.ts:23</code>]({ADDRESS}/lib/data.ts#L23)" in text


def test_without_a_baseline_mild_findings_are_folded() -> None:
    findings = tuple(f._replace(is_new=None, impact=None) for f in CHANGE.findings)
    text = comment(CHANGE._replace(findings=findings, changes=(), against=""))
    assert "### 2 critical" in text and "### 1 high" in text
    assert "<summary>2 medium</summary>" in text and "<summary>1 low</summary>" in text
    assert "This change" not in text
    mild = comment(CHANGE._replace(findings=findings[-2:-1], changes=(), against=""))
    assert "### 1 low" in mild


def test_an_approved_loss_is_said_to_be_approved() -> None:
    approval = ACCEPTED._replace(kind="approval")
    text = comment(CHANGE._replace(findings=(RENAMED._replace(suppression=approval), *CHANGE.findings[1:])))
    assert "1 finding on it approved: see below." in text and "left behind with its data" in text


def test_errors_are_never_folded() -> None:
    text = comment(CHANGE._replace(problems=(Problem("template", "app.json: not there", "app.json"),)))
    assert "> **error**: app.json: not there" in open_part(text)


def many(severity: str, number: int, is_new: bool) -> tuple[Finding, ...]:
    return tuple(
        finding(
            f"{severity}-{'new' if is_new else 'old'}-{at}", severity, name=f"N{at}", is_new=is_new, message="x" * 300
        )
        for at in range(number)
    )


@pytest.mark.parametrize("limit", [60_000, 250_000])
def test_what_weighs_least_is_left_out_first(limit: int) -> None:
    findings = (*many("critical", 30, True), *many("low", 500, True), *many("critical", 500, False), *CHANGE.findings)
    text = render_report_within(CHANGE._replace(findings=findings), OPTIONS, limit)
    assert limit * 0.9 < len(text) <= limit
    assert all(f"<code>critical-new-{at}</code>" in text for at in range(30))
    assert "```mermaid" in text and "critical-old" not in text
    shown = len(set(re.findall(r"<code>low-new-\d+</code>", text)))
    note = re.search(r"_(\d+) findings, .*left out to keep this short", text)
    assert note and int(note[1]) == len([f for f in findings if not f.suppression]) - shown - 34
    assert text.count("<details>") == text.count("</details>")


def test_the_picture_goes_before_new_critical_findings() -> None:
    findings = (RENAMED, *many("critical", 400, True))
    text = render_report_within(CHANGE._replace(findings=findings), OPTIONS, 60_000)
    assert "mermaid" not in text and "critical-new-0" in text and "2 pictures" in text
    assert "left behind with its data" in text


def test_an_entry_of_very_many_findings_still_fits() -> None:
    alike = tuple(RENAMED._replace(rule_id=f"rule-{at}", message=f"{at} " + "x" * 900) for at in range(900))
    spread = tuple(
        WIDER._replace(construct_path=f"prod/Data/N{at}" + "y" * 900, logical_id=f"N{at}") for at in range(900)
    )
    for findings in (alike, spread):
        text = comment(CHANGE._replace(findings=findings))
        assert "### 900 new findings" in text and "left out" not in text and len(text) < 60_000


def test_an_optional_block_that_is_too_long_makes_room_for_the_next() -> None:
    parts = [Part([Block("a" * 90, 1, 1, "picture", is_optional=True), Block("b" * 10, 2, 1, "finding")], "<", ">")]
    assert (
        fit("", parts, 350)
        == "<" + "b" * 10 + ">\n_1 picture left out to keep this short; the other outputs show everything._\n"
    )
    strict = [parts[0]._replace(blocks=[block._replace(is_optional=False) for block in parts[0].blocks])]
    assert fit("", strict, 350).startswith("\n_1 finding, 1 picture left out")


HOSTILE = (
    '"] click n0 "https://evil.example"', "%%{init: {}}%%", "<img src=x onerror=y>", "</details>", "[x](javascript:x)", "|a|b|",
    "$$x$$", "fa:fa-car", "#quot;", "1. x", "```\n~~~", "@all", "-->", "\u202ex\u200b", "\n## h", "é漢🔴", "www.evil.example",
)  # fmt: skip
NAMES = st.lists(st.sampled_from(HOSTILE) | st.text(), min_size=1, max_size=4).map("".join).filter(str.strip)


@given(
    st.lists(st.builds(Node, NAMES, NAMES, st.sampled_from(EFFECTS), NAMES, st.booleans()), min_size=1, max_size=25),
    st.data(),
)
def test_any_picture_is_boxes_and_arrows_alone(nodes: list[Node], data: Any) -> None:
    edges = (
        {(a, b) for a in range(len(nodes)) for b in range(a) if data.draw(st.booleans())} if len(nodes) < 6 else set()
    )
    picture = render_picture(BlastRadius(("prod",), tuple(nodes), tuple(sorted(edges))))
    (flowchart,) = read_flowcharts(picture)
    assert flowchart.edges == tuple(sorted(edges)) and len(flowchart.labels) == len(nodes)


@given(st.lists(NAMES, min_size=4, max_size=4))
def test_no_name_gets_out_of_its_place(names: list[str]) -> None:
    name, kind, title, message = names
    changes = tuple(
        change._replace(
            construct_path=f"{name}/{change.logical_id}",
            resource_type=kind,
            stack=change.stack._replace(environment=name),
        )
        for change in CHANGE.changes
    )
    found = tuple(
        f._replace(construct_path=name, resource_type=kind, title=title, message=message, environment=name, why=message)
        for f in CHANGE.findings
    )
    text = comment(CHANGE._replace(changes=changes, findings=found, against=name))
    read_flowcharts(text)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert set(re.findall(r'href="(.*?)"', html)) <= {f"{ADDRESS}/lib/data.ts#L23"}
    tags = re.findall(r"<(/?)(details|summary|table|ul|code)\b", html)
    assert all(tags.count(("", tag)) == tags.count(("/", tag)) for tag in ("details", "summary", "table", "ul", "code"))
    assert not re.search(
        r"<(?!/?(?:p|ul|li|code|strong|em|details|summary|pre|br|h3|table|thead|tbody|tr|th|td|a)\b|!-- )[a-z!/]", html
    )
