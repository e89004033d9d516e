"""The reason as a model reads it: bounded, on one line, and with no word of a template outside of quotes."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard.agents.judge.verdict import Verdict, rank
from cdkguard.text import escape
from cdkguard.text.regexes import lazy_pattern

_TYPE = lazy_pattern(r"AWS::[A-Za-z0-9]{1,40}::[A-Za-z0-9]{1,60}")
_PLAIN = lazy_pattern(r"[A-Za-z0-9](?:[A-Za-z0-9_./:-]*[A-Za-z0-9])?")
_LONG_PART = lazy_pattern(r"(?:[A-Za-z0-9]+[_.:-]+){5}|[^/]{41}|//")  # of six words, or of more than 40 characters
_FILE_END = lazy_pattern(r"\.[a-z]{1,6}:[0-9]{1,6}$")
LONGEST = 1_500  # characters of a reason
_NAME = 72  # characters of a foreign name
_FACTS_END, _WAYS_END = 900, 1_380  # where facts and ways stop, so that the last sentence always stands
_LEADS = {
    "deny": "cdkguard denies this.",
    "ask": "cdkguard asks a person to confirm this.",
    "unasked": "cdkguard stops this: a person has to confirm it, and cannot be asked here.",
}
_LAST = "Do not retry, reword or split the command: it is judged by what it does. Tell the person what stands here."


def quote(text: object, longest: int = _NAME) -> str:
    """A foreign text in quotes that it cannot end: on one line, bounded, without characters that hide or reverse text."""
    visible = "".join(character for character in str(text) if escape.is_visible(character) or character in "\t\n\r")
    plain = " ".join(visible.replace('"', "'").split())
    return f'"{plain}"' if len(plain) <= longest else f'"{plain[: longest - 1].rstrip()}…"'


def name(text: object) -> str:
    """A name as it is, where nothing but a name can be written so: a construct path, a type, `file:line`, an environment.

    Without blanks and of few words between its slashes it is no sentence, and it does not end as one. All else is quoted.
    """
    plain = str(text)
    if len(plain) <= _NAME and _PLAIN.fullmatch(plain) and not _LONG_PART.search(_FILE_END.sub("", plain)):
        return plain
    return name_type(plain)


def name_type(text: object) -> str:
    """A resource type as it is, where it is one of AWS; any other one is quoted."""
    plain = str(text)
    return plain if _TYPE.fullmatch(plain) else quote(plain)


def name_all(texts: Sequence[str], most: int = 4) -> str:
    """Several names, and how many more there are."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(map(name, texts[:most])) + more


def quote_all(texts: Sequence[str], most: int = 4) -> str:
    """Several foreign texts in quotes, and how many more there are."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(map(quote, texts[:most])) + more


def render_names(texts: Sequence[str]) -> str:
    """A few foreign texts in quotes, each once."""
    return quote_all(list(dict.fromkeys(texts)), 3)


def render_reason(verdicts: Sequence[Verdict], may_ask: bool = True) -> str:
    """The reasons of all that is not silent, the strictest first; empty where all is.

    `may_ask` says whether the host can ask its user, so that a question is one.
    """
    told = sorted((v for v in verdicts if v.answer != "silent"), key=lambda v: -rank(v.answer))
    if not told:
        return ""
    answer = told[0].answer
    text = _LEADS[answer if answer == "deny" or may_ask else "unasked"]
    headlines = dict.fromkeys(verdict.headline for verdict in told)
    facts = dict.fromkeys(fact for verdict in told for fact in verdict.facts)
    text = _add(text, [*headlines, *facts], _FACTS_END, "more")
    ways = list(dict.fromkeys(way for verdict in told for way in verdict.ways))
    numbered = [f"({number}) {way}" for number, way in enumerate(ways, 1)]
    if numbered:
        text = _add(f"{text} Instead:", numbered, _WAYS_END, "other ways")
    return f"{text} {_LAST}"[:LONGEST]


def render_findings(verdict: Verdict) -> str:
    """What an agent is told that has finished, and was refused nothing."""
    text = _add(f"cdkguard: {verdict.headline}", list(verdict.facts), _FACTS_END, "more")
    ways = [f"({number}) {way}" for number, way in enumerate(verdict.ways, 1)]
    text = _add(f"{text} What to do:", ways, _WAYS_END, "other ways") if ways else text
    return f"{text} This is said once."[:LONGEST]


def _add(text: str, sentences: Sequence[str], end: int, what: str) -> str:
    """The text with the sentences that fit before `end`, and how many do not."""
    for at, sentence in enumerate(sentences):
        if len(text) + len(sentence) + 1 > end:
            return f"{text} (and {len(sentences) - at} {what})"
        text = f"{text} {sentence}"
    return text
