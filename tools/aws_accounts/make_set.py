"""Writes the set `aws-accounts` of rules/sets.yaml: accounts of AWS itself, which are never a hard-coded account.

They are the accounts of the region facts of an installed aws-cdk-lib (an npm folder), and those of documented.tsv, each with
the page that names it. `--check` writes nothing and ends in 1 where the set lacks one of them, or has one that neither names.

    python tools/aws_accounts/make_set.py examples/task-api/node_modules/aws-cdk-lib [--check]
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
SETS = HERE.parents[1] / "rules/sets.yaml"
SET = re.compile(r'aws-accounts:\n(?:  - "[0-9]{12}"\n)*')
ACCOUNT = re.compile(r'(?<![0-9A-Za-z])"?([0-9]{12})"?(?![0-9A-Za-z])')


def region_facts(library: Path) -> set[str]:
    """The accounts in the region facts of aws-cdk-lib."""
    return set(ACCOUNT.findall((library / "region-info/lib/built-ins.generated.js").read_text(encoding="utf-8")))


def documented() -> dict[str, tuple[str, str]]:
    """Account -> what it is for, and the page that says so."""
    rows = [line.split("\t") for line in (HERE / "documented.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return {account: (what, source) for account, what, source in rows}


def make_set(library: Path) -> str:
    """The whole text of sets.yaml, with the set made anew."""
    lines = "".join(f'  - "{account}"\n' for account in sorted(region_facts(library) | set(documented())))
    return SET.sub(f"aws-accounts:\n{lines}", SETS.read_text(encoding="utf-8"), count=1)


def main() -> None:
    library, *options = sys.argv[1:]
    text = make_set(Path(library))
    if options == ["--check"]:
        sys.exit(
            f"{SETS.name}: run tools/aws_accounts/make_set.py" if text != SETS.read_text(encoding="utf-8") else None
        )
    SETS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
