"""Whether the name of a variable or property says that its value is a secret: DB_PASSWORD, dbPass, PGPASSWORD, JWT_SIGNING_KEY.

The name must end so: DB_PASSWORD_PARAMETER, SECRET_ARN and TOKEN_TTL only speak of one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cdkguard.text.regexes import lazy_pattern

# A password is one whatever it looks like; a token or secret may be the name of one; a key may be an id or an alias.
Kind = str  # "password", "secret" or "key"

_WORD = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_PASSWORDS = frozenset({"password", "passwd", "passphrase", "passwort", "passcode", "pwd", "pass", "pw"})
_SECRETS = frozenset(
    {
        "secret",
        "token",
        "credential",
        "credentials",
        "creds",
        "apikey",
        "apitoken",
        "authtoken",
        "accesstoken",
        "apisecret",
    }
)
# What a KEY is for: a KEY alone, and one of a table, a bucket or a cache, is none.
_KEYS = frozenset(
    {
        "access", "account", "admin", "api", "app", "auth", "authentication", "authorization", "cipher", "client", "consumer",
        "cookie", "crypto", "decryption", "deploy", "encrypt", "encryption", "hash", "hmac", "integration", "jwt", "license",
        "licence", "master", "private", "rest", "role", "salt", "secret", "service", "session", "shared", "sign", "signature",
        "signing", "storage", "token", "webhook", "write",
    }
)  # fmt: skip
# Of these, AWS KMS may hold the key, and the value is its id.
_KMS_KEYS = frozenset(
    {"crypto", "decryption", "encrypt", "encryption", "hmac", "master", "sign", "signature", "signing", "storage"}
)
# Words glued to one: PGPASSWORD, clientsecret, smtppassword.
_GLUED = lazy_pattern(
    r"(?P<password>password|passwd|passphrase)|(?<!no)(?:secret|apitoken|authtoken|accesstoken|sessiontoken|bearertoken"
    r"|refreshtoken|bottoken|usertoken|credentials)"
)
_GLUED_KEY = lazy_pattern(
    r"(?P<kms>signing|encryption|master)key|(?:api|access|secret|private|auth|jwt|hmac|license|account|shared)key"
)
# Whose PASS or PWD it is, where it is glued on: DBPASS is, COMPASS and BYPASS are not.
_GLUED_PASS = lazy_pattern(
    r"(?:db|database|sql|mysql|maria|mariadb|pg|postgres|pgsql|oracle|mssql|mongo|redis|rds|smtp|imap|mail|email|ftp|sftp|ssh"
    r"|ldap|ad|bind|admin|root|sa|user|app|api|http|proxy|kafka|rabbit|rabbitmq|mq|amqp|mqtt|auth|login|key|keystore|truststore"
    r"|store|cert|vpn|wifi|jdbc|web|my)(?:user|master|root|admin|app)?(?:pass|pwd|pw)"
)
# A word before PASS that makes it something else, and one before a token that no authority gives.
_OTHER_PASS = frozenset({
    "boarding", "by", "first", "hall", "multi", "next", "one", "pre", "season", "second", "single", "test", "third", "two", "num",
    "max", "min", "allow", "did", "must", "should", "will", "on", "if", "band", "high", "low", "render", "build", "final", "dry",
})  # fmt: skip
_OTHER_TOKEN = frozenset({
    "bos", "class", "client", "cls", "continuation", "csrf", "end", "eos", "fcm", "idempotency", "image", "mask", "next", "num",
    "pad", "page", "pagination", "sep", "special", "start", "starting", "stop", "task", "unk", "xsrf", "max", "min", "completion",
})  # fmt: skip
# Words behind the noun that leave it what it is: PASSWORD_PROD, API_KEY_2, SECRET_VALUE.
_TRAILING = frozenset({
    "prod", "production", "dev", "development", "stage", "staging", "test", "testing", "qa", "uat", "live", "old", "new", "current",
    "previous", "primary", "secondary", "default", "value", "plain", "plaintext", "cleartext", "text", "string", "raw", "base", "b64", "base64",
    "prd", "stg", "v",
})  # fmt: skip
# Words before it that make it a switch, a rule or an address.
_ASKING = frozenset({
    "require", "requires", "required", "use", "uses", "has", "have", "is", "enable", "enabled", "disable", "disabled", "allow",
    "allows", "forgot", "forgotten", "reset", "change", "show", "hide", "no", "without", "validate", "check", "generate", "rotate",
})  # fmt: skip


@lru_cache(maxsize=4096)
def kind_of_secret(name: str) -> Kind | None:
    """Of which kind the value of a name like this is; None where the name does not speak of a secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1] in _TRAILING or words[-1].isdigit()):
        words.pop()
    if not words or words[0] in _ASKING:
        return None
    return _kind_of_words(words[-1], words[-2] if len(words) > 1 else "", words) or _kind_of_glued(words[-1])


def _kind_of_words(last: str, before: str, words: list[str]) -> Kind | None:
    if last in _PASSWORDS:
        return None if last in ("pass", "pw") and (before in _OTHER_PASS or last == "pw" and not before) else "password"
    if last in _SECRETS:
        return None if last == "token" and before in _OTHER_TOKEN else "secret"
    if last == "key":
        return None if before not in _KEYS else "key" if before in _KMS_KEYS else "secret"
    if last == "id":  # as in AWS_ACCESS_KEY_ID, the half of a pair
        return "secret" if words[-3:-1] == ["access", "key"] else None
    return None


def _kind_of_glued(word: str) -> Kind | None:
    if _GLUED_PASS.fullmatch(word) is not None:
        return "password"
    if (found := _last_match(_GLUED, word)) is not None:
        return "password" if found["password"] else "secret"
    if (found := _last_match(_GLUED_KEY, word)) is not None:
        return "key" if found["kms"] else "secret"
    return None


def _last_match(pattern: re.Pattern[str], word: str) -> re.Match[str] | None:
    """The match that reaches to the end of a word."""
    return next((found for found in pattern.finditer(word) if found.end() == len(word)), None)
