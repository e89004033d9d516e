"""server.json, by which the MCP registry lists us: the rules of its schema that a change could break, and equal versions.

https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/server-json/draft/server.schema.json
"""

import json
import re
import tomllib

from cdkguard import __version__
from cdkguard.cli.commands import COMMANDS, find_command
from cdkguard.text.addresses import SITE, page_address
from tests.support.paths import ROOT

SERVER = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_fields_are_those_of_the_schema():
    assert set(SERVER) <= {"$schema", "name", "title", "description", "version", "websiteUrl", "repository", "packages"}
    assert {"name", "description", "version"} <= set(SERVER)
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", SERVER["name"])
    assert 1 <= len(SERVER["description"]) <= 100
    assert 1 <= len(SERVER["title"]) <= 100
    assert {"url", "source"} == set(SERVER["repository"])
    assert SERVER["websiteUrl"] == page_address("docs/mcp.md")


def test_the_project_has_one_address_of_its_documentation():
    urls = PROJECT["urls"]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} == set(urls)
    assert urls["Documentation"] == SITE
    assert all(url.startswith(SERVER["repository"]["url"]) for name, url in urls.items() if name != "Documentation")


def test_the_package_is_ours_and_of_this_version():
    [package] = SERVER["packages"]
    assert (package["registryType"], package["identifier"]) == ("pypi", PROJECT["name"])
    assert package["version"] == SERVER["version"] == __version__
    assert package["transport"] == {"type": "stdio"}
    assert set(package) <= {
        "registryType", "registryBaseUrl", "identifier", "version", "runtimeHint", "runtimeArguments", "packageArguments",
        "transport",
    }  # fmt: skip


def test_the_arguments_start_the_server_with_what_the_extra_installs():
    [package] = SERVER["packages"]
    [needed] = package["runtimeArguments"]
    assert (needed["type"], needed["name"], [needed["value"]]) == (
        "named",
        "--with",
        PROJECT["optional-dependencies"]["mcp"],
    )
    assert package["runtimeHint"] == "uvx"
    [word] = package["packageArguments"]
    assert word["type"] == "positional"
    assert find_command(word["value"], COMMANDS) is not None


def test_the_readme_proves_to_the_registry_that_the_name_is_ours():
    assert f"<!-- mcp-name: {SERVER['name']} -->" in (ROOT / "README.md").read_text(encoding="utf-8")
