"""Takes secrets out of command lines, by their shapes and by the names that they are given to."""

from __future__ import annotations

import re

from cdkguard.text.credentials import ELSEWHERE, hide_credentials

_WORD = re.compile(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+""", re.DOTALL)
# Broader than what a finding calls a secret: the log loses nothing by a value too many that is hidden.
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase|code)|pwd|secret|token|credential|api_?key|access_?key|private_?key|auth", re.I
)
_GIVEN = re.compile(r"(-{0,2}[A-Za-z_][\w.-]*)(=|:)(.+)", re.DOTALL)


def redact_command(line: str) -> str:
    """The line with `(hidden)` for the value of `PASSWORD=...`, `--secret-string ...`, and for what looks like a credential."""
    pieces: list[str] = []
    end, hides_next = 0, False
    for found in _WORD.finditer(line):
        word = found[0]
        if hides_next and not word.startswith("-"):
            shown = word if _is_elsewhere(word) else "(hidden)"
            hides_next = False
        else:
            shown, hides_next = _redact_word(word)
        pieces += [line[end : found.start()], shown]
        end = found.end()
    return hide_credentials("".join([*pieces, line[end:]]))


def _redact_word(word: str) -> tuple[str, bool]:
    """(the word as it is shown, whether the next one is the value of a secret's option)"""
    given = _GIVEN.fullmatch(word)
    if given is not None and _is_secret_option(given[1]) and not _is_elsewhere(given[3]):
        return f"{given[1]}{given[2]}(hidden)", False
    return word, word.startswith("--") and "=" not in word and _is_secret_option(word)


def _is_secret_option(name: str) -> bool:
    return _SECRET_NAME.search(name.replace("-", "_")) is not None


def _is_elsewhere(value: str) -> bool:
    return value.strip("'\"").startswith((*ELSEWHERE, "$", "`"))
