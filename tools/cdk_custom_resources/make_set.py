"""Writes the set `cdk-custom-resources` of rules/changes/sets.yaml: the types of custom resources that aws-cdk-lib itself makes.

They are found in the library's code, in an npm folder that is named on the command line. What is lost with one of them is decided in
decisions.tsv, which keeps those of older libraries; `--check` writes nothing and ends in 1 where the set or a decision is missing.

    python tools/cdk_custom_resources/make_set.py examples/task-api/node_modules/aws-cdk-lib [--check]
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
SETS = HERE.parents[1] / "rules/changes/sets.yaml"
SET = re.compile(r"cdk-custom-resources:\n(?:  - Custom::[\w-]+\n)*")
TYPE = re.compile(r"""["'`](Custom::[\w-]+)["'`]""")


def find_types(library):
    """The types that the library's code names, without those of which it only writes in examples."""
    inside = [file.relative_to(library) for file in library.rglob("*.js")]
    files = [library / file for file in inside if "lib" in file.parts and "node_modules" not in file.parts]
    return {name for file in files for name in TYPE.findall(file.read_text(encoding="utf-8"))}


def read_decisions():
    """Type -> the rules about what goes with it, or `none`, and why."""
    rows = (HERE / "decisions.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {kind: (decision, why) for kind, decision, why in (row.split("\t") for row in rows)}


def render_set(text, types):
    """The text of sets.yaml with the set made anew."""
    lines = "".join(f"  - {kind}\n" for kind in sorted(types))
    return SET.sub(f"cdk-custom-resources:\n{lines}", text, count=1)


def main():
    library, *options = sys.argv[1:]
    types, decided, text = find_types(Path(library)), set(read_decisions()), SETS.read_text(encoding="utf-8")
    problems = [f"decisions.tsv: nobody decided on {kind}" for kind in sorted(types - decided)]
    made = render_set(text, types | decided)
    if "--check" in options:
        problems += [] if made == text else [f"{SETS.name}: run tools/cdk_custom_resources/make_set.py"]
    else:
        SETS.write_text(made, encoding="utf-8")
    print("\n".join(problems) or f"{len(types)} types of custom resources")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
