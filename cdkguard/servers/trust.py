"""Who allows that code of an app runs: whoever starts the server (`--allow-synth`), or the user when the client asks.

A client that cannot ask its user gets no app run. A yes holds for the app's folder until the server ends.
"""

import os

from mcp_types import ClientCapabilities, ListRootsResult
from pydantic import BaseModel, Field

from cdkguard.inputs.app import find_app
from cdkguard.servers.documents import shorten
from cdkguard.servers.folders import folders_of_roots
from cdkguard.system import files


class Permission(BaseModel):
    """The user's answer."""

    run: bool = Field(title="Run the app", description="Run the code of this app, as `cdk synth` does")


class Trust:
    """What a server may read, and what it may run."""

    def __init__(self, directory: str, allows_synth: bool) -> None:
        self.directory = os.path.realpath(directory)
        self.allows_synth = allows_synth
        self._allowed: set[tuple[str, bool]] = set()  # the real path of a folder, and whether its checks may run

    def folders(self, roots: ListRootsResult | None) -> tuple[str, ...]:
        """The folders that may be read: the client's roots, or the server's own folder where it has none to tell."""
        if roots is None:
            return (self.directory,)
        return folders_of_roots(str(root.uri) for root in roots.roots)

    def allows(self, path: str, checks: bool = False) -> bool:
        """Whether the app in this folder may run, and with `checks` its tests and the commands of its checklist, too."""
        return self.allows_synth or (path, True) in self._allowed or (path, checks) in self._allowed

    def remember(self, path: str, checks: bool = False) -> None:
        """The user has allowed it."""
        self._allowed.add((path, checks))


def can_ask(capabilities: ClientCapabilities | None) -> bool:
    """Whether the client shows its user a question with a form."""
    elicitation = capabilities.elicitation if capabilities is not None else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def word_question(path: str, synthesize: bool, revision: str | None, checks: bool = False) -> str:
    """The question whether the app in a folder may run, its code of a git revision, and its checks. Raises CdkguardError."""
    does = []
    if synthesize:
        command = find_app(path, None, {}).command if files.is_folder(path) else "the app"
        does.append(f"runs `{shorten(command, 200)}`")
    if checks and synthesize:
        does.append("runs the project's tests and asks what cdkguard.yaml names under `preflight`")
    if revision is not None:
        does.append(f"runs the app of the revision `{shorten(revision, 100)}`")
    return (
        f"cdkguard judges {shorten(path, 300)} for the agent. That {' and '.join(does)} with your rights, as `cdk synth` "
        "does. Allow it for this folder until the server ends?"
    )
