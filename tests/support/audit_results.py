"""Audits that were never made: rows of many accounts, for the tests of results, outputs and queries."""

import random
from collections.abc import Iterator

from cdkguard.audit.results.store import open_store
from cdkguard.outputs.audit.record import FindingRow, Row, RuleEntry, RunHeader, StackRow, UnreadRow
from cdkguard.outputs.audit.summary import Audit

STARTED = "2030-01-31T12:30:00Z"
REGIONS = ("eu-west-1", "us-east-1")
RULES = (
    RuleEntry("data-retention", "Data survives its resource", "critical", "Set a DeletionPolicy of Retain.", "d1", "data"),
    RuleEntry("sg-ingress-open-world", "SSH and databases are closed to the world", "high", "Name the addresses.", "d2", "network"),
    RuleEntry("dynamodb-pitr", "Tables have point-in-time recovery", "high", "Switch it on.", "d3", "data"),
    RuleEntry("s3-versioning", "Buckets keep old versions", "medium", "Set versioned=True.", "d4", "data"),
    RuleEntry("lambda-tracing", "Functions are traced", "low", "Set tracing to active.", "d5", "operations"),
)  # fmt: skip
TYPES = {
    "data-retention": "AWS::RDS::DBInstance", "sg-ingress-open-world": "AWS::EC2::SecurityGroup",
    "dynamodb-pitr": "AWS::DynamoDB::Table", "s3-versioning": "AWS::S3::Bucket", "lambda-tracing": "AWS::Lambda::Function",
}  # fmt: skip


def account_of(number: int) -> str:
    """An account id."""
    return f"{111100000000 + number}"


def header_of(accounts: int = 2, regions: tuple[str, ...] = REGIONS, **fields: object) -> RunHeader:
    """The header of an audit of so many accounts."""
    ids = [account_of(number) for number in range(accounts)]
    given = {
        "version": "1.0.0", "rules_digest": "r" * 64, "started": STARTED, "ended": "2030-01-31T12:41:07Z",
        "engine": "local, 2 processes", "scope": f"{accounts} accounts, {len(regions)} regions",
        "accounts": {account: f"team-{account[-3:]}" for account in ids},
        "places": tuple((account, region) for account in ids for region in regions), "rules": tuple(sorted(RULES)),
    }  # fmt: skip
    return RunHeader(**{**given, **fields})  # type: ignore[arg-type]


def finding(stack: StackRow, rule: RuleEntry, number: int = 0, **fields: object) -> FindingRow:
    """A failed finding of a rule on a stack."""
    logical_id = f"{rule.pack.title()}{number}"
    given = {
        "account": stack.account, "region": stack.region, "stack": stack.stack,
        "fingerprint": f"{rule.id}:{logical_id}", "rule": rule.id, "severity": rule.severity, "outcome": "fail",
        "message": f"{TYPES[rule.id]} {logical_id}: not as it has to be", "account_name": stack.account_name, "ou": stack.ou,
        "stack_id": stack.stack_id, "environment": stack.environment, "logical_id": logical_id,
        "resource_type": TYPES[rule.id], "path": f"{stack.stack}/{logical_id}/Resource", "fix": rule.fix, "owner": stack.owner,
    }  # fmt: skip
    return FindingRow(**{**given, **fields})  # type: ignore[arg-type]


def stack_row(account: str, region: str, name: str, **fields: object) -> StackRow:
    """A stack that was read."""
    given = {
        "account": account, "region": region, "stack": name, "account_name": f"team-{account[-3:]}",
        "ou": "Workloads/Prod", "stack_id": f"arn:aws:cloudformation:{region}:{account}:stack/{name}/0a1b",
        "status": "UPDATE_COMPLETE", "environment": "prod", "created": "2029-01-01T00:00:00Z",
        "updated": "2029-12-01T00:00:00Z", "owner": "orders", "tags": {"owner": "orders"}, "protected": True,
        "template_sha256": "5" * 64, "resources": 50,
    }  # fmt: skip
    return StackRow(**{**given, **fields})  # type: ignore[arg-type]


def many_units(
    accounts: int, regions: tuple[str, ...], stacks: int, per_unit: int = 50, seed: int = 7
) -> Iterator[tuple[str, list[Row]]]:
    """(id, rows) of the units of an audit with so many stacks in each place, seven findings a stack."""
    chance = random.Random(seed)
    for number in range(accounts):
        account = account_of(number)
        for region in regions:
            for first in range(0, stacks, per_unit):
                rows: list[Row] = []
                for at in range(first, min(first + per_unit, stacks)):
                    owner = chance.choice(("orders", "billing", "search", "platform", ""))
                    stack = stack_row(account, region, f"Service-{at:05}-prod", owner=owner)
                    rows.append(stack)
                    for index in range(7):
                        rule = RULES[min(4, int(chance.expovariate(0.5)))]
                        outcome = chance.choice(("fail",) * 8 + ("unknown", "suppressed"))
                        rows.append(finding(stack, rule, index, outcome=outcome))
                yield f"{account}/{region}/{first:05}", rows


def write_audit(place: str, units: list[tuple[str, list[Row]]], header: RunHeader, since: str | None = None) -> Audit:
    """A finished result of these units."""
    store = open_store(place)
    store.begin(header)
    for unit_id, rows in units:
        store.write_part(unit_id, rows)
    return store.finish(header, since=since)


def unread_account(account: str) -> UnreadRow:
    """An account whose role was refused."""
    return UnreadRow(
        "account",
        account,
        "",
        "",
        "AssumeRole is refused: AccessDenied",
        "let the role be assumed",
        f"team-{account[-3:]}",
    )
