"""Build tools whose files are not read as programs: a target in whose part of the file one of our tools stands is asked about."""

from __future__ import annotations

import re

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.lines.hidden import find_named_tool
from cdkguard.agents.lines.workspaces import find_upwards
from cdkguard.agents.shell.state import State, is_known

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

FILES = {
    "cmake": ("CMakeLists.txt",),
    "ninja": ("build.ninja",),
    "samu": ("build.ninja",),
    "meson": ("meson.build",),
    **dict.fromkeys(("gradle", "gradlew"), ("build.gradle", "build.gradle.kts")),
    **dict.fromkeys(("gulp", "gulp-cli"), ("gulpfile.js", "gulpfile.mjs", "gulpfile.ts")),
    **dict.fromkeys(("grunt", "grunt-cli"), ("Gruntfile.js", "Gruntfile.cjs")),
    "jake": ("Jakefile", "Jakefile.js"),
    "ant": ("build.xml",),
    "scons": ("SConstruct",),
    "doit": ("dodo.py",),
    "earthly": ("Earthfile",),
    "mage": ("magefile.go",),
}
_FOLDERS = ("-C", "-f", "-p", "--project-dir", "--build", "-B")


def follow_target(session: Session, words: tuple[str, ...], state: State) -> None:
    """`cmake --build . --target destroy`, `ninja destroy`: asked about where the file names one of our tools for it."""
    if not any(word[:1] != "-" for word in words[1:]) and words[0] == "cmake":
        return
    folder = find_upwards(session, state.directory, *FILES[words[0]])
    texts = [session.repository.read(name, folder) or "" for name in FILES[words[0]]] if folder else []
    text = "\n".join(filter(None, texts))
    if not find_named_tool(text):
        return
    targets = [word.rpartition(":")[2] for before, word in zip(words, words[1:], strict=False)
               if word[:1] != "-" and before not in _FOLDERS]  # fmt: skip
    if words[0] == "cmake" and "--build" not in words:
        return  # only configures
    part = text if not targets or not all(map(is_known, targets)) else _find_part(text, targets)
    if tool := find_named_tool(part):
        call = session.make_call(words, state, {}, None)
        unread = f"what {' '.join(words[:4])} runs is not read, and its file names {tool}"
        session.actions.append(call.act("hidden", tool, "", unread=unread))


def _find_part(text: str, targets: list[str]) -> str:
    """The lines that name a target, with those that are indented below, and the rules that they name."""
    lines = text.split("\n")
    chosen: list[str] = []
    names = set(targets)
    for _ in range(2):
        found: list[str] = []
        for at, line in enumerate(lines):
            if names.isdisjoint(re.findall(r"[\w:.-]+", line)) and names.isdisjoint(re.findall(r"[\w.-]+", line)):
                continue
            end = at + 1
            while end < len(lines) and end < at + 20 and (lines[end][:1] in " \t)}" and lines[end].strip()):
                end += 1
            found += lines[at:end]
        chosen += found
        names = {word for line in found if line.startswith("build ") for word in re.findall(r"[\w.-]+", line)[1:]}
    return "\n".join(chosen)
