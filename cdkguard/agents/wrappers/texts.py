"""Texts for a shell inside of other programs: an editor's `!`, git's `--exec`, a pager, a variable that names a program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cdkguard.agents.wrappers.nouns import Inside

# Programs with an option or a command of their own that runs a text: `vim -c '!cdk destroy'`, `tar --checkpoint-action=exec=..`.
RUN_TEXTS = frozenset(
    {
        "vim", "vi", "nvim", "ex", "view", "emacs", "less", "more", "man", "tar", "bsdtar", "ssh", "scp", "sftp", "rsync", "zip", "gcloud",
        "vagrant", "ansible", "pssh", "pdsh", "parallel-ssh", "heroku", "fly", "flyctl", "expect", "gdb", "lldb", "sqlite3", "foreman",
        "honcho", "pm2", "forever", "wsl", "entr", "sed", "gsed", "ed", "m4", "make", "tclsh", "socat", "nc", "ncat", "openvt", "konsole",
        "xterm", "gnome-terminal", "alacritty", "kitty", "wt", "supervisorctl", "az",
    }
)  # fmt: skip
_READERS = frozenset(
    {"man", "less", "more", "sed", "gsed", "vim", "vi", "nvim", "ed"}
)  # of which most texts are patterns and names
# Variables whose value other programs run.
RUN_VARIABLES = frozenset(
    {
        "PAGER", "GIT_PAGER", "MANPAGER", "EDITOR", "VISUAL", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF",
        "GIT_ASKPASS", "SSH_ASKPASS", "LESSOPEN", "BROWSER", "PROMPT_COMMAND", "RSYNC_RSH", "LESSEDIT", "FCEDIT", "AWS_PAGER",
    }
)  # fmt: skip


def find_texts(words: Sequence[str]) -> Iterator[Inside]:
    """The arguments of such a program that may be texts of a shell."""
    for at, word in enumerate(words[1:], 1):
        if " " not in word:
            continue
        lead, before = word[: _end_of_lead(word)], words[at - 1]
        is_told = before[:1] == "-" if words[0] not in _READERS else before in ("-P", "--pager")
        if is_told or "!" in lead or "=" in lead or lead.strip(" 0123456789$,") == "e":
            yield Inside(text=word[len(lead) :].removesuffix("'").strip())


def _end_of_lead(word: str) -> int:
    """Behind what stands before the text: `+!`, `ProxyCommand=`, `--checkpoint-action=exec=`, sed's `1e`."""
    sed = re.match(r"^[\d$,]*\s*e\s+", word)
    if sed:
        return sed.end()
    found = re.match(r"^[\s+:]*(?:-*[\w.-]+=){0,2}[\s'\"]*!?\s*", word)
    return found.end() if found else 0


def find_in_git(words: Sequence[str]) -> Iterator[Inside]:
    """What git itself would start: `rebase --exec TEXT`, `bisect run COMMAND`, `submodule foreach`, filters, `-c core.pager=TEXT`."""
    for at, word in enumerate(words):
        rest = words[at + 1 :]
        if word == "-c" and rest:
            key, _, value = rest[0].partition("=")
            if key.lower().rpartition(".")[2] in (
                "pager",
                "editor",
                "sshcommand",
                "external",
                "askpass",
                "cmd",
                "helper",
                "textconv",
                "command",
            ):
                yield Inside(text=value.lstrip("!"))
        elif word in ("--exec", "-x", "--extcmd") and rest:
            yield Inside(text=rest[0])
        elif word.startswith(("--exec=", "--extcmd=")):
            yield Inside(text=word.partition("=")[2])
        elif word.endswith("-filter") and word.startswith("--") and rest:
            yield Inside(text=rest[0])
        elif word == "run" and "bisect" in words[:at] and rest:
            yield Inside(tuple(rest))
        elif word == "foreach" and "submodule" in words[:at] and rest:
            command = [each for each in rest if each not in ("--recursive", "-q", "--quiet")]
            yield Inside(text=" ".join(command))


def find_in_variables(variables: Mapping[str, str]) -> Iterator[Inside]:
    """What a variable makes another program run."""
    for name, value in variables.items():
        if name in RUN_VARIABLES and value:
            yield Inside(text=value.lstrip("|"))
        elif name in ("BASH_ENV", "ENV", "ZDOTDIR") and value:
            yield Inside(script=value)


def find_in_aws(words: Sequence[str]) -> Iterator[Inside]:
    """`aws ecs execute-command --command TEXT`, `aws ssm send-command --parameters commands=[..]`: a text for a shell elsewhere."""
    for at, word in enumerate(words):
        name, has_value, value = word.partition("=")
        if name not in ("--command", "--parameters"):
            continue
        if not has_value:
            value = words[at + 1] if at + 1 < len(words) else ""
        if name == "--command" and "execute-command" in words:
            yield Inside(text=value)
        elif name == "--parameters" and "send-command" in words:
            for found in re.findall(r'"((?:[^"\\]|\\.)*)"', value) or [value.partition("=")[2].strip("[]'")]:
                yield Inside(text=found.replace('\\"', '"'))
