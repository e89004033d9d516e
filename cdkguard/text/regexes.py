"""Regular expressions: ours, compiled when first used, and those of rule files, refused where they could take for ever."""

from __future__ import annotations

import re
from functools import lru_cache

from cdkguard._typing import Any, cast

MAX_TEXT = 4_000  # characters of a value that a pattern looks at; longer ones are cut, and no match is UNKNOWN


class PatternError(ValueError):
    """Not a regular expression, or one that may take exponential time."""


class _LatePattern:
    """A pattern that is compiled when its first method is asked for; from then on it is as fast as the pattern."""

    __slots__ = ("_arguments", "search", "match", "fullmatch", "sub", "finditer", "findall", "split")

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __getattr__(self, name: str) -> Any:
        pattern = re.compile(*self._arguments)
        for slot in self.__slots__[1:]:
            setattr(self, slot, getattr(pattern, slot))
        return getattr(pattern, name)


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern for a module's constant, compiled when it is first used.

    A run uses few of our patterns, and compiling all of them takes as long as a check.
    """
    return cast("re.Pattern[str]", _LatePattern(text, flags))


@lru_cache(maxsize=1024)
def compile_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """The compiled pattern; raises PatternError."""
    try:
        compiled = re.compile(text, flags)
    except (re.error, RecursionError, OverflowError) as problem:
        raise PatternError(f"'{text}' is not a regular expression: {problem}") from problem
    return compiled


def check_pattern(text: str) -> None:
    """Refuses a pattern that may backtrack exponentially; raises PatternError.

    Such a pattern repeats without bound what is itself repeated without bound, or alternatives, which may begin alike.
    Called when a rule is loaded, not when it runs.
    """
    compile_pattern(text)
    import re._parser as parser  # type: ignore[import-not-found]  # the parsed form has no public name

    tree = parser.parse(text)
    _refuse_nested(tree, text, False)
    if _wide_repeats(tree) > 2:
        raise PatternError(f"'{text}' has more than two `.*`, which can take very long: use `[^x]*` up to a delimiter")


def _wide_repeats(tree: object) -> int:
    """The number of unbounded repeats of any character in the pattern: its time grows with that power."""
    count = 0
    for operator, argument in tree:  # type: ignore[attr-defined]
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            wide = int(argument[1]) > 64 and any(str(o) in ("ANY", "NOT_LITERAL") for o, _ in argument[2])
            count += 1 if wide else _wide_repeats(argument[2])
        elif name == "SUBPATTERN":
            count += _wide_repeats(argument[3])
        elif name == "BRANCH":
            count += max((_wide_repeats(branch) for branch in argument[1]), default=0)
        elif name in _ALONE and (inside := _wide_repeats(_inside_group(name, argument))) > 2:
            return inside  # this group is matched alone, and not tried again with the pattern around it
    return count


# Groups that are matched without trying the pattern around them again.
_ALONE = ("ASSERT", "ASSERT_NOT", "ATOMIC_GROUP", "POSSESSIVE_REPEAT")


def _inside_group(name: str, argument: object) -> object:
    return argument[{"POSSESSIVE_REPEAT": 2}.get(name, 1)] if isinstance(argument, tuple) else argument


def _refuse_nested(tree: object, text: str, inside: bool) -> None:
    for operator, argument in tree:  # type: ignore[attr-defined]
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, body = argument
            unbounded = int(high) > 64
            if unbounded and inside:
                raise PatternError(
                    f"'{text}' repeats a repeat without bound, which can take for ever: write it without nesting"
                )
            if unbounded and _has_alternatives(body):
                raise PatternError(
                    f"'{text}' repeats alternatives without bound, which can take for ever: use a character class"
                )
            _refuse_nested(body, text, inside or unbounded)
        elif name == "SUBPATTERN":
            _refuse_nested(argument[3], text, inside)
        elif name == "BRANCH":
            for branch in argument[1]:
                _refuse_nested(branch, text, inside)
        elif name in _ALONE:
            _refuse_nested(_inside_group(name, argument), text, inside and name.startswith("ASSERT"))
        elif name == "GROUPREF":
            raise PatternError(f"'{text}' uses a back reference, which can take for ever")
        elif name == "GROUPREF_EXISTS":
            raise PatternError(f"'{text}' uses a condition, in which repeats are not looked for: write it with `|`")


def _has_alternatives(tree: object) -> bool:
    for operator, argument in tree:  # type: ignore[attr-defined]
        if str(operator) == "BRANCH":
            return True
        if str(operator) == "SUBPATTERN" and _has_alternatives(argument[3]):
            return True
    return False
