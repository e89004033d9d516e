"""What every output must be, whatever stands in the report: the tests and the fuzz targets ask the same."""

import json
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import jsonschema
from markdown_it import MarkdownIt

from cdkguard.model import Report
from cdkguard.outputs.diff import json as diffjson
from cdkguard.outputs.diff import markdown as diffmarkdown
from cdkguard.outputs.diff import text as difftext
from cdkguard.outputs.diff.common import Difference
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import FORMATS, Options, render
from cdkguard.text import escape
from tests.support.html_laws import page_is_harmless
from tests.support.mermaid_laws import read_flowcharts
from tests.support.paths import ROOT

SCHEMAS = ROOT / "cdkguard" / "schemas"
# Controls other than a line's end, and what reverses or hides text.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def record(*required: str, **properties: Any) -> dict[str, Any]:
    """JSON Schema of an object."""
    return {"type": "object", "required": [*required, *properties], "properties": properties}


TEXT = record(text={"type": "string", "minLength": 1, "maxLength": 1024})
SARIF_RULE = record(
    id={"minLength": 1},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=record("text"),
    properties={
        "required": ["precision", "security-severity"],
        "properties": {"security-severity": {"type": "string"}, "tags": {"maxItems": 20}},
    },
)
SARIF_PLACE = record(
    artifactLocation=record(uri={"pattern": r"^(?![/.])[!-~]+$"}),
    region=record("startColumn", "endColumn", startLine={"minimum": 1}, endLine={"minimum": 1}),
)
SARIF_RESULT = record(
    "ruleId",
    "ruleIndex",
    level={"enum": ["error", "warning", "note"]},
    message=TEXT,
    locations={"minItems": 1, "items": record(physicalLocation=SARIF_PLACE)},
    partialFingerprints=record(primaryLocationLineHash={"minLength": 1}),
    suppressions={"items": record("justification", kind={"enum": ["inSource", "external"]})},
)
SARIF_RUN = record(
    automationDetails=record(id={"type": "string", "pattern": "^cdkguard/"}),
    tool=record(driver=record("name", rules={"items": SARIF_RULE})),
    results={"maxItems": 25_000, "items": SARIF_RESULT},
)
IN_SARIF = {
    "configuration": "external",
    "accepted": "external",
    "approval": "external",
    "metadata": "inSource",
    "acknowledgement": "inSource",
    "peer": "inSource",
}  # kind of a suppression -> SARIF's word
_IN_CODE = re.compile(r"([a-z-]+ )?metadata of |acknowledge on ")  # the beginning of the origins that name code
# What GitHub code scanning requires beyond the standard's own schema.
SARIF = record("$schema", version={"const": "2.1.0"}, runs={"minItems": 1, "maxItems": 20, "items": SARIF_RUN})
GITLAB = {
    "type": "array",
    "items": record(
        description={"type": "string"},
        check_name={"type": "string"},
        fingerprint={"type": "string", "minLength": 1},
        severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
        location=record(path={"type": "string"}, lines=record(begin={"type": "integer", "minimum": 1})),
    ),
}
_REPORT = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8")))
_SARIF, _GITLAB = jsonschema.Draft202012Validator(SARIF), jsonschema.Draft202012Validator(GITLAB)


def parses_everywhere(report: Report, options: Options | None = None, schema: bool = True) -> None:
    """Every renderer's output is one of its own format; `schema` is left out where a report was made up."""
    options = options or Options()
    for name in (record.name for record in FORMATS if record.report):
        text = render(name, report, options)
        parses(name, text, schema)
        if name == "sarif":
            _says_what_stands_in_code(json.loads(text), report)
    colored = render("text", report, options._replace(color=True))
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render("text", report, options)
    plan_parses(Plan(report, 1), options)


def _says_what_stands_in_code(document: dict[str, Any], report: Report) -> None:
    """The word `inSource` for each suppression that the app holds, `external` for each other, as SARIF defines them."""
    found = [
        (one["kind"], one["justification"], one["properties"].get("origin", ""))
        for run in document["runs"]
        for result in run["results"]
        for one in result["suppressions"]
    ]
    accepted = [finding.suppression for finding in report.findings if finding.suppression]
    wanted = json.loads(escape.json_text([(IN_SARIF[s.kind], s.reason, s.origin) for s in accepted]))
    assert sorted(found) == sorted(map(tuple, wanted))


def parses(name: str, text: str, schema: bool = True) -> None:
    """The text is one of the format `name`."""
    text.encode("utf-8")  # no lone surrogate
    assert text.endswith("\n") and not _UNSAFE.search(text), name
    if name == "json":
        document = json.loads(text)
        if schema:
            _REPORT.validate(document)
    elif name == "sarif":
        document = json.loads(text)
        _SARIF.validate(document)
        for run in document["runs"]:
            rules = run["tool"]["driver"]["rules"]
            assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
            if schema:
                accepted = [one for result in run["results"] for one in result["suppressions"]]
                in_code = [_IN_CODE.match(one["properties"]["origin"]) is not None for one in accepted]
                assert [one["kind"] == "inSource" for one in accepted] == in_code
    elif name == "gitlab":
        entries = json.loads(text)
        _GITLAB.validate(entries)
        assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    elif name == "junit":
        root = ElementTree.fromstring(text)
        assert root.tag == "testsuites" and int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))
    elif name == "github":
        for command in text.splitlines():
            assert re.match("::(error|warning|notice) (file=[^,:]+,line=[0-9]+,)?title=[^,:]*::", command), command
    elif name in ("markdown", "github-summary"):
        _is_harmless(text)
    elif name == "html":
        page_is_harmless(text)


def _is_harmless(markdown: str) -> None:
    """No markup of a template's comes through: the only tags are those that we write ourselves.

    Nobody is mentioned, nothing is linked but what we link, and a picture is one of boxes and arrows.
    """
    html = _MARKDOWN.render(markdown)
    tags = set(re.findall(r"<([a-z][a-z0-9]*)", html))
    ours = {"h3", "h4", "p", "strong", "em", "code", "pre", "details", "summary", "table", "thead", "tbody", "tr", "th", "td",
            "ul", "li", "br", "blockquote"}  # fmt: skip
    assert tags <= ours, tags - ours
    for tag in ("details", "summary", "table", "code"):
        assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>"), tag
    prose = re.sub(r"<(code|pre)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"@\w|(?<!&)#\d|www\.", prose)
    read_flowcharts(markdown)


def plan_parses(plan: Plan, options: Options | None = None) -> None:
    """The same for the outputs of `cdkguard plan`."""
    options = options or Options()
    for name in (record.name for record in FORMATS if record.plan):
        parses(name, render(name, plan, options, "plan"), schema=False)
    colored = render("text", plan, options._replace(color=True), "plan")
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render("text", plan, options, "plan")


def difference_parses(difference: Difference, options: Options | None = None) -> None:
    """The same for the outputs of `cdkguard diff`."""
    options = options or Options()
    document = diffjson.render(difference, options)
    json.loads(document)
    plain, markdown = difftext.render(difference, options), diffmarkdown.render(difference, options)
    for text in (document, plain, markdown):
        text.encode("utf-8")
        assert not _UNSAFE.search(text)
    _is_harmless(markdown)
