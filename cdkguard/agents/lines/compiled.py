"""Programs that are compiled and run in one step: their source is searched as a script is."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.shell.state import State, is_known

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_VALUED = ("-C", "-exec", "-mod", "-tags", "-ldflags", "-gcflags", "-p", "-overlay")
MOST = 20  # files of one package


def follow_go(session: Session, words: tuple[str, ...], state: State) -> None:
    """`go run scripts/down.go`, `go run ./cmd/down`."""
    rest = list(words[1:])
    if rest[:1] != ["run"]:
        return
    del rest[0]
    while rest and rest[0][:1] == "-":
        del rest[: 2 if rest[0] in _VALUED else 1]
    from cdkguard.agents.lines.listing import list_folder
    from cdkguard.agents.lines.programs import run_recipe_of_code

    paths: list[str] = []
    for word in rest:
        if not is_known(word):
            break
        names = list_folder(session, word, state)
        paths += [f"{word.rstrip('/')}/{name}" for name in names if name.endswith(".go")]
        if word.endswith(".go"):
            paths.append(word)
        else:
            break
    for path in paths[:MOST]:
        if not path.endswith("_test.go") and (text := session.read_input(path, state)):
            run_recipe_of_code(session, path, text, "go", state)
