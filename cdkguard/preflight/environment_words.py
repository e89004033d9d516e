"""What the code writes by itself of an environment: its stage, the names of its stacks, account and region, hashes of paths.

With a mark in their places, what is left of two templates is what the code makes otherwise on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cdkguard._typing import Json
from cdkguard.config.environments import EnvironmentRule
from cdkguard.model import Stack
from cdkguard.preflight.pairs import key_of, path_of

_ID_HASH = re.compile(r"(?<=[A-Za-z0-9])[0-9A-F]{8}(?![0-9a-f])")  # the end of a logical id, and what CDK makes of one
_SEPARATORS = re.compile(r"[^A-Za-z0-9]")
MAX_LEVELS = 100


class EnvironmentWords:
    """The words of one environment, which `neutralize` replaces in any value of its templates."""

    def __init__(self, stacks: Iterable[Stack], environment: str, rules: Sequence[EnvironmentRule] = ()) -> None:
        words: dict[str, str] = {}
        alone: set[str] = {environment} if environment else set()
        for stack in stacks:
            if stack.parent is not None:
                continue
            path, key = path_of(stack), key_of(stack, rules)
            mark = "*/" + key
            stage = path.removesuffix("/" + key) if path.endswith("/" + key) else ""
            alone |= set(filter(None, [stage, stage.rpartition("/")[2]]))
            for text in (path, stack.name):
                words[text] = mark
                words[_SEPARATORS.sub("", text)] = _SEPARATORS.sub("", mark)
            words |= {text: name for text, name in ((stack.account, "ACCOUNT"), (stack.region, "REGION")) if text}
        parts = [re.escape(word) for word in sorted(words, key=len, reverse=True)]
        single = "|".join(re.escape(word) for word in sorted(alone, key=len, reverse=True))
        if single:
            parts.append(rf"(?<![A-Za-z0-9])(?i:{single})(?![A-Za-z0-9])")
        self._words = words
        self._pattern = re.compile("|".join(parts)) if parts else None

    def neutralize(self, value: Json, level: int = 0) -> Json:
        """The value with marks in place of the words, in keys as well."""
        if isinstance(value, str):
            if self._pattern is not None:
                value = self._pattern.sub(lambda found: self._words.get(found[0], "*"), value)
            return _ID_HASH.sub("#", value)
        if level > MAX_LEVELS:
            return value
        if isinstance(value, dict):
            return {self.neutralize(key): self.neutralize(inner, level + 1) for key, inner in value.items()}
        return [self.neutralize(inner, level + 1) for inner in value] if isinstance(value, list) else value
