"""An audit as a page, as text, and as findings for other services."""

import csv
import io
import json

import pytest

from cdkguard.outputs.audit.record import FindingRow, FormerRow, UnreadRow
from cdkguard.outputs.audit.summary import Audit
from cdkguard.outputs.render import FORMATS, Options, render, render_pieces
from tests.support.audit_results import (
    RULES,
    account_of,
    finding,
    header_of,
    many_units,
    stack_row,
    unread_account,
    write_audit,
)
from tests.support.html_laws import page_is_harmless
from tests.support.output_laws import parses
from tests.support.page_reports import HOSTILE

OPTIONS = Options(made="2030-02-08T05:40:00Z", width=100)
NAMES = [f.name for f in FORMATS if f.audit]
A, B, C = map(account_of, range(3))
EU, US = "eu-west-1", "us-east-1"


def of(name, audit, options=OPTIONS):
    return render(name, audit, options, "audit")


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    """The first audit, and the second one, which is compared with it."""
    place = tmp_path_factory.mktemp("audits")
    shop = stack_row(A, EU, "Shop")
    desk = stack_row(A, US, "Desk", owner="", tags={}, environment="dev")
    bus = stack_row(B, EU, "Bus", owner="billing")
    before = {
        f"{A}/{EU}/1": [shop, finding(shop, RULES[0], 1), finding(shop, RULES[3], 2)],
        f"{A}/{US}/1": [desk, finding(desk, RULES[1], 1, outcome="unknown"), finding(desk, RULES[4], 1, outcome="suppressed", suppression="a test")],
        f"{B}/{EU}/1": [bus, finding(bus, RULES[2], 1)],
    }  # fmt: skip
    shop = shop._replace(updated="2030-02-05T00:00:00Z")
    after = {
        f"{A}/{EU}/1": [shop, finding(shop, RULES[0], 1), finding(shop, RULES[0], 5), finding(shop, RULES[1], 6)],
        f"{A}/{US}/1": [*before[f"{A}/{US}/1"], finding(desk, RULES[3], 9)],
        f"{B}/-/role": [unread_account(B)],
        f"{C}/{US}/listing": [UnreadRow("region", C, US, "", "DescribeStacks: Throttling: Rate exceeded", "lower --rate")],
    }  # fmt: skip
    first = write_audit(str(place / "1"), list(before.items()), header_of(3))
    second = write_audit(
        str(place / "2"), list(after.items()),
        header_of(3, started="2030-02-07T12:30:00Z", ended="2030-02-07T12:41:00Z", rules_digest="q" * 64),
        str(place / "1"),
    )  # fmt: skip
    return first._replace(place="audits/2030-01-31"), second._replace(place="audits/2030-02-07")


@pytest.mark.parametrize("name, ending", [("text", "txt"), ("json", "json"), ("html", "html"), ("csv", "csv"), ("ocsf", "ocsf.jsonl"), ("asff", "asff.jsonl")])  # fmt: skip
def test_golden(golden, audits, name, ending):
    golden(f"audit.{ending}", of(name, audits[1]).replace("\r\n", "\n"))


def test_golden_of_a_first_audit(golden, audits):
    golden("audit.first.txt", of("text", audits[0]))


@pytest.mark.parametrize("name", NAMES)
def test_pieces_are_the_whole(audits, name):
    assert "".join(render_pieces(name, audits[1], OPTIONS, "audit")) == of(name, audits[1])


# -- what was not read


@pytest.mark.parametrize("name", ["text", "json", "html", "csv", "ocsf"])
def test_what_was_not_read_is_in_every_output(audits, name):
    text = of(name, audits[1])
    assert "AssumeRole is refused: AccessDenied" in text and "Throttling" in text


def test_an_audit_with_something_unread_is_never_green(audits):
    unread_alone = write_unread(audits)
    assert of("text", unread_alone).splitlines()[-1].startswith("failed: 1 not read")
    page = of("html", unread_alone)
    assert "<strong>failed</strong>" in page and "verdict passed" not in page
    assert page.index("Not read: nobody knows") < page.index("Open findings")
    assert json.loads(of("json", unread_alone))["status"] == 3


def write_unread(audits):
    """The first audit with a clean stack and an account that was not read."""
    summary = audits[0].summary
    counts = summary.run.counts._replace(critical=0, high=0, medium=0, low=0, unknown=0, deciding=0, unread=1)
    run = summary.run._replace(counts=counts)
    return audits[0]._replace(summary=summary._replace(run=run, unread=(unread_account(B),), rules=(), accounts=()))


def test_an_audit_that_found_no_stack_fails(audits):
    summary = audits[0].summary
    run = summary.run._replace(counts=type(summary.run.counts)())
    empty = audits[0]._replace(summary=summary._replace(run=run))
    assert "failed: no stack was found" in of("text", empty)
    assert json.loads(of("json", empty))["status"] == 3


# -- one screen


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("unread", [0, 1, 40])
def test_the_terminal_shows_a_screen_at_most_and_says_what_is_left_out(tmp_path, unread, width):
    audit = write_busy(tmp_path, unread)
    text = of("text", audit, OPTIONS._replace(width=width))
    lines = text.splitlines()
    assert sum(max(1, -(-len(line) // width)) for line in lines) <= (30 if width >= 80 else 36)
    assert any(line.startswith("failed: ") for line in lines[-4:])
    assert text.count("NOT READ") == bool(unread)
    assert "next: the page shows what is left out here" in text
    for title in ("new, worst first", "rules with most weight", "accounts with most weight"):
        assert f"{title}\n" not in text  # Each is cut here: it says so, or made room as a whole.


def test_what_was_not_read_for_one_reason_is_said_once(tmp_path):
    rows = [
        UnreadRow("account", account_of(n), "", "", f"role arn:aws:iam::{account_of(n)}:role/audit cannot be assumed", "create it")
        for n in range(30)
    ] + [UnreadRow("region", account_of(40), EU, "", "throttled", "lower --rate")]  # fmt: skip
    units = [(f"{row.account}/{row.region or '-'}/unread", [row]) for row in rows]
    lines = of("text", write_audit(str(tmp_path), units, header_of(1))).splitlines()
    assert lines[:5] == [
        "NOT READ  31: nobody knows what is there",
        "  account 111100000000, and 29 more like it: role arn:aws:iam::111100000000:role/audit cannot be",
        "  assumed",
        "    -> create it",
        "  region eu-west-1 of 111100000040: throttled",
    ]


def write_busy(place, unread):
    """An audit with very much of everything that the terminal shows."""
    places = [(account_of(number), region) for number in range(12) for region in (EU, US)]

    def units(since):
        for account, region in places:
            stack = stack_row(
                account, region, "Payments-Production-Service", account_name="payments-and-invoices-production"
            )
            if since:
                stack = stack._replace(updated="2030-02-05T00:00:00Z")
            kept = [finding(stack, rule, number) for rule in RULES for number in range(2 + since)]
            yield f"{account}/{region}/1", [stack, *kept[since:]]

    first = header_of(12)
    write_audit(str(place / "1"), list(units(0)), first)
    rows = [
        UnreadRow("region", account_of(20 + n), EU, "", f"role arn:aws:iam::{account_of(20 + n)}:role/cdkguard-audit cannot be assumed (AccessDenied: User: arn:aws:iam::123456789012:user/auditor is not authorized to perform: sts:AssumeRole on resource)", "create the role there, let it trust these credentials, and let them assume it (docs/audit.md)", "payments-and-invoices-production")
        for n in range(unread)
    ]  # fmt: skip
    more = [(f"{row.account}/{row.region}/unread", [row]) for row in rows]
    header = header_of(12, started="2030-02-07T12:30:00Z", ended="2030-02-07T12:41:00Z", rules_digest="q" * 64)
    audit = write_audit(str(place / "2"), [*units(1), *more], header, str(place / "1"))
    counts = audit.summary.run.counts._replace(
        from_rules=1200, resolved_by_rules=7, first_read=46, not_read=12, not_covered=3
    )
    summary = audit.summary._replace(run=audit.summary.run._replace(counts=counts))
    return audit._replace(summary=summary, place="audits/2030-02-07")


def test_of_equal_severity_what_is_known_to_be_new_comes_first(tmp_path):
    old, came = stack_row(B, EU, "Old"), stack_row(B, EU, "Zone")
    write_audit(str(tmp_path / "1"), [(f"{A}/-/role", [unread_account(A)]), (f"{B}/{EU}/1", [old])], header_of(2))
    first_read = stack_row(A, EU, "Data")
    after = [
        (f"{A}/{EU}/1", [first_read, finding(first_read, RULES[0])]),
        (f"{B}/{EU}/1", [old, came, finding(came, RULES[0])]),
    ]
    audit = write_audit(str(tmp_path / "2"), after, header_of(2, started="2030-02-07T12:30:00Z"), str(tmp_path / "1"))
    assert [(row.stack, row.change) for row in audit.summary.news] == [("Zone", "new"), ("Data", "first-read")]


# -- pages


def test_the_page_is_whole_and_harmless(audits):
    page_is_harmless(of("html", audits[1]))
    parses("html", of("html", audits[1]))


@pytest.mark.parametrize("name", NAMES)
def test_no_hostile_name_breaks_out(name, tmp_path):
    hostile = HOSTILE.replace("\n", " ") + "=cmd|' /C calc'!A0"
    stack = stack_row(A, EU, "Shop", owner=hostile, ou=hostile, account_name=hostile, environment=hostile)
    row = finding(stack, RULES[0], 1, message=hostile, path=hostile, logical_id=hostile, fix=hostile, fingerprint=hostile)._replace(rule=hostile)  # fmt: skip
    unread = UnreadRow("template", A, EU, hostile, hostile, hostile, hostile, hostile, hostile)
    rule = RULES[0]._replace(id=hostile, title=hostile)
    header = header_of(1, engine=hostile, scope=hostile, version=hostile, rules=(rule,))._replace(accounts={A: hostile})
    audit = write_audit(str(tmp_path), [(f"{A}/{EU}/1", [stack, row, unread])], header)._replace(place=hostile)
    text = of(name, audit)
    if name == "html":
        page_is_harmless(text)
    elif name == "text":
        parses("text", text)
    elif name in ("ocsf", "asff"):
        assert [json.loads(line) for line in text.splitlines()]
        assert "\u202e" not in text and "\x1b" not in text
    elif name == "json":
        json.loads(text)
    else:
        assert all(cell[:1] not in "=+-@\t\r" for line in csv.reader(io.StringIO(text)) for cell in line if cell)


def test_the_page_does_not_grow_with_the_findings(tmp_path):
    small = write_audit(str(tmp_path / "small"), list(many_units(3, (EU,), 60)), header_of(3))
    large = write_audit(str(tmp_path / "large"), list(many_units(3, (EU,), 600)), header_of(3))
    assert large.summary.run.counts.stacks == 10 * small.summary.run.counts.stacks
    assert len(of("html", large)) < 1.1 * len(of("html", small))


def test_what_is_left_out_of_a_page_is_said(tmp_path):
    audit = write_audit(str(tmp_path), list(many_units(1, (EU,), 100)), header_of(1))
    left = audit.summary.run.counts.open - 50
    assert f"and {left} that are in the result alone" in of("html", audit)


# -- rows for others


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "|calc", "%0A=1"])
def test_no_cell_is_a_formula(text):
    from cdkguard.outputs.audit.csv import harmless_cell

    assert harmless_cell(text).startswith(("'", "\\"))
    assert harmless_cell("a=1") == "a=1"


def test_the_table_has_every_finding_and_what_was_not_read(audits):
    rows = list(csv.DictReader(io.StringIO(of("csv", audits[1]))))
    assert len(rows) == 2 + len(list(audits[1].findings()))
    assert [row["outcome"] for row in rows[:2]] == ["not-read", "not-read"]
    assert set(rows[0]) == set(FindingRow._fields)


def many_findings(number, tmp_path):
    stack = stack_row(A, EU, "Shop")
    rows = [stack, *(finding(stack, RULES[0], at) for at in range(number))]
    return write_audit(str(tmp_path), [(f"{A}/{EU}/1", rows)], header_of(1))


def test_requests_for_security_hub_are_of_one_place_and_of_a_hundred(audits, tmp_path):
    sizes = [len(json.loads(line)["Findings"]) for line in of("asff", many_findings(205, tmp_path)).splitlines()]
    assert sizes == [100, 100, 5]
    for line in of("asff", audits[1]).splitlines():
        places = {(found["AwsAccountId"], found["Resources"][0]["Region"]) for found in json.loads(line)["Findings"]}
        assert len(places) == 1


def test_requests_for_security_hub_are_valid_and_short_enough(audits):
    botocore = pytest.importorskip("botocore.session")
    from botocore.validate import ParamValidator

    shape = botocore.get_session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    service = botocore.get_session().get_service_model("securityhub")
    allowed = {
        "RecordState": service.shape_for("RecordState").enum,
        "Workflow": service.shape_for("WorkflowStatus").enum,
        "Compliance": service.shape_for("ComplianceStatus").enum,
        "Severity": service.shape_for("SeverityLabel").enum,
    }
    long = long_audit(audits)
    for line in [*of("asff", audits[1]).splitlines(), *of("asff", long).splitlines()]:
        request = json.loads(line)
        errors = ParamValidator().validate(request, shape)
        assert not errors.has_errors(), errors.generate_report()
        assert len(line.encode()) < 6_000_000
        for found in request["Findings"]:
            assert len(found["Title"]) <= 256 and len(found["Description"]) <= 1024 and len(found["Id"]) <= 512
            assert len(found.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512
            assert found["RecordState"] in allowed["RecordState"]
            assert found["Workflow"]["Status"] in allowed["Workflow"]
            assert found["Compliance"]["Status"] in allowed["Compliance"]
            assert found["Severity"]["Label"] in allowed["Severity"]
            assert found["FindingProviderFields"]["Severity"]["Label"] in allowed["Severity"]
            assert found["ProductArn"].split(":")[3:5] == [found["Resources"][0]["Region"], found["AwsAccountId"]]


def long_audit(audits: tuple[Audit, Audit]) -> Audit:
    """One whose texts are longer than anybody takes."""
    row = next(audits[1].findings())
    row = row._replace(
        message="m" * 5000, fix="f" * 5000, fingerprint="p" * 5000, path="x" * 5000, suppression="", owner="o" * 5000
    )
    return audits[1]._replace(findings=lambda: iter([row]), former=lambda: iter([FormerRow(row, "resolved")]))


@pytest.mark.parametrize("version", ["1.5.0", "1.6.0", "1.7.0", "1.8.0"])
def test_events_are_valid_compliance_findings(audits, version):
    jsonschema = pytest.importorskip("jsonschema")
    ocsf = pytest.importorskip("ocsf_json_schema")
    schema = ocsf.OcsfJsonSchemaEmbedded(ocsf.get_ocsf_schema(version=version)).get_class_schema(
        class_name="compliance_finding", profiles=["cloud"]
    )
    validator = jsonschema.Draft202012Validator(schema)
    lines = of("ocsf", audits[1]).splitlines() + of("ocsf", long_audit(audits)).splitlines()
    for line in lines:
        event = json.loads(line)
        assert not [error.message for error in validator.iter_errors(event)]
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert list(validator.iter_errors({**json.loads(lines[0]), "severity_id": "high"}))
    assert list(validator.iter_errors({**json.loads(lines[0]), "nonsense": 1}))


def test_events_say_what_came_stayed_and_went(audits):
    events = [json.loads(line) for line in of("ocsf", audits[1]).splitlines()]
    told = [(event["compliance"]["control"], event["activity_name"], event["compliance"]["status"]) for event in events]
    assert ("not-read", "Create", "Unknown") in told
    assert ("data-retention", "Create", "Fail") in told and ("data-retention", "Update", "Fail") in told
    assert ("s3-versioning", "Close", "Pass") in told
    assert not [event for event in events if event["status"] == "Resolved" and event["cloud"]["account"]["uid"] == B]
