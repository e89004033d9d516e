"""What a command prints, where that can be said without running it: echo, printf, base64 -d, rev, tr, cat of its input."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard.agents.shell.escapes import decode_escapes
from cdkguard.agents.shell.state import is_known, without_unknown


def print_of(words: Sequence[str], given: str | None) -> str | None:
    """The text that the command prints, with `given` as its input; None where nobody knows."""
    name, arguments = words[0].rpartition("/")[2], list(words[1:])
    if name == "echo":
        return _echo(arguments)
    if name == "printf":
        return _printf(arguments)
    if name in ("command", "which", "type") and len(arguments) == 1 + (name == "command"):
        if arguments[-1] == "cdkguard":
            return "/bin/cdkguard"  # wherever: what is done to it is done to the guard
        return arguments[-1] if is_known(arguments[-1]) else None
    if given is None or name not in ("cat", "tee", "base64", "rev", "tr", "xxd", "tac", "head", "sort", "uniq"):
        return None
    if name in ("cat", "tac", "head", "sort", "uniq", "tee"):
        return given if name == "tee" or not [each for each in arguments if each != "-"] else None
    return _decode(name, arguments, without_unknown(given))


def _echo(arguments: list[str]) -> str:
    is_escaped, end = False, "\n"
    while arguments and arguments[0][:1] == "-" and arguments[0][1:] and not arguments[0][1:].strip("neE"):
        is_escaped = is_escaped or "e" in arguments[0]
        end = "" if "n" in arguments[0] else end
        arguments = arguments[1:]
    text = " ".join(arguments)
    return (decode_escapes(text) if is_escaped else text) + end


def _printf(arguments: list[str]) -> str | None:
    """The format with its arguments: `%s`, `%b` and `%%`; of any other the text is not known."""
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        return ""
    pattern, values = decode_escapes(arguments[0]), arguments[1:]
    made: list[str] = []
    while True:
        used, parts = 0, pattern.split("%")
        made.append(parts[0])
        at = 1
        while at < len(parts):
            part = parts[at]
            if part == "" and at + 1 < len(parts):
                made.append("%" + parts[at + 1])
                at += 2
                continue
            if part[:1] not in ("s", "b", "q", "d"):
                return None
            made.append((values[used] if used < len(values) else "") + part[1:])
            used += 1
            at += 1
        values = values[used:]
        if not values or not used:
            return "".join(made)


def _decode(name: str, arguments: list[str], given: str) -> str | None:
    if name == "rev":
        return "\n".join(line[::-1] for line in given.split("\n"))
    if name == "tr":
        return _translate(arguments, given)
    if not any(each in ("-d", "-D", "--decode", "-di", "-r", "-rp", "-r -p") for each in arguments):
        return None
    import binascii

    try:
        decoded = (
            binascii.a2b_base64(given)
            if name == "base64"
            else bytes.fromhex("".join(char for char in given if char in "0123456789abcdefABCDEF"))
        )
        return decoded.decode("utf-8", "replace").replace("\0", "")
    except ValueError:
        return None


def _translate(arguments: list[str], given: str) -> str | None:
    if arguments[:1] == ["-d"] and len(arguments) == 2:
        return "".join(char for char in given if char not in _set_of(arguments[1]))
    if len(arguments) != 2 or arguments[0][:1] == "-":
        return None
    old, new = _set_of(arguments[0]), _set_of(arguments[1])
    if not new:
        return None
    return given.translate({ord(char): new[min(at, len(new) - 1)] for at, char in reversed(list(enumerate(old)))})


def _set_of(text: str) -> str:
    """The characters of a set of `tr`, with ranges."""
    text = text.replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z")
    made, at = "", 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text) and text[at] < text[at + 2]:
            made += "".join(chr(code) for code in range(ord(text[at]), min(ord(text[at + 2]), ord(text[at]) + 256) + 1))
            at += 3
        else:
            made += text[at]
            at += 1
    return made
