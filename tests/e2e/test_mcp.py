"""`cdkguard mcp` as a client starts it: over standard input and output, on an example app, and without the package mcp."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from tests.support.assemblies import assembly_with
from tests.support.git_projects import isolate, project
from tests.support.mcp_client import MODES, answer_of, over_stdio, sentence_of, use
from tests.support.paths import ROOT

TASK_API = ROOT / "examples/task-api"
needs_node = pytest.mark.skipif(
    not (TASK_API / "node_modules").is_dir() or shutil.which("node") is None,
    reason="`make examples` installs what it needs",
)


@pytest.mark.parametrize("mode", MODES)
def test_a_client_over_stdio_gets_tools_and_an_answer(tmp_path, mode):
    assembly_with(tmp_path / "cdk.out", {"T": {"Type": "AWS::DynamoDB::Table"}})

    async def what(client):
        tools = [tool.name for tool in (await client.list_tools()).tools]
        return tools, (await client.call_tool("check_cdk_app", {"path": "cdk.out"})).structured_content

    tools, found = use(over_stdio(tmp_path), what, mode=mode)
    assert {"check_cdk_app", "plan_cdk_change", "plan_cdk_destroy", "explain_rule", "search_rules"} <= set(tools)
    assert found["verdict"] in ("pass", "fail") and found["findings"]


def test_what_an_app_prints_is_no_message(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)
    folder = project(tmp_path / "app")
    (folder / "resources.json").write_text("{}")
    noise = "import os, sys\nprint('{\"jsonrpc\": \"2.0\"}', flush=True)\nos.write(1, b'noise\\n')\nos.write(2, b'noise\\n')\n"
    (folder / "app.py").write_text(noise + (folder / "app.py").read_text())
    found = answer_of(over_stdio(folder, "--allow-synth"), "check_cdk_app", {"path": ".", "synthesize": True})
    assert found["isSynthesized"]


def test_roots_hold_over_stdio(tmp_path):
    (tmp_path / "open").mkdir()
    assert "outside" in sentence_of(
        over_stdio(tmp_path), "check_cdk_app", {"path": str(tmp_path)}, roots=[tmp_path / "open"]
    )


def test_every_line_on_standard_output_is_the_protocol(tmp_path):
    assembly_with(tmp_path / "cdk.out", {"T": {"Type": "AWS::DynamoDB::Table"}})
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    messages = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "check_cdk_app", "arguments": {"path": "cdk.out"}}},
        {"id": 3, "method": "tools/call", "params": {"name": "check_cdk_app", "arguments": {"path": 7}}},
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "cdkguard", "mcp"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        for message in messages:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        server.stdin.write("no JSON\n")
        server.stdin.flush()
        seen = {}
        while len(seen) < 3:
            line = json.loads(server.stdout.readline())
            assert line["jsonrpc"] == "2.0"
            if line.get("id") in (1, 2, 3):
                seen[line["id"]] = line
        server.stdin.close()
        rest = server.stdout.read()
        assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
        assert "Traceback" not in server.stderr.read()
    assert server.returncode == 0
    assert seen[2]["result"]["structuredContent"]["findings"]
    assert seen[3]["result"]["isError"] is True


def test_without_the_package_it_says_how_to_install_it(tmp_path):
    (tmp_path / "mcp").mkdir()
    (tmp_path / "mcp/__init__.py").write_text("raise ImportError('not here')")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "cdkguard", "mcp"], cwd=tmp_path, env=environment, capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and "pip install 'cdkguard[mcp]'" in done.stderr


def test_nothing_else_loads_the_package():
    for words in (["--help"], ["--version"], ["mcp", "--help"], ["rules", "list", "--rules", "data-retention"]):
        code = f"import sys, cdkguard.cli.main as c; c.main({words}); sys.stderr.write(' '.join(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        loaded = set(done.stderr.split())
        assert "cdkguard.cli.main" in loaded
        assert not {"mcp", "mcp_types", "pydantic", "anyio", "asyncio"} & loaded, words


def test_it_starts_in_seconds(tmp_path):
    began = time.perf_counter()

    async def what(client):
        return await client.list_tools()

    use(over_stdio(tmp_path), what)
    assert time.perf_counter() - began < 20


@pytest.mark.e2e
@needs_node
def test_an_example_is_synthesized_with_progress_and_judged():
    words = []

    async def progress(_seconds, _total, message):
        words.append(message)

    async def what(client):
        arguments = {"path": ".", "synthesize": True, "context": {"env": "prod"}}
        found = await client.call_tool("check_cdk_app", arguments, progress_callback=progress)
        taken = await client.call_tool("plan_cdk_destroy", arguments)
        return found.structured_content, taken.structured_content

    found, taken = use(over_stdio(TASK_API, "--allow-synth"), what)
    assert (found["verdict"], found["environments"]) == ("fail", ["prod"])
    rules = {finding["ruleId"] for finding in found["findings"]}
    assert "data-retention" in rules
    assert all((TASK_API / f["file"]).is_file() and f["line"] for f in found["findings"])
    assert any(word.startswith("synthesizing: npx ts-node") for word in words)
    assert taken["destroysData"] is True
    assert any(c["resourceType"] == "AWS::DynamoDB::Table" and c["fateOfData"] == "destroyed" for c in taken["changes"])
