"""The folders of the package and their floors: the dependency rule of docs/architecture.md, for tests and tools.

A module may import from lower floors only, and freely from its own folder. Two folders of one floor do not know each
other.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import PACKAGE

FLOORS = [
    {"_typing", "errors", "logic"},
    {"model", "text", "system"},
    {"template", "suppressions", "data"},
    {"aws", "diff", "config", "inputs"},
    {"language", "access", "outputs", "baselines"},
    {"engine", "packs"},
    {"check"},
    {"api"},
    {"preflight"},
    {"agents", "watch", "servers", "fleet", "cfnhook", "audit", "inapp", "cfnlint_rules"},
    {"cli"},
    {"aspect", "__main__"},
    {"testing"},
]
FLOOR = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders}
# They touch no file, clock, environment or terminal.
PURE = {
    "errors",
    "logic",
    "model",
    "text",
    "template",
    "suppressions",
    "aws",
    "diff",
    "language",
    "access",
    "engine",
    "outputs",
}
OUTSIDE = {
    "system",
    "data",
    "inputs",
    "baselines",
    "config",
    "packs",
    "check",
    "preflight",
    "audit",
    "agents",
    "servers",
    "inapp",
    "watch",
    "cli",
}
WORLD = {"os", "subprocess", "socket", "time", "sys", "shutil", "tempfile", "pathlib", "datetime", "random"}


def modules() -> Iterator[tuple[Path, str, str]]:
    """(file, folder or module at the top, dotted name below `cdkguard`) of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            yield path, parts[0], ".".join(parts)


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """(module, name) of each `from module import name`, (module, None) of each `import module`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: write whole module names"
            yield from ((node.module, alias.name) for alias in node.names)


def folder_of(module: str, name: str | None) -> str | None:
    """The folder (or module at the top) that an import of ours leads to; None for other packages and the version."""
    first, *rest = module.split(".")
    if first != "cdkguard" or (not rest and name == "__version__"):
        return None
    return rest[0] if rest else name
