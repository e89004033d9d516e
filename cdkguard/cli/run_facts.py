"""What an output says of the run itself: the app's name, the commit, the time, the addresses of committed lines."""

from __future__ import annotations

import os
import time

from cdkguard._typing import TYPE_CHECKING
from cdkguard.errors import BaselineError

if TYPE_CHECKING:
    from cdkguard.config.settings import Config
    from cdkguard.outputs.render import Options

# The variables in which continuous-integration services name the commit.
_COMMITS = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BITBUCKET_COMMIT",
    "BUILD_SOURCEVERSION",
    "BUILDKITE_COMMIT",
    "CIRCLE_SHA1",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "GIT_COMMIT",
)
# Formats in which places are links; `github` writes the job's summary, too.
_WITH_LINKS = ("markdown", "github", "github-summary")


def add_run_facts(options: Options, name: str, config: Config) -> Options:
    """The options of the format `name` with these facts, where it shows them.

    Git is asked for a page or a comment alone, and by no run that runs nothing.
    """
    if name in _WITH_LINKS and not config.runs_no_code:
        from cdkguard.cli.permalinks import make_permalink

        return options._replace(permalink=make_permalink(options.root))
    if name not in ("html", "json"):
        return options
    asks_git = name == "html" and not config.runs_no_code
    return options._replace(
        app=_name_app(config.directory),
        commit=_commit_of_service() or (_commit_of_git(config.directory) if asks_git else ""),
    )


def current_time() -> str:
    """Now, as 2030-01-31T12:30:59Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _name_app(directory: str) -> str:
    """The app's folder: its path in the repository, or its name where it is the repository's root or in none."""
    from cdkguard.config.find import repository_root

    folder, root = os.path.realpath(directory), os.path.realpath(repository_root(directory))
    if folder.startswith(root + os.sep):
        return os.path.relpath(folder, root).replace(os.sep, "/")
    return os.path.basename(folder)


def _commit_of_service() -> str:
    return next((os.environ[name] for name in _COMMITS if os.environ.get(name)), "")


def _commit_of_git(directory: str) -> str:
    """HEAD, and whether files differ from it; empty where there is no repository, no commit or no git."""
    from cdkguard.baselines.worktree import find_commit, find_repository, has_changes

    try:
        repository = find_repository(directory)
        commit = find_commit(repository, "HEAD").commit
        return f"{commit} with uncommitted changes" if has_changes(repository) else commit
    except BaselineError:
        return ""
