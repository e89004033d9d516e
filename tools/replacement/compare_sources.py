"""For maintainers: the replacement table beside what AWS says of each type that holds data.

`compare_sources.py GUIDE` prints each property of which a source says something else than the table; GUIDE is a clone of
the archived user guide (see sources.py), npm fetches the rest. With `--write`, docs/development/replacement-decisions.tsv
gets the differences of today: decisions stay, a new difference has "?" for one, which a test refuses.
"""

import argparse
import csv
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent), str(ROOT)]

import yaml  # noqa: E402
from make_table import INSIDE, above, service_spec  # noqa: E402
from provider_schemas import provider_schemas  # noqa: E402
from sources import read_guide, read_schema, read_specification, walk_specification  # noqa: E402

DECISIONS = ROOT / "docs" / "development" / "replacement-decisions.tsv"
FIELDS = ["type", "property", "table", "schema", "service", "spec", "docs", "decision", "source"]
SETS = ("stateful", "stateful-minor", "stateful-more", "stateful-light")
NOT_SAID = "-"
# "Some interruptions" and its "Conditional" are said of what is updated in place and of what may replace.
AGREES = {("some", "no"), ("some", "maybe")}


def data_types():
    """The types that hold data."""
    sets = yaml.safe_load((ROOT / "rules" / "sets.yaml").read_text())
    return sorted({kind for name in SETS for kind in sets[name]})


def read_rows(rows):
    """{path: maybe | yes} of one type of the table."""
    yes, maybe = (*rows, (), ())[:2]
    words = dict.fromkeys(maybe, "maybe") | dict.fromkeys(yes, "yes")
    return {path.removesuffix(INSIDE): word for path, word in words.items()}


def look_up(said, path):
    """What a source says of a path: its own word, or that of the nearest path above it; one that it leaves out is a "no"."""
    return next(
        (said[p] for p in (path, *sorted(above(path), key=len, reverse=True)) if said.get(p, "no") != "no"), "no"
    )


def differs(words):
    """Whether a source says something else than the table; `words` is the table's, then the sources'."""
    ours, *others = words
    return any(word not in (ours, NOT_SAID) and (word, ours) not in AGREES for word in others)


def find_differences(kind, table, schema, service, old):
    """(path, words) of each property of the type of which a source says something else than the table.

    `old` is path -> (word of the specification, word of the guide). A difference is told once, at the highest path.
    """
    ours = read_rows(table.get(kind, ()))
    by_schema = None if schema is None else read_schema(schema)
    by_service = service and dict.fromkeys(service["maybe"], "maybe") | dict.fromkeys(service["yes"], "yes")
    told = {}
    for path in sorted({*ours, *(by_schema or ()), *(by_service or ()), *old}):
        words = (
            look_up(ours, path),
            NOT_SAID if by_schema is None else look_up(by_schema, path),
            NOT_SAID if by_service is None else look_up(by_service, path),
            *(_find_old_word(old, path, place) for place in (0, 1)),
        )
        if differs(words) and not any(told.get(p) == words for p in above(path)):
            told[path] = words
            yield path, words


def _find_old_word(old, path, place):
    """What the specification (0) or the guide (1) says of the path; what replaces as a whole replaces by its parts."""
    if any(old[p][place] == "yes" for p in above(path) if p in old):
        return "yes"
    return old[path][place] if path in old else NOT_SAID


def read_old(kind, specification, guide):
    """path -> (word of the specification, word of the guide) of each property of the type."""
    walked = walk_specification(specification, kind)
    return {path: (word, guide.get((kind, holder), {}).get(path.rpartition(".")[2], NOT_SAID)) for path, word, holder in walked}  # fmt: skip


def compare(checkout):
    """[type, property, *words] of every difference of today."""
    table = json.loads((ROOT / "cdkguard" / "data" / "replacement.json").read_text())
    schemas, (_version, services) = provider_schemas()[0], service_spec()
    specification, guide = read_specification(), read_guide(checkout)
    return [
        [kind, path, *words]
        for kind in data_types()
        for path, words in find_differences(
            kind, table, schemas.get(kind), services.get(kind), read_old(kind, specification, guide)
        )
    ]


def read_decisions():
    if not DECISIONS.exists():
        return {}
    with DECISIONS.open(newline="") as handle:
        return {(row["type"], row["property"]): row for row in csv.DictReader(handle, delimiter="\t")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("guide", help="a clone of awsdocs/aws-cloudformation-user-guide")
    parser.add_argument("--write", action="store_true", help="write the differences to replacement-decisions.tsv")
    options = parser.parse_args()
    found, decided = compare(options.guide), read_decisions()
    rows = []
    for kind, path, *words in found:
        known = decided.get((kind, path), {"decision": "?", "source": "?"})
        rows.append([kind, path, *words, known["decision"], known["source"]])
        if known["decision"] == "?":
            print("\t".join(rows[-1]))
    gone = decided.keys() - {(kind, path) for kind, path, *_words in found}
    for kind, path in sorted(gone):
        print(f"no difference any more: {kind} {path}")
    if options.write:
        with DECISIONS.open("w", newline="") as handle:
            csv.writer(handle, delimiter="\t", lineterminator="\n").writerows([FIELDS, *rows])
    return int(bool(gone) or any(row[-2] == "?" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
