"""For maintainers: writes cdkguard/data/attributes.json, or with `--check` exits 1 where it is not what it would write.

The table says which values of a resource (Ref, attributes of Fn::GetAtt) an update renews, and which repeat a property.
That Ref gives a property is said by the CDK's service spec (node and npm, into a temporary folder); the rest is decided
by hand in decisions.tsv, for each read-only attribute whose name says that it may change or that it may be a property.
"""

import argparse
import csv
import importlib.util
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from provider_schemas import provider_schemas  # noqa: E402

TABLE = HERE.parents[1] / "cdkguard" / "data" / "attributes.json"
DECISIONS = HERE / "decisions.tsv"

# Words in the last part of an attribute's name. Others are identifiers, ARNs, addresses, times and states: those stay
# with the resource, or nobody names a resource after them.
CANDIDATE = re.compile(
    r"(Version|Revision|Latest|ETag|Hash|Checksum|Sha256|Serial|Fingerprint|Digest|Token)(?![a-z])"
    r"|RecordId|Outputs|ArtifactIds|Ports?$|SecretArn$"
)
EVERYTHING = "*"  # Every property but the tags.


def find_candidates(schemas):
    """(type, attribute) of each read-only attribute that an update in place may renew, by its name."""
    return {
        (kind, attribute)
        for kind, schema in schemas.items()
        if find_updatable(schema)
        for attribute in map(dotted, schema.get("readOnlyProperties", ()))
        if CANDIDATE.search(attribute)
    }


def find_updatable(schema):
    """The properties that an update in place may change, without the tags."""
    if "handlers" in schema and "update" not in schema["handlers"]:
        return set()
    read_only = set(map(dotted, schema.get("readOnlyProperties", ())))
    create_only = set(map(dotted, schema.get("createOnlyProperties", ())))
    tags = dotted(schema.get("tagging", {}).get("tagProperty", "/properties/Tags"))
    return set(schema.get("properties", ())) - read_only - create_only - {tags, "Tags"}


def dotted(pointer):
    """ "/properties/A/*/B" -> "A.B" """
    return ".".join(part for part in pointer.split("/")[2:] if part != "*")


def read_decisions():
    """(type, attribute) -> [properties that it repeats, properties that renew it, properties that may renew it]."""
    with DECISIONS.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    columns = ("repeats", "renewed_by", "may_be_renewed_by")
    return {(r["type"], r["attribute"]): [r[c].split(",") if r[c] else [] for c in columns] for r in rows}


def make_attributes(decisions):
    """Type -> attribute -> its lists, without empty ones at the end, for all that may change or that repeats."""
    table = {}
    for (kind, attribute), lists in sorted(decisions.items()):
        while lists and not lists[-1]:
            lists = lists[:-1]
        if lists:
            table.setdefault(kind, {})[attribute] = lists
    return table


def build():
    """The whole table."""
    spec = importlib.util.spec_from_file_location("replacement_table", HERE.parent / "replacement" / "make_table.py")
    replacement_table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(replacement_table)
    found = replacement_table.run_with_spec(HERE / "refs.mjs")
    decisions = read_decisions()
    refs = {kind: name for kind, name in sorted(found["refs"].items()) if (kind, "Ref") not in decisions}
    return {"_": {"service_spec": found["version"]}, "Ref": refs, "Fn::GetAtt": make_attributes(decisions)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file is stale")
    check = parser.parse_args().check
    undecided = sorted(find_candidates(provider_schemas()[0]) - set(read_decisions()))
    for kind, attribute in undecided:
        print(f"decisions.tsv: no decision on {kind} {attribute}")
    table = build()
    text = json.dumps(table, separators=(",", ":")) + "\n"
    stale = not TABLE.exists() or TABLE.read_text() != text
    if not check:
        TABLE.write_text(text)
    print(
        f"{len(table['Ref'])} types whose Ref is a property, {len(table['Fn::GetAtt'])} with attributes, {len(text)} bytes"
    )
    return int(bool(undecided) or (check and stale))


if __name__ == "__main__":
    sys.exit(main())
