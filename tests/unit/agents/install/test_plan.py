"""An installation into a repository: golden files for each host, links, detection, removal beside other hosts."""

import os
import re

import pytest

from cdkguard.agents.guarded_names import is_guarded
from cdkguard.agents.hosts.table import NAMES as NAMES_OF_THE_HOOK
from cdkguard.agents.install import plan as plans
from cdkguard.agents.install.detect import detect_hosts
from cdkguard.agents.install.entries import Member
from cdkguard.agents.install.hosts import HOSTS, find_host
from cdkguard.agents.install.package_texts import read_text
from cdkguard.agents.install.pieces import JsonFile, OwnFile
from cdkguard.errors import ConfigError

NAMES = [host.name for host in HOSTS]
EXISTING = {
    ".claude/settings.json": '{\n  "model": "opus",\n  "hooks": {\n    "PreToolUse": [\n      {"matcher": "Bash", "hooks": [{"type": "command", "command": "their-guard"}]}\n    ]\n  },\n  "permissions": {"allow": ["Bash(npm test)"], "deny": []}\n}\n',
    ".github/hooks/theirs.json": '{"version": 1, "hooks": {}}\n',
    ".github/workflows/copilot-setup-steps.yml": "jobs:\n  copilot-setup-steps:\n    steps:\n      - run: npm ci\n",
    ".codex/hooks.json": '{"hooks": {"SessionStart": []}}',
    ".gemini/settings.json": '{\n    // theirs\n    "theme": "dark",\n}\n',
    ".cursor/hooks.json": '{"version": 1, "hooks": {"beforeShellExecution": [{"command": "their-guard"}]}}\n',
    ".agents/hooks.json": '{\n  "theirs": {"PreToolUse": []}\n}\n',
    ".kiro/settings/mcp.json": '{\n  "mcpServers": {\n    "aws-docs": {"command": "uvx", "args": ["awslabs.aws-documentation-mcp-server@latest"]}\n  }\n}\n',
    ".kiro/agents/theirs.json": '{"name": "theirs", "tools": ["read"], "hooks": {"preToolUse": [{"matcher": "fs_write", "command": "their-guard"}]}}\n',
    ".windsurf/hooks.json": '{"hooks": {"pre_run_command": [{"command": "their-guard"}]}}\n',
    "opencode.json": '{\n  "$schema": "https://opencode.ai/config.json",\n  "permission": {"bash": {"*": "ask", "cdk destroy*": "ask"}}\n}\n',
    "AGENTS.md": "# Team\n\n- Be kind.\n",
    "CLAUDE.md": "Use pnpm.",
}


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    return root


def fill(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, newline="")


def everything(root):
    paths = sorted(p for p in root.rglob("*") if p.is_file() and ".git" not in p.relative_to(root).parts)
    return {p.relative_to(root).as_posix(): p.read_bytes().decode() for p in paths}


def wanted(root, *names, **more):
    return plans.Wanted(str(root), tuple(map(find_host, names)), **more)


def install(root, *names, **more):
    plan = plans.plan_install(wanted(root, *names, **more))
    plans.carry_out(str(root), plan)
    return plan


def remove(root, *names, **more):
    plan = plans.plan_removal(wanted(root, *names, **more))
    plans.carry_out(str(root), plan)
    return plan


def shown(files):
    return "".join(f"==== {path}\n{text}" + ("" if text.endswith("\n") else "\n(no line end)\n") for path, text in files.items())  # fmt: skip


def without_known_texts(files):
    """SKILL.md and its like are files of the package: here only their first line and their seal."""
    short = {}
    for path, text in files.items():
        lines = text.splitlines(keepends=True)
        is_known = path.endswith(("SKILL.md", "guardrails.md", ".js", "setup-steps.yml", ".toml")) and "cdkguard agents install" in text  # fmt: skip
        short[path] = f"{lines[0]}... {len(lines) - 2} lines ...\n{lines[-1]}" if is_known else text
    return short


@pytest.mark.parametrize("name", NAMES)
def test_the_files_of_a_host(golden, repository, name):
    install(repository, name)
    text = f"######## into an empty repository\n{shown(without_known_texts(everything(repository)))}"
    remove(repository, name)
    assert everything(repository) == {} and [p.name for p in repository.iterdir()] == [".git"]

    fill(repository, EXISTING)
    plan = install(repository, name, after_edit=True, mcp=True)
    after = everything(repository)
    changed = {path: text for path, text in after.items() if text != EXISTING.get(path)}
    text += f"\n######## into one with settings, with --after-edit --mcp\n{shown(without_known_texts(changed))}"
    text += "".join(f"==== {refusal.path}: {refusal.why}\n" for refusal in plan.refusals)
    golden(f"agents/{name}.txt", re.sub(r"\([0-9a-f]{12}\)", "(digest)", text))

    again = plans.plan_install(wanted(repository, name))
    assert again.changes == ()
    remove(repository, name)
    assert everything(repository) == EXISTING


@pytest.mark.parametrize("name", [host.name for host in HOSTS if host.user_pieces])
def test_the_files_of_a_home_folder(golden, repository, name):
    install(repository, name, is_user=True)
    files = everything(repository)
    assert not {"AGENTS.md", "CLAUDE.md"} & set(files)
    golden(f"agents/{name}.user.txt", re.sub(r"\([0-9a-f]{12}\)", "(digest)", shown(without_known_texts(files))))
    remove(repository, name, is_user=True)
    assert everything(repository) == {}


def test_all_hosts_at_once_and_what_one_of_them_needs_stays(repository):
    install(repository, *NAMES)
    before = everything(repository)
    assert plans.plan_install(wanted(repository, *NAMES)).changes == ()
    remove(repository, "claude", "cursor")
    left = everything(repository)
    assert set(before) - set(left) == {".claude/settings.json", ".claude/skills/cdkguard/SKILL.md", ".cursor/hooks.json", "CLAUDE.md"}  # fmt: skip
    remove(repository, *NAMES)
    assert everything(repository) == {}


def test_installed_hosts_are_those_whose_files_call_the_hook(repository):
    fill(repository, EXISTING)
    assert plans.installed_hosts(str(repository), False) == ()
    install(repository, "codex", "kiro", "opencode")
    assert [host.name for host in plans.installed_hosts(str(repository), False)] == ["codex", "kiro", "opencode"]


def test_hosts_are_detected_by_their_files(repository):
    assert detect_hosts(str(repository)) == ()
    fill(repository, {".kiro/steering/product.md": "x", "GEMINI.md": "x", ".vscode/settings.json": "{}"})
    assert [(host.name, sign) for host, sign in detect_hosts(str(repository))] == [
        ("gemini", "GEMINI.md"),
        ("kiro", ".kiro"),
    ]


def test_no_link_leads_out_of_the_repository(repository, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    os.symlink(outside, repository / ".claude")
    with pytest.raises(ConfigError, match=".claude/settings.json: a link leads out of"):
        plans.plan_install(wanted(repository, "claude"))
    os.unlink(repository / ".claude")
    (outside / "AGENTS.md").write_text("theirs")
    os.symlink(outside / "AGENTS.md", repository / "AGENTS.md")
    with pytest.raises(ConfigError, match="AGENTS.md: a link leads out of"):
        plans.plan_install(wanted(repository, "codex"))
    assert (outside / "AGENTS.md").read_text() == "theirs" and list(outside.iterdir()) == [outside / "AGENTS.md"]


def test_a_link_inside_of_the_repository_is_followed(repository):
    (repository / "AGENTS.md").write_text("Team\n")
    os.symlink("AGENTS.md", repository / "CLAUDE.md")
    install(repository, "claude")
    assert (repository / "CLAUDE.md").is_symlink()
    text = (repository / "AGENTS.md").read_text()
    assert text.startswith("Team\n") and "@AGENTS.md" not in text and text.count("cdkguard:begin") == 1


def test_folders_that_hold_something_else_stay(repository):
    install(repository, "kiro")
    (repository / ".kiro" / "hooks" / "theirs.json").write_text("{}")
    remove(repository, "kiro")
    assert list(everything(repository)) == [".kiro/hooks/theirs.json"]


def test_each_host_that_the_hook_knows_has_files_and_each_file_with_a_hook_is_guarded():
    assert set(NAMES_OF_THE_HOOK) <= set(NAMES)
    for host in HOSTS:
        for piece in (*host.pieces, *host.user_pieces):
            calls = isinstance(piece, OwnFile) and piece.path.endswith((".js", ".toml")) or isinstance(piece, JsonFile) and not all(isinstance(entry, Member) for entry in piece.entries)  # fmt: skip
            assert is_guarded(piece.path.replace("*", "theirs")) or not calls, piece.path


@pytest.mark.parametrize(
    ("path", "entry", "tools"),
    [
        (".claude/settings.json", 0, ["Bash", "Write", "NotebookEdit", "mcp__aws-api__call_aws", "mcp__awslabs_dynamodb__put"]),
        (".github/hooks/cdkguard.json", 0, ["bash", "create", "run_in_terminal", "aws-mcp-call_aws", "mcp_aws_call_aws"]),
        (".codex/hooks.json", 0, ["Bash", "apply_patch", "mcp__aws__call_aws"]),
        (".gemini/settings.json", 0, ["run_shell_command", "write_file", "replace", "mcp_aws-api_call_aws"]),
        (".agents/hooks.json", 0, ["run_command", "write_to_file", "call_mcp_tool"]),
        (".kiro/hooks/cdkguard.json", 0, ["execute_bash", "shell", "fs_write", "use_aws", "@aws-api/call_aws"]),
        (".devin/hooks.v1.json", 0, ["exec", "edit", "mcp_call_tool"]),
    ],
)  # fmt: skip
def test_the_matchers_match_shells_writers_and_what_calls_aws(path, entry, tools):
    (piece,) = {repr(p): p for host in HOSTS for p in host.pieces if p.path == path}.values()
    matcher = re.compile(piece.entries[entry].value["matcher"])
    assert all(matcher.fullmatch(tool) for tool in tools)
    assert not any(matcher.fullmatch(tool) for tool in ("Read", "read_file", "view", "Grep", "fs_read"))


def test_a_skill_keeps_to_the_standard():
    text = read_text("SKILL.md")
    front = dict(line.split(": ", 1) for line in text.split("---\n")[1].splitlines())
    assert front["name"] == "cdkguard" and re.fullmatch("[a-z0-9-]{1,64}", front["name"])
    assert len(front["description"]) <= 1024 and len(front["compatibility"]) <= 500
    assert set(front) <= {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


def test_the_block_is_short():
    assert len(read_text("agents-block.md").splitlines()) <= 13
