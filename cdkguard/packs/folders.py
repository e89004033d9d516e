"""Where the files of packs are, and how they are read."""

from __future__ import annotations

import os

from cdkguard.errors import ConfigError, RulePackError
from cdkguard.model import Rule
from cdkguard.system import files
from cdkguard.system.archives import is_archived
from cdkguard.text.spelling import did_you_mean

SETS_FILE = "sets.yaml"  # The file of a pack that names sets of resource types.
BUILTIN_PREFIX = "builtin:"  # The file of a built-in rule is "builtin:PACK/ID.yaml", wherever cdkguard is installed.


def builtin_folder() -> str:
    """The folder of the built-in packs: inside the package in a wheel, beside it in a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packaged = os.path.join(here, "rules")
    return (
        packaged if files.is_folder(packaged) or is_archived(packaged) else os.path.join(os.path.dirname(here), "rules")
    )


def find_pack_folder(name: str) -> str:
    """The folder of a pack: the folder itself, or that of the entry point of `cdkguard.packs`; raises ConfigError."""
    if files.is_folder(name):
        return name

    from importlib.metadata import entry_points

    points = entry_points(group="cdkguard.packs")
    for point in points:
        if point.name == name:
            from importlib.util import find_spec

            spec = find_spec(point.value.split(":")[0])
            if spec is not None and spec.submodule_search_locations:
                return next(iter(spec.submodule_search_locations))

    known = [p.name for p in points]
    raise ConfigError(f"pack '{name}' is no folder and no installed pack{did_you_mean(name, known)}")


def source_file(rule: Rule) -> str:
    """The path of the rule's file on this machine."""
    if not rule.file.startswith(BUILTIN_PREFIX):
        return rule.file
    return os.path.join(builtin_folder(), rule.file.removeprefix(BUILTIN_PREFIX))


def find_rule_files(folder: str) -> list[str]:
    """The YAML files below a pack's folder, in a stable order; a link that leads back is followed once."""
    found = []
    seen = set()
    for directory, folders, names in files.walk(folder, links=True):
        seen.add(os.path.realpath(directory))
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and os.path.realpath(os.path.join(directory, f)) not in seen
        )
        found += [
            os.path.join(directory, n)
            for n in sorted(names)
            if n.lower().endswith((".yaml", ".yml")) and not n.startswith(".")
        ]
    return found


def read_rule_file(path: str) -> str:
    """A rule file's text; raises RulePackError."""
    try:
        if files.exists(path) and not files.is_file(path):
            raise RulePackError(f"{path}:1: is a pipe or device")
        return files.read_text(path)
    except OSError as problem:
        raise RulePackError(f"{path}:1: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise RulePackError(f"{path}:1: not UTF-8 text") from problem
