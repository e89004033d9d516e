"""Options of a command line -> values, switches and what is left, by a table of those that take a value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cdkguard._typing import NamedTuple


class Options(NamedTuple):
    """What a command line says."""

    values: dict[str, list[str]]  # name without dashes -> values
    switches: list[str]  # as written
    positional: list[str]

    def last(self, *names: str) -> str | None:
        """The last value of the option of these names."""
        found = [value for name in names for value in self.values.get(name, ())]
        return found[-1] if found else None

    def has(self, *switches: str) -> bool:
        """Whether one of the switches is set."""
        return any(each in self.switches for each in switches)


def read_options(
    words: Sequence[str],
    valued: Collection[str],
    aliases: Mapping[str, str] | None = None,
    several: Collection[str] = (),
    is_single_dash: bool = False,
) -> Options:
    """Read `--name value`, `--name=value`, `-n value`, `-nvalue`; `several` take all values up to the next option.

    `aliases` gives the long name of a letter. Everything else that begins with a dash is a switch.
    """
    names = aliases or {}
    values: dict[str, list[str]] = {}
    switches: list[str] = []
    positional: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            positional += words[at:]
            break
        if word[:1] != "-" or word == "-":
            positional.append(word)
            continue
        name, has_value, value = word.lstrip("-").partition("=")
        if word[:2] != "--" and not is_single_dash and name:
            letter = names.get(name[0], name[0])
            if len(name) > 1 and letter in valued:
                name, has_value, value = letter, "=", word[2:].removeprefix("=")
            elif len(name) > 1:
                cut = next((i for i, char in enumerate(name) if names.get(char, char) in valued), None)
                switches += [f"-{char}" for char in (name if cut is None else name[:cut])]
                switches += [f"--{names[char]}" for char in (name if cut is None else name[:cut]) if char in names]
                if cut is None:
                    continue
                name, value = names.get(name[cut], name[cut]), name[cut + 1 :]
                has_value = "=" if value else ""
        name = names.get(name, name)
        if name not in valued and name not in several:
            switches.append(word)
            if f"--{name}" != word:
                switches.append(f"--{name}" + (f"={value}" if has_value else ""))
            continue
        if has_value:
            values.setdefault(name, []).append(value)
        elif name in several:
            while at < len(words) and (words[at][:1] != "-" or words[at][1:2].isdigit()):
                values.setdefault(name, []).append(words[at])
                at += 1
            values.setdefault(name, [])
        elif at < len(words):
            values.setdefault(name, []).append(words[at])
            at += 1
    return Options(values, switches, positional)


def pairs(values: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` of each -> a mapping; quotes around the value go."""
    found = {}
    for value in values:
        key, has_value, rest = value.partition("=")
        if has_value:
            found[key.strip()] = rest.strip().strip("'\"")
    return found
