"""The configuration that counts for an agent: the main branch's, whatever the working tree holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from cdkguard._typing import NamedTuple
from cdkguard.agents.judge.committed import CommittedFiles
from cdkguard.agents.judge.losses import Folders
from cdkguard.baselines.worktree import MainBranch, Repository, find_main_branch, find_repository, run_git
from cdkguard.check.evaluate import strict_environments
from cdkguard.config import approvals
from cdkguard.config.baseline_kinds import kind_of
from cdkguard.config.find import FILES, find_config_file, repository_root
from cdkguard.config.load import load_config
from cdkguard.config.settings import AgentSettings, Config
from cdkguard.errors import BaselineError
from cdkguard.system import files
from cdkguard.system.temporary_folders import temporary_folder

_NAMES = (*FILES, "pyproject.toml")
_NOWHERE = "no approvals"  # the name of a file that is never written


class Trusted(NamedTuple):
    """The configuration by which an agent is judged."""

    config: Config
    root: str  # the repository's, or the folder itself
    main: MainBranch | None = None  # None without a repository that has one
    copies: str = ""  # the folder with the main branch's copies of the files that the configuration names
    notes: tuple[str, ...] = ()  # what of the working tree does not count, in words

    @property
    def settings(self) -> AgentSettings:
        """What an agent may do."""
        return self.config.agents

    @property
    def folders(self) -> Folders:
        """Where the files of findings lie."""
        return Folders(os.path.realpath(self.config.directory), os.path.realpath(self.root))

    @property
    def strict(self) -> frozenset[str]:
        """The environments that are judged as production."""
        return strict_environments(self.config)

    def is_as_main(self) -> bool:
        """Whether the working tree is the main branch's tip, file by file, so that what its code says has been reviewed."""
        if self.main is None:
            return False
        changed = run_git(self.root, "diff", "--name-only", "--no-ext-diff", self.main.commit, "--")
        return not changed and not run_git(self.root, "ls-files", "--others", "--exclude-standard")


@contextmanager
def open_trusted(directory: str) -> Iterator[Trusted]:
    """The configuration for an app's folder; its files live as long as the block. Raises ConfigError or BaselineError."""
    with temporary_folder() as temporary:
        folder = os.path.realpath(temporary)
        found = _find_main(directory)
        if found is None:
            yield _without_main(directory, folder)
        else:
            yield _of_main(directory, folder, *found)


def _find_main(directory: str) -> tuple[Repository, MainBranch] | None:
    """The repository and its main branch; None where there is no repository, or none with a commit on a main branch."""
    if not files.exists(os.path.join(repository_root(directory), ".git")):
        return None
    repo = find_repository(directory)
    try:
        return repo, find_main_branch(repo)
    except BaselineError:
        return None


def _without_main(directory: str, folder: str) -> Trusted:
    """The folder's own configuration, without what could exempt a change or let an agent into a strict environment."""
    config = _absolute(load_config(directory, None))
    mild = config.agents.deploy and tuple(n for n in config.agents.deploy if n not in strict_environments(config))
    own = config.agents._replace(
        deploy=mild,
        pull_request=AgentSettings().pull_request,
        protected_branches=(*AgentSettings().protected_branches, *config.agents.protected_branches),
    )
    config = _without_exemptions(config, folder)._replace(agents=own)
    return Trusted(
        config, os.path.realpath(repository_root(directory)),
        notes=("There is no main branch here, so no approval and no suppression counts.",),
    )  # fmt: skip


def _absolute(config: Config) -> Config:
    """The configuration with files that stay the same wherever the judge stands."""

    def absolute(path: str | None) -> str | None:
        return path and os.path.abspath(path)

    against = absolute(config.against) if config.against and kind_of(config.against).is_path else config.against
    return config._replace(
        file=absolute(config.file), against=against, accepted=absolute(config.accepted), approvals=absolute(config.approvals),
        packs=tuple(os.path.abspath(pack) if os.sep in pack else pack for pack in config.packs),
        paths=tuple(map(os.path.abspath, config.paths)), directory=os.path.abspath(config.directory),
    )  # fmt: skip


def _without_exemptions(config: Config, folder: str) -> Config:
    return config._replace(suppressions=(), accepted=None, approvals=os.path.join(folder, _NOWHERE), outputs=())


def _of_main(directory: str, folder: str, repo: Repository, main: MainBranch) -> Trusted:
    committed = CommittedFiles(repo.root, main.commit, folder)
    parts = repo.prefix.split("/") if repo.prefix else []
    above = [os.path.join("", *parts[:level]) for level in range(len(parts), -1, -1)]
    committed.copy(os.path.join(part, name) for part in above for name in _NAMES)
    files.write(os.path.join(folder, ".git"), b"")  # The configuration is looked for up to here.
    at = os.path.join(folder, repo.prefix)
    os.makedirs(at, exist_ok=True)

    config = _absolute(load_config(at, None))
    if config.file is None:
        notes: tuple[str, ...] = ()
        if find_config_file(directory) is not None:
            notes = (f"The settings of cdkguard do not count until they are on {main.name}.",)
        return Trusted(
            _without_exemptions(config, folder)._replace(directory=os.path.abspath(directory)),
            repo.root,
            main,
            folder,
            notes,
        )

    base = os.path.dirname(os.path.abspath(config.file))
    named = [*config.packs, *(os.path.join(base, name) for name in config.packs), approvals.file_of(config)]
    named += [path for path in (config.accepted, config.against) if path and kind_of(path).is_path]
    if committed.copy(_below(folder, path) for path in named):
        config = _absolute(load_config(at, None))  # A pack beside the file is known as one when it is there.
    return Trusted(_moved(config, folder, directory, repo.root), repo.root, main, folder)


def _below(folder: str, path: str) -> str:
    """The path relative to the folder, which it may lead out of."""
    return os.path.relpath(os.path.realpath(path), folder)


def _moved(config: Config, folder: str, directory: str, root: str) -> Config:
    """The configuration for the app in the working tree, with the rules, exemptions and snapshot of the commit."""
    paths = tuple(os.path.join(root, _below(folder, path)) for path in config.paths)
    return config._replace(directory=os.path.abspath(directory), paths=paths, outputs=())
