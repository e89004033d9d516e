"""The quick gate: whether the text of a command may lead to one of our tools, in a few microseconds.

It says yes too often rather than once too seldom: each line of which `lines.read` finds an action passes it (a law in
tests/laws/test_agent_lines.py). It uses no regular expression: compiling one takes longer than all of this.
"""

from __future__ import annotations

# Part of a text, wherever: names of our tools, of files that guard, of what runs code or a script.
_PARTS = (
    "cdk", "aws", "serverless", "amplify", "ampx", "copilot", "chalice", "sceptre", "zappa", "eksctl", "boto", "cloudformation", "samcli",
    "python", "node", "docker", "podman", "base64", "crontab", "powershell", "pwsh", "toolkit-lib", "hooks", "husky", "pre-commit",
    ".claude", ".codex", ".gemini", ".agents", ".cursor", ".kiro", ".windsurf", ".devin", ".opencode", "opencode.json", ".github", ".git/", ".amazonq", ".copilot",
    "--no-v", "dangerously", "--yolo", "hookspath", "pyproject.toml", "awk -i", "awk -f", "go run", "vault",
)  # fmt: skip
# A word of its own.
_WORDS = frozenset(
    [
        "sam", "sst", "sls", "osls", "eb", "rain", "npm", "npx", "pnpm", "pnpx", "yarn", "yarnpkg", "bun", "bunx", "make",
        "gmake", "gnumake", "remake", "just", "task", "go-task", "poe", "pdm", "hatch", "poetry", "pipenv", "uv", "uvx", "pipx",
        "rye", "pixi", "mise", "rtx", "nx", "turbo", "lerna", "rush", "rushx", "composer", "deno", "rake", "invoke", "inv",
        "nox", "taskipy", "tsx", "ts-node", "zx", "nodemon", "concurrently", "run-s", "run-p", "npm-run-all", "ruby", "perl",
        "php", "py", "pypy", "lua", "groovy", "osascript", "rscript", "sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish",
        "csh", "tcsh", "nu", "xonsh", "cmd", "source", ".", "eval", "iex", "invoke-expression", "start-process", "ssh", "tmux",
        "screen", "at", "batch", "script", "gh", "glab", "nerdctl", "finch", ".git", ".husky", "alias", "trap", "lua", "watch",
        "hyperfine", "skip", "husky", "nerdctl", "opencode.jsonc", "git-config-global", "conda", "mamba", "ipython", "esno",
        "jiti", "vite-node", "babel-node", "nr", "nlx", "run-parts", "elixir", "jshell", "julia", "ninja", "samu", "cmake",
        "gradle", "gradlew", "gulp", "grunt", "jake", "ant", "scons", "doit", "earthly", "mage", "meson",
        "expect", "gdb", "lldb", "ed", "ex", "vim", "vi", "nvim", "tclsh", "gnuplot", "r",
        "patch", "claude", "opencode", "aider", "goose", "qwen", "droid", "amp",
    ]
)  # fmt: skip
# Of git, only these change nothing that is asked about; of a verb that is not listed, an alias may be the reason.
_GIT_READS = frozenset(
    [
        "status", "log", "diff", "show", "add", "blame", "ls-files", "ls-tree", "rev-parse", "rev-list", "describe",
        "grep", "shortlog", "clone", "init", "pull", "cat-file", "for-each-ref", "merge-base", "reflog",
        "show-ref", "name-rev", "whatchanged", "help", "version",
    ]
)  # fmt: skip
# The cmdlets of AWS for PowerShell, by verb and the beginning of the noun, as commands/cmdlets.py knows them.
_CMDLET_VERBS = frozenset(
    [
    "add", "copy", "disable", "dismount", "edit", "grant", "invoke", "new", "register", "remove", "request",
    "reset", "restore", "revoke", "send", "set", "start", "stop", "unregister", "update", "write",
    ]
)  # fmt: skip
_CMDLET_PREFIXES = (
    "ag2", "agc", "as", "ath", "bak", "cf", "cfn", "cgi", "cgip", "ct", "ctl", "cwl", "ddb", "dms", "doc", "eb",
    "ec", "ec2", "ecr", "ecs", "efs", "eks", "elb2", "es", "evb", "fsx", "gd", "glc", "glue", "iam", "kin", "kinf",
    "kms", "lm", "mdb", "msk", "npt", "org", "os", "r53", "rds", "rdsd", "rs", "s3", "sec", "sfn", "sns", "sqs",
    "ssm", "waf2", "wat",
)  # fmt: skip
# Characters by which a name can be written so that it does not stand in the text, or which begin a path.
_SUSPICIOUS = "$\\`'\"*?[{~^%</>!=:"
_SEPARATORS = str.maketrans(dict.fromkeys(";&|\n\r(){}`", "\n"))
_BLANKS = str.maketrans(dict.fromkeys(";&|\n\r\t(){}`'\"<>=,@", " "))
# They run nothing but what a substitution in their arguments runs, which stands in a segment of its own.
_QUIET = frozenset(
    [
        "ls", "cat", "head", "tail", "grep", "egrep", "fgrep", "rg", "wc", "sort", "uniq", "cut", "echo", "printf", "cd", "pwd",
        "pushd", "popd", "mkdir", "diff", "cmp", "stat", "file", "du", "df", "tree", "which", "whereis", "date", "whoami", "id",
        "basename", "dirname", "realpath", "readlink", "sleep", "true", "false", "test", "[", "[[", ":", "pytest", "ruff",
        "mypy", "black", "flake8", "isort", "eslint", "prettier", "tsc", "jest", "vitest", "jq", "less", "more", "column", "tr",
        "rev", "tac", "nl", "fold", "md5sum", "sha256sum", "xxd", "od", "hexdump", "strings", "man", "tldr", "type", "ps",
        "uname", "hostname", "uptime", "free", "lsof", "seq", "expr", "history", "exit", "return", "wait", "read",
    ]
)  # fmt: skip


def may_concern(text: str) -> bool:
    """Whether the text of a command may lead to a tool of ours, however it is written."""
    text = text.replace("\0", "")
    plain = text.lower()
    for part in _PARTS:
        if part in plain:
            return True
    words = plain.translate(_BLANKS).split()
    if not _WORDS.isdisjoint(words):
        return True
    if "-" in plain and any(map(_is_cmdlet, words)):
        return True
    if "git" in plain and _concerns_git(words):
        return True
    if not text.isascii():
        return True
    if not any(char in text for char in _SUSPICIOUS):
        return False
    return not all(map(_is_quiet, text.translate(_SEPARATORS).split("\n")))


def _is_cmdlet(word: str) -> bool:
    verb, dash, noun = word.partition("-")
    return bool(dash) and verb in _CMDLET_VERBS and noun.startswith(_CMDLET_PREFIXES)


def _concerns_git(words: list[str]) -> bool:
    for at, word in enumerate(words):
        if word == "git" or word.endswith(("/git", "git.exe")):
            verb = words[at + 1] if at + 1 < len(words) else ""
            if verb not in _GIT_READS and verb:
                return True
    return False


def _is_quiet(segment: str) -> bool:
    """Whether a piece between separators runs nothing, and writes no file under a disguised name."""
    parts = segment.split(None, 1)
    if not parts:
        return True
    rest = parts[1] if len(parts) > 1 else ""
    if ">" in rest and (
        rest.count(">") != rest.count("2>/dev/null") + rest.count(">/dev/null") - rest.count("2>/dev/null")
    ):
        return False
    if parts[0] == "git":
        return rest.split(None, 1)[:1] == [] or rest.split(None, 1)[0] in _GIT_READS
    return parts[0] in _QUIET or (parts[0] == "sed" and rest.startswith("-n ") and " -" not in rest)
