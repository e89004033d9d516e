"""Finds credentials that stand in a template as text, and hides them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import Any
from cdkguard.text.regexes import lazy_pattern

# Shapes of credentials that no other text has, as their makers document them: (kind, a text that each of them holds, pattern).
_SHORT_SHAPES = (
    ("aws_access_key", "AKIA", r"(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])"),
    ("aws_access_key", "ASIA", r"(?<![A-Z0-9])ASIA[A-Z2-7]{16}(?![A-Z0-9])"),
    ("private_key", "PRIVATE KEY", r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY"),
    ("github_token", "ghp_", r"(?<![A-Za-z0-9])ghp_[A-Za-z0-9]{36}"),
    ("github_token", "gho_", r"(?<![A-Za-z0-9])gho_[A-Za-z0-9]{36}"),
    ("github_token", "ghu_", r"(?<![A-Za-z0-9])ghu_[A-Za-z0-9]{36}"),
    ("github_token", "ghs_", r"(?<![A-Za-z0-9])ghs_[A-Za-z0-9]{36}"),
    ("github_token", "ghr_", r"(?<![A-Za-z0-9])ghr_[A-Za-z0-9]{36}"),
    ("github_token", "github_pat_", r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{60,}"),
    ("gitlab_token", "glpat-", r"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}"),
    ("slack_token", "xox", r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("stripe_key", "k_live_", r"(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{16,}"),
    ("google_key", "AIza", r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}"),
    ("anthropic_key", "sk-ant-", r"(?<![\w-])sk-ant-[A-Za-z0-9_-]{20,}"),
    ("openai_key", "sk-", r"(?<![\w-])sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{32,}|or-v1-[0-9a-f]{40,}|[A-Za-z0-9]{32,})"),
    ("url_credentials", "://", r"[a-z][a-z0-9+.-]{1,20}://[^\s/:@§${}<>]{0,64}:(?!%s@|\*+@|x+@)[^\s/:@§${}<>]{3,64}@"),
)  # fmt: skip
# Those that have sixteen letters and digits in a row, which few texts of a template have.
_LONG_SHAPES = (
    ("bedrock_key", "ABSK", r"(?<![A-Za-z0-9])ABSK[A-Za-z0-9+/]{100,300}"),
    ("private_key", "LS0tLS1CRUdJTi", r"LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJ|BFQyBQUklW|BPUEVOU1NI)"),  # the same in Base64
    ("age_key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("gitlab_token", "gldt-", r"(?<![A-Za-z0-9])gldt-[A-Za-z0-9_-]{20,}"),
    ("gitlab_token", "glrt-", r"(?<![A-Za-z0-9])glrt-[A-Za-z0-9_-]{20,}"),
    ("gitlab_token", "glptt-", r"(?<![A-Za-z0-9])glptt-[0-9a-f]{40}"),
    ("gitlab_token", "gloas-", r"(?<![A-Za-z0-9])gloas-[A-Za-z0-9_-]{64}"),
    ("slack_token", "xapp-", r"(?<![A-Za-z0-9])xapp-\d-[A-Z0-9]{8,}-\d{8,}-[a-z0-9]{20,}"),
    ("stripe_key", "k_test_", r"(?<![A-Za-z0-9])[sr]k_test_[A-Za-z0-9]{16,}"),
    ("stripe_webhook_secret", "whsec_", r"(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/]{24,}"),
    ("google_client_secret", "GOCSPX-", r"(?<![A-Za-z0-9])GOCSPX-[0-9A-Za-z_-]{28}"),
    ("groq_key", "gsk_", r"(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{48,}"),
    ("perplexity_key", "pplx-", r"(?<![A-Za-z0-9])pplx-[A-Za-z0-9]{40,}"),
    ("huggingface_token", "hf_", r"(?<![A-Za-z0-9_])hf_[A-Za-z]{34}(?![A-Za-z0-9])"),
    ("npm_token", "npm_", r"(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    ("pypi_token", "pypi-AgE", r"(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{50,}"),
    ("rubygems_key", "rubygems_", r"(?<![A-Za-z0-9])rubygems_[a-f0-9]{48}"),
    ("docker_token", "dckr_pat_", r"(?<![A-Za-z0-9])dckr_pat_[A-Za-z0-9_-]{20,}"),
    ("sendgrid_key", "SG.", r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("twilio_key", "SK", r"(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("brevo_key", "xkeysib-", r"(?<![A-Za-z0-9])xkeysib-[a-f0-9]{64}"),
    ("mailgun_key", "key-", r"(?<![A-Za-z0-9-])key-[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("shopify_token", "shp", r"(?<![A-Za-z0-9])shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("square_token", "sq0", r"(?<![A-Za-z0-9])sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}"),
    ("digitalocean_token", "_v1_", r"(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}"),
    ("databricks_token", "dapi", r"(?<![A-Za-z0-9])dapi[a-f0-9]{32}(?![A-Za-z0-9])"),
    ("terraform_token", ".atlasv1.", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
    ("vault_token", "hvs.", r"(?<![A-Za-z0-9])hvs\.[A-Za-z0-9_-]{24,}"),
    ("pulumi_token", "pul-", r"(?<![A-Za-z0-9])pul-[a-f0-9]{40}"),
    ("grafana_token", "glsa_", r"(?<![A-Za-z0-9])glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    ("grafana_token", "glc_", r"(?<![A-Za-z0-9])glc_[A-Za-z0-9+/]{32,}"),
    ("dynatrace_token", "dt0c01.", r"(?<![A-Za-z0-9])dt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    ("new_relic_key", "NRAK-", r"(?<![A-Za-z0-9])NRAK-[A-Z0-9]{27}"),
    ("sentry_token", "sntry", r"(?<![A-Za-z0-9])sntry(?:u_[a-f0-9]{64}|s_[A-Za-z0-9+/=_]{40,})"),
    ("atlassian_token", "ATATT3", r"(?<![A-Za-z0-9])ATATT3[A-Za-z0-9_=-]{100,}"),
    ("linear_key", "lin_api_", r"(?<![A-Za-z0-9])lin_api_[A-Za-z0-9]{40}"),
    ("notion_token", "ntn_", r"(?<![A-Za-z0-9])ntn_[0-9]{11}[A-Za-z0-9]{35}"),
    ("figma_token", "figd_", r"(?<![A-Za-z0-9])figd_[A-Za-z0-9_-]{40,}"),
    ("postman_key", "PMAK-", r"(?<![A-Za-z0-9])PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    ("planetscale_password", "pscale_", r"(?<![A-Za-z0-9])pscale_(?:pw|tkn|oauth)_[A-Za-z0-9_.=-]{32,}"),
    ("azure_client_secret", "Q~", r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])"),
    ("azure_account_key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{40,}"),
    ("azure_shared_key", "SharedAccessKey=", r"SharedAccessKey=[A-Za-z0-9+/]{40,}"),
    ("slack_webhook", "hooks.slack.com/", r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9_/+-]{30,80}"),
    ("teams_webhook", ".office.com/webhook", r"\.office\.com/webhook(?:b2)?/[0-9a-f-]{36}@[0-9a-f-]{36}/[A-Za-z]{1,40}/[0-9a-f]{32}/"),
    ("discord_webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80}"),
    ("telegram_token", "api.telegram.org/bot", r"api\.telegram\.org/bot\d{6,12}:[A-Za-z0-9_-]{30,}"),
    ("signed_url", "sig=", r"https://[a-z0-9.-]{1,128}/[^\s\"'<>]{0,512}[?&]sig=[A-Za-z0-9%_-]{30,100}"),
    ("google_chat_webhook", "chat.googleapis.com/", r"chat\.googleapis\.com/v1/spaces/[^\s\"'<>?]{1,64}/messages\?key=[A-Za-z0-9_-]{20,64}&token="),
)  # fmt: skip
_SHORTEST = 10  # characters of the shortest credential, `ab://:abc@`
_FILLERS = ("xxxxxxxx", "XXXXXXXX", "00000000")
_RUN = lazy_pattern(r"[A-Za-z0-9]{16}")
_SHORT_MARKS = tuple(mark for _kind, mark, _pattern in _SHORT_SHAPES)
_LONG_MARKS = tuple(mark for _kind, mark, _pattern in _LONG_SHAPES)
_PATTERNS = {row: lazy_pattern(row[2]) for row in (*_SHORT_SHAPES, *_LONG_SHAPES)}
# Values that name the place of a secret begin like this.
ELSEWHERE = ("arn:", "{{resolve:", "/", "http://", "https://", "secretsmanager:", "ssm:", "file:", "s3://", "vault:")


def may_hold_credential(text: str) -> bool:
    """Whether to look for a credential at all: many times faster than the patterns."""
    if len(text) < _SHORTEST:
        return False
    for mark in _SHORT_MARKS:  # `any` takes twice the time, and this is asked of every finding
        if mark in text and (mark != "://" or "@" in text):
            return True
    return has_long_mark(text)


def has_long_mark(text: str) -> bool:
    """Whether it may hold one of the credentials that have sixteen letters and digits in a row."""
    if _RUN.search(text) is not None:
        for mark in _LONG_MARKS:  # noqa: SIM110 - as above
            if mark in text:
                return True
    return False


def _find_credentials(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """(kind, place) of each credential in the text, shape by shape; those of `xxxxxxxx` or `00000000` are examples."""
    for row, pattern in _PATTERNS.items():
        if row[1] in text:
            for found in pattern.finditer(text):
                if not any(filler in found[0] for filler in _FILLERS):
                    yield row[0], found


def find_credential_kind(text: str) -> str | None:
    """The kind of the credential that a text contains, such as `github token`; None where no text has such a shape."""
    if not may_hold_credential(text):
        return None
    return next((kind.replace("_", " ") for kind, _ in _find_credentials(text)), None)


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
    for row, pattern in _PATTERNS.items():
        if row[1] in text:
            text = pattern.sub(lambda match: f"(hidden, {len(match[0])} characters)", text)
    return text


def hide_secrets_in_code(line: str, secret: bool) -> str:
    """A line of source code without the secrets in it; `secret`: a finding there hides its value, so no literal is shown."""
    if secret:
        return _LITERAL.sub(r"\1(hidden)\1", line)
    return hide_credentials(_NAMED_LITERAL.sub(r"\1\2(hidden)\2", line))


def is_secret_name(name: str) -> bool:
    """Whether the value of a property or variable of this name is a secret, of which only the length is shown."""
    if _HIDDEN_NAME.search(name) is not None:
        return True
    from cdkguard.text.secret_names import kind_of_secret

    return kind_of_secret(name) == "password"


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
    if isinstance(value, str) and is_secret_name(name) and not value.startswith(ELSEWHERE) and value:
        return f"(hidden, {len(value)} characters)"
    return value
