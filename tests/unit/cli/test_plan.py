"""`cdkguard plan`, for a deployment and for `cdk destroy`."""

from __future__ import annotations

import json

import jsonschema
import pytest
import referencing

from tests.support.changes import write_assembly, write_template
from tests.support.paths import PACKAGE
from tests.support.two_templates import TABLE, TOPIC, run

pytestmark = pytest.mark.usefixtures("here")


def test_plan(here, capsys):
    status, out, _err = run(capsys, "plan", "--json", "--env", "prod", "old.json", "new.json")
    document = json.loads(out)
    assert status == 1
    assert (document["verdict"], document["destroysData"]) == ("BLOCK", True)
    assert "data-destroyed" in {f["ruleId"] for f in document["findings"]}


PAIRS = [("old.json", "new.json"), ("new.json", "old.json"), ("new.json", "new.json"), ("old", "new")]


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
@pytest.mark.parametrize("more", [(), ("--destroy",)], ids=["", "destroy"])
def test_the_json_is_valid_by_the_schema(here, capsys, pair, more):
    write_assembly(here / "old", S={"T": TABLE, "U": TOPIC}, Gone={"T": TABLE})
    write_assembly(here / "new", S={"Renamed": TABLE, "U": TOPIC})
    where = (pair[1],) if more else pair
    _status, out, err = run(capsys, "plan", "--output", "json", "--env", "prod", *more, *where)
    schemas = {name: json.loads((PACKAGE / f"schemas/{name}.schema.json").read_text()) for name in ("plan", "report")}
    report = referencing.Resource.from_contents(schemas["report"])
    address = schemas["plan"]["properties"]["errors"]["items"]["$ref"].partition("#")[0]
    registry = referencing.Registry().with_resource(address, report)
    document = json.loads(out)
    jsonschema.Draft202012Validator(schemas["plan"], registry=registry).validate(document)
    assert set(document) <= set(schemas["plan"]["properties"])
    for change in document["changes"]:
        assert set(change) == set(schemas["plan"]["$defs"]["change"]["properties"])


def test_plan_of_nothing(here, capsys):
    status, out, _err = run(capsys, "plan", "--output", "json", "--env", "prod", "new.json", "new.json")
    assert (status, json.loads(out)["verdict"], json.loads(out)["changes"]) == (0, "APPROVE", [])


def test_the_older_option_is_json(here, capsys):
    argv = ("--env", "prod", "old.json", "new.json")
    assert run(capsys, "plan", "--json", *argv) == run(capsys, "plan", "--output", "json", *argv)


def test_text_has_the_change_first_and_the_status_last(here, capsys):
    status, out, _err = run(capsys, "plan", "--env", "prod", "old.json", "new.json")
    lines = [line for line in out.splitlines() if line]
    assert status == 1
    assert lines[:2] == ["what a deployment would do, against old.json", "DATA AT STAKE  1 resource"]
    assert out.index("DESTROYED") < out.index("data-destroyed") < out.index("fix: ")
    assert lines[-2].startswith("failed: ") and lines[-1].strip() == "exit status 1: findings at or above high"


def test_text_of_nothing(here, capsys):
    status, out, _err = run(capsys, "plan", "--env", "prod", "new.json", "new.json")
    assert status == 0 and "NO CHANGE" in out and "no finding on the change" in out
    assert out.rstrip().endswith("exit status 0: no finding at or above high")


def test_findings_on_the_templates_decide_too_and_are_named(here, capsys):
    write_template(here / "open.json", {"T": TOPIC, "It": TABLE})
    status, out, _err = run(capsys, "plan", "--env", "prod", "open.json", "open.json")
    assert status == 1 and "NO CHANGE" in out
    assert "CRITICAL  data-retention  It" in out


def test_several_outputs(here, capsys):
    argv = ("--output", "json=plan.json", "--output", "markdown=plan.md", "--output", "text")
    status, out, _err = run(capsys, "plan", "--env", "prod", *argv, "old.json", "new.json")
    assert status == 1 and "DESTROYED" in out
    assert json.loads((here / "plan.json").read_text())["verdict"] == "BLOCK"
    assert "data-destroyed" in (here / "plan.md").read_text()


def test_a_format_of_reports_alone_is_refused(here, capsys):
    status, _out, err = run(capsys, "plan", "--output", "sarif", "old.json", "new.json")
    assert status == 2 and "no output format 'sarif'" in err and "text, json, html, markdown" in err


# -- plan --destroy


def test_destroy_is_judged(here, capsys):
    status, out, _err = run(capsys, "plan", "--destroy", "--env", "prod", "old.json")
    assert status == 1
    assert "what `cdk destroy` would do, by the policies of old.json" in out
    assert "DATA AT STAKE  1 resource\n" in out and "DESTROYED  1 resource without data\n" in out
    assert "data-destroyed" in out


def test_destroy_of_what_is_kept_passes(here, capsys):
    write_template(here / "kept.json", {"It": {**TABLE, "DeletionPolicy": "Retain"}})
    status, out, _err = run(capsys, "plan", "--destroy", "--env", "prod", "kept.json")
    assert "  - LEFT BEHIND  It  holds data  AWS::DynamoDB::Table\n" in out
    assert (status, "data-destroyed" in out) == (0, False)


@pytest.mark.parametrize(("old", "status"), [("old.json", 1), ("new.json", 0)])
def test_fail_on_data_counts_in_every_environment(here, capsys, old, status):
    found = run(capsys, "plan", "--destroy", "--env", "dev", "--fail-on", "data", old)
    words = "data is at stake" if status else "no data is at stake"
    assert (found[0], f"exit status {status}: {words}" in found[1]) == (status, True)


def test_destroy_goes_by_the_baseline(here, capsys):
    out = run(capsys, "plan", "--destroy", "--output", "json", "--against", "old.json", "new.json")[1]
    assert {c["logicalId"] for c in json.loads(out)["changes"]} == {"It", "T"}


def test_destroy_shows_the_changes_that_the_older_command_shows(here, capsys):
    older = json.loads(run(capsys, "destroy", "--plan", "--format", "json", "old.json")[1])
    plan = json.loads(run(capsys, "plan", "--destroy", "--format", "json", "old.json")[1])
    assert plan["changes"] == older["changes"]


def test_destroy_names_protected_stacks(here, capsys):
    properties = {"terminationProtection": True}
    write_assembly(here / "out", Shop={"template": {"Resources": {"It": TABLE}}, "properties": properties})
    assert "termination protection stops this for Shop" in run(capsys, "plan", "--destroy", "out")[1]


def test_destroy_of_no_stack(here, capsys):
    write_assembly(here / "out", Shop={"It": TABLE})
    assert run(capsys, "plan", "--destroy", "--stack", "Nope", "out")[0] == 2


def test_an_approved_removal_passes(here, capsys):
    write_assembly(here / "out", Shop={"It": TABLE})
    document = json.loads(run(capsys, "plan", "--destroy", "--env", "prod", "--output", "json", "out")[1])
    (change,) = document["changes"]
    entry = {
        "stack": "Shop", "logical_id": "It", "impact": "WILL_DESTROY", "change": change["change"], "reason": "r", "owner": "o",
        "expires": "2099-01-01",
    }  # fmt: skip
    (here / "cdkguard.approvals.yaml").write_text(json.dumps({"approvals": [entry]}))
    status, out, _err = run(capsys, "plan", "--destroy", "--env", "prod", "out")
    assert status == 0 and "suppressed  data-destroyed" in out


def test_a_suppression_of_the_configuration_counts(here, capsys):
    (here / "cdkguard.yaml").write_text(
        "suppressions:\n- {rule: data-destroyed, construct: '*', reason: a scratch stack}\n"
    )
    assert run(capsys, "plan", "--destroy", "--env", "prod", "old.json")[0] == 0


@pytest.mark.parametrize("words", [("--rules", "no-such"), ("--skip", "no-such"), ("--against", "nowhere")])
def test_destroy_refuses_what_names_nothing(here, capsys, words):
    assert run(capsys, "plan", "--destroy", *words, "old.json")[0] in (2, 3)


def test_destroy_refuses_a_severity_of_an_unknown_rule(here, capsys):
    (here / "cdkguard.yaml").write_text("severity: {data-destroied: low}\n")
    assert run(capsys, "plan", "--destroy", "old.json")[0] == 2
