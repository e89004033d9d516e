"""Where a quotation or a substitution ends, in one pass over the text, however it nests."""

from __future__ import annotations

from cdkguard.agents.shell.nouns import UNKNOWN

CLOSING = {"(": ")", "{": "}", '"': '"', "`": "`"}


def find_closing(text: str, at: int, opening: str) -> int:
    """The place of what closes `opening`, whose inside begins at `at`; the end of the text where nothing does."""
    if (
        opening == "("
        and text.find("case", at, at + 50_000) >= 0
        and (found := _find_closing(text, at, opening, True)) < len(text)
    ):
        return found
    return _find_closing(text, at, opening, False)


def _find_closing(text: str, at: int, opening: str, knows_case: bool) -> int:
    """The same; with `knows_case` the parenthesis behind a pattern of `case x in a) ..;; esac` closes nothing."""
    stack, end = [opening], len(text)
    cases = 0
    while at < end:
        char, inside = text[at], stack[-1]
        if char == "\\":
            at += 2
            continue
        if char == UNKNOWN:
            at = skip_unknown(text, at)
            continue
        if char == CLOSING[inside]:
            if not (char == ")" and cases and len(stack) == 1):
                stack.pop()
            if not stack:
                return at
        elif inside == "`":
            pass  # Nothing but a backslash means anything before the next backquote.
        elif char == "$" and text[at + 1 : at + 2] in ("(", "{"):
            stack.append(text[at + 1])
            at += 1
        elif char in '"`':
            stack.append(char)
        elif inside != '"':
            if char == "'":
                at = find_quote(text, at, is_escaped=text[at - 1 : at] == "$")
            elif char == "(" and inside == "(":
                stack.append("(")
            elif char == "#" and inside == "(" and text[at - 1] in " \t\n;(":
                at = _line_end(text, at) - 1
            elif knows_case and char in "ce" and len(stack) == 1:
                cases += _case_step(text, at)
        at += 1
    return end


def _case_step(text: str, at: int) -> int:
    """1 where `case` begins a command, -1 where `esac` ends one, otherwise 0."""
    if (
        text.startswith("esac", at)
        and text[at - 1] in " \t\n;"
        and text[at + 4 : at + 5] in ("", " ", "\t", "\n", ";", ")", "&", "|")
    ):
        return -1
    if not text.startswith("case", at) or text[at + 4 : at + 5] not in (" ", "\t"):
        return 0
    before = text[max(0, at - 20) : at].rstrip(" \t")
    return int(not before or before[-1] in "(;|&\n{" or before.endswith(("then", "do", "else")))


def find_quote(text: str, at: int, is_escaped: bool = False) -> int:
    """The place of the single quote that closes the one at `at`; of `$'..'`, a backslash escapes it."""
    if not is_escaped:
        found = text.find("'", at + 1)
        return len(text) if found < 0 else found
    at += 1
    while at < len(text) and text[at] != "'":
        at += 2 if text[at] == "\\" else 1
    return min(at, len(text))


def skip_unknown(text: str, at: int) -> int:
    """Behind the piece that is not known and begins at `at`."""
    found = text.find(UNKNOWN, at + 1)
    return len(text) if found < 0 else found + 1


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found
