"""The documentation's site: every link inside the Markdown leads somewhere, and every page is in its navigation.

Building it whole takes a minute and its own dependencies: `make site`, which .github/workflows/docs.yml runs.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest

from cdkguard.text.addresses import SITE
from tests.support.paths import ROOT


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"tools/site/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site():
    """The modules of tools/site by name; they import each other by their names alone, as a script's do."""
    names = ("markdown", "pages", "built", "make_site")
    before = {name: sys.modules.get(name) for name in names}
    yield {name: load(name) for name in names}
    for name, module in before.items():
        sys.modules.pop(name)
        if module is not None:
            sys.modules[name] = module


def test_every_link_inside_leads_to_a_file_and_a_heading(site) -> None:
    files = [*site["pages"].find_pages(), "README.md"]
    assert not site["pages"].check_links(files)


def test_a_rule_has_a_page_whose_links_stay_inside_the_site(site) -> None:
    pages = site["pages"].find_pages()
    assert pages["docs/rules/data-retention.md"] == "rules/data-retention"
    text = site["make_site"].text_of("docs/rules/data-retention.md", "rules/data-retention", pages)
    assert text.startswith('---\n{"orphan": true') and "(index.md#core)" in text and "<!--" not in text


def test_what_is_no_page_leads_to_the_repository(site) -> None:
    text = site["pages"].page_text("docs/architecture.md", site["pages"].find_pages())
    assert "(https://github.com/cdkguard/cdkguard/blob/main/tests/support/folders.py)" in text
    assert "(contributing.md)" in text


def test_the_home_page_has_the_lists_of_the_index_and_the_navigation(site) -> None:
    pages = site["pages"].find_pages()
    text = site["make_site"].text_of("docs/README.md", "index", pages)
    assert "RULES" not in text and "(ci.md)" in text and ":caption: Rules" in text
    assert "\nrules/index\n" in text and "\nrules/data-retention\n" not in text


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("[a](b.md) and [`c`](d.md#e)", ["b.md", "d.md#e"]),
        ("`[a](b.md)` and ``x ` [a](c.md)``", []),
        ("```md\n[a](b.md)\n```\n[c](d.md)", ["d.md"]),
        ("````\n```\n[a](b.md)\n````\n[c](d.md)", ["d.md"]),
        ('<img src="x.png"> ![y](z.svg)', ["x.png", "z.svg"]),
    ],
)
def test_links_are_told_from_code(site, text, targets) -> None:
    assert site["markdown"].links_of(text) == targets


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("# A `b` & c!\n## A b  c\n", ["a-b--c", "a-b--c-1"]),
        ("## [Unreleased](x.md), *now*\n```\n# no\n```\n", ["unreleased-now"]),
        ("# snake_case: x.y\n", ["snake_case-xy"]),
    ],
)
def test_a_heading_has_the_anchor_that_github_gives_it(site, text, anchors) -> None:
    assert [anchor for _, _, anchor in site["markdown"].headings_of(text)] == anchors


def test_a_broken_link_between_built_pages_is_found(site, tmp_path) -> None:
    built = site["built"]
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="a/#x">1</a><a href="a/#y">2</a><a href="b/">3</a><img src="p.png?v=1">'
    )
    (tmp_path / "a/index.html").write_text('<h1 id="x">A</h1><a href="https://example.com/#z">4</a><a href="..">5</a>')
    (tmp_path / "p.png").touch()
    pages = built.read_built(tmp_path)
    assert built.check_built(tmp_path, pages) == [f"{SITE}: no element for a/#y", f"{SITE}: nothing is at b/"]
    assert built.external_links(pages) == {"https://example.com/": [f"{SITE}a/"]}


STUB = """#!/bin/sh
[ "$1" = -C ] && cd "$2"
mkdir -p build/site && echo "$(git describe --tags --always) $CDKGUARD_SITE" > build/site/index.html
"""


@pytest.mark.parametrize("tags", [(), ("v0.9.0", "v0.10.0", "v1.0.0rc1", "nightly")], ids=["before a release", "after"])
def test_the_newest_release_is_the_root_and_the_branch_is_below_it(tmp_path, tags) -> None:
    repository, programs = tmp_path / "repository", tmp_path / "programs"
    (repository / ".ci").mkdir(parents=True)
    programs.mkdir()
    (repository / ".ci/site").write_bytes((ROOT / ".ci/site").read_bytes())
    (programs / "make").write_text(STUB)
    for file in (repository / ".ci/site", programs / "make"):
        file.chmod(0o755)

    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *words], cwd=repository, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    for tag in (*tags, "-"):
        git("commit", "-q", "--allow-empty", "-m", tag)
        if tag != "-":
            git("tag", tag)
    environment = {"PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)}
    subprocess.run([".ci/site", "out"], cwd=repository, env=environment, check=True, capture_output=True)
    root = (repository / "out/index.html").read_text()
    below = repository / "out/main/index.html"
    if tags:
        assert root == "v0.10.0 \n" and re.fullmatch(r"nightly-1-g\w+ development\n", below.read_text())
    else:
        assert re.fullmatch(r"\w+ \n", root) and not below.exists()
