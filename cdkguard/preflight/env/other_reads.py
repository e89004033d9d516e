"""The environment variables that Java, Kotlin, Go and C# read by their plain calls."""

from __future__ import annotations

import re

from cdkguard.preflight.env.reads import FileReads, Read, Unclear

_CALLS = {
    ".java": r"System\s*\.\s*getenv",
    ".kt": r"System\s*\.\s*getenv",
    ".go": r"os\s*\.\s*(?:Getenv|LookupEnv)",
    ".cs": r"Environment\s*\.\s*GetEnvironmentVariable",
}
ENDINGS = tuple(_CALLS)
_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|//[^\n]*|/\*.*?\*/', re.DOTALL)


def read_other(file: str, text: str, ending: str) -> FileReads:
    """What a file of one of ENDINGS says."""
    text = _COMMENT.sub(lambda found: found[0] if found[0][0] in '"`' else re.sub(r"[^\n]", " ", found[0]), text)
    reads, unclear = [], []
    for found in re.finditer(_CALLS[ending] + r"\s*\(\s*(?:\"(?P<name>[A-Za-z_][\w.]*)\")?(?P<rest>[^)]?)", text):
        line = text.count("\n", 0, found.start()) + 1
        if found["name"]:
            reads.append(Read(found["name"], file, line))
        elif found["rest"].strip():
            unclear.append(Unclear(file, line, "a variable is read under a name that is made there"))
    return FileReads(reads, unclear)
