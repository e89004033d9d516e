"""Frames of a construct's creation -> the line that made it, and the line that called there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cdkguard.inputs.code_files import CodeFiles
from cdkguard.inputs.stack_frames import Frame
from cdkguard.text.regexes import lazy_pattern

_ENOUGH = 200  # traces that are asked for the stack's line
_EMPTY_CALL = lazy_pattern(r"\w\s*\(\s*\)")
_LITERAL = lazy_pattern(r"""["'`]([^"'`]*)["'`]""")


def choose_places(
    frames: Sequence[Frame], around: Sequence[Frame], code: CodeFiles
) -> tuple[Frame | None, Frame | None]:
    """The frame that made the construct and the one that called there.

    `frames` are those of the user's code, the innermost first; `around` those of the stack that it is in, which are no
    callers worth to be named. A class that calls the constructor of its base class makes nothing by that: whoever
    instantiates the class does, unless that is the line of the stack, which makes every resource of it.
    """
    if not frames:
        return None, None
    at = _skip_base_calls(frames, 0, code)
    if at == len(frames) or (at > 0 and frames[at] in around):
        at = 0
    made = frames[at]

    after = at + 1
    if made.is_nameless and after < len(frames) and frames[after].file == made.file:
        after += 1  # the function around a loop's body
    after = _skip_base_calls(frames, after, code)
    caller = frames[after] if after < len(frames) else None
    if caller is None or caller in around or (caller.file, caller.line) == (made.file, made.line):
        return made, None
    # Beside a method that is called without arguments its caller decides nothing.
    if caller.file == made.file and _EMPTY_CALL.search(code.line(caller.file, caller.line)):
        return made, None
    return made, caller


def _skip_base_calls(frames: Sequence[Frame], start: int, code: CodeFiles) -> int:
    """The index of the first frame from there on that is no call of a base class's constructor."""
    return next((at for at in range(start, len(frames)) if not _calls_base(frames[at], code)), len(frames))


def _calls_base(frame: Frame, code: CodeFiles) -> bool:
    return frame.is_constructor and code.calls_base_constructor(frame.file, frame.line)


def find_stack_frames(path: str, traces: Iterable[Sequence[Frame]], code: CodeFiles) -> Sequence[Frame]:
    """The frames of a stack whose own creation was not recorded, by those of what is in it; none where these disagree.

    Each construct around a resource has a class whose constructor is in the resource's trace, the outermost last. So the
    constructor of the stack `Prod/Data` is the second one from the outside, and was called by the frame after it.
    """
    depth, found = path.count("/") + 1, set()
    for frames in islice(filter(None, traces), _ENOUGH):
        calls = list(_constructor_calls(frames, code))
        if len(calls) >= depth:
            found.add(tuple(frames[calls[-depth] :]))
    if len(found) != 1:
        return ()
    (tail,) = found
    literal = _LITERAL.search(code.line(tail[0].file, tail[0].line))
    names_another = literal is not None and "{" not in literal[1] and literal[1] != path.rpartition("/")[2]
    return () if names_another else tail


def _constructor_calls(frames: Sequence[Frame], code: CodeFiles) -> Iterator[int]:
    """The indexes of the frames that instantiate a class with arguments: an app takes none, a construct two."""
    for at in range(1, len(frames)):
        line = code.line(frames[at].file, frames[at].line)
        if frames[at - 1].is_constructor and not _calls_base(frames[at], code) and not _EMPTY_CALL.search(line):
            yield at
