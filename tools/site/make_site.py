"""Builds the documentation's site into build/site: stages the pages, runs Sphinx, publishes the schemas, checks every link.

A link or an anchor that leads nowhere, and a page that no list names, stop it. The addresses outside of the site are
written to build/site-links.txt.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from built import check_built, external_links, read_built
from pages import INDEX, ROOT, check_links, find_pages, page_text, sections

from cdkguard.text.addresses import SITE

HERE = Path(__file__).parent
SOURCE, SITE_FOLDER, LINKS = (ROOT / "build" / name for name in ("site-source", "site", "site-links.txt"))
NOT_FOUND = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Not found</title><p>There is no such page. "
    f'<a href="{SITE}">The documentation of cdkguard</a> · <a href="{SITE}rules/">the rules</a>\n'
)


def main() -> int:
    started = time.monotonic()
    pages = find_pages()
    if wrong := [*check_links([*pages, "README.md"]), *unlisted(pages)]:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    stage(pages)
    shutil.rmtree(SITE_FOLDER, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "auto", "-b", "dirhtml"]
    folders = ["-d", str(ROOT / "build/site-doctrees"), "-c", str(HERE), str(SOURCE), str(SITE_FOLDER)]
    if subprocess.run([*command, *folders], cwd=ROOT).returncode:
        return 1
    publish()
    built = read_built(SITE_FOLDER)
    if wrong := check_built(SITE_FOLDER, built):
        print("\n".join(wrong[:50]), file=sys.stderr)
        return 1
    found = external_links(built)
    LINKS.write_text(
        "".join(f"{len(on)}\t{address}\t{on[0]}\n" for address, on in sorted(found.items())), encoding="utf-8"
    )
    files = [path for path in SITE_FOLDER.rglob("*") if path.is_file()]
    count, size = sum(path.suffix == ".html" for path in files), sum(path.stat().st_size for path in files) / 1e6
    print(
        f"{SITE_FOLDER.relative_to(ROOT)}: {count} pages, {size:.1f} MB, every link inside leads somewhere; "
        f"{len(found)} addresses outside are in {LINKS.relative_to(ROOT)}; {time.monotonic() - started:.0f} s"
    )
    return 0


def unlisted(pages: dict[str, str]) -> list[str]:
    """Pages that the index of the documentation does not name; rules have an index of their own."""
    named = {file for _, files in sections() for file in files}
    return [
        f"{INDEX}: does not name {file}"
        for file in pages
        if file != INDEX and file not in named and not file.startswith("docs/rules/")
    ]


def stage(pages: dict[str, str]) -> None:
    """Write the sources of the site. A file that is the same stays, so that Sphinx reads it once."""
    made = {name + ".md": text_of(file, name, pages) for file, name in pages.items()}
    for path in SOURCE.rglob("*.md"):
        if path.relative_to(SOURCE).as_posix() not in made:
            path.unlink()
    for name, text in made.items():
        path = SOURCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs/pictures", SOURCE / "pictures", dirs_exist_ok=True)


def text_of(file: str, name: str, pages: dict[str, str]) -> str:
    """The source of one page."""
    text = page_text(file, pages)
    if file == INDEX:
        rules = sum(other.startswith("docs/rules/") for other in pages) - 1
        lists = text[text.index("\n## ") :]
        return (HERE / "home.md").read_text(encoding="utf-8").replace("RULES", str(rules)) + lists + navigation(pages)
    if name.startswith("rules/") and name != "rules/index":
        # Out of the navigation: 561 entries in the sidebar of every page would be 100 MB, and no help to anybody.
        title = text.split("\n", 3)[2].strip()
        return with_front_matter(text, orphan=True, myst={"html_meta": {"description": title}})
    if file == "docs/rules-by-service.md":
        return with_front_matter(text, tocdepth=2)  # A heading for each resource type is for the search.
    return text


def with_front_matter(text: str, **fields: object) -> str:
    """The page with fields for MyST; JSON is YAML."""
    return f"---\n{json.dumps(fields)}\n---\n\n{text}"


def navigation(pages: dict[str, str]) -> str:
    """The sidebar: the sections of the index."""
    parts = []
    for title, files in sections():
        names = "\n".join(pages[file] for file in files)
        parts.append(f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{names}\n```\n")
    return "".join(parts)


def publish() -> None:
    """Put beside the pages what is no page: the schemas at their addresses, a list of the pages, the page of a wrong address."""
    folder = SITE_FOLDER / "schemas"
    folder.mkdir(exist_ok=True)
    for path in (ROOT / "cdkguard/schemas").glob("*.schema.json"):
        text = path.read_text(encoding="utf-8")
        address = json.loads(text)["$id"]
        (SITE_FOLDER / address.removeprefix(SITE)).write_text(text, encoding="utf-8")
    found = sorted(p.parent.relative_to(SITE_FOLDER).as_posix() for p in SITE_FOLDER.rglob("index.html"))
    rows = "".join(f"<url><loc>{SITE}{'' if one == '.' else one + '/'}</loc></url>\n" for one in found)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    (SITE_FOLDER / "sitemap.xml").write_text(f"{head}{rows}</urlset>\n", encoding="utf-8")
    shutil.copytree(ROOT / "docs/pictures", SITE_FOLDER / "pictures")  # The README on PyPI shows them.
    (SITE_FOLDER / "404.html").write_text(NOT_FOUND, encoding="utf-8")
    (SITE_FOLDER / ".nojekyll").touch()


if __name__ == "__main__":
    sys.exit(main())
