"""The version, in every file that names it, and the notes of a release.

tools/release/version.py check [TAG]     exit 1 where a file names another version than cdkguard/__init__.py, or the tag does
tools/release/version.py set 0.2.0       write it everywhere, and give what CHANGELOG.md calls unreleased its name and date
tools/release/version.py notes [TAG]     that section of CHANGELOG.md; without a tag, what is unreleased
"""

import datetime
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
# A version of PEP 440, without epoch and local part.
VERSION = r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?"


class Place(NamedTuple):
    """Files that name the version, and what stands before it there."""

    files: str
    before: str


PLACES = (
    Place("cdkguard/__init__.py", r'^__version__ = "'),
    Place("server.json", r'"version": "'),
    Place("agents/*/.*-plugin/plugin.json", r'"version": "'),
    Place("README.md", r"^    rev: v"),
    Place("templates/check/template.yml", r"ghcr\.io/cdkguard/cdkguard:"),
    Place("docs/ci/*.md", r"ghcr\.io/cdkguard/cdkguard:"),
    Place("docs/ci/gitlab.md", r"/cdkguard/cdkguard/v|/check@v"),
)


class WrongVersion(Exception):
    """What does not fit, in lines."""


def find_versions(root: Path) -> list[tuple[str, int, str]]:
    """(file, line, version) of every place that names one."""
    found = []
    for place in PLACES:
        named = [
            (path.relative_to(root).as_posix(), text.count("\n", 0, match.start()) + 1, match[1])
            for path in sorted(root.glob(place.files))
            for text in [path.read_text()]
            for match in re.finditer(f"(?:{place.before})({VERSION})", text, re.MULTILINE)
        ]
        if not named:
            raise WrongVersion(f"{place.files}: names no version")
        found += named
    return found


def read_version(root: Path) -> str:
    """The version of the package."""
    return find_versions(root)[0][2]


def check(root: Path, tag: str | None) -> str:
    """The version; raises WrongVersion where something names another, or where CHANGELOG.md has no notes of the tag."""
    version = read_version(root)
    wrong = [
        f"{file}:{line}: names {other}, not {version}" for file, line, other in find_versions(root) if other != version
    ]
    if tag is not None and tag != f"v{version}":
        wrong.append(f"the tag {tag} is not v{version}, the version of cdkguard/__init__.py")
    if wrong:
        raise WrongVersion("\n".join(wrong))
    if tag is not None:
        read_notes(root, tag)
    return version


def read_notes(root: Path, tag: str | None) -> str:
    """The section of CHANGELOG.md, without its heading; links of pages lead to the tag's."""
    name = tag.removeprefix("v") if tag else "Unreleased"
    text = (root / "CHANGELOG.md").read_text()
    found = re.search(
        rf"^## \[{re.escape(name)}\][^\n]*\n(.*?)(?=^## |^\[[\w.]+\]: |\Z)", text, re.MULTILINE | re.DOTALL
    )
    if not found or not found[1].strip():
        raise WrongVersion(f"CHANGELOG.md: has no notes of {name}")
    pages = f"https://github.com/cdkguard/cdkguard/blob/{tag or 'main'}/"
    return re.sub(r"\]\((?!https?:|#)", f"]({pages}", found[1].strip()) + "\n"


def set_version(root: Path, version: str, day: datetime.date) -> None:
    """Write the version everywhere."""
    if not re.fullmatch(VERSION, version):
        raise WrongVersion(f"{version}: not a version such as 0.2.0 or 0.2.0rc1")
    old = read_version(root)
    for place in PLACES:
        for path in root.glob(place.files):
            text = path.read_text()
            path.write_text(re.sub(f"({place.before}){VERSION}", rf"\g<1>{version}", text, flags=re.MULTILINE))
    path = root / "CHANGELOG.md"
    text = path.read_text()
    if f"## [{version}]" not in text:
        text = text.replace("## [Unreleased]\n", f"## [Unreleased]\n\n## [{version}] - {day}\n", 1)
        compare = "https://github.com/cdkguard/cdkguard/compare/"
        text = text.replace(
            f"[Unreleased]: {compare}v{old}...HEAD",
            f"[Unreleased]: {compare}v{version}...HEAD\n[{version}]: {compare}v{old}...v{version}",
        )
        path.write_text(text)


def main(arguments: list[str], root: Path = ROOT) -> int:
    try:
        match arguments:
            case ["check", *tag] if len(tag) < 2:
                print(check(root, tag[0] if tag else None))
            case ["notes", *tag] if len(tag) < 2:
                sys.stdout.write(read_notes(root, tag[0] if tag else None))
            case ["set", version]:
                set_version(root, version, datetime.date.today())
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except WrongVersion as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
