"""A git revision as baseline: its app, synthesized in a work tree of its own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from cdkguard import __version__
from cdkguard._typing import Json, NamedTuple, TextIO
from cdkguard.baselines import node_packages, package_stamps, python_packages, worktree
from cdkguard.baselines.git_cache import FORMAT, entry_of, read_entry, write_entry
from cdkguard.baselines.part_of_tree import PartOfTree
from cdkguard.errors import BaselineError, ConfigError, InputError
from cdkguard.inputs import synth
from cdkguard.inputs.app import App, existing_assembly, find_app
from cdkguard.inputs.assembly import read_assembly
from cdkguard.inputs.default_environment import DefaultEnvironment, find_default_environment
from cdkguard.model import Assembly, Problem, Source, Stack, replace_stacks
from cdkguard.system import files
from cdkguard.system.temporary_folders import temporary_folder

# The end of an app's command that runs cdkguard: it would judge the baseline, and fail for old findings.
_CHAINED = re.compile(r"\s*(?:&&|;)[^&|;]*\bcdkguard[\"']?\s+(?:check|diff)\b[^&|;]*$")
# Environment variables that differ from one shell or job to the next, and that no app puts into a template.
_VOLATILE = re.compile(
    r"PWD|OLDPWD|SHLVL|_|TERM.*|COLUMNS|LINES|WINDOWID|DISPLAY|SSH_.*|GPG_.*|XDG_(?:SESSION|RUNTIME|SEAT|VTNR).*|TMPDIR|"
    r"TEMP|TMP|PYTEST_.*|CDKGUARD_.*|TMUX.*|STY|PS1|LS_COLORS|HIST.*|VSCODE_.*|CDK_OUTDIR|CDK_CONTEXT_JSON|"
    r"GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX|EXEC_PATH|EDITOR|ASKPASS|REFLOG_ACTION|AUTHOR_.*|COMMITTER_.*)|"
    r"CONTEXT_OVERFLOW_LOCATION_ENV|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CREDENTIAL_EXPIRATION)"
)
_ABSENT = re.compile(r"Cannot find (?:module|package)|ENOENT|FileNotFoundError|No module named")
_IGNORED = "\n  what git ignores, such as the output of a build, is not in a baseline: `build` in cdk.json makes it"


class GitBaseline(NamedTuple):
    """The assembly of a revision."""

    assembly: Assembly
    commit: str
    directory: str  # the app's folder in the work tree, with the baseline's cdkguard.yaml; gone after the block
    notes: tuple[Problem, ...] = ()


class Configured(NamedTuple):
    """What the configuration of a revision says of its app."""

    app: str | None
    context: Mapping[str, str]
    files: tuple[str, ...] = ()  # the files and folders of the revision that the run will read beside the app's


@contextmanager
def open_revision(
    revision: str | None,
    directory: str,
    *,
    app: str | None = None,
    context: Mapping[str, str],
    timeout: float | None = None,
    full_synth: bool = False,
    progress: TextIO | None = None,
    install: bool = False,
    configured: Callable[[str], Configured] | None = None,
) -> Iterator[GitBaseline]:
    """The app of `directory`, synthesized as it was at a revision (None: the merge base with the main branch).

    The user's work tree is not touched. `configured` gives what the configuration in the app's folder of then says.
    `install` allows to install Node packages for the baseline where its lock file differs. Raises
    BaselineError; where the app had no folder at that revision, the assembly is empty and a note says so.
    """
    repo = worktree.find_repository(directory)
    target = worktree.find_commit(repo, revision)
    with worktree.open_worktree(repo, target.commit) as tree:
        part = PartOfTree(tree, repo.prefix)
        notes = [target.note] if target.note else []
        notes += worktree.check_out_submodules(repo, tree, timeout)
        if not _has_app(os.path.join(tree, repo.prefix), app):
            part.complete()  # The app may have lain elsewhere.
        folder, moved = _find_folder(repo, tree, target.commit, app)
        notes += moved

        if configured is not None:
            app, context, named = configured(_nearest_folder(folder))
            if not all(map(part.holds, named)):
                part.complete()
        if not _has_app(folder, app):
            yield GitBaseline(Assembly(()), target.commit, _nearest_folder(folder), _problems(notes))
            return

        run = _Run(repo, tree, part, folder, target.commit, app, context, full_synth)
        notes += run.copy_context()
        with run.read(timeout, progress, install, notes) as found:
            yield GitBaseline(found, target.commit, folder, _problems(notes))


def without_chain(command: str) -> str:
    """An app's command without a cdkguard behind it, which would judge and fail on its own."""
    return _CHAINED.sub("", command)


def _problems(notes: list[str]) -> tuple[Problem, ...]:
    return tuple(Problem("baseline", note, fatal=False) for note in notes)


def _has_app(folder: str, app: str | None) -> bool:
    return files.is_folder(folder) and (app is not None or files.is_file(os.path.join(folder, "cdk.json")))


def _nearest_folder(folder: str) -> str:
    """The folder, or the nearest one above it that exists: the configuration is looked for from it upwards."""
    while not files.is_folder(folder):
        folder = os.path.dirname(folder)
    return folder


def _find_folder(repo: worktree.Repository, tree: str, commit: str, app: str | None) -> tuple[str, list[str]]:
    """The app's folder in the work tree, and notes where it lay elsewhere or is new.

    A note that all is new names an app of that revision that is gone, because it may have been moved.
    """
    folder = os.path.join(tree, repo.prefix) if repo.prefix else tree
    if _has_app(folder, app):
        return folder, []

    from cdkguard.baselines import moved_apps

    own = f"the app {repo.prefix or 'in the repository root'}"
    gone = moved_apps.list_gone_apps(repo, tree)
    former = moved_apps.find_former_folder(repo, tree, gone)
    if former is not None:
        words = former or "the repository root"
        return os.path.join(tree, former) if former else tree, [
            f"{own} lay in {words} at {commit[:12]}: compared with that"
        ]
    name = os.path.join(gone[0], "cdk.json") if gone else ""
    moved = f"; {name} of that revision is gone: was the app moved? Then nothing of it was compared" if gone else ""
    return folder, [f"{own} is not in {commit[:12]}, so all of it is new{moved}"]


class _Run:
    """The synthesis of one app at one commit.

    `tree` is the work tree of the commit; `folder` is the app's folder in it, `own_folder` that in the user's tree. Both
    have the same path below their trees, unless the app was moved since.
    """

    def __init__(
        self,
        repo: worktree.Repository,
        tree: str,
        part: PartOfTree,
        folder: str,
        commit: str,
        app: str | None,
        context: Mapping[str, str],
        full: bool,
    ) -> None:
        self.repo, self.tree, self.part, self.commit, self.full = repo, tree, part, commit, full
        self.app_option, self.context = app, context
        self.folder = folder
        self.former = "" if folder == tree else os.path.relpath(folder, tree)  # the folder's path below the tree
        self.own_folder = os.path.join(repo.root, repo.prefix) if repo.prefix else repo.root

    def copy_context(self) -> list[str]:
        """Copy cdk.context.json from the user's tree where the revision has none; notes.

        The values that CDK has looked up would else be missing, and the templates would hold dummies.
        """
        source, target = (os.path.join(folder, "cdk.context.json") for folder in (self.own_folder, self.folder))
        if not files.is_file(source) or os.path.lexists(target):
            return []
        shutil.copyfile(source, target)
        return ["cdk.context.json is not in that revision: the baseline was synthesized with the one of the work tree"]

    @contextmanager
    def read(
        self, timeout: float | None, progress: TextIO | None, install: bool, notes: list[str]
    ) -> Iterator[Assembly]:
        """The assembly, from the cache or synthesized now; its files live as long as the block."""
        app = self._find_app()
        if existing_assembly(app) is None:
            default = find_default_environment(self.own_folder, app.settings.get("profile"))  # of now: who would deploy
            entry = entry_of(self._key(app, default, install))
            cached = read_entry(entry) if entry is not None else None
            if cached is not None:
                assembled, tree = cached
                yield self._read(assembled, tree, app.context)
                return

        self.part.complete()
        existing = existing_assembly(app)
        if existing is not None:
            yield self._read(existing, self.tree, app.context)
            return

        command = self._share_packages(app, install, timeout, notes)
        with self._synthesize(app._replace(command=command), default, timeout, progress) as out:
            found = self._read(out, self.tree, app.context)
            if entry is not None and not any(problem.fatal for problem in found.problems):
                write_entry(entry, out, self.tree, len(found.stacks))
            yield found

    def _share_packages(self, app: App, install: bool, timeout: float | None, notes: list[str]) -> str:
        """Give the work tree the packages that are installed; the command to run."""
        own, prefix = self.repo.root, self.repo.prefix
        try:
            with self._folder_of_now():
                notes += node_packages.reuse_node(own, self.tree, prefix, install, timeout)
                command = synth.add_interpreter(app.command, self.folder)
                command, python_notes = python_packages.reuse_python(own, self.tree, prefix, command)
        except OSError as problem:  # Windows allows links to some users only
            raise BaselineError(f"the installed packages cannot be shared with the baseline: {problem}") from problem
        notes += python_notes
        return command

    @contextmanager
    def _folder_of_now(self) -> Iterator[None]:
        """Let the folder's path of now lead to that of then, so that installed packages are found beside a moved app."""
        path = os.path.join(self.tree, self.repo.prefix)
        if self.former == self.repo.prefix or os.path.lexists(path):
            yield
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(self.folder, path, target_is_directory=True)
        try:
            yield
        finally:
            os.unlink(path)

    def _find_app(self) -> App:
        try:
            app = find_app(self.folder, self.app_option, self.context)
        except (InputError, ConfigError) as problem:
            raise BaselineError(f"{self.commit[:12]}: {self._without_tree(str(problem))}") from problem

        for path in re.findall(rf"{re.escape(self.repo.root)}/([^\s\"']*)", app.command):
            if "node_modules" not in path and not self._is_in_virtual_environment(path):
                raise BaselineError(
                    f"the app's command names {path} of the work tree by its absolute path, so the baseline would run "
                    f"today's code; name it relative to the app's folder: {app.command}"
                )
        return app._replace(command=without_chain(app.command))

    def _is_in_virtual_environment(self, path: str) -> bool:
        """Whether a path of the repository is a program of a virtual environment, such as `.venv/bin/python`."""
        environment = os.path.dirname(os.path.dirname(path))
        return os.path.isfile(os.path.join(self.repo.root, environment, "pyvenv.cfg"))

    @contextmanager
    def _synthesize(
        self, app: App, default: DefaultEnvironment, timeout: float | None, progress: TextIO | None
    ) -> Iterator[str]:
        """As `open_synthesized_app`, but errors of the app name the commit; those inside the block do not."""
        with temporary_folder() as out:
            try:
                synth.synthesize(app, out, full=self.full, timeout=timeout, default=default, progress=progress)
            except InputError as problem:
                text = self._without_tree(str(problem))
                stop = BaselineError(
                    f"the baseline {self.commit[:12]}: {text}{_IGNORED if _ABSENT.search(text) else ''}"
                )
                stop.shown = self._without_tree(problem.shown)
                raise stop from problem
            yield out

    def _without_tree(self, text: str) -> str:
        for tree in (self.tree, os.path.relpath(self.tree)):
            text = text.replace(f"{tree}{os.sep}", "").replace(f" in {tree}", " in the repository's root")
        return text

    def _read(self, out: str, tree: str, context: Mapping[str, Json]) -> Assembly:
        """The assembly `out`, with files named as in the user's own tree; it was synthesized in `tree`."""
        try:
            found = read_assembly(out, base=tree, app_directory=self.folder)._replace(context=context)
        except InputError as problem:
            words = str(problem).replace(out + os.sep, "assembly:")
            raise BaselineError(f"the baseline {self.commit[:12]}: {words}") from problem
        folder = os.path.realpath(out)
        return found._replace(stacks=tuple(replace_stacks(found.stacks, lambda stack: self._name_files(stack, folder))))

    def _name_files(self, stack: Stack, out: str) -> Stack:
        """The stack with its lines and files named as in the user's own tree."""
        path = os.path.realpath(os.path.join(self.tree, stack.template_path))
        return stack._replace(
            source_of=lambda logical_id: self._own_source(stack.source_of(logical_id)),
            source=self._own_source(stack.source),
            acknowledgements=tuple(a._replace(source=self._own_source(a.source)) for a in stack.acknowledgements),
            template_path=f"{self.commit[:12]}:{os.path.relpath(path, out)}",
        )

    def _own_source(self, source: Source | None) -> Source | None:
        """`infra/app.py` of the revision as it is written from the current folder."""
        if source is None or os.path.isabs(source.file):
            return source
        path, here = os.path.join(self.repo.root, self._own_name(source.file)), os.path.realpath(os.getcwd())
        inside = os.path.commonpath([path, here]) == here
        return source._replace(
            file=os.path.relpath(path, here) if inside else path, called_from=self._own_source(source.called_from)
        )

    def _own_name(self, file: str) -> str:
        """The file's path in the user's tree; a file of a moved app moved with it."""
        inside = os.path.relpath(file, self.former or os.curdir)
        if self.former == self.repo.prefix or inside.startswith(os.pardir):
            return file
        return os.path.join(self.repo.prefix, inside)

    def _key(self, app: App, default: DefaultEnvironment, install: bool) -> Json:
        """All that the assembly depends on, as far as that can be known without running the app."""
        variables = {k: v for k, v in os.environ.items() if not _VOLATILE.fullmatch(k)}
        return [
            FORMAT, __version__, self.commit, self.repo.root, self.repo.prefix, self.former, app.command, app.build, app.context,
            app.settings, self.full, install, default.account, default.region, sorted(variables.items()), package_stamps.installation_stamps(self.repo.root, self.repo.prefix),
        ]  # fmt: skip
