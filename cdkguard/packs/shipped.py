"""The built-in packs as a wheel ships them: a generated module with their heads, and beside the rules a file with the rest.

The interpreter reads constants of a module five times as fast as `json` reads the same from a file.
"""

from __future__ import annotations

import os

from cdkguard.packs.prepared import Lines, Prepared
from cdkguard.system import files
from cdkguard.system.archives import is_archived, read_own_bytes

_MODULE, _LINES = "builtin_heads.py", "compiled.jsonl"
_WORDS = '"""Generated when the wheel is built (shipped.py): what rules are selected by."""\n'


def shipped_files(prepared: Prepared) -> dict[str, bytes]:
    """Path below the package -> content of the files by which a wheel ships a pack."""
    heads = tuple(
        tuple(tuple(field) if isinstance(field, list) else field for field in head) for head in prepared.heads
    )
    sets = {name: tuple(members) for name, members in prepared.sets.items()}
    module = f"{_WORDS}\nSETS = {sets!r}\nHEADS = {heads!r}\nENDS = {tuple(prepared.lines.ends)!r}\n"
    return {f"packs/{_MODULE}": module.encode("ascii"), f"rules/{_LINES}": prepared.lines.data}


def is_shipped(folder: str) -> bool:
    """Whether the folder of the built-in packs is that of a wheel."""
    return is_archived(folder) or files.is_file(os.path.join(folder, _LINES))


def read_shipped(folder: str) -> Prepared:
    """The built-in packs of this wheel; raises ImportError, OSError or ValueError where it is damaged."""
    from cdkguard.packs import builtin_heads  # type: ignore[attr-defined]  # a checkout has none

    lines = Lines(read_own_bytes(os.path.join(folder, _LINES)), builtin_heads.ENDS)
    return Prepared(builtin_heads.SETS, builtin_heads.HEADS, lines)
