"""For maintainers: writes cdkguard/data/replacement.json, or with `--check` exits 1 where it is not what it would write.

Needs cfn-lint in the environment that runs it, node and npm; the CDK's service spec is installed into a temporary
folder. yes = what cfn-lint's provider schemas call create-only (for a type that they lack: what the service spec says
replaces); maybe = what either calls conditional, and what only the service spec says replaces, since much of that comes
from CloudFormation's older, frozen specification. overlay.yaml has the last word.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from provider_schemas import provider_schemas  # noqa: E402

TABLE = HERE.parents[1] / "cdkguard" / "data" / "replacement.json"
PINNED = ("@aws-cdk/aws-service-spec@0.1.216", "@aws-cdk/service-spec-types@0.0.282", "@cdklabs/tskb@0.0.4")
INSIDE = "!"  # VALUE_ONLY of cdkguard/diff/replacement.py
UNKNOWN_TO_SPEC = "AWS::Serverless::"  # it says of every property of these types that it replaces
ROWS = {"yes": 0, "maybe": 1}


def dotted(pointers):
    """["/properties/A/*/B"] -> {"A.B"}"""
    return {".".join(part for part in pointer.split("/")[2:] if part != "*") for pointer in pointers}


def create_only(schema):
    """What a provider schema says: (paths that replace, paths that may replace)."""
    return dotted(schema.get("createOnlyProperties", ())), dotted(schema.get("conditionalCreateOnlyProperties", ()))


def run_with_spec(program):
    """What a program of Node prints about the CDK's service spec, which is installed into a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--prefix", folder)
        subprocess.run(["npm", "install", *quiet, *PINNED], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run(["node", str(program)], cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def service_spec():
    """What the CDK's service spec says: its version, and type -> {"yes": [path], "maybe": [path]}."""
    spec = run_with_spec(HERE / "extract.mjs")
    return spec["version"], spec["types"]


def merged(schema, spec):
    """(yes, maybe) of one type; either source may lack it."""
    spec_yes, spec_maybe = set(spec["yes"]), set(spec["maybe"])
    if schema is None:
        return spec_yes, spec_maybe
    yes, maybe = create_only(schema)
    tagging = schema.get("tagging", {})
    if tagging.get("tagUpdatable"):  # the provider's own word against the older specification's
        spec_yes -= dotted([tagging.get("tagProperty", "/properties/Tags")])
    return yes, maybe | spec_maybe | spec_yes


def corrected(rows, overlay):
    """Corrects the rows in place. Returns what corrected nothing: a mistake, or a source that has learnt it."""
    idle = []
    for entry in overlay:
        yes, maybe = rows.setdefault(entry["type"], (set(), set()))
        before = set(yes), set(maybe)
        for path in entry["paths"]:
            plain = path.removesuffix(INSIDE)
            for row in (yes, maybe):
                row -= {known for known in row if known == plain or known.startswith(plain + ".")}
            if entry["replaces"] != "no":
                (yes, maybe)[ROWS[entry["replaces"]]].add(path)
        if before == (yes, maybe) and entry["replaces"] != "no":
            idle.append(f"{entry['type']}: {', '.join(entry['paths'])}")
    return idle


def folded(yes, maybe):
    """The rows as they are shipped: sorted, without what a path above says already."""
    yes = {path for path in yes if not above(path) & yes}
    maybe = {path for path in maybe if not (above(path) | {path}) & yes and not above(path) & maybe}
    return [sorted(yes), sorted(maybe)] if maybe else [sorted(yes)]


def above(path):
    parts = path.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def build():
    """The whole table, and the overlay's idle corrections."""
    schemas, date = provider_schemas()
    spec_version, spec = service_spec()
    nothing = {"yes": (), "maybe": ()}
    for kind in [kind for kind in spec if kind.startswith(UNKNOWN_TO_SPEC)]:
        del spec[kind]
    rows = {kind: merged(schemas.get(kind), spec.get(kind, nothing)) for kind in {*schemas, *spec}}
    idle = corrected(rows, yaml.safe_load((HERE / "overlay.yaml").read_text()))
    table = {"_": {"schema_date": date[:10], "cfn_lint": version("cfn-lint"), "service_spec": spec_version}}
    table |= {kind: folded(*rows[kind]) for kind in sorted(rows) if any(rows[kind])}
    return table, idle


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file is stale")
    check = parser.parse_args().check
    table, idle = build()
    for entry in idle:
        print(f"overlay.yaml: changes nothing: {entry}")
    text = json.dumps(table, separators=(",", ":")) + "\n"
    old = TABLE.read_text() if TABLE.exists() else "{}"
    was = json.loads(old)
    for kind in sorted(set(table) | set(was)):
        if table.get(kind) != was.get(kind):
            print(f"{kind}: {was.get(kind)} -> {table.get(kind)}")
    if not check:
        TABLE.write_text(text)
    sizes = [sum(len(row[i]) for k, row in table.items() if k != "_" and len(row) > i) for i in (0, 1)]
    print(f"{len(table) - 1} types, {sizes[0]} paths that replace, {sizes[1]} that may, {len(text)} bytes")
    return int(bool(idle) or (check and text != old))


if __name__ == "__main__":
    sys.exit(main())
