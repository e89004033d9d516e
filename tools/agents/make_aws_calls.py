"""Makes cdkguard/data/agent_calls.json from decisions by hand: which calls of AWS touch data, protections or access.

`aws_calls.tsv` holds a decision for each candidate of botocore's service models: each operation of a service that holds data,
protects it, or says who may reach it, whose verb deletes, overwrites, or whose input names a protection. A kind of `-` means
that nothing is said of the call, and `why` says why not. `--check` fails on drift: a candidate without a decision, a decision
on what is no operation, an argument that the operation does not take, or a stale table.
"""

import csv
import json
import re
import sys
from pathlib import Path

import botocore
import botocore.session
from botocore import xform_name

ROOT = Path(__file__).parents[2]
DECISIONS = Path(__file__).with_name("aws_calls.tsv")
TABLE = ROOT / "cdkguard/data/agent_calls.json"
KINDS = ("data-delete", "data-write", "protection", "access", "hidden", "-")  # hidden: starts what nobody sees here
COLUMNS = ("service", "operation", "kind", "type", "argument", "condition", "why")
# The CLI's names where botocore has another one.
CLI_NAMES = {"s3": "s3api", "config": "configservice", "codedeploy": "deploy"}
VERBS = re.compile(
    r"(Delete|BatchDelete|Terminate|Purge|Drop|Schedule\w*Deletion|Execute|BatchExecute|BatchWrite|BatchPut|Transact|Reset|Empty|Evict|"
    r"Put|Write|Disable|Deregister|AdminDelete|Unlock|Stop\w*(Logging|Recorder|Ingestion)|Decrease|Close|Restore\w*(Volume|Namespace))"
)
CHANGES = re.compile(
    r"(Update|Modify|Set|Remove|Authorize|Attach|Add|Grant|CreateGrant|CreatePolicyVersion|Detach|Leave)"
)
PROTECTING = re.compile(
    r"Delet\w*Protect|Terminat\w*Protect|DisableApiTermination|(Backup|Snapshot)Retention|PubliclyAccessible|PointInTime|"
    r"^Policy(Document)?$|AccessPolic|LifecyclePolicy|PublicAccess|CidrIp|UserIds"
)
# Operations that the CLI makes itself, or renames: botocore does not know them.
CLI_ONLY = {("emr", "terminate-clusters"), ("emr", "modify-cluster-attributes")}


def find_operations(service, session):
    """Operation in the CLI's words -> (name in the API, its arguments in the CLI's words)."""
    model = session.get_service_model(service)
    found = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        found[xform_name(name, "-")] = (
            name,
            [(member, xform_name(member, "-")) for member in (shape.members if shape else ())],
        )
    return found


def find_candidates(services, session=None):
    """(service, operation) of what somebody has to decide on."""
    session = session or botocore.session.get_session()
    found = []
    for service in sorted(services):
        for operation, (name, members) in sorted(find_operations(service, session).items()):
            protects = CHANGES.match(name) and any(PROTECTING.search(member) for member, _ in members)
            if VERBS.match(name) or protects:
                found.append((service, operation))
    return found


def read_decisions():
    """(service, operation) -> the row."""
    with DECISIONS.open(encoding="utf-8", newline="") as handle:
        return {(row["service"], row["operation"]): row for row in csv.DictReader(handle, delimiter="\t")}


def find_mistakes(decisions, session=None):
    """What is wrong with the decisions, in words."""
    session = session or botocore.session.get_session()
    services = {service for service, _ in decisions}
    for key in find_candidates(services, session):
        if key not in decisions:
            yield f"{key[0]} {key[1]}: no decision"
    known = {service: find_operations(service, session) for service in services}
    for (service, operation), row in decisions.items():
        if row["kind"] not in KINDS or (row["kind"] == "-" and len(row["why"]) < 12):
            yield f"{service} {operation}: kind {row['kind']!r}, why {row['why']!r}"
        if (service, operation) in CLI_ONLY:
            continue
        if operation not in known[service]:
            yield f"{service} {operation}: botocore {botocore.__version__} has no such operation"
            continue
        arguments = {argument for _, argument in known[service][operation][1]}
        wrong = [each for each in row["argument"].split("|") if each and each not in arguments]
        if wrong:
            yield f"{service} {operation}: takes no {', '.join(wrong)}"


def render(decisions):
    """The table as JSON, one service a line."""
    table = {}
    for (service, operation), row in sorted(decisions.items()):
        if row["kind"] != "-":
            record = [row["kind"], row["type"], row["argument"], row["condition"]]
            table.setdefault(CLI_NAMES.get(service, service), {})[operation] = record
    header = f'"_": {json.dumps({"botocore": PINNED}, separators=(",", ":"))}'
    lines = [
        f"{json.dumps(service)}: {json.dumps(rows, separators=(',', ':'))}" for service, rows in sorted(table.items())
    ]
    return "{" + ",\n".join([header, *lines]) + "}\n"


PINNED = "1.44.8"  # the botocore whose operations are decided on


def main():
    decisions = read_decisions()
    mistakes = list(find_mistakes(decisions))
    for each in mistakes:
        print(each)
    text = render(decisions)
    if "--check" in sys.argv:
        sys.exit("stale: agent_calls.json" if TABLE.read_text() != text else bool(mistakes))
    TABLE.write_text(text)
    sys.exit(bool(mistakes))


if __name__ == "__main__":
    main()
