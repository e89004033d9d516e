"""`cdkguard doctor`: hosts with hooks that answer, crash, are missing or let everything pass; walls; the table."""

import json
import os
import subprocess
import sys

import pytest

from cdkguard.agents.doctor import clean_path, codex_trust, hook_rows, proofs, setup_rows, version_rows, wall_rows
from cdkguard.agents.doctor.gate_rows import examine_gates
from cdkguard.agents.doctor.lay_out import render_json, render_text
from cdkguard.agents.doctor.rows import STATES, Row
from cdkguard.agents.doctor.samples import payload_of, sample_app
from cdkguard.agents.hosts.recognise import recognise_host
from cdkguard.agents.hosts.table import NAMES, load_host
from cdkguard.agents.install.hosts import HOSTS, find_host
from cdkguard.agents.install.plan import Wanted, carry_out, plan_install
from cdkguard.cli.main import main
from cdkguard.outputs.render import Options

# Programs that stand for cdkguard: $HOST is the host that they are called for.
GUARD = """
case "$payload" in
  *"cdk destroy"*) case "$host" in
    copilot) echo '{"permissionDecision":"ask","permissionDecisionReason":"Orders dies"}' ;;
    cursor) echo '{"permission":"deny","user_message":"Orders dies"}' ;;
    antigravity) echo '{"decision":"deny","reason":"Orders dies"}' ;;
    *) echo "Orders dies" >&2; exit 2 ;;
  esac ;;
  *) if [ "$host" = cursor ]; then echo '{"permission":"allow"}'; fi ;;
esac
"""
READ = 'host="$4"; payload="$(cat)"\n'
SLEEPER = "exec sleep 30\n"


def program(folder, name, text):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return path


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository, an empty home folder, and a PATH of a login shell that has `tmp_path/bin` in front."""
    root, home = tmp_path / "repo", tmp_path / "home"
    (root / ".git").mkdir(parents=True)
    home.mkdir()
    (home / ".profile").write_text(f'PATH="{tmp_path}/bin:$PATH"\n')
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    return root


def install(root, *names):
    wanted = Wanted(str(root), tuple(map(find_host, names)))
    carry_out(str(root), plan_install(wanted))


def hooks(root):
    environment = clean_path.clean_environment()
    with sample_app() as sample:
        place = hook_rows.Place(str(root), False, str(root), sample, environment)
        return list(hook_rows.examine_hooks((place,)))


# -- hooks


@pytest.mark.parametrize("name", NAMES)
def test_a_hook_that_stops_a_destroy_and_lets_ls_pass_is_ok(repository, tmp_path, name):
    program(tmp_path / "bin", "cdkguard", READ + GUARD)
    install(repository, name)
    (row,) = [row for row in hooks(repository) if row.name == find_host(name).title]
    assert row.state == "ok", row.text
    assert "`cdk destroy --all --force` of a sample table is " in row.text and "`ls` passes in" in row.text
    assert (
        row.evidence["destroying"]["verdict"] in ("deny", "ask")
        and row.evidence["destroying"]["reason"] == "Orders dies"
    )


def test_every_host_with_a_hook_is_proved_and_the_plugin_of_opencode_too(repository, tmp_path):
    program(tmp_path / "bin", "cdkguard", READ + GUARD)
    install(repository, *(host.name for host in HOSTS))
    rows = hooks(repository)
    assert [row.name for row in rows if row.state != "ok"] == []
    assert len({row.name for row in rows}) == len(HOSTS) - 1  # Zed has none


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        (None, "broken", "it refuses every command, `ls` too: "),
        (READ, "broken", "it lets `cdk destroy --all --force` of a production table pass"),
        (READ + "echo Traceback >&2; exit 1\n", "broken", "it refuses every command, `ls` too: Traceback"),
        (READ + "echo no >&2; exit 2\n", "broken", "it refuses every command, `ls` too: no"),
        (READ + "echo oops\n", "broken", "no JSON on standard output: oops"),
        (READ + 'echo "{}"\n', "broken", "no decision in {}"),
        (
            READ + 'case "$payload" in *destroy*) echo "no baseline" >&2; exit 2;; esac\n',
            "broken",
            "and could not judge it: no baseline",
        ),
        (READ + "exit 2\n", "broken", "exit status 2 without a word"),
        (READ + """echo '{"decision":"allow"}'\n""", "broken", "it lets `cdk destroy --all --force` of a production"),
    ],
    ids=["missing", "silent", "crash", "refuses all", "garbage", "no decision", "not judged", "no reason", "allow"],
)
@pytest.mark.parametrize("name", ["claude", "codex", "kiro", "windsurf"])
def test_a_hook_that_answers_wrongly_is_broken(repository, tmp_path, name, text, state, words):
    if text is not None:
        program(tmp_path / "bin", "cdkguard", text)
    install(repository, name)
    (row,) = [row for row in hooks(repository) if row.name == find_host(name).title]
    assert row.state == state and words in row.text and row.advice


@pytest.mark.parametrize("name", ["cursor", "copilot", "antigravity"])
def test_a_missing_program_is_told_for_hosts_that_answer_in_json(repository, name):
    install(repository, name)
    (row,) = [row for row in hooks(repository) if row.name == find_host(name).title]
    assert row.state == "broken"
    assert any(words in row.text for words in ("not found", "is not installed here", "could not run here"))


def test_a_hook_that_does_not_answer_is_ended(repository, tmp_path, monkeypatch):
    program(tmp_path / "bin", "cdkguard", SLEEPER)
    install(repository, "gemini")
    monkeypatch.setattr(proofs, "SECONDS", 0.3)
    (row,) = [row for row in hooks(repository) if row.name == "Gemini CLI"]
    assert row.state == "broken" and "no answer within" in row.text


def test_a_hook_that_answers_in_this_shell_only_is_not_known(repository, tmp_path, monkeypatch):
    other = program(tmp_path / "venv", "cdkguard", READ + GUARD).parent
    monkeypatch.setenv("PATH", f"{other}:/usr/bin:/bin")
    install(repository, "codex")
    (row,) = [row for row in hooks(repository) if row.name == "Codex"]
    assert row.state == "unknown" and "answers with the PATH of this shell" in row.text


@pytest.mark.parametrize(
    ("name", "path", "old", "new", "words"),
    [
        ("claude", ".claude/settings.json", '{\n  "hooks"', '{\n  "disableAllHooks": true,\n  "hooks"', "disableAllHooks"),
        ("gemini", ".gemini/settings.json", '{\n  "hooks"', '{\n  "hooksConfig": {"enabled": false},\n  "hooks"', "hooksConfig.enabled"),
        ("gemini", ".gemini/settings.json", '{\n  "hooks"', '{\n  "hooksConfig": {"disabled": ["cdkguard"]},\n  "hooks"', "hooksConfig.disabled"),
        ("antigravity", ".agents/hooks.json", '"cdkguard": {', '"cdkguard": {"enabled": false,', "cdkguard.enabled"),
        ("kiro", ".kiro/hooks/cdkguard.json", '"enabled": true', '"enabled": false', "enabled: false"),
    ],
)  # fmt: skip
def test_a_hook_that_is_switched_off_is_broken(repository, tmp_path, name, path, old, new, words):
    program(tmp_path / "bin", "cdkguard", READ + GUARD)
    install(repository, name)
    file = repository / path
    file.write_text(file.read_text().replace(old, new, 1))
    (row,) = [row for row in hooks(repository) if row.name == find_host(name).title]
    assert row.state == "broken" and f"switched off by {words}" in row.text


@pytest.mark.parametrize(
    ("name", "path", "text", "words"),
    [
        ("claude", "repo/.claude/settings.local.json", '{"disableAllHooks": true}', "disableAllHooks in .claude/settings.local.json"),
        ("claude", "home/.claude/settings.json", '{"disableAllHooks": true}', "disableAllHooks in ~/.claude/settings.json"),
        ("gemini", "home/.gemini/settings.json", '{"hooksConfig": {"enabled": false}}', "hooksConfig.enabled in ~/.gemini"),
        ("claude", "home/.claude/settings.json", "broken", ""),
    ],
)  # fmt: skip
def test_other_settings_that_switch_hooks_off_are_found(repository, tmp_path, name, path, text, words):
    program(tmp_path / "bin", "cdkguard", READ + GUARD)
    install(repository, name)
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    (row,) = [row for row in hooks(repository) if row.name == find_host(name).title]
    assert (row.state == "broken") is bool(words) and words in row.text


def test_files_that_are_not_current_and_hosts_without_a_hook_are_told(repository, tmp_path):
    program(tmp_path / "bin", "cdkguard", READ + GUARD)
    install(repository, "codex")
    (repository / "AGENTS.md").unlink()
    (repository / ".kiro").mkdir()
    rows = {row.name: row for row in hooks(repository)}
    assert rows["Codex"].state == "ok"
    assert rows["Codex files"].state == "broken" and "AGENTS.md" in rows["Codex files"].text
    assert rows["Kiro (IDE 1.0 and CLI 3)"].state == "absent"


def test_without_any_hook_a_row_says_so(repository):
    (row,) = hooks(repository)
    assert (row.name, row.state) == ("hooks", "absent")


# -- samples and answers


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_payload_is_one_that_the_hook_reads_as_that_host_s(name):
    payload = json.loads(payload_of(name, "cdk destroy", "/w"))
    host = recognise_host(payload, name, {})
    assert host == name or (name, host) == ("vscode", "copilot")
    call = load_host(host).read(payload)
    assert (call.event, call.command, call.directory) == ("shell", "cdk destroy", "/w")


def test_the_sample_app_is_an_assembly_whose_table_a_destroy_takes():
    with sample_app() as folder:
        done = subprocess.run([sys.executable, "-m", "cdkguard", "plan", "--destroy"], cwd=folder, capture_output=True, text=True)  # fmt: skip
        assert "AWS::DynamoDB::Table" in done.stdout or "Orders" in done.stdout, done.stderr
    assert not os.path.exists(folder)


@pytest.mark.parametrize(
    ("host", "status", "out", "err", "verdict"),
    [
        ("claude", 0, '{"hookSpecificOutput":{"permissionDecision":"ask","permissionDecisionReason":"r"}}', "", "ask"),
        ("copilot", 0, '{"permissionDecision":"deny"}', "", "deny"),
        ("gemini", 0, '{"decision":"block","reason":"r"}', "", "deny"),
        ("antigravity", 0, '{"decision":"force_ask"}', "", "ask"),
        ("antigravity", 2, "", "denied", "failed"),
        ("cursor", 0, '{"permission":"allow"}', "", "allow"),
        ("codex", 0, "", "", "silent"),
        ("codex", 1, "", "boom", "failed"),
        ("codex", 0, "[1]", "", "failed"),
    ],
)
def test_answers_are_read_as_hosts_read_them(host, status, out, err, verdict):
    assert proofs.read_answer(host, status, out, err)[0] == verdict


# -- setup, gates, walls


def rows_of(found):
    return {row.name: row for row in found}


def test_the_setup_of_an_empty_folder(repository, tmp_path):
    rows = rows_of(setup_rows.examine_setup(".", clean_path.clean_environment()))
    assert rows["Python"].state == "ok" and rows["cdkguard"].state == "unknown"
    assert rows["app"].state == "broken" and "no cdk.json" in rows["app"].text
    assert rows["configuration"].state == rows["baseline"].state == "absent"


def test_the_setup_of_an_app(repository, tmp_path):
    program(tmp_path / "bin", "cdkguard", "echo cdkguard 9.9.9\n")
    (repository / "cdk.json").write_text('{"app": "node app.js"}')
    (repository / "cdkguard.yaml").write_text("against: git\nenvironments:\n  live: {strict: true}\n")
    rows = rows_of(setup_rows.examine_setup(".", clean_path.clean_environment()))
    assert rows["app"].state == "ok" and "node app.js" in rows["app"].text
    assert rows["configuration"].text.endswith("strict: live")
    assert rows["cdkguard"].state == "broken" and "hooks start 9.9.9" in rows["cdkguard"].text
    assert rows["baseline"].state == "broken"  # .git is empty


@pytest.mark.parametrize(
    ("text", "name"), [("against: nowhere.json\n", "baseline"), ("agianst: git\n", "configuration"), ("against: deployed\n", "baseline")]
)  # fmt: skip
def test_a_configuration_or_a_baseline_that_cannot_be_read_is_broken(repository, text, name, monkeypatch):
    monkeypatch.setattr(setup_rows, "_WHO", "import sys; sys.exit('no credentials')")
    (repository / "cdkguard.yaml").write_text(text)
    assert rows_of(setup_rows.examine_setup(".", {}))[name].state == "broken"


def test_credentials_are_asked_for_within_a_time(repository, monkeypatch):
    (repository / "cdkguard.yaml").write_text("against: deployed\n")
    monkeypatch.setattr(setup_rows, "_WHO", "import time; time.sleep(30)")
    monkeypatch.setattr(setup_rows, "SECONDS", 0.3)
    row = rows_of(setup_rows.examine_setup(".", {}))["baseline"]
    assert row.state == "unknown" and "did not answer" in row.text
    monkeypatch.setattr(setup_rows, "_WHO", "print('\"arn:aws:sts::1:me\"')")
    monkeypatch.setattr(setup_rows, "SECONDS", 10)
    assert rows_of(setup_rows.examine_setup(".", {}))["baseline"].text == "deployed, read as arn:aws:sts::1:me"


def test_gates(repository, tmp_path):
    rows = rows_of(examine_gates(".", str(repository)))
    assert [rows[name].state for name in ("cdk.json", "commit hook", "CI")] == ["absent", "absent", "unknown"]
    (repository / "cdk.json").write_text('{"app": "node app.js && cdkguard check"}')
    (repository / ".pre-commit-config.yaml").write_text("repos: [{repo: https://github.com/cdkguard/cdkguard}]")
    (repository / ".github/workflows").mkdir(parents=True)
    (repository / ".github/workflows/ci.yml").write_text("run: npm test")
    rows = rows_of(examine_gates(".", str(repository)))
    assert [rows[name].state for name in ("cdk.json", "commit hook", "CI")] == ["ok", "broken", "absent"]
    assert rows["commit hook"].advice == "pre-commit install"
    subprocess.run(["git", "init", "-q", "."], check=True)
    program(repository / ".git/hooks", "pre-commit", "")
    (repository / ".github/workflows/ci.yml").write_text("run: cdkguard check")
    rows = rows_of(examine_gates(".", str(repository)))
    assert rows["commit hook"].state == rows["CI"].state == "ok"


def test_walls(repository, monkeypatch):
    rows = rows_of(wall_rows.examine_walls(".", str(repository)))
    assert {rows[name].state for name in ("termination protection", "CloudFormation hook", "branch protection", "AWS credentials")} == {"unknown"}  # fmt: skip
    assert rows["chain"].state == "absent" and rows["AWS credentials"].text.startswith("none in this shell")
    monkeypatch.setenv("AWS_PROFILE", "prod-admin")
    row = rows_of(wall_rows.examine_walls(".", str(repository)))["AWS credentials"]
    assert row.state == "unknown" and "AWS_PROFILE" in row.text and "prod-admin" not in row.text


@pytest.mark.parametrize(("protected", "state"), [(True, "ok"), (False, "absent")])
def test_termination_protection_is_read_from_the_last_synthesis(repository, protected, state):
    out = repository / "cdk.out/assembly-Prod"
    out.mkdir(parents=True)
    stack = {
        "type": "aws:cloudformation:stack",
        "displayName": "Prod/Db",
        "properties": {"terminationProtection": protected},
    }
    (out / "manifest.json").write_text(json.dumps({"artifacts": {"Db": stack}}))
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    (repository / "cdk.out/manifest.json").write_text(json.dumps({"artifacts": {"assembly-Prod": nested, "x": 1}}))
    assert rows_of(wall_rows.examine_walls(".", str(repository)))["termination protection"].state == state


# -- versions


@pytest.mark.parametrize(
    ("name", "host", "said", "state"),
    [
        ("claude", "claude", "2.1.331 (Claude Code)", "ok"),
        ("claude", "claude", "2.1.99 (Claude Code)", "broken"),
        ("copilot", "copilot", "GitHub Copilot CLI 1.0.102.", "ok"),
        ("copilot", "copilot", "1.0.9", "broken"),
        ("codex", "codex", "codex-cli 0.171.0", "ok"),
        ("codex", "codex", "codex-cli 0.99.0", "broken"),
        ("kiro-cli", "kiro", "kiro-cli 2.19.2", "broken"),
        ("gemini", "gemini", "what?", "unknown"),
    ],
)
def test_versions_of_programs(repository, tmp_path, name, host, said, state):
    program(tmp_path / "bin", name, f"echo '{said}'\n")
    rows = rows_of(version_rows.examine_versions({host}, str(repository), {"PATH": f"{tmp_path}/bin"}))
    (row,) = [row for title, row in rows.items() if title.endswith("version")]
    assert row.state == state
    assert not [r for r in version_rows.examine_versions(set(), str(repository), {})]


def test_trust(repository, tmp_path):
    home = tmp_path / "home"

    def trust(name):
        return rows_of(version_rows.examine_versions({"codex", "copilot", "gemini"}, str(repository), {}))[
            f"{name} trust"
        ].state

    assert (trust("Codex"), trust("Gemini CLI")) == ("unknown", "unknown")
    assert trust("Copilot CLI") == "unknown"
    (home / ".copilot").mkdir()
    (home / ".copilot/config.json").write_text(f'// managed\n{{"trustedFolders": ["{repository.parent}"]}}')
    assert trust("Copilot CLI") == "ok"
    (home / ".gemini").mkdir()
    folders = home / ".gemini/trustedFolders.json"
    folders.write_text(json.dumps({str(repository.parent): "TRUST_FOLDER", str(repository): "DO_NOT_TRUST"}))
    assert trust("Gemini CLI") == "broken"
    for trusted in ({str(repository): "TRUST_FOLDER"}, {str(repository.parent / "other"): "TRUST_PARENT"}):
        folders.write_text(json.dumps(trusted))
        assert trust("Gemini CLI") == "ok"
    folders.unlink()
    (home / ".gemini/settings.json").write_text('{"security": {"folderTrust": {"enabled": false}}}')
    assert trust("Gemini CLI") == "ok"


SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("id") == 1:
        print("a line for people", flush=True)
        print(json.dumps({"id": 1, "result": {}}), flush=True)
    if asked.get("id") == 2:
        hook = {"command": "cdkguard agents hook --host codex", "eventName": "preToolUse", "enabled": True, "trustStatus": STATUS}
        hooks = [{"command": "theirs", "eventName": "preToolUse"}] + ([hook] if STATUS else [])
        print(json.dumps({"id": 2, "result": {"data": [{"cwd": asked["params"]["cwds"][0], "hooks": hooks}]}}), flush=True)
"""


@pytest.mark.parametrize(
    ("status", "state"), [("trusted", "ok"), ("untrusted", "broken"), ("modified", "broken"), ("", "broken")]
)
def test_codex_is_asked_whether_it_trusts_the_hook(repository, tmp_path, status, state):
    server = tmp_path / "server.py"
    server.write_text(f"STATUS = {status!r}\n{SERVER}")
    codex = program(tmp_path / "bin", "codex", f'[ "$1" = app-server ] && exec {sys.executable} {server}\n')
    row = codex_trust.examine_codex_trust(str(codex), str(repository))
    assert row.state == state and (status in row.text or not status)


@pytest.mark.parametrize("text", ["exit 1\n", "echo no\n", SLEEPER, 'echo \'{"id": 2, "error": {}}\'; exec sleep 5\n'])
def test_a_codex_that_does_not_say_is_not_known(repository, tmp_path, monkeypatch, text):
    monkeypatch.setattr(codex_trust, "SECONDS", 0.5)
    codex = program(tmp_path / "bin", "codex", text)
    assert codex_trust.examine_codex_trust(str(codex), str(repository)).state == "unknown"
    assert codex_trust.examine_codex_trust(None, str(repository)).state == "unknown"


# -- the clean PATH


def test_the_path_is_that_of_a_login_shell(repository, tmp_path, monkeypatch):
    environment = clean_path.clean_environment()
    assert environment["PATH"].startswith(f"{tmp_path}/bin:") and "AWS_PROFILE" not in environment
    monkeypatch.setenv("SHELL", str(program(tmp_path / "x", "shell", "exit 1\n")))
    assert clean_path.clean_environment()["PATH"] == clean_path.USUAL
    monkeypatch.setattr(clean_path, "SECONDS", 0.2)
    monkeypatch.setenv("SHELL", str(program(tmp_path / "x", "shell", SLEEPER)))
    assert clean_path.clean_environment()["PATH"] == clean_path.USUAL


# -- the table


ROWS = (
    Row("one", "Python", "ok", "3.11", "not shown"),
    Row("one", "a name that is longer than its column", "broken", "words " * 30, "do this " * 15),
    Row("two", "x", "unknown", "\x1b[31mred", "::error::"),
    Row("two", "y", "absent", "nothing"),
)


def test_the_table_fits_and_nothing_in_it_is_obeyed():
    text = render_text(ROWS, Options(width=80))
    assert max(map(len, text.splitlines())) <= 80 and "\x1b" not in text and "not shown" not in text
    assert text.splitlines()[-1] == "1 ok, 1 broken, 1 not known, 1 not there"
    assert "  ok         Python: 3.11" in text and "\n\ntwo\n" in text
    assert "\x1b[" in render_text(ROWS, Options(width=80, color=True))
    assert json.loads(render_json(ROWS))["counts"] == dict.fromkeys(STATES, 1)


def test_the_command_ends_in_1_where_something_is_broken(repository, tmp_path, capsys):
    program(tmp_path / "bin", "cdkguard", READ + GUARD)
    install(repository, "claude")
    assert main(["doctor"]) == 1  # no cdk.json
    assert "Claude Code: .claude/settings.json: `cdk destroy --all --force`" in " ".join(
        capsys.readouterr().out.split()
    )
    (repository / "cdk.json").write_text('{"app": "node app.js"}')
    program(tmp_path / "bin", "cdkguard", f'[ "$1" = --version ] && echo 0.1.0 && exit\n{READ}{GUARD}')
    assert main(["doctor", "--output", "json"]) in (0, 1)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["state"] for row in rows if row["section"] == "agents"} == {"ok"}
    assert main(["doctor", "nowhere"]) == 3


def test_a_home_folder_whose_settings_lie_elsewhere_is_read(repository, tmp_path):
    program(tmp_path / "bin", "cdkguard", READ + GUARD)
    elsewhere = tmp_path / "dotfiles"
    (elsewhere / ".claude").mkdir(parents=True)
    carry_out(str(elsewhere), plan_install(Wanted(str(elsewhere), (find_host("claude"),), True)))
    os.symlink(elsewhere / ".claude", tmp_path / "home/.claude")
    with sample_app() as sample:
        place = hook_rows.Place(str(tmp_path / "home"), True, str(repository), sample, clean_path.clean_environment())
        rows = rows_of(hook_rows.examine_hooks((place,)))
    assert rows["Claude Code"].state == "ok" and "~/.claude/settings.json" in rows["Claude Code"].text
    assert rows["Claude Code files"].state == "unknown" and "a link leads out" in rows["Claude Code files"].text
