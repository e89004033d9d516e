"""`cdkguard agents install`: what it shows, asks, writes and refuses."""

import json
import os
import pty
import subprocess
import sys

import pytest

from cdkguard.cli.main import main


@pytest.fixture
def repository(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv):
    return main(["agents", "install", *argv])


def files(root):
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_a_dry_run_shows_the_diff_and_writes_nothing(repository, capsys):
    assert run("claude", "codex", "--dry-run") == 0
    out = capsys.readouterr().out
    assert ".claude/settings.json  new" in out and "+            \"command\": \"cdkguard agents hook --host claude || exit 2\"," in out  # fmt: skip
    assert "Codex: trust the project, open `/hooks`" in out and "6 files to write" in out
    assert files(repository) == []


def test_without_a_terminal_nothing_is_written_unless_yes_is_said(repository, capsys):
    assert run("codex") == 2
    assert "--yes writes, --dry-run shows only" in capsys.readouterr().err and files(repository) == []
    assert run("codex", "--yes") == 0
    assert files(repository) == [".agents/skills/cdkguard/SKILL.md", ".codex/hooks.json", "AGENTS.md"]


def test_the_files_go_to_the_root_of_the_repository(repository, monkeypatch):
    monkeypatch.chdir(repository / "infra")
    assert run("cursor", "-y") == 0
    assert (repository / ".cursor/hooks.json").is_file()


@pytest.mark.parametrize(("typed", "is_written"), [("y\n", True), ("n\n", False), ("\n", False), ("yes\n", True)])
def test_a_person_is_asked(repository, typed, is_written):
    parent, child = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "cdkguard", "agents", "install", "windsurf"], stdin=child, stdout=child, stderr=child)  # fmt: skip
    os.close(child)
    os.write(parent, typed.encode())
    text = b""
    try:
        while piece := os.read(parent, 4096):
            text += piece
    except OSError:
        pass  # the other side is closed
    os.close(parent)
    assert process.wait(30) == (0 if is_written else 2)
    assert b"write this? [y/N]" in text
    assert (repository / ".windsurf/hooks.json").exists() is is_written


def test_check_says_what_is_missing_and_what_is_not_current(repository, capsys):
    assert run("--check") == 2
    assert "no file there calls `cdkguard agents hook`" in capsys.readouterr().err
    run("claude", "codex", "-y")
    capsys.readouterr()
    assert run("--check") == 0
    assert capsys.readouterr().out == "claude codex: 6 files are there and current\n"

    settings = repository / ".claude/settings.json"
    settings.write_text(settings.read_text().replace("|Write", ""))
    (repository / "AGENTS.md").unlink()
    assert run("--check") == 1
    out = capsys.readouterr().out
    assert ".claude/settings.json: not current" in out and "AGENTS.md: missing" in out
    assert "cdkguard agents install claude codex    # writes them anew" in out
    assert run("--check", "claude") == 1 and run("claude", "-y") == 0 and run("--check") == 0
    assert run("--check", "gemini") == 1


def test_remove_takes_away_exactly_what_was_added(repository, capsys):
    (repository / "AGENTS.md").write_text("# Team\n")
    assert run("--remove") == 2
    run("all", "-y", "--after-edit", "--mcp")
    assert len(files(repository)) > 15
    assert run("--remove", "--yes") == 0
    assert files(repository) == ["AGENTS.md"] and (repository / "AGENTS.md").read_text() == "# Team\n"


def test_what_cannot_be_merged_is_shown_to_be_pasted_and_the_rest_is_written(repository, capsys):
    (repository / ".codex").mkdir()
    (repository / ".codex/hooks.json").write_text("{broken")
    assert run("codex", "-y") == 1
    out = capsys.readouterr().out
    assert ".codex/hooks.json  not changed: line 1: a key in quotes is expected" in out or "a value is expected" in out
    assert '"command": "cdkguard agents hook --host codex || exit 2"' in out
    assert (repository / ".codex/hooks.json").read_text() == "{broken" and (repository / "AGENTS.md").is_file()


def test_detect_names_the_sign(repository, capsys):
    assert run("detect", "--dry-run") == 2
    assert "nothing there shows which host is used" in capsys.readouterr().err
    (repository / ".kiro").mkdir()
    assert run("detect", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "Kiro (IDE 1.0 and CLI 3): .kiro is there" in out and ".kiro/hooks/cdkguard.json  new" in out


def test_the_user_s_files_are_below_the_home_folder(repository, tmp_path, monkeypatch, capsys):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    assert run("claude", "antigravity", "zed", "--user", "-y") == 0
    assert files(home) == [".claude/settings.json", ".claude/skills/cdkguard/SKILL.md", ".config/zed/settings.json", ".gemini/config/hooks.json"]  # fmt: skip
    assert run("--user", "--check") == 0 and run("--user", "--remove", "-y") == 0
    assert ".gemini/config/hooks.json" not in files(home)


def test_a_host_without_files_below_the_home_folder_says_so(repository, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("devin", "--user", "-y") == 0 and run("devin", "--user", "--remove") == 0
    assert "Devin CLI: no file below the home folder is known" in capsys.readouterr().out


def test_the_diff_shows_no_secret_of_a_line_beside(repository, capsys):
    (repository / ".cursor").mkdir()
    servers = {"mcpServers": {"theirs": {"command": "x", "env": {"API_KEY": "hunter2", "NAME": "plain"}}}}
    (repository / ".cursor/mcp.json").write_text(json.dumps(servers))
    assert run("cursor", "--mcp", "-y") == 0
    out = capsys.readouterr().out
    assert "hunter2" not in out and '"API_KEY": "(hidden)"' in out and "plain" in out
    assert "hunter2" in (repository / ".cursor/mcp.json").read_text()


def test_another_launcher_stays(repository, capsys):
    run("claude", "-y", "--command", "uv run cdkguard", "--mcp")
    hooks = json.loads((repository / ".claude/settings.json").read_text())["hooks"]["PreToolUse"]
    assert hooks[0]["hooks"][0]["command"] == "uv run cdkguard agents hook --host claude || exit 2"
    assert run("--check") == 0 and run("claude", "-y") == 0
    assert "uv run" in (repository / ".claude/settings.json").read_text()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["cladue"], "no host 'cladue' (did you mean 'claude'?)"),
        ([], "name a host: claude, copilot"),
        (["claude", "--command", " "], "--command has no value"),
    ],
)
def test_wrong_command_lines_are_refused(repository, capsys, argv, message):
    assert run(*argv) == 2
    assert message in capsys.readouterr().err


def test_a_disk_that_is_full_names_the_file(repository, monkeypatch, capsys):
    def full(path, content):
        raise OSError(28, "No space left on device", path)

    monkeypatch.setattr("cdkguard.system.files.write", full)
    assert run("codex", "-y") == 2
    assert ".codex/hooks.json: cannot be written: No space left on device" in capsys.readouterr().err
