"""Whether a value is a secret in plain text, by the name beside it, and the secrets that a script or a settings text assigns."""

from __future__ import annotations

import re

from cdkguard.text import credentials
from cdkguard.text.regexes import lazy_pattern

# Values that are no secret, whatever their name is: switches, blanks, templates, types.
_PLACEHOLDER = lazy_pattern(
    r"(?:\s*|[x*.#_-]+|<.*>|\[.*\]|\$\{.*\}|\$\(.*\)|\$\w+|\$\$?[.:].*|%\w+%|\{\{.*\}\}|\{\w*\}|%s|null|none|nil|undefined|true|false|yes|no"
    r"|on|off|enabled|disabled|required|optional|todo|tbd|n/a|changeme_?in_?console|redacted|masked|hidden|prompt|string|number"
    r"|integer|boolean|securestring|secretstring|(?:your|replace|insert|enter|put)[_ -].*|.*[_ -]here|unused|not[-_ ]?used|env|file)",
    re.IGNORECASE | re.DOTALL,
)
_SECRET_PATH = lazy_pattern(r"[A-Za-z][\w.-]*(?:/[\w.-]+)+")  # prod/orders/db: the name of a secret
_ID = lazy_pattern(
    r"(?:mrk-)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|(?:mrk-)[0-9a-f]{32}", re.I
)
_AWS_SECRET_KEY = lazy_pattern(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9/+]{40}")
_KEY_ENTROPY = 4.5  # bits per character; words in CamelCase stay below it, a random key of 40 characters above
# A part `password=...` of a connection string or of the query of an address.
_PART = lazy_pattern(
    r"(?:^|[;?&\s,/{(]|-[DP])(?P<name>[A-Za-z][\w.-]{1,40})\s{0,2}=\s{0,2}(?P<value>'[^']{3,200}'|[^;&\s,'\"<>§${}()\[\]]{4,200})"
)
# What an address signs or lets in with, besides the names of secrets.
_SIGNATURES = frozenset({"sig", "signature", "x-amz-signature", "code", "key"})
_SIGNED = lazy_pattern(r"[A-Za-z0-9%_+/=-]{20,}")


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    import math

    counts = {c: text.count(c) for c in set(text)}
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) if text else 0.0


def is_secret_text(name: str, text: str) -> bool:
    """Whether the literal value of the named variable is a secret by its name, or looks like one by itself.

    A credential of unmistakable shape (`find_credential_kind`) is found wherever it stands, so it does not count here.
    """
    if credentials.find_credential_kind(text):
        return False
    if _AWS_SECRET_KEY.fullmatch(text) is not None and entropy(text) >= _KEY_ENTROPY:  # which may look like a path
        return True
    if "=" in text and "\n" not in text and holds_secret_part(text):
        return True
    if "§" in text:
        return False
    from cdkguard.text.secret_names import kind_of_secret

    return _is_secret_value(kind_of_secret(name), text)


def _is_secret_value(kind: str | None, text: str) -> bool:
    if kind is None or names_a_place(text) or _PLACEHOLDER.fullmatch(text) is not None:
        return False
    if text.isdigit() and len(text) < 6:  # a length, a lifetime, a switch
        return False
    if kind == "key" and (_ID.fullmatch(text) is not None and "-" in text or text.startswith("alias/")):
        return False
    return kind == "password" or _SECRET_PATH.fullmatch(text) is None


def names_a_place(text: str) -> bool:
    """Whether a value says where a secret is kept: an ARN, a path, an address, a reference."""
    return text.startswith(credentials.ELSEWHERE)


def holds_secret_part(text: str) -> bool:
    """Whether a connection string or an address carries a secret: `host=db password=...`, `https://x/?sig=...`."""
    from cdkguard.text.secret_names import kind_of_secret

    for found in _PART.finditer(text):
        name, value = found["name"], found["value"].strip("'")
        if name.lower() in _SIGNATURES:
            if "://" in text[: found.start()] and _SIGNED.fullmatch(value) and any(map(str.isdigit, value)):
                return True
        elif (kind := kind_of_secret(name)) is not None and _is_secret_value(kind, value):
            return True
    return False
