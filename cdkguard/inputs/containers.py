"""A stand-in for Docker, for apps whose constructs build images while they are made.

aws-cdk-lib starts the program that CDK_DOCKER names, for the bundling of assets alone: what a container makes is the content
of an asset, of which a template holds the hash. https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/core/lib/bundling.ts
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from cdkguard.system import files

_FILE = "cdkguard-docker-calls"  # in the assembly's folder
_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "docker_stand_in.sh")
_TOOLS = ("build", "buildx", "run", "cp")  # the calls that would have made content; the others only lead to them


def stand_in_variables(out: str, folder: str) -> dict[str, str]:
    """The variables by which an app that writes to `out` calls the stand-in, of which a copy is made in `folder`.

    None where the system starts no script: on Windows, and from a file system whose files may not be run.
    """
    if os.name != "posix":
        return {}
    program = os.path.join(folder, "docker")
    files.write(program, files.read_bytes(_SCRIPT))  # an installed file may have lost its right to be run
    os.chmod(program, 0o700)
    if not os.access(program, os.X_OK):
        return {}
    return {"CDK_DOCKER": program, "CDKGUARD_DOCKER_CALLS": os.path.join(out, _FILE)}


def remove_made_folders(out: str) -> None:
    """Remove the empty folders that the stand-in has made for the app to copy to."""
    for path in reversed(list(_entries(out, "made "))):  # those that lie inside come last
        with suppress(OSError):  # what holds something is not ours alone
            os.rmdir(path)


def tell_calls(out: str) -> str:
    """What the stand-in has answered, in a sentence; empty where the app did not call it."""
    calls = list(_entries(out, "call "))
    counts = {tool: calls.count(tool) for tool in _TOOLS if tool in calls}
    if not counts:
        return ""
    words = ", ".join(f"docker {tool}{f' ({count} times)' if count > 1 else ''}" for tool, count in counts.items())
    return f"no container was started: {words} made nothing"


def _entries(out: str, kind: str) -> Iterator[str]:
    path = os.path.join(out, _FILE)
    if files.is_file(path):
        text = files.read_bytes(path).decode("utf-8", "surrogateescape")
        yield from (line.removeprefix(kind) for line in text.splitlines() if line.startswith(kind))
