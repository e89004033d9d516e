"""A line -> what it would do: the entrance of the folder."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.agents.lines.session import Session
from cdkguard.agents.nouns import Action, ParsedLine
from cdkguard.agents.shell.budget import TooMuch

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Shell

LONGEST = 200_000  # characters of a line; a file that a line writes stands in it, too


def parse_line(
    line: str, shell: Shell = "posix", directory: str = "", variables: Mapping[str, str] | None = None
) -> ParsedLine:
    """What the line would do in that folder, with these variables of the environment. Reads files of the repository; runs nothing."""
    session = Session(line[:LONGEST], directory, variables or {})
    problems: list[str] = []
    if len(line) > LONGEST:
        problems.append(f"the line is longer than the {LONGEST} characters that are read")
    try:
        session.run(line[:LONGEST].replace("\0", ""), shell)
    except TooMuch as bound:
        problems.append(str(bound))
    except RecursionError:
        problems.append("the line nests deeper than is read")
    repository = session.repository
    actions = tuple(dict.fromkeys(map(_Same, session.actions)))
    return ParsedLine(
        tuple(each.action for each in actions),
        tuple(dict.fromkeys(repository.read_files)),
        tuple(dict.fromkeys([*problems, *session.problems, *repository.unread])),
    )


def parse_api_call(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    directory: str = "",
    variables: Mapping[str, str] | None = None,
) -> ParsedLine:
    """What a call of AWS's API would do, as the tools of MCP servers name it: `dynamodb`, `DeleteTable` or `delete_table`."""
    from cdkguard.agents.commands.aws_calls import read_api_call

    session = Session("", directory, variables or {})
    call = session.make_call(("aws",), session.state, {}, None)
    return ParsedLine(tuple(read_api_call(call, service, operation, parameters)))


class _Same:
    """An action, equal to one with the same fields: mappings have no hash."""

    def __init__(self, action: Action) -> None:
        self.action = action
        self.text = repr(action)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)
