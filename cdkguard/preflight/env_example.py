"""The row `env-example`: the variables that the code reads are those that `.env.example` names, without a secret in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.config.find import repository_root
from cdkguard.outputs.preflight.record import Evidence, Row, make_row
from cdkguard.outputs.summary import plural
from cdkguard.preflight.env.code_files import is_too_much, list_files
from cdkguard.preflight.env.collect import CodeReads, collect_reads, find_in_packages, find_mentioned
from cdkguard.preflight.env.dotenv_file import NAMES, Entry, describe_secret, read_dotenv
from cdkguard.preflight.env.given import find_given
from cdkguard.preflight.env.javascript_parser import INSTALL
from cdkguard.preflight.env.known_names import is_known
from cdkguard.preflight.env.reads import Read
from cdkguard.preflight.subject import Subject, show_file
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.outputs.preflight.record import State


class Scope(NamedTuple):
    """The code that one example file is for."""

    folder: str
    example: str | None  # the file; None: there is none
    files: list[str]  # relative to the folder


class Compared(NamedTuple):
    """One scope, compared."""

    missing: list[Evidence]  # the code reads it, the file does not name it
    stale: list[Evidence]  # the file names it, and nothing uses it
    secrets: list[Evidence]
    unclear: list[Evidence]
    summary: Evidence


def judge_env_example(subject: Subject, row: str, title: str) -> Row:
    """Done where both sides agree; not known where names are hidden, or a parser is missing."""
    scopes = list(find_scopes(subject.directory, subject.settings.env_example.file))
    if any(is_too_much(scope.files) for scope in scopes):
        return make_row(row, title, "unknown", (Evidence("the folder has too many files to be looked at"),))
    compared = [_compare(scope, subject) for scope in scopes]
    missing = [seen for one in compared for seen in one.missing]
    unclear = [seen for one in compared for seen in one.unclear]
    wrong = [seen for one in compared for seen in (*one.stale, *one.secrets)]
    # Without the templates nobody can tell the variables that the app itself gives to its functions.
    is_sure = subject.assembly is not None and not subject.unread
    if missing and not is_sure:
        unclear.append(Evidence(f"the app could not be read, and may give some of these itself: {subject.unread}"))
    failed = [*missing, *wrong] if is_sure else wrong
    evidence = (*missing, *wrong, *unclear, *(one.summary for one in compared))
    state: State = "failed" if failed else "unknown" if unclear or missing else "done"
    return make_row(row, title, state, evidence, tuple(_advise(missing, wrong, unclear, compared, subject)))


def _advise(
    missing: Sequence[Evidence],
    wrong: Sequence[Evidence],
    unclear: Sequence[Evidence],
    compared: Iterable[Compared],
    subject: Subject,
) -> list[str]:
    advice = []
    if missing:
        advice.append("add them to the file, commented out where the code has a default")
    if any(one.stale for one in compared):
        advice.append(
            f"take out what nothing reads; what a library reads belongs under `preflight: {{env_example: {{ignore: [...]}}}}` in {subject.file}"
        )
    if any(one.secrets for one in compared):
        advice.append("leave the value empty, and change the secret where it is a real one: it is in git")
    if any(INSTALL in seen.text for seen in unclear):
        advice.append(f"`{INSTALL}` reads JavaScript and TypeScript")
    elif unclear:
        advice.append(f"name the variables under `preflight: {{env_example: {{reads: [...]}}}}` in {subject.file}")
    return advice


# -- which code belongs to which file


def find_scopes(directory: str, configured: str | None = None) -> list[Scope]:
    """The nearest example file at or above the app's folder with the code beside it, and those in folders below that."""
    example = configured if configured is not None else _nearest(directory)
    folder = os.path.dirname(example) or "." if example else directory
    listed = list_files(folder)
    if configured is not None:
        return [Scope(folder, configured, listed)]
    inner = sorted(
        {path.rpartition("/")[0] for path in listed if path.rpartition("/")[2] in NAMES and "/" in path}, key=len
    )
    scopes = []
    for below in reversed(inner):  # the innermost first, so that each file belongs to the nearest
        own = [path for path in listed if path.startswith(below + "/")]
        listed = [path for path in listed if not path.startswith(below + "/")]
        here = os.path.join(folder, below)
        scopes.append(Scope(here, _example_in(here), [path[len(below) + 1 :] for path in own]))
    return [Scope(folder, example, listed), *reversed(scopes)]


def _nearest(directory: str) -> str | None:
    folder, root = os.path.abspath(directory), repository_root(directory)
    while True:
        found = _example_in(folder)
        if found is not None or folder == root or os.path.dirname(folder) == folder:
            return os.path.relpath(found) if found else None
        folder = os.path.dirname(folder)


def _example_in(folder: str) -> str | None:
    paths = (os.path.join(folder, name) for name in NAMES)
    return next((path for path in paths if files.is_file(path)), None)


# -- both ways


def _compare(scope: Scope, subject: Subject) -> Compared:
    settings = subject.settings.env_example
    entries = read_dotenv(files.read_text(scope.example)) if scope.example else []
    code = collect_reads(scope.folder, scope.files, settings.tests)
    given = find_given(subject.stacks)
    own = {
        name: read
        for name, read in _by_name(code.reads).items()
        if not is_known(name) and not _any(name, settings.ignore) and name not in given
    }
    named = {entry.name for entry in entries}
    absent = [read for read in own.values() if not _is_named(read, named)]
    missing = [read for read in absent if not read.has_default]
    return Compared(
        [_describe_missing(read, scope) for read in missing],
        _find_stale(scope, entries, code, subject),
        [
            Evidence(f"{entry.name} holds {reason}", f"{show_file(scope.example or '')}:{entry.line}")
            for entry in entries
            if (reason := describe_secret(entry))
        ],
        _find_unclear(scope, code, subject),
        _summarize(scope, entries, code, own, len(absent) - len(missing)),
    )


def _by_name(reads: Iterable[Read]) -> dict[str, Read]:
    found: dict[str, Read] = {}
    for read in reads:
        found.setdefault(read.name, read)
    return found


def _is_named(read: Read, named: set[str]) -> bool:
    if read.name in named:
        return True
    upper = {name.upper() for name in named} if read.folds_case else named
    name = read.name.upper() if read.folds_case else read.name
    return name in upper or bool(read.nested) and any(other.startswith(name + read.nested) for other in upper)


def _describe_missing(read: Read, scope: Scope) -> Evidence:
    file = os.path.basename(scope.example) if scope.example else f"{NAMES[0]}, which is not there"
    return Evidence(
        f"{read.name} is read, and not in {file}", f"{show_file(os.path.join(scope.folder, read.file))}:{read.line}"
    )


def _find_stale(scope: Scope, entries: Sequence[Entry], code: CodeReads, subject: Subject) -> list[Evidence]:
    """The entries that nothing uses: no code reads them, and no other file so much as names them."""
    settings = subject.settings.env_example
    unread = [
        entry
        for entry in entries
        if not entry.is_commented
        and not is_known(entry.name)
        and not _any(entry.name, (*settings.reads, *settings.ignore))
        and not any(_is_named(read, {entry.name}) for read in code.reads)
    ]
    mentioned = find_mentioned(scope.folder, scope.files, {entry.name for entry in unread}) if unread else set()
    if left := {entry.name for entry in unread} - mentioned:
        mentioned |= find_in_packages(scope.folder, left)
    return [
        Evidence(
            f"{entry.name} is in {os.path.basename(scope.example or '')}, and nothing reads it",
            f"{show_file(scope.example or '')}:{entry.line}",
        )
        for entry in unread
        if entry.name not in mentioned
    ]


def _find_unclear(scope: Scope, code: CodeReads, subject: Subject) -> list[Evidence]:
    found = []
    if code.unparsed:
        what = f"{plural(len(code.unparsed), 'file')} of JavaScript or TypeScript cannot be read without {INSTALL}"
        found.append(Evidence(what, show_file(os.path.join(scope.folder, code.unparsed[0]))))
    if not subject.settings.env_example.reads:
        found += [
            Evidence(one.what, f"{show_file(os.path.join(scope.folder, one.file))}:{one.line}") for one in code.unclear
        ]
    return found


def _summarize(
    scope: Scope, entries: Sequence[Entry], code: CodeReads, own: dict[str, Read], optional: int
) -> Evidence:
    where = show_file(os.path.normpath(scope.folder))
    seen = f"{plural(code.files, 'code file')} below {'this folder' if where == '.' else where}"
    if scope.example is None:
        return Evidence(f"no {NAMES[0]}; {plural(len(own), 'variable')} of its own read in {seen}")
    rest = f"; {plural(optional, 'field')} of settings with a default not in it" if optional else ""
    return Evidence(
        f"{plural(len(entries), 'variable')} in {show_file(scope.example)}, {len(own)} read in {seen}{rest}"
    )


def _any(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
