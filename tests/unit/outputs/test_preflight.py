"""The checklist in each format, word for word, and the laws that all of them hold."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.outputs.preflight.record import STATES, Evidence, LeftOut, Preflight, Row, make_row
from cdkguard.outputs.render import FORMATS, Options, render
from tests.support.paths import ROOT

FORMAT_NAMES = [f.name for f in FORMATS if f.preflight]
ENDINGS = {"text": "txt", "markdown": "md"}
PREFLIGHT = Preflight(
    (
        make_row("data-retained", "data is retained on prod", "done", (Evidence("30 rules found nothing to stop for"),)),
        make_row(
            "no-hard-coded",
            "no hard-coded ARN or account",
            "failed",
            (
                Evidence("prod/Deployer: Account of another environment is named (hardcoded-cross-environment)", "service.py:115", "critical"),
                Evidence("1 finding below medium: hardcoded-arn-region"),
            ),
            ("write a reference in place of the text; `cdkguard explain RULE` shows how",),
        ),
        make_row("unit-tests", "unit tests pass", "failed", (Evidence("`npm test`: exit status 1 after 2.1 s (`test` in package.json)"),),
                 ("mend the tests",), output=("FAIL  api.test.ts", "1 failed, 3 passed")),
        make_row("staging", "staging is deployed and verified", "unknown", (Evidence("no record"),), ("try it, then record it",)),
    ),
    ("prod",),
    1,
    (LeftOut("safety-nets", "the deployment has its safety nets", "--without"),),
    "staging",
    "git 1a2b3c4d5e",
    ("2 findings at or above high of rules that are of no row",),
    "0.0.0",
    12.3456,
)  # fmt: skip
OPTIONS = Options("/repo", app="infra", commit="1a2b3c4d5e6f", made="2030-01-31T12:30:59Z")


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_golden(name, golden):
    golden(f"preflight.{ENDINGS.get(name, name)}", render(name, PREFLIGHT, OPTIONS, "preflight"))


def test_the_json_is_valid_by_its_schema():
    schema = json.loads((ROOT / "cdkguard/schemas/preflight.schema.json").read_text())
    document = json.loads(render("json", PREFLIGHT, OPTIONS, "preflight"))
    jsonschema.validate(document, schema)
    assert document["verdict"] == "stop" and document["exitStatus"] == 1


def test_text_fits_into_80_columns():
    assert max(map(len, render("text", PREFLIGHT, OPTIONS, "preflight").splitlines())) <= 80


states = st.sampled_from(STATES)
evidence = st.lists(st.builds(Evidence, st.text(max_size=30), st.text(max_size=10)), max_size=3).map(tuple)
rows = st.lists(
    st.builds(lambda i, s, e: make_row(f"row-{i}", f"title {i}", s, e), st.integers(0, 99), states, evidence),
    max_size=6,
)


@given(rows, st.integers(0, 3))
def test_done_is_only_what_is_done_with_evidence(rows, left):
    found = Preflight(tuple(rows), ("prod",), 0, (LeftOut("x", "y", "--without"),) * left)
    assert found.is_done is (bool(rows) and all(row.state == "done" for row in rows))
    assert found.is_done or "stop the deployment" in found.verdict
    for row in rows:
        assert row.evidence and (row.state != "done" or any(seen.text.strip() for seen in row.evidence))
    shown = json.loads(render("json", found, OPTIONS, "preflight"))
    assert [(row["id"], row["state"]) for row in shown["rows"]] == [(row.id, row.state) for row in rows]
    for name in ("text", "markdown", "html"):
        text = render(name, found, OPTIONS, "preflight")
        assert all(row.title in text for row in rows)
        assert left == 0 or "--without" in text


@given(states)
def test_a_row_without_evidence_is_never_done(state):
    assert make_row("a", "b", state, ()).state != "done"
    assert make_row("a", "b", state, (Evidence(" "),)).state != "done"


def test_nobody_breaks_out_of_an_output():
    evil = Evidence("::error::x\n## [x](y) <script>alert(1)</script> \x1b[31m|", "\x1b]8;;x")
    found = PREFLIGHT._replace(
        rows=(Row("a", "<b>|`", "failed", (evil,), ("`|<i>",), output=("::set-output::", "```")),)
    )
    for name in FORMAT_NAMES:
        text = render(name, found, OPTIONS, "preflight")
        assert "\x1b" not in text and "\n::" not in text
        assert name not in ("html", "markdown") or "<script>alert" not in text
