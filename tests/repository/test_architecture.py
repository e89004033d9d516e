"""docs/architecture.md shows the folders as they are."""

import ast
import re

import pytest

from tests.support.folders import FLOOR, FLOORS, PURE
from tests.support.paths import PACKAGE, ROOT

PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
FOLDERS = sorted(
    path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE
)
PLANNED: set[str] = set()


def table():
    """Folder -> its sentence, as the page says it."""
    section = PAGE.split("## The folders")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([\w/]+)` \| (.+) \|$", section, re.MULTILINE))


def test_every_folder_has_a_line_and_no_other():
    assert sorted(table()) == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_line_is_the_folder_s_own_sentence(folder):
    sentence = ast.get_docstring(ast.parse((PACKAGE / folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert table()[folder] == sentence.splitlines()[0]


def test_the_picture_has_every_floor_from_top_to_bottom():
    picture = PAGE.split("```")[1]
    named = [FLOOR[word] for line in picture.splitlines() for word in line[:52].split() if word in FLOOR]
    assert named == sorted(named, reverse=True)
    assert {word for word in re.findall(r"\w+", picture) if word in FLOOR} == set().union(*FLOORS) - PLANNED


def test_what_is_pure_is_said():
    paragraph = PAGE.split("**Pure**")[1].split("Each of the others")[0]
    assert set(re.findall(r"`(\w+)`", paragraph)) == PURE - {"errors", "logic"}


def test_the_page_is_short():
    assert len(PAGE.splitlines()) <= 180


def test_every_floor_has_a_module_or_is_planned():
    present = {folder.split("/")[0] for folder in FOLDERS} | {path.stem for path in PACKAGE.glob("*.py")}
    assert set(FLOOR) <= present | PLANNED
