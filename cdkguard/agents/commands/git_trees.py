"""git: what changes files of the working tree by the dozen; the judge looks whether guarded ones are among them."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.options import Options, read_options
from cdkguard.agents.guarded_names import is_guarded, is_parent_of_guarded
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

VERBS = frozenset({"reset", "checkout", "restore", "revert", "clean", "stash", "apply", "am", "update-index", "merge", "cherry-pick", "rebase"})  # fmt: skip
MAIN_NAMES = ("main", "master")
_VALUED = {"m", "X", "s", "S", "source", "onto", "strategy", "strategy-option", "mainline", "message", "C", "p", "directory", "x", "exec"}  # fmt: skip
_STOPS = ("--abort", "--quit", "--continue", "--skip", "--show-current-patch", "--edit-todo")
_ALL = (".", "./", ":/", "*", "..", "':/'")
_HEAD = ("HEAD", "@")


def read_trees(call: Call, verb: str, rest: list[str]) -> Iterator[Action]:
    """What the verb would put in the place of the files that are there."""
    options = read_options(rest, _VALUED if verb not in ("clean", "stash") else {"e", "m", "exclude", "message"})
    if options.has(*_STOPS):
        return
    names = options.positional
    lands = verb in ("merge", "cherry-pick", "rebase", "revert", "reset") and not options.has("--no-commit", "-n")
    if lands and names and names[0] not in _HEAD and call.branch() in MAIN_NAMES:
        # Whether changes are measured against this main branch, or a remote's, the judge knows.
        yield call.act("guard", "git", verb, branch=call.branch(), flags=("onto",))
    if verb == "reset":
        if options.has("--hard", "--merge", "--keep") and names and names[0] not in _HEAD:
            yield _becomes(call, verb, names[0])
    elif verb == "checkout":
        if len(names) > 1 and names[0] not in _HEAD and "--" not in rest[:1] and _takes_guarded(names[1:]):
            yield _becomes(call, verb, names[0])
    elif verb == "restore":
        source = options.last("s", "source")
        if source and source not in _HEAD and _takes_guarded(names):
            yield _becomes(call, verb, source)
    elif verb == "revert":
        for name in names:
            first, has_range, last = name.partition("..")
            yield _becomes(call, verb, f"{last or 'HEAD'}..{first}" if has_range else f"{name}..{name}^")
    else:
        yield from _read_files(call, verb, options)


def _read_files(call: Call, verb: str, options: Options) -> Iterator[Action]:
    names = options.positional
    if verb == "clean":
        if options.has("-f", "--force") and not options.has("-n", "--dry-run"):
            yield call.act("guard", "git", verb, flags=("ignored",) if options.has("-x", "-X") else ())
    elif verb == "stash":
        if names[:1] in ([], ["push"], ["save"]) and options.has("-u", "--include-untracked", "-a", "--all"):
            yield call.act("guard", "git", verb, flags=("ignored",) if options.has("-a", "--all") else ())
    elif verb == "update-index":
        paths = [path for path in names if is_guarded(path)]
        if paths and options.has("--assume-unchanged", "--skip-worktree", "--force-remove", "--remove"):
            yield call.act("guard", "git", verb, paths=tuple(paths))
    elif verb in ("apply", "am") and not options.has("--check", "--stat", "--numstat", "--summary"):
        texts = [call.read(name) for name in names] or [call.given]
        paths = [path for text in texts for path in paths_of_patch(text or "") if is_guarded(path)]
        if paths:
            yield call.act("guard", "git", verb, paths=tuple(dict.fromkeys(paths)))


def paths_of_patch(text: str) -> Iterator[str]:
    """The files of a unified diff, or of what `git format-patch` writes."""
    for line in text.splitlines():
        head, _, name = line.partition(" ")
        if line.startswith(("rename to ", "rename from ", "copy to ")):
            yield line.split(" ", 2)[2].strip()
        elif head in ("+++", "---"):
            path = name.split("\t")[0].strip()
            yield path[2:] if path[:2] in ("a/", "b/") else path


def branch_after(words: tuple[str, ...]) -> str | None:
    """The branch behind a call of git: None where it stays, empty where nobody can tell.

    Only a main branch is told: the switch to another one may fail, and what follows would be done on the main branch.
    """
    if not {"checkout", "switch", "rebase", "worktree", "-C", "symbolic-ref"} & set(words):
        return None
    rest = [word for word in words[2:] if word not in ("-q", "--quiet", "-f", "--force")]
    return rest[0] if words[1:2] in (("checkout",), ("switch",)) and len(rest) == 1 and rest[0] in MAIN_NAMES else ""


def _takes_guarded(paths: list[str]) -> bool:
    """Whether the paths are folders that may hold guarded files; those that are guarded files are told by name."""
    return any(path in _ALL or (not is_guarded(path) and is_parent_of_guarded(path)) for path in paths)


def _becomes(call: Call, verb: str, revision: str) -> Action:
    return call.act("guard", "git", verb, target=revision if is_known(revision) else "", flags=("tree",))
