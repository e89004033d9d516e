"""`cdkguard agents hook`: a host's payload on standard input, an answer in the host's own way; its statuses are 0 and 2.

It is started before each command of an agent, so that all it loads at first is what says "nothing of ours".
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.hosts.events import AFTER, ENDS, event_of
from cdkguard.agents.hosts.host import DENIED, SILENCE, Host, Payload, Reply
from cdkguard.agents.hosts.recognise import recognise_host
from cdkguard.agents.hosts.table import NAMES, load_host
from cdkguard.agents.nouns import ToolCall
from cdkguard.agents.payload_input import read_payload
from cdkguard.agents.quick_json import parse_json
from cdkguard.agents.triggers import may_concern

if TYPE_CHECKING:
    from types import FrameType

_UNREADABLE = "the payload of this tool call cannot be read ({}), so cdkguard cannot tell what it would do"

READING = 15.0  # seconds; lines of 100 KB that are made to cost much take two or three

_PUNCTUATION = str.maketrans(dict.fromkeys('{}[]",:\\', " "))  # of JSON, which is a shell's as well


class Asked(NamedTuple):
    """What the command line asks for."""

    hint: str = ""  # a name of NAMES
    seconds: float = 0.0  # 0: as the host's record says
    problem: str = ""  # why the command line was not understood


class Caller:
    """Who is answered, as far as that is known: the form of the answer if anything fails."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.host: Host | None = None
        self.event = ""
        self.began = time.monotonic()

    def refuse(self, reason: str) -> Reply:
        """The reply that keeps the tool from running, in the form of the host, if one is known.

        What has run already cannot be kept from it: an agent that has finished may end.
        """
        if self.event in (*AFTER, *ENDS):
            return SILENCE
        if self.host is None and self.asked.hint:
            self.host = load_host(self.asked.hint)
        if self.host is not None:
            return self.host.deny(self.event, reason)
        from cdkguard.agents.hosts.replies import deny_by_status

        return deny_by_status("", reason)

    def pass_by(self) -> Reply:
        """The reply for "no opinion"."""
        return self.host.pass_by(self.event) if self.host is not None and self.host.pass_by is not None else SILENCE


class Ended(BaseException):
    """A signal that ends the process."""


class TooSlow(Ended):
    """Reading the line, and the scripts that it leads to, took longer than READING."""


def run(words: Sequence[str]) -> int:
    """Answer the payload on standard input; returns the exit status, 0 or 2, whatever happens."""
    caller = Caller(parse_words(words))
    try:
        _raise_on_signals()
        reply = answer(caller)
    except BaseException as problem:
        reply = _reply_to_failure(caller, problem)
    return write_reply(reply)


def parse_words(words: Sequence[str]) -> Asked:
    """The options of the command line, by hand: argparse costs more than all the rest."""
    asked = Asked()
    left = list(words)
    while left:
        name, sign, value = left.pop(0).partition("=")
        if not sign:
            value = left.pop(0) if left else ""
        if name == "--host" and value in NAMES:
            asked = asked._replace(hint=value)
        elif name == "--deadline" and value.replace(".", "", 1).isdecimal() and float(value) > 0:
            asked = asked._replace(seconds=float(value))
        else:
            return asked._replace(problem=f"`cdkguard agents hook` cannot be called with {name} {value}".rstrip())
    return asked


def answer(caller: Caller) -> Reply:
    """The reply to the payload on standard input."""
    if caller.asked.problem:
        return caller.refuse(f"{caller.asked.problem}, so that nothing is judged: mend the hook file of this host")
    try:
        given, is_whole = read_payload()
    except OSError as problem:
        return caller.refuse(_UNREADABLE.format(problem.strerror))
    given = given or os.environ.get("USER_PROMPT", "").encode()  # of Kiro's IDE 0.x
    if not given.strip():
        return caller.refuse(_UNREADABLE.format("nothing came on standard input"))

    text = given.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    payload = _parse(text)
    if payload is None and not is_whole:
        return caller.refuse(_UNREADABLE.format("it is too long, or did not come to an end"))
    if payload is None:
        return _answer_unreadable(caller, text, "it is no JSON")
    name = recognise_host(payload, caller.asked.hint, os.environ)
    if not name:
        return _answer_unreadable(caller, text, "it is of no known host")

    caller.host, caller.event = load_host(name), event_of(payload)
    call = caller.host.read(payload)
    if call is None or (call.event in ("shell", "aws") and not call.command.strip()):
        return _answer_unreadable(caller, text, "it names no tool or no command")
    return answer_call(caller, call)


def _parse(text: str) -> Payload | None:
    try:
        payload = parse_json(text)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _answer_unreadable(caller: Caller, text: str, why: str) -> Reply:
    """Refused where one of our words stands in it, however little of it was understood."""
    words = text.replace("\\n", " ").replace("\\t", " ").translate(_PUNCTUATION)
    return caller.refuse(_UNREADABLE.format(why)) if may_concern(words) else caller.pass_by()


def answer_call(caller: Caller, call: ToolCall) -> Reply:
    """The reply to a call: silence where nothing of it is ours, else what the judge says."""
    if call.event == "other" or (call.event in ("shell", "aws") and not _is_worth_reading(call.command)):
        return caller.pass_by()
    if not call.directory:
        call = call._replace(directory=os.getcwd())

    from cdkguard.agents.concern import find_concern

    _set_alarm(READING)
    line = find_concern(call)
    _set_alarm(0)
    if line is None:
        return caller.pass_by()
    from cdkguard.agents.answers import answer_concern

    return answer_concern(caller, call, line)


def _is_worth_reading(command: str) -> bool:
    return may_concern(command) or "*** Begin Patch" in command


def _reply_to_failure(caller: Caller, problem: BaseException) -> Reply:
    """What failed was or may have been about a line of ours: it is refused, with what is still to be had."""
    if isinstance(problem, TooSlow):
        words = f"could not read this within {READING:.0f} s, and stopped"
    elif isinstance(problem, KeyboardInterrupt | Ended):
        words = "was interrupted"
    else:
        words = f"failed ({type(problem).__name__})"
    reason = f"cdkguard {words} before it could tell what this would do, so it does not let it run"
    try:
        return caller.refuse(reason)
    except Exception:
        return Reply(err=reason + "\n", status=DENIED)


def write_reply(reply: Reply) -> int:
    """Write the reply; returns the status, which refuses where the answer could not be written."""
    try:
        _write(1, reply.out)
    except OSError:
        reply = Reply(err="cdkguard's answer cannot be written, so it does not let this run\n", status=DENIED)
    try:
        _write(2, reply.err)
    except OSError:
        return reply.status
    return reply.status


def _write(number: int, text: str) -> None:
    left = text.encode("utf-8", "replace")
    while left:
        left = left[os.write(number, left) :]


def _raise_on_signals() -> None:
    """Have SIGTERM and SIGHUP raise Ended: a process that a signal ends has a status that lets the line run."""
    try:
        import _signal  # type: ignore[import-not-found] # `signal` imports enum, which costs as much as all else
    except ImportError:
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(_signal, name, None)
        if number is not None and _signal.getsignal(number) == _signal.SIG_DFL:
            _signal.signal(number, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Ended


def _set_alarm(seconds: float) -> None:
    """Have SIGALRM raise TooSlow after so many seconds; 0 takes it back.

    Past its own limit a host lets the line run. A pattern that backtracks is interrupted by it, too. Windows has no alarm.
    """
    import _signal

    if hasattr(_signal, "setitimer"):
        _signal.signal(_signal.SIGALRM, _be_too_slow if seconds else _signal.SIG_DFL)
        _signal.setitimer(_signal.ITIMER_REAL, seconds)


def _be_too_slow(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow
