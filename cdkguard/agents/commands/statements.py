"""Statements of query languages in a call: SQL, PartiQL, Gremlin, openCypher: whether one writes, and to which table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from cdkguard._typing import Any
from cdkguard.agents.commands.aws_names import to_cli_name
from cdkguard.agents.commands.options import read_options
from cdkguard.agents.shell.state import is_known
from cdkguard.text.regexes import lazy_pattern

DESTROYING = frozenset({"DELETE", "DROP", "TRUNCATE"})
_WRITING = DESTROYING | frozenset(
    [
        "INSERT", "UPDATE", "ALTER", "CREATE", "MERGE", "REPLACE", "GRANT", "REVOKE", "CALL", "COPY", "UNLOAD", "VACUUM",
        "SET", "REMOVE", "DETACH", "LOAD", "EXEC", "EXECUTE", "ADDV", "ADDE", "PROPERTY", "UPSERT", "IMPORT", "RENAME",
        "DO", "LOCK", "REFRESH", "MSCK", "REINDEX", "CLUSTER",
    ]
)  # fmt: skip
_TABLE = lazy_pattern(
    r"""(?:\bFROM|\bINTO|\bUPDATE|\bTABLE)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?["'`]?([\w.-]+)""", re.IGNORECASE
)


def find_statement(argument: str, rest: Sequence[str], given: Mapping[str, Any]) -> str:
    """The text of the statements that the argument holds."""
    options = read_options(rest, (), several={argument})
    texts = list(options.values.get(argument, ()))
    texts += [
        value if isinstance(value, str) else json.dumps(value)
        for key, value in given.items()
        if to_cli_name(str(key)) == argument
    ]
    return "\n".join(texts)


def writes(statement: str) -> bool:
    """Whether the statement may write; one that cannot be read may."""
    if not statement.strip() or not is_known(statement) or statement.lstrip().startswith("file://"):
        return True
    return bool(_WRITING & words_of(statement))


def words_of(statement: str) -> set[str]:
    """The statement's words in capitals, without what stands in single quotes."""
    return set(re.findall(r"[A-Z]+", re.sub(r"'[^']*'", "''", statement).upper()))


def table_of(statement: str) -> str:
    """The table that the statement is about; empty where none is found."""
    found = _TABLE.search(statement)
    return found[1] if found and is_known(statement) else ""
