"""git: what publishes a change, moves a branch that is a baseline, or goes past a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cdkguard.agents.commands.call import Call, describe_unknown
from cdkguard.agents.commands.git_trees import VERBS as TREE_VERBS
from cdkguard.agents.commands.git_trees import read_trees
from cdkguard.agents.commands.options import Options, read_options
from cdkguard.agents.guarded_names import is_guarded, is_parent_of_guarded
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

_GLOBALS = {
    "C": 1,
    "c": 1,
    "git-dir": 1,
    "work-tree": 1,
    "namespace": 1,
    "exec-path": 0,
    "super-prefix": 1,
    "config-env": 1,
}
_PUSH_VALUED = frozenset({"repo", "receive-pack", "exec", "push-option", "o"})
# What git itself knows; another word may be an alias, which the configuration of the repository tells.
BUILTIN = frozenset(
    [
        "add", "am", "annotate", "apply", "archive", "bisect", "blame", "branch", "bundle", "cat-file", "check-attr",
        "check-ignore", "checkout", "cherry", "cherry-pick", "citool", "clean", "clone", "commit", "commit-tree", "config",
        "count-objects", "credential", "describe", "diff", "diff-files", "diff-index", "diff-tree", "difftool",
        "fast-export", "fast-import", "fetch", "filter-branch", "for-each-ref", "format-patch", "fsck", "gc", "grep", "gui",
        "hash-object", "help", "init", "instaweb", "interpret-trailers", "lfs", "log", "ls-files", "ls-remote", "ls-tree",
        "maintenance", "merge", "merge-base", "merge-file", "merge-index", "merge-tree", "mergetool", "mktag", "mktree",
        "mv", "name-rev", "notes", "pack-objects", "prune", "pull", "push", "range-diff", "read-tree", "rebase", "reflog",
        "remote", "repack", "replace", "request-pull", "rerere", "reset", "restore", "rev-list", "rev-parse", "revert",
        "rm", "send-email", "shortlog", "show", "show-branch", "show-ref", "sparse-checkout", "stage", "stash", "status",
        "stripspace", "submodule", "subtree", "svn", "switch", "symbolic-ref", "tag", "update-index", "update-ref",
        "update-server-info", "var", "verify-commit", "verify-pack", "verify-tag", "version", "whatchanged", "worktree",
        "write-tree", "flow", "hub", "scalar", "send-pack", "bugreport",
    ]
)  # fmt: skip


def read_git(call: Call) -> Iterator[Action]:
    """What a call of git would publish or move."""
    words = list(call.words[1:])
    configured, at = [], 0
    while at < len(words) and words[at][:1] == "-":
        name, has_value, value = words[at].lstrip("-").partition("=")
        takes = _GLOBALS.get(name, 0) and not has_value
        if name == "c" and at + 1 < len(words):
            configured.append(words[at + 1])
        at += 2 if takes else 1
    verb, rest = (words[at], words[at + 1 :]) if at < len(words) else ("", [])
    for setting in configured:
        if _guards(setting.partition("=")[0]):
            yield call.act(
                "guard", "git", f"-c {setting.partition('=')[0]}", flags=(f"-c {setting}",), paths=(".git/hooks",)
            )
    if verb == "push":
        yield from _read_push(call, rest)
    elif verb in (
        "branch",
        "update-ref",
        "symbolic-ref",
        "tag",
        "fetch",
        "worktree",
        "replace",
        "checkout",
        "switch",
        "reset",
    ):
        yield from _read_move(call, verb, rest)
    elif verb in ("commit", "merge", "am", "rebase", "cherry-pick", "revert"):
        if _skips_hooks(verb, rest):
            yield call.act("guard", "git", verb, flags=("--no-verify",))
    elif verb == "config":
        yield from _read_config(call, rest)
    elif verb in ("rm", "mv", "restore"):
        yield from _read_files(call, verb, rest)
    elif verb == "send-pack":
        yield call.act("pull-request", "git", verb)
    elif verb == "remote":
        yield from _read_remote(call, rest)
    if verb in TREE_VERBS:
        yield from read_trees(call, verb, rest)


def aliases_of(text: str) -> dict[str, str]:
    """Name -> command of the section [alias] in the text of a configuration file."""
    found, is_inside = {}, False
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            is_inside = line.lower().startswith("[alias]")
        elif is_inside and "=" in line and line[:1] not in "#;":
            name, _, value = line.partition("=")
            found[name.strip().lower()] = value.strip().strip('"').replace('\\"', '"')
    return found


def find_configured(words: tuple[str, ...]) -> dict[str, str]:
    """The alias that `git config alias.x '!cdk destroy'` sets."""
    if "config" not in words:
        return {}
    rest = [word for word in words[words.index("config") + 1 :] if word[:1] != "-" and word != "set"]
    is_alias = len(rest) > 1 and rest[0].lower().startswith("alias.")
    return {rest[0][6:].lower(): rest[1]} if is_alias else {}


def find_alias(
    words: tuple[str, ...], read: Callable[[], str | None], set_before: Mapping[str, str]
) -> tuple[str, list[str]] | None:
    """(what the alias stands for, the arguments behind it) of `git -c alias.x='!cdk destroy' x` and of a configured one."""
    configured = dict(set_before)
    at = 1
    while at < len(words) and words[at][:1] == "-":
        if words[at] == "-c" and at + 1 < len(words):
            key, _, value = words[at + 1].partition("=")
            if key.lower().startswith("alias."):
                configured[key[6:].lower()] = value
        at += 2 if words[at] in ("-C", "-c", "--git-dir", "--work-tree", "--namespace") else 1
    if at >= len(words) or words[at] in BUILTIN:
        return None
    name = words[at].lower()
    if name not in configured:
        configured = aliases_of(read() or "")
    return (configured[name], list(words[at + 1 :])) if name in configured else None


def _read_push(call: Call, rest: list[str]) -> Iterator[Action]:
    options = read_options(rest, _PUSH_VALUED)
    if options.has("--dry-run", "-n"):
        return
    flags = [
        each
        for each in (
            "--force", "--force-with-lease", "--no-verify", "--delete", "--mirror", "--all", "--prune", "--tags",
        )
        if options.has(each)
    ]  # fmt: skip
    flags += [
        name for short, name in (("-f", "--force"), ("-d", "--delete")) if options.has(short) and name not in flags
    ]
    refs = options.positional[1:]
    if refs[:1] == ["tag"]:
        refs = [f"refs/tags/{name}" for name in refs[1:]]
    elif options.has("--tags") and not refs:
        refs = ["refs/tags/*"]
    everything = options.has("--all", "--mirror")
    unread = describe_unknown(tuple(options.positional))
    for ref in refs or [""]:
        source, has_colon, target = ref.lstrip("+").partition(":")
        branch = (target if has_colon else source).removeprefix("refs/heads/")
        said = [*flags, *(["--force"] if ref[:1] == "+" and "--force" not in flags else [])]
        if (has_colon and not source) and "--delete" not in said:
            said.append("--delete")
        if branch in ("", "HEAD", "@") and not everything:
            branch = call.branch()
        branch = branch if is_known(branch) and not everything else ""
        yield call.act("pull-request", "git", "push", branch=branch, flags=tuple(said), unread=unread)
    if "--no-verify" in flags:
        yield call.act("guard", "git", "push", flags=("--no-verify",))


def _read_move(call: Call, verb: str, rest: list[str]) -> Iterator[Action]:
    """A branch that is moved or deleted by force: it may be the baseline of the next judgement."""
    options = read_options(rest, {"m", "B", "b", "C", "c"} - ({"m", "C", "c", "b"} if verb == "branch" else set()))
    names = options.positional
    if verb == "branch":
        switches = ("-f", "--force", "-D", "-M", "-C", "-d", "--delete", "-m", "--move")
        if options.has(*switches) and names:
            yield _moved(
                call, "branch", names[-1] if options.has("-M", "-m", "-C", "--move") else names[0], options, switches
            )
    elif verb in ("update-ref", "symbolic-ref"):
        refs = [name for name in names if name.startswith(("refs/heads/", "refs/remotes/")) or not is_known(name)]
        if verb == "symbolic-ref" and names[:1] == ["HEAD"] and len(names) > 1:
            yield _moved(call, verb, names[1], options, ())
        elif "--stdin" in rest:
            yield call.act("guard", "git", verb, flags=("--stdin",), unread="the references stand in its input")
        elif refs and (verb == "update-ref" or len(names) > 1):
            ref = refs[0] if verb == "update-ref" else names[0]
            yield _moved(call, verb, ref, options, ("-d",))
    elif verb in ("checkout", "switch"):
        name = options.last("B", "C")
        if name:
            yield _moved(call, verb, name, options, ("-B", "-C"))
        elif verb == "checkout":
            paths = [path for path in names[1:] if is_guarded(path)]
            # From HEAD, or from what is staged, comes what is committed already.
            if paths and "--" not in rest[:1] and names[0] not in ("HEAD", "@"):
                yield call.act("guard", "git", verb, paths=tuple(paths))
    elif verb == "fetch":
        for name in names[1:]:
            target = name.lstrip("+").partition(":")[2]
            if target:
                yield _moved(call, verb, target, options, ("--force", "-f"))
    elif verb == "replace" and names:
        yield call.act("guard", "git", verb)


def _read_remote(call: Call, rest: list[str]) -> Iterator[Action]:
    """The remote whose main branch changes are measured against, led elsewhere or taken away."""
    names = read_options(rest, ()).positional
    if names[:1] in (["set-url"], ["remove"], ["rm"], ["rename"]) and "origin" in names[1:2]:
        yield call.act("guard", "git", f"remote {names[0]}")


def _moved(call: Call, verb: str, ref: str, options: Options, switches: tuple[str, ...]) -> Action:
    branch = ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
    flags = tuple(each for each in switches if options.has(each))
    return call.act("guard", "git", verb, branch=branch if is_known(branch) else "", flags=flags)


def _skips_hooks(verb: str, rest: list[str]) -> bool:
    before = rest[: rest.index("--")] if "--" in rest else rest
    options = read_options(
        before, {"m", "F", "C", "c", "t", "S", "u", "s"} if verb == "commit" else {"m", "s", "X", "x"}
    )
    if options.has("--no-verify", "--no-verif", "--no-veri", "--no-ver"):
        return True
    return verb == "commit" and options.has("-n")


def _guards(key: str) -> bool:
    plain = key.lower()
    return (
        plain in ("core.hookspath", "core.fsmonitor", "core.editor")
        and plain == "core.hookspath"
        or plain.startswith("include")
    )


def _read_config(call: Call, rest: list[str]) -> Iterator[Action]:
    options = read_options(rest, {"f", "file", "blob", "type", "default", "value", "comment"})
    names = [name for name in options.positional if name not in ("set", "unset", "get", "add")]
    is_reading = options.has("--get", "--get-all", "--list", "-l", "--get-regexp") or options.positional[:1] in (
        ["get"],
        ["list"],
    )
    if (
        names
        and not is_reading
        and _guards(names[0])
        and (len(names) > 1 or options.has("--unset", "--unset-all") or "unset" in rest)
    ):
        yield call.act("guard", "git", f"config {names[0]}", paths=(".git/config",))


def _read_files(call: Call, verb: str, rest: list[str]) -> Iterator[Action]:
    options = read_options(rest, {"s", "source"})
    if verb == "restore" and (options.last("s", "source") or "HEAD") in ("HEAD", "@"):
        return
    paths = [
        path for path in options.positional if is_guarded(path) or (verb != "restore" and is_parent_of_guarded(path))
    ]
    if paths:
        yield call.act("guard", "git", verb, paths=tuple(paths))
