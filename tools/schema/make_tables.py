"""For maintainers: brings docs/development/schema/ up to date with the provider schemas of the installed cfn-lint.

A candidate that nobody decided on is added with `?`, one that the schemas lost goes. `--check` writes nothing and ends
in 1 where a table is not complete, or where a decision names a rule or a set that does not look at that place.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from candidates import KINDS, find_candidates
from decisions import TABLES, find_mistakes, read_table, render_table
from provider_schemas import provider_schemas


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check

    schemas, date = provider_schemas()
    problems = []
    for kind in KINDS:
        found, table = find_candidates(kind, schemas), read_table(kind)
        problems += [f"{kind}: nobody decided on {' '.join(place)}" for place in found if place not in table]
        problems += [f"{kind}: gone from the schemas: {' '.join(place)}" for place in table if place not in found]
        problems += [f"{kind}: {mistake}" for mistake in find_mistakes(kind, table)]
        if not check:
            TABLES.mkdir(parents=True, exist_ok=True)
            (TABLES / f"{kind}.tsv").write_text(render_table(kind, found, table), encoding="utf-8")

    print("\n".join(problems) or f"every candidate of the schemas of {date} is decided")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
