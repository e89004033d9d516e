"""Frames of stack traces, as Node, Bun, Python and Java write them and aws-cdk-lib records them."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.inputs.shapes import list_or_empty
from cdkguard.text.regexes import lazy_pattern

_LONGEST = 4096  # characters of a frame; a longer one is none
# `new Main (/app/lib/main.ts:10:17)`, `<module> (/app/app.py:12)`, `async file:///app/bin.mts?tsx=1:7:1`.
_FRAME = lazy_pattern(r"(?:async )?(?:(.*)\()?(file://)?((?:/|[A-Za-z]:[\\/]).*?):(\d{1,9})(?::(\d{1,9}))?\)?")
# aws-cdk-lib 2.248 and newer cut the end of a frame without a function off: `/app/lib/main.ts:29 (:)`, `...:29: (:)`.
_CUT_FRAME = lazy_pattern(r"(?:async )?()(file://)?((?:/|[A-Za-z]:[\\/]).*?):(\d{1,9})(?::\d*)?() \(:\)")
_QUERY = lazy_pattern(r"\?[\w=&%.~-]*$")
_DRIVE = lazy_pattern(r"/[A-Za-z]:/")
_LIBRARY = lazy_pattern(
    r"[\\/](?:node_modules|site-packages|dist-packages|jsii-kernel-[^\\/]*|aws-cdk-lib(?:@[^\\/]*)?"
    r"|lib(?:64)?[\\/]python3\.\d+|Python3\d+[\\/]Lib)[\\/]"
)


class Frame(NamedTuple):
    """A call in a file; `column` from 1 where the trace has one, `function` empty where it has no name."""

    file: str
    line: int
    column: int | None = None
    function: str = ""

    @property
    def is_constructor(self) -> bool:
        """Whether the call stands in the constructor of a class."""
        return self.function.startswith("new ") or self.function == "__init__"

    @property
    def is_nameless(self) -> bool:
        """Whether the call stands in a function without a name, such as the body of a loop over a list."""
        return not self.function or (self.function.startswith("<") and self.function != "<module>")


def read_frame(text: Json) -> Frame | None:
    """The frame that a line of a trace describes; None without a file, as in `Array.forEach (:)`, and of a package."""
    if not isinstance(text, str) or len(text) > _LONGEST or "/node_modules/" in text:
        return None
    match = _FRAME.fullmatch(text) or _CUT_FRAME.fullmatch(text)
    if match is None:
        return None
    function, url, file, line, column = match.groups()
    if url:
        from urllib.parse import unquote  # frames of ES modules alone are URLs

        file = unquote(file)
        file = file[1:] if _DRIVE.match(file) else file
    return Frame(_QUERY.sub("", file), int(line), int(column) if column else None, (function or "").strip())


def user_frames(trace: Json) -> Iterator[Frame]:
    """The frames outside libraries, the innermost first."""
    for text in list_or_empty(trace):
        frame = read_frame(text)
        if frame is not None and not is_library(frame.file):
            yield frame


def is_library(file: str) -> bool:
    """Whether the file belongs to an installed package or to the runtime."""
    return _LIBRARY.search(file) is not None
