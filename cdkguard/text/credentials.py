"""Finds credentials that stand in a template as text, and hides them."""

from __future__ import annotations

import math
import re

from cdkguard._typing import Any
from cdkguard.text.regexes import lazy_pattern

# Shapes of credentials that no other text has.
SHAPES = lazy_pattern(
    r"(?P<aws_access_key>(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9]))"
    r"|(?P<private_key>-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP )?PRIVATE KEY)"
    r"|(?P<github_token>(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,}))"
    r"|(?P<slack_token>(?<![A-Za-z0-9])xox[abpors]-[A-Za-z0-9-]{10,})"
    r"|(?P<stripe_key>(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{16,})"
    r"|(?P<google_key>(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35})"
    r"|(?P<gitlab_token>(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,})"
    r"|(?P<anthropic_key>(?<![\w-])sk-ant-[A-Za-z0-9_-]{20,})"
    r"|(?P<openai_key>(?<![\w-])sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{32,}|[A-Za-z0-9]{32,}))"
    r"|(?P<url_credentials>[a-z][a-z0-9+.-]{1,20}://[^\s/:@§${}<>]{0,64}:(?!%s@|\*+@|x+@)[^\s/:@§${}<>]{3,64}@)"
)
# Each credential of a shape holds one of these, but for that of a URL.
_MARKS = (
    "AKIA", "ASIA", "PRIVATE KEY", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xox", "k_live_", "AIza", "glpat-", "sk-",
)  # fmt: skip
_NAME = lazy_pattern(
    r"(?:^|[_\-./])(?:(?P<password>password|passwd|passphrase|pwd)|secret|api_?key|access_?key|secret_?key|private_?key"
    r"|auth_?token|access_?token|token|credentials?|access_?key_?id)\Z",
    re.IGNORECASE,
)
_CAMEL = lazy_pattern(r"(?<=[a-z0-9])(?=[A-Z])")
# Values that are no secret, whatever their name is: switches, blanks, templates.
_PLACEHOLDER = lazy_pattern(
    r"\A(?:\s*|[x*.#_-]+|<.*>|\$\{.*\}|\{\{.*\}\}|%s|null|none|nil|undefined|true|false|yes|no|on|off|enabled|disabled|required"
    r"|optional|todo|changeme_?in_?console)\Z",
    re.IGNORECASE | re.DOTALL,
)
# Values that name the place of a secret begin like this.
_ELSEWHERE = ("arn:", "{{resolve:", "/", "http://", "https://", "secretsmanager:", "ssm:", "file:", "s3://", "vault:")
_SECRET_PATH = lazy_pattern(r"[A-Za-z][\w.-]*(?:/[\w.-]+)+\Z")  # prod/orders/db: the name of a secret
_AWS_SECRET_KEY = lazy_pattern(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9/+]{40}\Z")
_KEY_ENTROPY = 4.5  # bits per character; words in CamelCase stay below it, a random key of 40 characters above


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    counts = {c: text.count(c) for c in set(text)}
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) if text else 0.0


def may_hold_credential(text: str) -> bool:
    """Whether to look for a credential at all: many times faster than SHAPES."""
    for mark in _MARKS:  # noqa: SIM110 - `any` takes twice the time, and this is asked of every finding
        if mark in text:
            return True
    return "://" in text and "@" in text


def find_credential_kind(text: str) -> str | None:
    """The kind of the credential that a text contains, such as `github token`; None where no text has such a shape."""
    found = SHAPES.search(text) if may_hold_credential(text) else None
    if found is None:
        return None
    return (found.lastgroup or "credential").replace("_", " ")


def is_secret_text(name: str, text: str) -> bool:
    """Whether the literal value of the named variable is a secret by its name, or looks like an AWS secret key.

    The name must end so: DB_PASSWORD does, but DB_PASSWORD_PARAMETER, SECRET_ARN and TOKEN_TTL only speak of one.
    A credential of unmistakable shape (`find_credential_kind`) is found wherever it stands, so it does not count here.
    """
    if find_credential_kind(text) or text.startswith(_ELSEWHERE) or _PLACEHOLDER.match(text) or "§" in text:
        return False
    if _AWS_SECRET_KEY.match(text) is not None and entropy(text) >= _KEY_ENTROPY:  # which may look like a path
        return True
    named = _NAME.search(_CAMEL.sub("_", name).replace("-", "_"))
    if named is None:
        return False
    if text.isdigit() and len(text) < 6:  # a length, a lifetime, a switch
        return False
    return named.group("password") is not None or _SECRET_PATH.match(text) is None


_HIDDEN_NAME = lazy_pattern(
    r"(password|passwd|passphrase|secret(string|key)?|token|api_?key|private_?key|credential)s?\Z", re.I
)
# A text in quotes behind a name, an argument or a call that speaks of a secret.
_NAMED_LITERAL = lazy_pattern(
    r"""((?:passw(?:or)?d|passphrase|pwd|secret|token|api_?key|access_?key|private_?key|credential|plain_?text)\w*["'`]?\]?"""
    r"""\s*[:=,(]+\s*[fbru]{0,2})(["'`]).*?(?:\2|$)""",
    re.IGNORECASE,
)
_LITERAL = lazy_pattern(r"""(["'`]).*?(?:\1|$)""")


def hide_credentials(text: str) -> str:
    """The text with `(hidden, 20 characters)` for each credential of a shape that no other text has."""
    if not may_hold_credential(text):
        return text
    return SHAPES.sub(lambda match: f"(hidden, {len(match[0])} characters)", text)


def hide_secrets_in_code(line: str, secret: bool) -> str:
    """A line of source code without the secrets in it; `secret`: a finding there hides its value, so no literal is shown."""
    if secret:
        return _LITERAL.sub(r"\1(hidden)\1", line)
    return hide_credentials(_NAMED_LITERAL.sub(r"\1\2(hidden)\2", line))


def is_secret_name(name: str) -> bool:
    """Whether the value of a property or variable of this name is a secret, of which only the length is shown."""
    return _HIDDEN_NAME.search(name) is not None


def find_name_beside(pair: Any, key: Any) -> str:
    """The name beside a value, in a pair such as {Name: DB_PASSWORD, Value: ...}; "" where `key` is no key of a value."""
    if not isinstance(pair, dict) or key not in ("Value", "value", "ParameterValue"):
        return ""
    names = (pair.get(k) for k in ("Name", "name", "Key", "key", "ParameterKey", "OptionName"))
    return next((name for name in names if isinstance(name, str)), "")


def mask_secrets(path: str, value: Any) -> Any:
    """The value with `(hidden, 20 characters)` for each text that its name calls a secret; references stay readable."""
    if isinstance(value, dict):
        return {key: mask_secrets(find_name_beside(value, key) or str(key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [mask_secrets(path, item) for item in value]
    name = re.sub(r"(\[[^\]]*\])+\Z", "", path)
    if isinstance(value, str) and is_secret_name(name) and not value.startswith(_ELSEWHERE) and value:
        return f"(hidden, {len(value)} characters)"
    return value
