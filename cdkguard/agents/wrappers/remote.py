"""Commands that run elsewhere: in a container, on another machine, in a terminal of their own, at another time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.agents.wrappers.nouns import Inside

_SSH = set(
    [
        "-B", "-b", "-c", "-D", "-E", "-e", "-F", "-I", "-i", "-J", "-L", "-l", "-m", "-O", "-o", "-p", "-Q", "-R", "-S",
        "-W", "-w",
    ]
)  # fmt: skip
_DOCKER_SWITCHES = set(["-d", "-i", "-t", "-P", "-q", "--rm", "--detach", "--interactive", "--tty", "--init", "--privileged", "--read-only", "--publish-all", "--no-deps", "--service-ports", "--use-aliases", "--build", "--quiet-pull", "--remove-orphans", "--sig-proxy", "--oom-kill-disable", "--no-healthcheck", "--quiet", "-T", "--no-TTY", "--disable-content-trust", "--dry-run", "-D", "--debug", "--all-resources", "--compatibility", "--tls", "--tlsverify"])  # fmt: skip
# Images whose own entry point is one of our tools.
_IMAGES = {
    "aws-cli": "aws",
    "awscli": "aws",
    "aws-cdk": "cdk",
    "cdk": "cdk",
    "aws-sam-cli": "sam",
    "serverless": "serverless",
}


def find_in_container(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`docker run|exec`, `docker compose run|exec`: every option that is no known switch takes a value."""
    at = 1 if words[0] not in ("docker-compose", "podman-compose") else 0
    rest = list(words[1:])
    at, verb = 0, ""
    while at < len(rest) and verb not in ("run", "exec", "create"):
        word = rest[at]
        if word[:1] == "-":
            at += 1 if word in _DOCKER_SWITCHES or "=" in word else 2
            continue
        verb = word
        if verb not in ("run", "exec", "create", "compose", "container"):
            return
        at += 1
    variables: dict[str, str] = {}
    folder = entry = ""
    while at < len(rest) and rest[at][:1] == "-" and rest[at] != "--":
        name, has_value, value = rest[at].partition("=")
        if not has_value and name not in _DOCKER_SWITCHES and not _is_cluster(name):
            at += 1
            value = rest[at] if at < len(rest) else ""
        if name in ("-e", "--env") and "=" in value:
            variables[value.partition("=")[0]] = value.partition("=")[2]
        elif name == "--entrypoint":
            entry = value
        at += 1
    at += rest[at : at + 1] == ["--"]
    if at >= len(rest):
        return
    image, command = rest[at], tuple(rest[at + 1 :])
    name = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    if entry:
        yield Inside((entry, *command), variables=variables, directory=folder)
    elif command:
        yield Inside(command, variables=variables, directory=folder)
    if not entry and name in _IMAGES and verb != "exec":
        yield Inside((_IMAGES[name], *command), variables=variables, directory=folder)


def _is_cluster(name: str) -> bool:
    return name[1:2] != "-" and len(name) > 2 and not name[1:].strip("ditPqT")


def find_in_ssh(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`ssh HOST COMMAND`: the words behind the host are a line for the shell there; without any, the input is."""
    at = 1
    while at < len(words) and words[at][:1] == "-" and words[at] != "--":
        at += 2 if words[at] in _SSH else 1
    rest = words[at + 1 :]
    if rest:
        yield Inside(text=" ".join(rest))
        if len(rest) > 1:  # whoever quotes one of the words means it as one
            yield Inside(tuple(rest))
    elif given is not None and words[0] == "ssh":
        yield Inside(text=given)


def find_in_tmux(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`tmux send-keys 'cdk destroy' Enter`, `tmux new -d 'cdk destroy'`; `screen -X stuff`, `screen -dm COMMAND`."""
    if words[0] == "screen":
        rest = list(words[1:])
        if "stuff" in rest:
            yield Inside(text=_typed(rest[rest.index("stuff") + 1 :]))
            return
        while rest and rest[0][:1] == "-":
            del rest[: 2 if rest[0] in ("-S", "-c", "-e", "-h", "-p", "-s", "-t", "-T") else 1]
        if rest:
            yield Inside(tuple(rest))
        return
    at = 1
    while at < len(words) and words[at][:1] == "-":
        at += 2 if words[at] in ("-L", "-S", "-f", "-c", "-T") else 1
    verb, rest = words[at : at + 1], list(words[at + 1 :])
    known = ("send-keys", "send", "new-session", "new", "new-window", "neww", "split-window", "splitw", "run-shell", "run", "respawn-pane", "respawnp", "respawn-window", "if-shell", "if", "popup", "display-popup", "pipe-pane", "set-buffer", "setb")  # fmt: skip
    if not verb or verb[0] not in known:
        return
    while rest and rest[0][:1] == "-" and rest[0] != "--":
        del rest[: 2 if rest[0] in ("-t", "-n", "-s", "-c", "-x", "-y", "-e", "-l", "-p", "-F", "-f", "-w", "-h") and verb[0] not in ("send-keys", "send") or rest[0] in ("-t", "-N", "-c") else 1]  # fmt: skip
    if rest:
        yield Inside(text=_typed(rest))


def _typed(keys: Sequence[str]) -> str:
    """The keys as text; those with a name are the end of a line or a blank."""
    names = {"Enter": "\n", "C-m": "\n", "KPEnter": "\n", "Space": " ", "^M": "\n"}
    text = "".join(names.get(key, key if len(key) == 1 else f"{key} ") for key in keys)
    return text.replace("\\n", "\n").replace("^M", "\n").replace("\\r", "\n").replace("\r", "\n").replace("\\015", "\n")


def find_in_timetable(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`at now`, `batch`: the input is a line; `crontab -`: behind five fields, or `@daily`."""
    if words[0] in ("at", "batch"):
        if "-f" in words and words.index("-f") + 1 < len(words):
            yield Inside(script=words[words.index("-f") + 1])
        elif not {"-l", "-r", "-d", "-c"} & set(words):
            yield Inside(text=given) if given is not None else Inside(is_unread=True)
        return
    if given is None or {"-l", "-r"} & set(words):
        return
    for line in given.splitlines():
        line = line.strip()
        if line and line[0] != "#" and not line.partition("=")[0].strip().isidentifier():
            parts = line.split(None, 1 if line[0] == "@" else 5)
            if len(parts) > 1:
                yield Inside(text=parts[-1])


def find_in_script(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`script -c TEXT`; on macOS and BSD `script FILE COMMAND`."""
    at, text = 1, None
    while at < len(words) and words[at][:1] == "-":
        name, has_value, value = words[at].partition("=")
        if name in ("-c", "--command") or (name[:2] != "--" and name.endswith("c")):
            at += not has_value
            text = value if has_value else words[at] if at < len(words) else ""
        elif name in ("-E", "-o", "-t", "-T", "-I", "-O", "-B", "-m"):
            at += 1
        at += 1
    if text is not None:
        yield Inside(text=text)
    elif command := tuple(words[at + 1 :]):
        yield Inside(command)
    elif given is not None:
        yield Inside(text=given)
