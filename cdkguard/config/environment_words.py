"""What a name or a value says of an environment: the words, and how strongly each stands there.

A guess may make a check milder, so a word counts only where it can hardly mean anything else; a word for production
counts anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from cdkguard._typing import Any
from cdkguard.text.regexes import lazy_pattern

BUILTIN = ("prod", "staging", "dev")  # strictest first
_WORDS = {
    "prod": ("prod", "production", "prd", "live"),
    "staging": ("staging", "stage", "stg", "preprod", "preproduction", "nonprod", "nonproduction", "uat", "qa"),
    "dev": ("dev", "devel", "development", "sandbox", "sbx", "test", "tst", "ephemeral"),
}
_NAME_OF_WORD = {word: name for name, words in _WORDS.items() for word in words}
# Words that speak of production wherever they stand in a name; "live" may be a live chat.
_ALWAYS_PROD = frozenset({"prod", "production", "prd"})
# Words that mean nothing but an environment, so that the end of `OrdersDev` is one: not "LabTest", "QuestionsQa".
_PLAIN = frozenset(
    {"dev", "devel", "stg", "uat", "tst", "sbx", "preprod", "preproduction", "nonprod", "nonproduction", "ephemeral"}
)
# Words behind "dev" with which it speaks of developers: dev-portal, DevOps.
_OF_DEVELOPERS = frozenset({"ops", "secops", "ex", "rel", "portal", "tool", "tools", "hub", "center", "centre", "kit"})
# Words at either end of a name that say what it is a name of: `TestStage`, `Pipeline-dev-shop`.
_NOUNS = frozenset({"stack", "stage", "pipeline", "env", "environment", "account"})
KEYS = ("env", "environment", "stage")  # the tags and context keys whose values name an environment
_OTHER_KEYS = frozenset(
    {"envname", "environmentname", "stagename", "envtype", "environmenttype",
     "deployenv", "deploymentenv", "deploymentenvironment", "deploystage", "deploymentstage"}
)  # fmt: skip

# The regions and accounts in a name: "dev-eu-west-1", "DevEuWest1", "dev-euw1". Small letters alone: the pattern is compiled
# for most apps, and twice as fast so.
_PLACES = lazy_pattern(
    r"(?<![A-Za-z0-9])[a-z]{2}-(?:gov-|iso[a-z]?-)?(?:north|south|east|west|central){1,2}-?\d(?![a-z0-9])"
    r"|[A-Z][a-z](?:Gov)?(?:North|South|East|West|Central){1,2}\d"
    r"|(?<![A-Za-z0-9])(?:us|eu|ap|sa|ca)[ns]?[nsewc]\d(?![a-z0-9])|(?<!\d)\d{12}(?!\d)"
)
# Each place in a name holds one of these, or twelve digits. Where none stands there, the pattern need not be compiled.
_IN_PLACES = ("orth", "outh", "east", "East", "west", "West", "entral", "us", "eu", "ap", "sa", "ca")
# "pre-prod" and "PreProd" are one word, and no production.
_NOT_YET_PROD = lazy_pattern(r"((?<![A-Za-z])(?i:pre|non)|Pre|Non)[-_ ]?(?i:(prod(?:uction)?)(?![a-z]))")
_PULL_REQUEST = lazy_pattern(r"(?i)(?<![a-z0-9])(?:pr|mr|pull)-?\d+(?![a-z0-9])")  # "pr-123": gone when it is merged
_SEPARATORS = lazy_pattern(r"[^A-Za-z0-9]+")
_CAMEL_WORDS = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

Segments = Sequence[Sequence[str]]  # of a name: its words, in lower case, by the parts between its separators


@lru_cache(maxsize=4096)  # of the names of one app, each is asked for several times
def split_name(name: str) -> tuple[tuple[str, ...], ...]:
    """`Shop-DevStack` -> ((shop), (dev, stack)); without regions, accounts and numbers."""
    if any(character.isdigit() for character in name):
        name = _without_places(name)
    if "prod" in name.lower():
        name = _NOT_YET_PROD.sub(lambda found: f"{found[1].title()}{found[2].lower()}", name)
    segments = (tuple(word.lower() for word in _CAMEL_WORDS.findall(part)) for part in _SEPARATORS.split(name))
    return tuple(words for words in segments if words)


def _without_places(name: str) -> str:
    """The name without regions and accounts, and "ephemeral" for the number of a pull request."""
    if any(part in name for part in _IN_PLACES) or sum(character.isdigit() for character in name) >= 12:
        name = _PLACES.sub("-", name)
    lower = name.lower()
    if "pr" in lower or "mr" in lower or "pull" in lower:
        name = _PULL_REQUEST.sub("-ephemeral-", name)
    return name


def without_nouns(segments: Segments) -> list[list[str]]:
    """The segments without the words at either end that only say what the name is of."""
    kept = [list(words) for words in segments]
    while kept and kept[-1][-1] in _NOUNS:
        kept[-1].pop()
        kept = [words for words in kept if words]
    while kept and kept[0][0] in _NOUNS:
        kept[0].pop(0)
        kept = [words for words in kept if words]
    return kept


def environments_in_name(segments: Segments, first_counts: bool) -> Iterator[str]:
    """The environments of which a name speaks clearly: by its last segment, by its first where that counts.

    Only words that mean nothing else count at the end of a longer segment. A word for production counts anywhere.
    """
    for words in segments:
        if not _ALWAYS_PROD.isdisjoint(words):
            yield "prod"
    kept = without_nouns(segments)
    if not kept:
        return

    last = kept[-1][-1]
    if last in _NAME_OF_WORD and last != "stage" and (len(kept[-1]) == 1 or last in _PLAIN):
        yield _NAME_OF_WORD[last]
    first = kept[0][0]
    if first_counts and begins_with_environment(kept):
        yield _NAME_OF_WORD[first]


def begins_with_environment(kept: Segments) -> bool:
    """Whether the first segment of a name without nouns is a word for an environment, and not of developers."""
    if not kept or len(kept[0]) != 1 or kept[0][0] not in _NAME_OF_WORD or kept[0][0] == "stage":
        return False
    return len(kept) == 1 or kept[1][0] not in _OF_DEVELOPERS


def means_nothing_else(word: str) -> bool:
    """Whether the word has no other meaning than an environment: "dev", not "test"."""
    return word in _PLAIN


def environment_of_word(word: str) -> str | None:
    """The environment that a word of a name stands for; the noun "stage" stands for none."""
    return None if word == "stage" else _NAME_OF_WORD.get(word)


def environment_of_value(value: str) -> str | None:
    """The environment that a tag's or context's value names: of several words the strictest, "stage" included."""
    segments = split_name(value)
    found = {_NAME_OF_WORD[words[0]] for words in segments if len(words) == 1 and words[0] in _NAME_OF_WORD}
    if any(not _ALWAYS_PROD.isdisjoint(words) for words in segments):
        found.add("prod")
    return next((name for name in BUILTIN if name in found), None)


def all_environments_in(text: str) -> set[str]:
    """The built-in environments whose words are words of the text anywhere: `MyProdStack` -> {prod}."""
    words = (word.lower() for word in _CAMEL_WORDS.findall(text))
    return {_NAME_OF_WORD[word] for word in words if word in _NAME_OF_WORD}


def is_environment_key(key: str) -> bool:
    """Whether a tag or context key says that its value is an environment: `env`, `acme:Environment`, `StageName`."""
    if key.lower() in KEYS:
        return True
    last = key.replace("/", ":").replace(".", ":").rpartition(":")[2].lower()
    return last in KEYS or last.replace("-", "").replace("_", "").replace(" ", "") in _OTHER_KEYS


def named_environments(pairs: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(key, value, environment) of each tag or context entry that names an environment."""
    for key, value in pairs.items():
        if isinstance(value, str) and value and is_environment_key(key):
            found = environment_of_value(value)
            if found is not None:
                yield key, value, found


def strictest(names: Iterable[str]) -> str | None:
    """The strictest of built-in environments; None of none."""
    found = set(names)
    return next((name for name in BUILTIN if name in found), None)
