"""For maintainers: writes cdkguard/data/places.json, or with `--check` exits 1 where it is not what it would write.

The place of a resource is what AWS has once, whatever the template calls it: the method of a path and verb, the listener of
a port. The installed cfn-lint's provider schemas name it where a type's primary identifier is made of properties that a
template writes; overlay.yaml names it for other types, and has the last word.
"""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path

import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from provider_schemas import provider_schemas  # noqa: E402

TABLE = HERE.parents[1] / "cdkguard" / "data" / "places.json"
SUFFIXES = ("Identifier", "Name", "Id")  # of a property that names the resource itself: TableName of a Table


def find_identifier(schema):
    """The properties of the primary identifier; none where AWS gives a part of it."""
    identifier, given = schema.get("primaryIdentifier", []), {*schema.get("readOnlyProperties", [])}
    return [] if given & {*identifier} else [".".join(pointer.split("/")[2:]) for pointer in identifier]


def is_own_name(kind, name):
    """Whether a property is the resource's own name, and not that of a resource which it belongs to."""
    last = name.split(".")[-1]
    about = next((last.removesuffix(suffix) for suffix in SUFFIXES if last.endswith(suffix)), None)
    return about is not None and about.lower() in kind.split("::")[-1].lower()


def make_row(kind, identifier):
    if len(identifier) == 1 and is_own_name(kind, identifier[0]):
        return {"name": identifier[0]}
    return {"places": [identifier]}


def make_table():
    schemas, date = provider_schemas()
    found = {kind: find_identifier(schema) for kind, schema in schemas.items()}
    table = {kind: make_row(kind, identifier) for kind, identifier in found.items() if identifier}
    mistakes = []
    for entry in yaml.safe_load((HERE / "overlay.yaml").read_text()):
        kind = entry["type"]
        row = {"name": entry["names"]} if "names" in entry else {"places": entry["places"]}
        if entry.get("once") is False:
            row["once"] = False
        mistakes += find_mistakes(kind, row, schemas.get(kind))
        if table.get(kind) == row:
            mistakes.append(f"{kind}: the schemas say the same")
        table[kind] = row
    return {"_": {"schema_date": date, "cfn_lint": version("cfn-lint")}, **dict(sorted(table.items()))}, mistakes


def find_mistakes(kind, row, schema):
    """The properties of an entry of the overlay that the type does not have."""
    if schema is None:
        return [] if kind.startswith("Custom::") else [f"{kind}: no such type"]
    written = [row["name"]] if "name" in row else [name for place in row["places"] for name in place]
    names = {name.removesuffix("?").split(".")[0] for text in written for name in text.split("|")}
    return [f"{kind}: no property {name}" for name in sorted(names - {*schema["properties"]})]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check

    table, mistakes = make_table()
    text = json.dumps(table, separators=(",", ":")) + "\n"
    print("\n".join(mistakes) or f"{len(table) - 1} types")
    if check:
        return 1 if mistakes or TABLE.read_text(encoding="utf-8") != text else 0
    TABLE.write_text(text, encoding="utf-8")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
