"""The changes between two sides, and those of `cdk destroy`, without the verdict of rules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase

from cdkguard import __version__
from cdkguard._typing import TextIO
from cdkguard.baselines.open import Baseline, open_baseline, read_saved, refuse_missing_revision
from cdkguard.check import comparison
from cdkguard.check.assemble import open_assembly, refuse_empty
from cdkguard.config.settings import Config
from cdkguard.diff.causes import keep_known_causes
from cdkguard.errors import ConfigError, InputError
from cdkguard.model import Assembly, Change, Problem, Stack
from cdkguard.outputs.diff.common import Difference
from cdkguard.packs.load import load_packs
from cdkguard.system import files


def find_difference(config: Config, old_path: str | None, progress: TextIO | None = None) -> Difference:
    """The changes that lead from the baseline to what the configuration names, of the stacks that it selects.

    The baseline is the file or folder `old_path`, else the configuration's. Raises CdkguardError where a side cannot be
    read whole.
    """
    loaded = load_packs(config.packs)
    if old_path is None:
        refuse_missing_revision(config)
    with new_side(config, progress) as found:
        stacks = comparison.stacks_of(found, config)
        with _old_side(config, old_path, found, progress) as old:
            before = comparison.stacks_of(old.assembly, config)
            compared = comparison.compare_with_baseline(old, before, stacks, loaded.sets, config.template_parameters)
            selected = _of_selected_stacks(compared.changes, config)
            notes = tuple(p.message for p in (*old.notes, *compared.notes, *found.problems))
            refuse_unread(found.problems)
            return Difference(
                selected, (*compared.after, *compared.before), old.words, _words(config), notes, __version__
            )


def compare_destruction(config: Config, progress: TextIO | None = None) -> Difference:
    """The changes that `cdk destroy` of the selected stacks would make. Raises ConfigError where none is selected."""
    sets = load_packs(config.packs).sets
    stacks, words = stacks_to_destroy(config, progress)
    taken = find_destroyed(config, stacks, sets)
    return Difference(taken, stacks, words, "nothing (cdk destroy)", note_protection(taken), __version__, True)


def stacks_to_destroy(config: Config, progress: TextIO | None = None) -> tuple[tuple[Stack, ...], str]:
    """The stacks whose policies decide what `cdk destroy` takes, and where they are from, in words.

    They are those of the baseline or, without one, of the app.
    """
    if config.against is None:
        with new_side(config, progress) as found:
            refuse_unread(found.problems)  # A stack that cannot be read would be missing among what is destroyed.
            return tuple(comparison.stacks_of(found, config)), _words(config)
    refuse_missing_revision(config)
    with new_side(config, progress) as app, _old_side(config, None, app, progress) as old:
        return tuple(comparison.stacks_of(old.assembly, config)), old.words


def find_destroyed(config: Config, stacks: Sequence[Stack], sets: Mapping[str, frozenset[str]]) -> tuple[Change, ...]:
    """The changes that `cdk destroy` of the selected stacks would make. Raises ConfigError where none is selected."""
    taken = _of_selected_stacks(comparison.find_destroyed(stacks, sets, config.template_parameters), config)
    if not taken:
        raise ConfigError("no stack of that name: nothing would be destroyed")
    return taken


def note_protection(taken: Sequence[Change]) -> tuple[str, ...]:
    """A notice where termination protection stops `cdk destroy` for some of the stacks."""
    protected = sorted({c.stack.root.name for c in taken if c.stack.root.termination_protection})
    return (f"termination protection stops this for {', '.join(protected)}",) if protected else ()


def refuse_unread(problems: Sequence[Problem]) -> None:
    """Raises InputError for the first part of an input that could not be read."""
    for problem in problems:
        if problem.fatal:
            raise InputError(problem.message)


@contextmanager
def new_side(config: Config, progress: TextIO | None) -> Iterator[Assembly]:
    """The assembly that the configuration names; a file that holds `{}` is one without resources."""
    nothing = _empty(config.paths[0]) if len(config.paths) == 1 else None
    if nothing is not None:
        yield nothing.assembly
        return
    with open_assembly(config, progress) as found:
        refuse_empty(found)
        yield found


@contextmanager
def _old_side(config: Config, path: str | None, new: Assembly, progress: TextIO | None) -> Iterator[Baseline]:
    if path is not None:
        yield _empty(path) or read_saved(path, may_be_empty=True)
        return
    with open_baseline(config, new, progress) as old:
        yield old


def _empty(path: str) -> Baseline | None:
    """One side of a difference for a file that holds `{}`, which says nothing on purpose. No check takes it as baseline."""
    if not files.is_file(path) or os.path.getsize(path) > 16 or files.read_bytes(path).strip() != b"{}":
        return None
    return Baseline(Assembly((Stack(path, {"Resources": {}}, path),)), path)


def _of_selected_stacks(found: Sequence[Change], config: Config) -> tuple[Change, ...]:
    """The changes of stacks that a glob of the configuration names, by name or construct path, on either side."""
    if not config.stacks:
        return tuple(found)

    def is_selected(stack: Stack) -> bool:
        names = (stack.root.name, stack.root.construct_path or stack.root.name)
        return any(fnmatchcase(name, glob) for name in names for glob in config.stacks)

    selected = (c for c in found if is_selected(c.stack) or (c.old_stack is not None and is_selected(c.old_stack)))
    return keep_known_causes(selected)


def _words(config: Config) -> str:
    return ", ".join(config.paths) or "the app"
