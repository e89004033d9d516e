"""OpenCode's plugin asks the hook in the forms of version 1 and 2, and throws where it does not say yes."""

import json
import shutil
import subprocess

import pytest

from cdkguard.agents.install.package_texts import read_text

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
DRIVER = """
import plugin from "./cdkguard.mjs"
const [version, tool, args] = [process.argv[2], process.argv[3], JSON.parse(process.argv[4])]
let before
if (version === "1") {
  const hooks = await plugin.server({directory: "/work"})
  before = () => hooks["tool.execute.before"]({tool, sessionID: "s"}, {args})
} else {
  await plugin.setup({
    session: {get: async () => ({location: {directory: "/work"}})},
    tool: {hook: async (_name, callback) => { before = () => callback({tool, sessionID: "s", input: args}) }},
  })
}
try { await before(); console.log("runs") } catch (problem) { console.log("stopped: " + problem.message) }
"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    (tmp_path / "cdkguard.mjs").write_text(read_text("opencode.js"))
    (tmp_path / "driver.mjs").write_text(DRIVER)

    def run(answer, tool, args, version="1"):
        if answer is not None:
            program = tmp_path / "bin/cdkguard"
            program.parent.mkdir(exist_ok=True)
            program.write_text(f'#!/bin/sh\ncat > "{tmp_path}/payload.json"\n{answer}\n')
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
        command = [shutil.which("node"), str(tmp_path / "driver.mjs"), version, tool, json.dumps(args)]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert said.returncode == 0, said.stderr
        payload = tmp_path / "payload.json"
        sent = json.loads(payload.read_text()) if payload.exists() else None
        payload.unlink(missing_ok=True)
        return said.stdout.strip(), sent

    return run


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_the_hook_says_is_done(ask, version):
    assert ask("exit 0", "bash", {"command": "ls"}, version)[0] == "runs"
    said, sent = ask("echo 'data dies' >&2; exit 2", "bash", {"command": "cdk destroy"}, version)
    assert said == "stopped: data dies"
    assert (sent["tool_name"], sent["tool_input"]["command"], sent["cwd"]) == ("Bash", "cdk destroy", "/work")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "stopped: "),
        ("exit 1", "stopped: cdkguard could not judge this (exit status 1)"),
        ("echo oops", "stopped: cdkguard answered what is no JSON: oops"),
        ("""echo '{"hookSpecificOutput":{"permissionDecision":"ask","permissionDecisionReason":"r"}}'""", "stopped: r"),
        ("""echo '{"hookSpecificOutput":{"permissionDecision":"deny"}}'""", "stopped: cdkguard says no"),
    ],
)
def test_a_hook_that_does_not_say_yes_stops_the_tool(ask, answer, said):
    assert ask(answer, "bash", {"command": "cdk destroy"})[0].startswith(said)


def test_writing_tools_and_tools_of_aws_are_asked_about_and_others_are_not(ask):
    said, sent = ask("exit 2", "write", {"filePath": "cdkguard.yaml", "content": "x"})
    assert said.startswith("stopped") and sent["tool_name"] == "Write" and sent["tool_input"]["file_path"] == "cdkguard.yaml"  # fmt: skip
    assert ask("exit 2", "aws-api_call_aws", {"cli_command": "aws s3 ls"})[1]["tool_name"] == "aws-api_call_aws"
    assert ask("exit 2", "read", {"filePath": "cdkguard.yaml"}) == ("runs", None)
