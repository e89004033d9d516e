"""docs/mcp.md: what a reader copies starts the server, and its tables name the tools as they are."""

import json
import re
import tomllib

import pytest

from cdkguard.cli.parser import parse_command
from cdkguard.servers.resources import schema_names
from cdkguard.servers.server import make_tools
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/mcp.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(json|toml)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("language, text", BLOCKS, ids=[str(at) for at in range(len(BLOCKS))])
def test_each_configuration_starts_the_server(language, text):
    whole = json.loads(text) if language == "json" else tomllib.loads(text)
    [servers] = whole.values()
    server = servers["cdkguard"]
    assert server["command"] == "cdkguard"
    assert parse_command(server["args"])[0].name == "mcp"
    assert set(server.get("autoApprove", ())) <= {"explain_rule", "search_rules"}
    assert not server.get("trust", False)


def test_there_is_one_for_each_client():
    assert len(BLOCKS) == 7
    for client in ("Claude Code", "Kiro", "VS Code", "Copilot CLI", "Codex", "Gemini CLI", "Cursor"):
        assert f"**{client}**" in PAGE


def test_the_table_names_every_tool_with_its_arguments():
    rows = dict(re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", PAGE, re.MULTILINE))
    tools = {tool.name: list(tool.parameters["properties"]) for tool in make_tools()}
    assert list(rows) == list(tools)
    for name, arguments in tools.items():
        assert sorted(re.findall(r"`(\w+)`", rows[name])) == sorted(arguments), name


def test_the_schemas_are_those_that_there_are():
    assert f"cdkguard://schemas/{{{','.join(schema_names())}}}" in PAGE
