"""Completion scripts, asked by the shells that they are for."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from cdkguard.cli.commands import COMMANDS, visible_commands
from cdkguard.cli.completion import SHELLS, render_script

ASK_BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_cdkguard
printf '%s\\n' "${COMPREPLY[@]}"
"""

ASK_FISH = "source $argv[1]; complete -C $argv[2]"

# An interactive zsh in a terminal of its own; what the line becomes after the TAB key.
ASK_ZSH = r"""
zmodload zsh/zpty
zpty asked zsh -f -i
listen() { local some; while zpty -r -t asked some 2>/dev/null; do heard+=$some; done }
zpty -w asked "PS1='> '; autoload -Uz compinit && compinit -u -D; eval \"\$(<$1)\"; unsetopt automenu; echo REA''DY"
heard=; for i in {1..100}; do sleep 0.1; listen; [[ $heard == *READY* ]] && break; done
sleep 0.2; listen; heard=
zpty -w -n asked "$2"$'\t'
for i in {1..30}; do sleep 0.1; listen; [[ $heard == *$3* ]] && break; done
print -r -- "$heard"
zpty -d asked
"""

CASES = [
    ("cdkguard ch", "check"),
    ("cdkguard check --fail-on hi", "high"),
    ("cdkguard check --oth", None),
    ("cdkguard check --out", "--output"),
    ("cdkguard check --output sari", "sarif"),
    ("cdkguard check --rules data-renam", "data-renamed"),
    ("cdkguard check --rules iam,dynamodb-pit", "iam,dynamodb-pitr"),
    ("cdkguard check --skip recommen", "recommended"),
    ("cdkguard check --framework hip", "hipaa"),
    ("cdkguard check --environment quali", "quality-1"),
    ("cdkguard check --against deploy", "deployed"),
    ("cdkguard check --against snap", "snapshot.json"),
    ("cdkguard check snap", "snapshot.json"),
    ("cdkguard rules li", "list"),
    ("cdkguard rules list --form", "--format"),
    ("cdkguard explain dynamodb-pit", "dynamodb-pitr"),
    ("cdkguard help expl", "explain"),
    ("cdkguard completion fi", "fish"),
    ("cdkguard base", None),
]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory, warm_cache):
    folder = tmp_path_factory.mktemp("scripts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDKGUARD_CACHE_DIR", str(warm_cache))
        for shell in SHELLS:
            (folder / shell).write_text(render_script(shell))
    return folder


@pytest.fixture
def here(tmp_path):
    (tmp_path / "snapshot.json").write_text("{}")
    (tmp_path / "cdkguard.yaml").write_text(
        'rules: [recommended]\nenvironments:\n  quality-1:\n    stages: [x]\n  $(touch evil): {}\n  "`touch evil`": {}\n'
        "accounts:\n  quality-2: {}\n"
    )
    return tmp_path


def ask(argv, here):
    done = subprocess.run(argv, cwd=here, capture_output=True, text=True, timeout=60, errors="replace")
    assert not (here / "evil").exists()
    return done.stdout


def needs(shell):
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@needs("bash")
@pytest.mark.parametrize(("line", "expected"), CASES)
def test_bash_completes(scripts, here, line, expected):
    found = ask(["bash", "--norc", "-c", ASK_BASH, "bash", str(scripts / "bash"), *line.split(" ")], here).split()
    assert expected in found if expected else not found
    assert "quality-2" not in found


@needs("fish")
@pytest.mark.parametrize(("line", "expected"), CASES)
def test_fish_completes(scripts, here, line, expected):
    out = ask(["fish", "--no-config", "-c", ASK_FISH, str(scripts / "fish"), line], here)
    found = [each.split("\t")[0] for each in out.splitlines()]
    assert expected in found if expected else not found


@needs("zsh")
@pytest.mark.parametrize(("line", "expected"), [case for case in CASES if case[1]][::3])
def test_zsh_completes(scripts, here, line, expected):
    assert expected in ask(["zsh", "-f", "-c", ASK_ZSH, "zsh", str(scripts / "zsh"), line, expected], here)


@needs("tcsh")
def test_tcsh_reads_the_script(scripts, here):
    script = f"source {scripts / 'tcsh'}; complete cdkguard"
    done = subprocess.run(["tcsh", "-f", "-c", script], cwd=here, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "data-renamed" in done.stdout and "--fail-on" in done.stdout, done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_knows_every_command_and_no_hidden_one(scripts, shell):
    script = (scripts / shell).read_text()
    for command in visible_commands(COMMANDS):
        assert command.name in script and all(part.name in script for part in command.parts)
    assert "accepted" in script and "without rules" not in script.replace(COMMANDS[2].help, "")
    assert "--baseline" not in script and "destroy)" not in script
