"""Shells as programs: `bash -lc TEXT`, a script, or their input; `eval` and `source`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.agents.shell.state import is_known
from cdkguard.agents.wrappers.nouns import Inside

SHELLS = {
    "sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh", "oksh", "yash", "elvish", "nu",
    "xonsh",
}  # fmt: skip
_CHECKING = {"sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh"}
POWERSHELLS = {"pwsh", "powershell"}
_VALUED = {"-o", "+o", "-O", "+O", "--rcfile", "--init-file", "-C", "--init-command", "--features"}


def find_in_shell(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """What `sh` with these arguments and this input runs."""
    at = 1
    while at < len(words) and words[at][:1] in "-+" and len(words[at]) > 1:
        word = words[at]
        if _only_checks(words[0], word):
            return
        if word in ("--command",) or (word[:1] == "-" and word[:2] != "--" and "c" in word and word not in _VALUED):
            rest = list(words[at + 1 :])
            while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
                del rest[: 2 if rest[0] in _VALUED else 1]
            if rest:
                yield Inside(text=rest[0], arguments=tuple(rest[2:]))
            return
        if word.startswith("--command="):
            yield Inside(text=word.partition("=")[2])
            return
        if word in ("--help", "--version"):
            return
        if word == "--":
            at += 1
            break
        if word[:2] != "--" and word[:1] == "-" and "s" in word[1:]:
            yield _of_input(given, tuple(words[at + 1 :]))
            return
        is_cluster_of_value = word[:2] != "--" and ("o" in word or word[-1] == "O")  # `-euo pipefail`
        at += 2 if word in _VALUED or is_cluster_of_value else 1
    if at < len(words) and words[at] not in ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
        yield Inside(script=words[at], arguments=tuple(words[at + 1 :]))
    else:
        yield _of_input(given, tuple(words[at + 1 :]))


def _only_checks(name: str, word: str) -> bool:
    """Whether the option has the shell read its script and run nothing: `bash -n`, but not `bash -norc`."""
    is_cluster = word[:1] == "-" and word[1:2] != "-" and not {"o", "O"} & set(word)
    return name in _CHECKING and ((is_cluster and "n" in word) or word == "--no-execute")


def find_in_powershell(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """What `pwsh` with these arguments runs; any beginning of an option's name is the option."""
    at = 1
    while at < len(words):
        name = words[at].lower().lstrip("-/").removeprefix("-")
        if words[at][:1] not in "-/" or not name:
            break
        rest = words[at + 1 :]
        if "encodedcommand".startswith(name) or name == "ec":
            yield _decode(rest[0]) if rest else Inside(is_unread=True)
            return
        if "command".startswith(name):
            yield Inside(text=" ".join(rest), shell="powershell") if list(rest) != ["-"] else _of_input(given, (), True)
            return
        if "file".startswith(name):
            if rest:
                yield Inside(script=rest[0], shell="powershell", arguments=tuple(rest[1:]))
            return
        if name in ("help", "?", "version"):
            return
        takes_value = any(option.startswith(name) for option in ("executionpolicy", "configurationname", "inputformat", "outputformat", "psconsolefile", "windowstyle", "workingdirectory", "custompipename", "settingsfile")) or name in ("ep", "ex", "wd")  # fmt: skip
        at += 2 if takes_value else 1
    if at < len(words):
        is_file = words[at].lower().endswith(".ps1")
        yield (
            Inside(script=words[at], shell="powershell")
            if is_file
            else Inside(text=" ".join(words[at:]), shell="powershell")
        )
    else:
        yield _of_input(given, (), True)


def find_in_cmd(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """What `cmd /c ..` runs."""
    for at, word in enumerate(words[1:], 1):
        if word[:2].lower() in ("/c", "/k", "/r"):
            yield Inside(text=" ".join([word[2:], *words[at + 1 :]]).strip(), shell="cmd")
            return
    yield _of_input(given, ())


def _of_input(given: str | None, arguments: tuple[str, ...], is_powershell: bool = False) -> Inside:
    if given is None:
        return Inside(is_unread=True)
    return Inside(text=given, arguments=arguments, shell="powershell" if is_powershell else "posix")


def _decode(text: str) -> Inside:
    import binascii

    if not is_known(text):
        return Inside(is_unread=True)
    try:
        return Inside(
            text=binascii.a2b_base64(text).decode("utf-16-le", "replace").replace("\0", ""), shell="powershell"
        )
    except ValueError:
        return Inside(is_unread=True)
