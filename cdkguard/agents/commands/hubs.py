"""gh and glab: pull requests that are opened or merged, and what changes the rules of a repository."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.agents.commands.call import Call, describe_unknown
from cdkguard.agents.commands.options import read_options
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

_VALUED = frozenset(
    [
        "title", "t", "body", "b", "body-file", "F", "base", "B", "head", "H", "reviewer", "r", "assignee", "a", "label",
        "l", "milestone", "m", "project", "p", "template", "T", "repo", "R", "recover", "subject", "target-branch",
        "source-branch", "description", "d", "related-issue", "i", "match-head-commit", "author-email", "ref", "f", "field",
        "raw-field", "method", "X", "input", "q", "jq", "hostname", "h", "template",
    ]
)  # fmt: skip
_VERBS = {"create", "merge", "new", "accept", "approve", "ready"}


def read_hub(call: Call) -> Iterator[Action]:
    """What a call of gh or glab would propose, publish or start."""
    tool = call.words[0]
    options = read_options(call.words[1:], _VALUED)
    if options.has("--help", "--dry-run", "--web", "-w"):
        return
    positional = options.positional
    noun, verb = (positional + ["", ""])[:2]
    if noun in ("pr", "mr"):
        if verb in _VERBS or not is_known(verb):
            branch = options.last("base", "B", "target-branch") or ""
            flags = tuple(
                each for each in ("--admin", "--auto", "--delete-branch", "--force", "--yes") if options.has(each)
            )
            yield call.act(
                "pull-request",
                tool,
                f"{noun} {verb}",
                branch=branch if is_known(branch) else "",
                flags=flags,
                unread=describe_unknown((branch,)),
            )
        elif verb == "review" and options.has("--approve", "-a"):
            yield call.act("pull-request", tool, f"{noun} {verb}", flags=("--approve",))
    elif noun == "workflow" and verb == "run":
        # A workflow may deploy; its name says which, and the judge asks about those that look like it.
        name = positional[2] if len(positional) > 2 else ""
        if not is_known(name) or any(
            word in name.lower() for word in ("deploy", "destroy", "release", "cdk", "teardown")
        ):
            yield call.act(
                "pull-request",
                tool,
                "workflow run",
                target=name if is_known(name) else "",
                branch=options.last("ref") or "",
            )
    elif noun == "release" and verb == "create":
        yield call.act("pull-request", tool, "release create")
    elif noun == "api":
        yield from _read_api(
            call,
            tool,
            positional[1:],
            options.last("method", "X") or "",
            bool(options.values.get("f") or options.values.get("field")),
        )


def _read_api(call: Call, tool: str, positional: list[str], method: str, has_fields: bool) -> Iterator[Action]:
    path = positional[0].lstrip("/") if positional else ""
    if method.upper() in ("GET", "") and not has_fields and method.upper() != "POST":
        return
    parts = path.split("/")
    if any(part in ("protection", "rulesets", "branches", "hooks", "environments", "actions") for part in parts):
        yield call.act("guard", tool, f"api {method or 'POST'} {path}"[:120])
    elif any(part in ("pulls", "merges", "merge_requests", "refs", "contents", "dispatches") for part in parts):
        yield call.act("pull-request", tool, f"api {method or 'POST'} {path}"[:120])
