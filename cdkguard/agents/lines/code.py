"""Calls of our tools in the code of other languages: commands that are started, and calls of the AWS SDK.

It is a search, not an analysis: literals with what stands before them. A command that is put together at run time from
pieces is not seen, unless a literal that names one of our tools stands in the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.commands.table import DEPLOYERS, name_of, reader_of
from cdkguard.agents.lines.code_calls import find_sdk_calls, find_writes_to_guarded
from cdkguard.agents.shell.state import State, unknown
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_LITERAL = lazy_pattern(
    r"""(?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)|[rbfuRBFU]{0,2}(?:'{3}(?P<t1>.*?)'{3}|"{3}(?P<t2>.*?)"{3}"""
    r"""|'(?P<s1>(?:[^'\\\n]|\\.)*)'|"(?P<s2>(?:[^"\\\n]|\\.)*)"|`(?P<tick>(?:[^`\\]|\\.)*)`)""",
    re.DOTALL,
)
_EXECUTES = frozenset(
    [
        "run", "call", "check_call", "check_output", "popen", "system", "exec", "execl", "execlp", "execv", "execvp",
        "execve", "spawn", "spawnl", "spawnlp", "spawnv", "spawnvp", "getoutput", "getstatusoutput",
        "create_subprocess_exec", "create_subprocess_shell", "execsync", "execfile", "execfilesync", "spawnsync", "execa",
        "execacommand", "execacommandsync", "execasync", "execpromise", "sh", "shell", "command", "cmd", "local", "sudo",
        "qx", "bash", "invoke", "runcommand", "run_command", "run_cmd", "runcmd", "execcommand", "execute", "passthru",
        "shell_exec", "proc_open", "pexec", "capture2", "capture3", "open3", "$", "doshellscript", "script", "do",
    ]
)  # fmt: skip
_SHOWS = frozenset(
    [
        "print", "log", "info", "debug", "warn", "warning", "error", "echo", "write", "puts", "printf", "describe", "it",
        "test", "expect", "assert", "assertequal", "include", "equal", "format", "join", "add_argument", "add_parser",
        "option", "help", "startswith", "endswith", "split", "replace", "match", "search", "compile", "has", "add",
        "append", "raise", "throw", "console", "sleep", "throwerror", "typeerror", "valueerror", "require", "import",
        "from", "fail", "notice", "success", "header",
    ]
)  # fmt: skip
_NAMES = tuple(sorted(DEPLOYERS - {"aws", "eb", "sam", "sst"}))
_QUICK = (
    "cdk", "cloudformation", "boto", "aws", "sam ", "'sam'", '"sam"', "sst", "amplify", "serverless", "sls ", "copilot",
    "ampx", "chalice",
)  # fmt: skip
_CALLEE = lazy_pattern(r"([\w$.]+)\s*\(?\s*(?:\[|new\s+\w+\s*\(|\{\s*\w+\s*:\s*)?\s*$")
_STARTS = lazy_pattern(
    r"\b(?:system|popen|Popen|call|check_call|check_output|run|exec\w*|spawn\w*|getoutput|qx|execSync|execa\w*|passthru|shell_exec)\s*\("
)
# What starts programs, or leads to what does, under whatever name.
_LEADS = lazy_pattern(
    r"subprocess|popen|system|exec|spawn|child_process|\brun|shell|eval|getattr|__import__|importlib|\bpty\b|\bos\b|\bsh\b|\bzx\b|fabric"
    r"|invoke|plumbum|pexpect|ctypes|globals|compile|Function|Process|Command|\bcmd\b|require\(\s*['\"]\.|from\s+\.|\bqx|%x|`|\$\{?\(|\bBun\b|\bDeno\b|startProcess"
    r"|\bcall|\bload|Runtime|\bstart\b|open3?\b|execa",
    re.IGNORECASE,
)
# Functions that start nothing, whatever they get.
_PURE = frozenset(
    [
        "len", "str", "repr", "list", "tuple", "set", "sorted", "bool", "type", "dict", "isinstance", "string", "length",
        "json", "dumps", "stringify", "encode", "hash", "id", "ord", "any", "all", "enumerate", "zip", "upper", "lower", "strip",
    ]
)  # fmt: skip
_SPLITS = lazy_pattern(r"(?:\bshlex\.split|\bsplit|\bstr|\blist|\btuple|\bshell_split|\bstring)\s*\(\s*$")
_BETWEEN = lazy_pattern(r"[\s,\[(]*((?:[\w.$\[\]]+\s*,[\s\[]*)*)")


class Sequence(NamedTuple):
    """Literals behind each other: the arguments of a call, or the values of a list."""

    callee: str
    values: tuple[str, ...]
    is_list: bool
    is_tagged: bool  # a template with a tag: $`cdk deploy`


def search_code(session: Session, code: str, language: str, path: str, state: State) -> None:
    """Add what the code would do to the session's actions."""
    plain = re.sub(r"""['"]\s*\+\s*['"]""", "", code.lower()) if "+" in code else code.lower()
    if not any(word in plain for word in _QUICK) and "cdkguard" not in plain:
        session.actions += find_writes_to_guarded(session, code, path, state)
        return
    before = len(session.actions)
    session.actions += find_sdk_calls(session, code, language, path, state)
    session.actions += find_writes_to_guarded(session, code, path, state)
    named, can_start = "", _LEADS.search(code) is not None or language == "awk"
    for one in _find_sequences(code, language):
        if _starts_command(one, is_inline=not path and language != "awk", can_start=can_start):
            _run_sequence(session, one, code, state)
        elif not named and one.callee.rpartition(".")[2].lower() not in _SHOWS:
            named = next(
                (
                    name
                    for value in one.values
                    for name in (*_NAMES, "aws")
                    if name in re.split(r"[^\w-]+", value.lower())
                ),
                "",
            )
    if len(session.actions) == before and named and not path and _STARTS.search(code):
        call = session.make_call((language, "-c", code[:200]), state, {}, None)
        session.actions.append(call.act("hidden", named, "", unread=f"the code starts a program and names {named}"))


def _run_sequence(session: Session, one: Sequence, code: str, state: State) -> None:
    if one.callee.rpartition(".")[2] in ("exec", "eval", "Function", "compile") and "(" in one.values[0]:
        with session.budget.deeper():  # code in a text: exec("import os; os.system(..)")
            search_code(session, one.values[0], "python", "", state)
        return
    if len(one.values) > 1 or (one.is_list and " " not in one.values[0]):
        session.run_words(one.values, session.copy(state), {}, None, is_inside=True)
    else:
        session.run_text(one.values[0], session.copy(state))


def _starts_command(one: Sequence, is_inline: bool, can_start: bool) -> bool:
    """Whether the literals are a command, by what takes them; `can_start` where the code names what starts programs."""
    if not one.values or not one.values[0].strip():
        return False
    if one.is_tagged or _is_executed(one.callee) or one.callee.rpartition(".")[2] in ("eval", "Function"):
        return True
    name = one.callee.rpartition(".")[2].lower()
    if name in _SHOWS:
        return False
    first = name_of(one.values[0].split()[0])
    if one.is_list and len(one.values) > 1:
        return reader_of(first) is not None or first in ("npx", "bash", "sh", "make", "npm", "yarn", "pnpm", "uv")
    # A text that a variable gets, and that begins as a command of ours does.
    if first not in DEPLOYERS or " " not in one.values[0].strip() or not (one.callee.endswith("=") or is_inline):
        return False
    return can_start or not (one.callee.endswith("=") or not name or name in _PURE)


def _is_executed(callee: str) -> bool:
    return callee.rpartition(".")[2].lower() in _EXECUTES


def _find_sequences(code: str, language: str) -> Iterator[Sequence]:
    is_hash_comment = language != "javascript"
    current: list[str] = []
    start = last = 0
    for found in _LITERAL.finditer(code):
        if found["comment"] is not None:
            if (found["comment"][0] == "#") != is_hash_comment and language != "php":
                continue
            continue
        value = next(
            group for group in (found["t1"], found["t2"], found["s1"], found["s2"], found["tick"]) if group is not None
        )
        value = _plain_value(value, found["tick"] is not None, found[0][:1] in "fF")
        between = code[last : found.start()] if current else ""
        if current and between.strip() in ("+", "") and (between.strip() == "+" or language == "python"):
            current[-1] += value
        elif current and len(between) < 200 and "," in between and (joint := _BETWEEN.fullmatch(between)):
            current += [unknown(each.strip()) for each in joint[1].replace("[", "").split(",") if each.strip()]
            current.append(value)
        else:
            if current:
                yield _make(code, start, last, current, language)
            current, start = [value], found.start()
        last = found.end()
    if current:
        yield _make(code, start, last, current, language)


def _make(code: str, start: int, end: int, values: list[str], language: str) -> Sequence:
    before = code[max(0, start - 120) : start]
    after = code[end : end + 80]
    rest = re.match(r"\s*,\s*\[?\s*((?:[A-Za-z_$][\w.$]*(?:\s*,\s*|\s+|(?=[\])])))+)[\])]", after)
    if rest and "=" not in rest[1]:
        values = [*values, *(unknown(each.strip()) for each in rest[1].split(",") if each.strip())]
    stripped = before.rstrip()
    is_list = stripped.endswith("[") or len(values) > 1
    is_tick = code[start : start + 1] == "`"
    tagged = re.search(r"(?:\$|\bexeca|\bsh|\bbash|\bzx|\$\w*)$", before) is not None and is_tick
    if is_tick and language in ("ruby", "perl", "php"):
        tagged = True
    if stripped.endswith(("=", ":", "= [", ":[", "=[", ": [")) or re.search(r"[=:]\s*[\[(]?\s*$", stripped):
        keyword = re.search(
            r"(\w+)\s*\([^()]*\b(?:args|cmd|command|commandline)\s*[=:]\s*\[?\s*$", stripped, re.IGNORECASE
        )
        return Sequence(keyword[1] if keyword else "=", tuple(values), is_list, tagged)
    found = _CALLEE.search(before[: outer.start()] if (outer := _SPLITS.search(before)) else before)
    if outer and found and _is_executed(found[1]):
        return Sequence(found[1], (" ".join(values),), False, tagged)
    found = _CALLEE.search(before)
    return Sequence(found[1] if found else "", tuple(values), is_list, tagged)


def _plain_value(text: str, is_template: bool, is_formatted: bool) -> str:
    """The literal's text: pieces that are put in at run time are not known."""
    if is_template:
        text = re.sub(r"\$\{([^{}]*)\}", lambda found: unknown(found[0]), text)
    elif is_formatted:
        text = re.sub(r"\{([^{}]*)\}", lambda found: unknown(found[0]), text)
    if "#{" in text:
        text = re.sub(r"#\{([^{}]*)\}", lambda found: unknown(found[0]), text)
    if "\\" in text:
        from cdkguard.agents.shell.escapes import decode_escapes

        text = decode_escapes(text)
    return text
