"""The pages of the site: which file of the repository becomes which page, and where each link leads there."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path, PurePosixPath

from markdown import headings_of, links_of, rewrite_links

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/cdkguard/cdkguard"
INDEX = "docs/README.md"  # The list of pages by what one wants to do; its sections are those of the site.
# Pages from outside of docs/.
OTHERS = {"CHANGELOG.md": "changelog", "CONTRIBUTING.md": "contributing", "SECURITY.md": "security-policy"}
_MADE = re.compile(r"<!-- made by [^>]*-->\s*")


def find_pages() -> dict[str, str]:
    """File of the repository -> name of its page: `docs/rules/README.md` -> `rules/index`."""
    pages = dict(OTHERS)
    for path in sorted((ROOT / "docs").rglob("*.md")):
        file = PurePosixPath(path.relative_to(ROOT).as_posix())
        pages[str(file)] = str(file.relative_to("docs").with_suffix("")).replace("README", "index")
    return pages


def check_links(files: list[str]) -> list[str]:
    """What is wrong with the links inside the repository: a file or a heading that is not there."""
    anchors: dict[str, set[str]] = {}

    def anchors_of(file: str) -> set[str]:
        if file not in anchors:
            anchors[file] = {anchor for _, _, anchor in headings_of(_read(file))}
        return anchors[file]

    wrong = []
    for file in files:
        for target in links_of(_read(file)):
            path, anchor = _split(file, target)
            if path is None:
                continue
            if not (ROOT / path).exists():
                wrong.append(f"{file}: no file for {target}")
            elif anchor and path.endswith(".md") and anchor not in anchors_of(path):
                wrong.append(f"{file}: no heading for {target}")
    return wrong


def sections() -> list[tuple[str, list[str]]]:
    """(title, files) of each section of the index; a file stands in the first one that names it."""
    found: list[tuple[str, list[str]]] = []
    seen: set[str] = {INDEX}
    for part in re.split(r"^## ", _read(INDEX), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        files = [path for path, _ in (_split(INDEX, target) for target in links_of(body)) if path is not None]
        known = find_pages()
        mine = [file for file in dict.fromkeys(files) if file in known and file not in seen]
        seen.update(mine)
        found.append((title.strip(), mine))
    return found


def page_text(file: str, pages: dict[str, str]) -> str:
    """The Markdown of a page, whose links lead to pages of the site, to copied pictures, or to the repository."""
    name = pages[file]

    def change(target: str) -> str:
        path, anchor = _split(file, target)
        if path is None:
            return target
        end = f"#{anchor}" if anchor else ""
        if path in pages:
            return posixpath.relpath(pages[path], posixpath.dirname(name) or ".") + ".md" + end
        if path.startswith("docs/pictures/"):
            return posixpath.relpath(path.removeprefix("docs/"), posixpath.dirname(name) or ".")
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        return f"{REPOSITORY}/{kind}/main/{path}{end}"

    return rewrite_links(_MADE.sub("", _read(file)), change)


def _split(file: str, target: str) -> tuple[str | None, str]:
    """(path in the repository, anchor) of a link in a file; no path where it leads elsewhere."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE):
        return None, ""
    path, _, anchor = target.partition("#")
    return (posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file), anchor


def _read(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")
