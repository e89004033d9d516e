"""The secrets that a script, a configuration file or a build specification assigns in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import Any
from cdkguard.text.regexes import lazy_pattern
from cdkguard.text.secret_names import kind_of_secret
from cdkguard.text.secret_values import is_secret_text

_MOST = 200_000  # characters of a text that are looked at; EC2 takes 16 KB of user data, Lambda 4 MB of code
_WORDS = ("pass", "pwd", "secret", "token", "key", "cred", "identified", "authorization", "curl", " -u")
# A name that speaks of a secret, what assigns, and a text in quotes or a word.
_ASSIGNED = lazy_pattern(
    r"(?:pass|pw|secret|token|key|cred)[a-z0-9_]{0,16}[\"'`]?\]?(?P<sign>\s{0,3}(?::=|=>|[:=])[ \t]{0,3}|[ \t]{1,3})"
    r"(?:(?P<quote>[\"'`])(?P<text>[^\"'`\n]{4,200})[\"'`]|(?P<word>[^\s\"'`,;&|<>$§(){}\[\]\\]{4,200})(?P<after>.?))",
    re.IGNORECASE,
)
_NAME_BEFORE = lazy_pattern(r"[\w.-]{0,64}\Z")
_NAME = lazy_pattern(r"[\w.-]+")
# Commands that take a password without a name: (the value is the last group).
_COMMAND = lazy_pattern(
    r"(?:\bidentified by |\brequirepass |\bsshpass -p ?|\bauthorization[\"']?\s?[:=]\s?[\"']?(?:basic|bearer|token) "
    r"|\bcurl\b[^\n|;]{0,120}?\s(?:-u|--user)[ =][\"']?[\w.@-]{1,40}:|\becho [\"']?[\w-]{1,32}:(?=[^\n]{4,80}\bchpasswd))"
    r"[\"']?(?P<value>[^\s\"'$§<{(|;]{4,200})",
    re.IGNORECASE,
)
_IDENTIFIER = lazy_pattern(r"[a-z]+(?:_[a-z]+)+|[a-z]+(?:[A-Z][a-z]+)+")  # of two words or more, without digits
_BASE64 = lazy_pattern(r"[A-Za-z0-9+/\s]{24,}={0,2}\s*")
# The sections of a build specification whose values are names of secrets.
# https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
REFERENCE_SECTIONS = ("secrets-manager", "parameter-store")


def decode_base64(text: str) -> str:
    """The text that Base64 stands for; the text itself where it is not Base64, or not of characters."""
    if len(text) > _MOST or _BASE64.fullmatch(text) is None:
        return text
    import base64  # few templates have any

    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except ValueError:
        return text


def find_assigned_secrets(text: str) -> Iterator[str]:
    """The name of each secret that a script or a configuration assigns in plain text; "" for one that has no name."""
    text = text[:_MOST]
    lower = text.lower()
    if not any(word in lower for word in _WORDS):
        return
    if '\\"' in text:
        text = text.replace('\\"', '"')
    if next(_find_names(text), None) is None:
        return
    yield from _find_names(_without_references(text) if any(s in text for s in REFERENCE_SECTIONS) else text)


def _find_names(text: str) -> Iterator[str]:
    if any(is_secret_text("password", found["value"]) for found in _COMMAND.finditer(text)):
        yield ""
    yield from (name for name, value in _find_assignments(text) if is_secret_text(name, value))


def _find_assignments(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of each text in quotes or word that is assigned to what sounds like a secret."""
    for found in _ASSIGNED.finditer(text):
        start = found.start()
        before = _NAME_BEFORE.search(text, max(0, start - 64), start)
        name = (before[0] if before else "") + _first_name(found[0])
        if not found["sign"].strip() and not name.startswith("-"):
            continue  # words that follow one another, and no option of a command
        value = found["text"]
        if value is not None and any(map(str.isspace, value)):
            continue  # a sentence about one
        if value is None and (
            not _is_plain_word(found["sign"], found["word"], found["after"] or "") or _is_variable(name, found["word"])
        ):
            continue
        yield name.strip("-"), value or found["word"]


def _first_name(text: str) -> str:
    found = _NAME.match(text)
    return found[0] if found else ""


def _is_plain_word(sign: str, word: str, after: str) -> bool:
    """Whether a word without quotes is a value, and no expression of a programming language."""
    if after in "([,)" and after:
        return False
    if sign == "=" or not sign.strip():  # as a shell, a .env file and an option of a command have it
        return True
    return any(map(str.isdigit, word)) and "." not in word or any(c in word for c in "!@#%^*+")


def _is_variable(name: str, word: str) -> bool:
    """Whether a word without quotes is a variable of a program: ResultToken=result_token, password=db_password."""
    if word.replace("_", "").lower() == name.strip("-").replace("_", "").lower():
        return True
    return _IDENTIFIER.fullmatch(word) is not None and kind_of_secret(word) is not None


def _without_references(text: str) -> str:
    """A build specification without the sections that name secrets kept elsewhere; what is no YAML stays as it is."""
    from cdkguard.text import yaml_nodes

    try:
        root = None if yaml_nodes.line_nested_deeper(text, 40) is not None else yaml_nodes.compose(text)
    except yaml_nodes.NotYaml:
        return text
    for start, end in sorted(_find_spans(root), reverse=True):
        text = text[:start] + text[end:]
    return text


def _find_spans(node: Any) -> Iterator[tuple[int, int]]:
    """(start, end) of the values of REFERENCE_SECTIONS."""
    for entry in node.value if node is not None and isinstance(node.value, list) else ():
        if not isinstance(entry, tuple):
            yield from _find_spans(entry)
        elif entry[0].value in REFERENCE_SECTIONS:
            yield entry[1].start_mark.index, entry[1].end_mark.index
        else:
            yield from _find_spans(entry[1])
