"""Where the documentation and the schemas are published."""

from __future__ import annotations

SITE = "https://cdkguard.github.io/cdkguard/"
_FOLDER = "docs/"


def page_address(page: str) -> str:
    """The address of a page of the documentation, such as `docs/rules/data-retention.md`."""
    path = page.removeprefix(_FOLDER).removesuffix(".md").removesuffix("README")
    return f"{SITE}{path}/" if path and not path.endswith("/") else SITE + path


def rule_address(rule_id: str) -> str:
    """The address of a built-in rule's page. It stays: no id is used again."""
    return page_address(f"{_FOLDER}rules/{rule_id}.md")


def schema_address(name: str) -> str:
    """The address of a schema, which is its `$id`: `report-1` is that of the reports of format 1."""
    return f"{SITE}schemas/{name}.schema.json"


def editor_line(name: str) -> str:
    """The comment by which editors check and complete a YAML file."""
    return f"# yaml-language-server: $schema={schema_address(name)}\n"
