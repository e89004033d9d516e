"""Makes cdkguard/data/names.json: type -> the properties that are together its name in AWS, which no second resource can have.

They are a primary or additional identifier of the provider schema that the template gives and that no update changes; where
an ARN or a number is the identifier, `overlay.yaml` says which property is the name. `--check` fails on drift.
"""

import json
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from provider_schemas import provider_schemas  # noqa: E402

TABLE = ROOT / "cdkguard/data/names.json"
OVERLAY = yaml.safe_load(Path(__file__).with_name("overlay.yaml").read_text())


def find_name(schema):
    """The properties of the first identifier that the template alone decides, sorted; None where there is none."""
    given = set(schema.get("createOnlyProperties", ())) - set(schema.get("readOnlyProperties", ()))
    for identifier in (schema.get("primaryIdentifier", ()), *schema.get("additionalIdentifiers", ())):
        if identifier and given.issuperset(identifier) and all(path.count("/") == 2 for path in identifier):
            return sorted(path.removeprefix("/properties/") for path in identifier)
    return None


def make_table(schemas, date):
    """The table, and sentences about corrections that correct nothing."""
    table = {kind: name for kind, schema in sorted(schemas.items()) if (name := find_name(schema))}
    problems = []
    for entry in OVERLAY:
        for kind, name in entry["types"].items():
            if kind not in schemas or table.get(kind, []) == name or set(name) - set(schemas[kind]["properties"]):
                problems.append(f"overlay.yaml: {kind} {name} corrects nothing")
            table[kind] = name
    return {"_": {"schema_date": date[:10]}, **{kind: table[kind] for kind in sorted(table) if table[kind]}}, problems


def main():
    table, problems = make_table(*provider_schemas())
    text = json.dumps(table, separators=(",", ":")) + "\n"
    if "--check" in sys.argv[1:]:
        problems += [] if TABLE.read_text() == text else [f"{TABLE.name} is stale: run tools/names/make_table.py"]
    else:
        TABLE.write_text(text)
    print("\n".join(problems) or f"{len(table) - 1} types have a name")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
