"""Commands of a shell inside of the command languages of other programs: an editor's `!`, sqlite's `.shell`, awk's pipes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.shell.state import State, is_known
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_EDITOR = lazy_pattern(r"^\s*[:+]?(?:silent!?\s+|\d*[rwe]\s*|%|\.)*!(.+)")
_TCL = lazy_pattern(r"(?:^|[\[;{])\s*(?:spawn|exec|system)\s+(?:-\S+\s+)*([^\];}]+)")
_SPAWNS_SHELL = lazy_pattern(r"\bspawn\s+(?:-\S+\s+)*(?:\S*/)?(?:ba|z|da|k|fi)?sh\b|\bspawn\s+ssh\b")
_SENT = lazy_pattern(r"\bsend\s+(?:-\S+\s+)*[\"{]([^\"}]*)[\"}]")
_BANG = lazy_pattern(r"^\s*!\s*(.+)")
# Program -> what stands before a command in one line of its own language, and the command.
LANGUAGES = {
    **dict.fromkeys(("ed", "ex", "vi", "vim", "nvim", "view", "red"), _EDITOR),
    **dict.fromkeys(("gdb", "cgdb"), lazy_pattern(r"^\s*(?:!|shell\s|pipe\s[^|]*\|)\s*(.+)")),
    "lldb": lazy_pattern(r"^\s*(?:platform\s+)?shell\s+(.+)"),
    "sqlite3": lazy_pattern(r"^\s*\.(?:shell|system)\s+(.+)"),
    "psql": lazy_pattern(r"\\!\s*(.+)"),
    **dict.fromkeys(("mysql", "mariadb"), lazy_pattern(r"(?:\\!|^\s*system\s)\s*(.+?);?$")),
    **dict.fromkeys(("sftp", "ftp", "lftp", "mutt", "mail", "telnet", "less", "more"), _BANG),
    **dict.fromkeys(("expect", "tclsh", "wish", "autoexpect"), _TCL),
    "gnuplot": lazy_pattern(r"""(?:^\s*!|\bsystem\s*\(?\s*['"])([^'"]+)"""),
    "m4": lazy_pattern(r"e?syscmd\(`*([^')]+)"),
}
_OPTIONS = ("-c", "-ex", "-eval-command", "-cmd", "-e", "-f", "-x", "-s", "-S", "-o", "--command", "--execute", "--cmd")
_AWK_READS = lazy_pattern(r'"((?:[^"\\]|\\.)*)"\s*\|&?\s*getline')
_AWK_WRITES = lazy_pattern(r'([^;{}\n|]*)\|&?\s*"((?:[^"\\]|\\.)*)"')
_QUOTED = lazy_pattern(r'"((?:[^"\\]|\\.)*)"')
_CLOSING = {"(": ")", "{": "}", "[": "]", "<": ">"}
_QX = {"perl": lazy_pattern(r"\bqx\s*([^\w\s])"), "ruby": lazy_pattern(r"%x([^\w\s])")}


def run_commands(session: Session, name: str, words: tuple[str, ...], state: State, given: str | None) -> None:
    """Carry out what the program's own commands start, in its arguments, its input and the files that it reads."""
    if name not in LANGUAGES:
        return
    texts = [word for word in words[1:] if " " in word or word[:1] in "!+:"]
    if given is not None and is_known(given) and name not in ("less", "more"):
        texts.append(given)
    for before, word in zip(words, words[1:], strict=False):
        if before in _OPTIONS or (name in ("expect", "tclsh", "wish", "gnuplot") and word[:1] != "-"):
            texts.append(session.read_input(word, state) or "")
    for text in texts:
        session.budget.spend(len(text))
        for line in text.split("\n"):
            for command in LANGUAGES[name].findall(line):
                session.run_text(command.strip().rstrip("\"'"), session.copy(state))
        if name in ("expect", "autoexpect") and _SPAWNS_SHELL.search(text):
            for typed in _SENT.findall(text):
                session.run_text(typed.replace("\\r", "\n").replace("\\n", "\n"), session.copy(state))


def find_shell_texts(code: str, language: str) -> Iterator[tuple[str, str | None]]:
    """(the texts for a shell that stand in the code in forms of their own, their input): awk's pipes, perl's `qx(..)`."""
    if language == "awk":
        for text in _AWK_READS.findall(code):
            yield text, None
        for printed, text in _AWK_WRITES.findall(code):
            yield text, "\n".join(_QUOTED.findall(printed)) or None
        return
    pattern = _QX.get(language)
    for found in pattern.finditer(code) if pattern else ():
        end = code.find(_CLOSING.get(found[1], found[1]), found.end())
        yield re.sub(r"\\(.)", r"\1", code[found.end() : end if end > 0 else len(code)]), None
