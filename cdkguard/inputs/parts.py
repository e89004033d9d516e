"""The parts that an input is read in, and the limit on files that are read again and again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.errors import TooMuchError
from cdkguard.model import Assembly
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.inputs.assets import Assets

# Bytes of files that were read for another stack already: CDK writes one file for each stack.
MAX_READ_AGAIN = 1_000_000
# The resource types that deploy another template (inputs.deployed_templates reads which).
DEPLOYERS = frozenset(
    (
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::StackSet",
        "AWS::ServiceCatalog::CloudFormationProduct",
        "AWS::Serverless::Application",
    )
)


class StackHead(NamedTuple):
    """All of a root stack by which its environment is told."""

    name: str
    construct_path: str | None = None
    account: str | None = None
    region: str | None = None
    tags: Mapping[str, str] | None = None


class Part(NamedTuple):
    """A stack with the stacks nested in it, which is read and judged without the others."""

    read: Callable[[], Assembly]
    origin: str  # the cloud assembly, folder or file that it belongs to
    account: str | None = None
    file: str = ""  # of the template
    readings: Readings | None = None  # of the whole assembly
    head: StackHead | None = None
    lacks_context: bool = False  # whether it stands for context that was missing


class Readings:
    """Counts for which stacks each file was read.

    A small file that very many stacks name, or that names itself, would otherwise become very much work.
    """

    def __init__(self) -> None:
        self.first: dict[str, str] = {}  # file -> the first stack that it was read for
        self.more: set[tuple[str, str]] = set()  # (file, another stack)
        self.bytes_again = 0
        self.assets: dict[str, Assets] = {}  # by folder

    def note(self, file: str, stack: str) -> None:
        """Count one reading; raises TooMuchError where files were read again and again."""
        if self.first.setdefault(file, stack) == stack or (file, stack) in self.more:
            return

        self.more.add((file, stack))
        self.bytes_again += size_of(file)
        if self.bytes_again > MAX_READ_AGAIN:
            text = f"named by so many stacks that more than {MAX_READ_AGAIN // 1_000_000} MB would be read again"
            raise TooMuchError(f"{files.relative(file, os.getcwd())}: {text}")

    def add(self, other: Readings) -> None:
        """Count the readings of another process; raises TooMuchError as `note` does."""
        for file, stack in (*other.first.items(), *other.more):
            self.note(file, stack)


def size_of(file: str) -> int:
    """The file's size in bytes; 0 where it cannot be asked, because reading the file then says why."""
    try:
        return os.path.getsize(file)
    except (OSError, ValueError):
        return 0


def join_assemblies(assemblies: Iterable[Assembly]) -> Assembly:
    """One assembly with the stacks, problems and missing context of all, in their order."""
    listed = list(assemblies)
    return Assembly(
        tuple(stack for found in listed for stack in found.stacks),
        tuple(problem for found in listed for problem in found.problems),
        tuple(missing for found in listed for missing in found.missing),
    )
