"""The environment of each stack, guessed from tags, context and names where nothing is configured.

Every sign counts, and where they disagree the strictest: a name never beats a tag that says prod.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.config import environment_words as words
from cdkguard.model import Stack

_MAX_WORDS = 64  # of a name that is compared with those of other stacks; each word is left out once


class Sign(NamedTuple):
    """What speaks for an environment."""

    environment: str
    kind: str  # tag | context | stage | stack
    key: str  # of the tag or context, else ""
    value: str  # of the tag or context, else the name of the stage or stack

    @property
    def label(self) -> str:
        """The sign in words."""
        return f"{self.kind} {self.key}={self.value}" if self.key else f"{self.kind} {self.value}"


class Guess(NamedTuple):
    """The signs for a stack's environment; without any it is judged as prod."""

    signs: tuple[Sign, ...]

    @property
    def environment(self) -> str | None:
        """The strictest environment of the signs."""
        return words.strictest(sign.environment for sign in self.signs)

    @property
    def disagrees(self) -> bool:
        """Whether signs speak for several environments."""
        return len({sign.environment for sign in self.signs}) > 1


class StackNames:
    """The names of all stacks of an app: a word in front says more where others have another word there."""

    def __init__(self, names: Iterable[tuple[str | None, str]]) -> None:
        """`names` are (construct path, stack name) of the root stacks."""
        listed = [_texts_of(path, name) for path, name in dict.fromkeys(names)]
        self._at: dict[tuple[str | None, ...], set[str]] = {}  # a name with one word left out -> environments there
        for texts in listed:
            for text in texts:
                for key, environment in _with_a_gap(text):
                    self._at.setdefault(key, set()).add(environment)
        self.all_begin = bool(listed) and all(_begins(texts) for texts in listed)

    def environments_by_sibling(self, text: str) -> Iterator[str]:
        """The environments of words by which another stack's name differs alone, in that it has another environment's."""
        for key, environment in _with_a_gap(text):
            if len(self._at.get(key, ())) > 1:
                yield environment


def names_of(stacks: Iterable[Stack]) -> StackNames:
    """The names of the root stacks among these."""
    return StackNames((stack.construct_path, stack.name) for stack in stacks if stack.parent is None)


def guess_environments(stacks: Sequence[Stack], context: Mapping[str, Any]) -> dict[Stack, Guess]:
    """The guess for each root stack."""
    names = names_of(stacks)
    return {stack: guess_environment(stack, names, context) for stack in stacks if stack.parent is None}


def guess_environment(stack: Stack, names: StackNames, context: Mapping[str, Any]) -> Guess:
    """The guess for a root stack."""
    return Guess(tuple(dict.fromkeys(_find_signs(stack, names, context))))


def _find_signs(stack: Stack, names: StackNames, context: Mapping[str, Any]) -> Iterator[Sign]:
    for kind, pairs in (("tag", stack.tags or {}), ("context", context)):
        for key, value, environment in words.named_environments(pairs):
            yield Sign(environment, kind, key, value)

    *stages, last = (stack.construct_path or stack.name).split("/")
    for stage in stages:
        for environment in _environments_in(stage, names):
            yield Sign(environment, "stage", "", stage)
    for name in dict.fromkeys((last, stack.name)):
        for environment in _environments_in(name, names):
            yield Sign(environment, "stack", "", name)
    for text in _texts_of(stack.construct_path, stack.name):
        for environment in names.environments_by_sibling(text):
            yield Sign(environment, "stack", "", text)


def _environments_in(name: str, names: StackNames) -> Iterator[str]:
    segments = words.split_name(name)
    return words.environments_in_name(segments, names.all_begin and _stands_in_front(name, segments))


def _stands_in_front(name: str, segments: Sequence[Sequence[str]]) -> bool:
    """Whether a first word of an environment is one put in front: `dev-shop`, `test-Shop`, not `test-results`.

    So it is behind a noun: `Pipeline-test-shop`.
    """
    kept = words.without_nouns(segments)
    if not kept or len(kept[0]) != 1:
        return False
    if kept[0][0] != segments[0][0]:
        return True
    rest = name[name.lower().find(kept[0][0]) :]
    return words.means_nothing_else(kept[0][0]) or (rest[:1].islower() and not rest.islower())


def _begins(texts: Sequence[str]) -> bool:
    parts = (part for text in texts for part in text.split("/"))
    return any(words.begins_with_environment(words.without_nouns(words.split_name(part))) for part in parts)


def _texts_of(path: str | None, name: str) -> tuple[str, ...]:
    return (name,) if path is None or path == name else (path, name)


def _with_a_gap(text: str) -> Iterator[tuple[tuple[str | None, ...], str]]:
    """(the name's words with None for one that stands for an environment, that environment)."""
    found = [word for segment in words.split_name(text) for word in segment]
    if len(found) > _MAX_WORDS:
        return
    for at, word in enumerate(found):
        environment = words.environment_of_word(word)
        if environment is not None:
            yield (*found[:at], None, *found[at + 1 :]), environment
