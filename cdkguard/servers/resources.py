"""What a client can read: each rule as its file has it, and the JSON schemas of our files and reports."""

import os
from collections.abc import Callable

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from cdkguard.packs.folders import read_rule_file, source_file
from cdkguard.packs.load import load_packs
from cdkguard.system import files

_SCHEMAS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "schemas")
_ENDING = ".schema.json"
_OF = {
    "approvals": "cdkguard.approvals.yaml",
    "accepted": "the file of accepted findings",
    "config": "cdkguard.yaml",
    "diff": "the JSON of `cdkguard diff`",
    "fleet": "the JSON of `cdkguard report`",
    "plan": "the JSON of `cdkguard plan`",
    "preflight": "the JSON of `cdkguard preflight`",
    "preflight-records": "the file of `cdkguard preflight record`",
    "report": "the JSON of `cdkguard check`",
    "rule": "a rule file",
}


def add_resources(server: MCPServer) -> None:
    """Add the resources to a server."""
    server.resource(
        "cdkguard://rules/{id}",
        name="rule",
        title="A built-in rule",
        description="A rule's YAML file: what it judges, why, its fix in Python, TypeScript and YAML, examples.",
        mime_type="application/yaml",
    )(read_rule)
    for name in schema_names():
        server.resource(
            f"cdkguard://schemas/{name}",
            name=f"{name}-schema",
            title=f"JSON schema of {_OF.get(name, name)}",
            mime_type="application/schema+json",
        )(_reader_of(name))


def schema_names() -> list[str]:
    """The schemas that there are."""
    return sorted(name.removesuffix(_ENDING) for name in os.listdir(_SCHEMAS) if name.endswith(_ENDING))


def read_rule(id: str) -> str:
    """The file of a built-in rule. Raises ResourceNotFoundError."""
    rule = next((rule for rule in load_packs().rules if rule.id == id), None)
    if rule is None:
        raise ResourceNotFoundError("there is no built-in rule of that id; the tool search_rules finds them")
    return read_rule_file(source_file(rule))


def _reader_of(name: str) -> Callable[[], str]:
    def read_schema() -> str:
        return files.read_text(os.path.join(_SCHEMAS, name + _ENDING))

    return read_schema
