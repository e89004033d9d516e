"""A git revision as baseline: its app synthesized in a work tree of its own, kept by commit in the user's cache."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from cdkguard import __version__
from cdkguard._typing import Json, NamedTuple, TextIO
from cdkguard.baselines import dependencies, worktree
from cdkguard.errors import BaselineError, ConfigError, InputError
from cdkguard.inputs import synth
from cdkguard.inputs.assembly import read_assembly
from cdkguard.model import Assembly, Problem, Source, Stack, replace_stacks
from cdkguard.system import files
from cdkguard.system.cache import cache_folder, make_cache_folder

KEPT = 20  # synthesized baselines in the cache
_FORM = "1"  # of a cache entry; part of its key
_DIGESTS, _ASSEMBLY = "digests.json", "assembly"
# An app that runs cdkguard behind itself would judge the baseline, and end in an error for findings that are old.
_CHAINED = re.compile(r"\s*(?:&&|;)[^&|;]*\bcdkguard[\"']?\s+(?:check|diff)\b[^&|;]*$")
# Variables that differ from one shell or job to the next and that no app makes a template of.
_VOLATILE = re.compile(
    r"PWD|OLDPWD|SHLVL|_|TERM.*|COLUMNS|LINES|WINDOWID|DISPLAY|SSH_.*|GPG_.*|XDG_(?:SESSION|RUNTIME|SEAT|VTNR).*|TMPDIR|"
    r"TEMP|TMP|PYTEST_.*|CDKGUARD_.*|TMUX.*|STY|PS1|LS_COLORS|HIST.*|VSCODE_.*|CDK_OUTDIR|CDK_CONTEXT_JSON|"
    r"GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX|EXEC_PATH|EDITOR|ASKPASS|REFLOG_ACTION|AUTHOR_.*|COMMITTER_.*)|"
    r"CONTEXT_OVERFLOW_LOCATION_ENV|AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CREDENTIAL_EXPIRATION)"
)


class GitBaseline(NamedTuple):
    """A synthesized revision."""

    assembly: Assembly
    commit: str
    directory: str  # the app's folder in the work tree, with the baseline's cdkguard.yaml; gone after the block
    notes: tuple[Problem, ...] = ()


@contextmanager
def checked_out(
    revision: str | None,
    directory: str,
    *,
    app: str | None = None,
    context: Mapping[str, str],
    timeout: float | None = None,
    full_synth: bool = False,
    progress: TextIO | None = None,
    install: bool = False,
    configured: Callable[[str], tuple[str | None, Mapping[str, str]]] | None = None,
) -> Iterator[GitBaseline]:
    """Synthesize the app of `directory` as it was at a revision (None: the merge base with the main branch).

    The user's work tree is not touched. `configured` says app and context by the settings in the app's folder of then. `install` allows to install Node packages for the baseline where its lock file
    differs. Raises BaselineError; where the app had no folder at that revision, the assembly is empty and a note says so.
    """
    repo = worktree.repository(directory)
    target = worktree.resolve(repo, revision)
    with worktree.checked_out(repo, target.commit) as tree:
        notes = [target.note] if target.note else []
        notes += worktree.submodules(repo, tree, timeout)
        folder = os.path.join(tree, repo.prefix) if repo.prefix else tree
        if configured is not None:
            app, context = configured(_nearest(folder))
        if not _has_app(folder, app):
            notes.append(_new_app(repo, tree, target.commit))
            yield GitBaseline(Assembly(()), target.commit, _nearest(folder), _problems(notes))
            return
        run = _Run(repo, tree, target.commit, app, context, full_synth)
        notes += run.lend_context()
        with run.read(timeout, progress, install, notes) as found:
            yield GitBaseline(found, target.commit, folder, _problems(notes))


def _problems(notes: list[str]) -> tuple[Problem, ...]:
    return tuple(Problem("baseline", note, fatal=False) for note in notes)


def _has_app(folder: str, app: str | None) -> bool:
    return files.is_folder(folder) and (app is not None or files.is_file(os.path.join(folder, "cdk.json")))


def _nearest(folder: str) -> str:
    """The folder, or the nearest above it that is there: settings are looked for from it upwards."""
    while not files.is_folder(folder):
        folder = os.path.dirname(folder)
    return folder


def _new_app(repo: worktree.Repository, tree: str, commit: str) -> str:
    """Says that all is new, and which app of that revision is gone: it may have been moved."""
    listed = worktree.git(tree, "ls-files", "-z", "--", "cdk.json", "*/cdk.json") or ""
    gone = [file for file in listed.split("\0") if file and not os.path.exists(os.path.join(repo.root, file))]
    moved = f"; {gone[0]} of that revision is gone: was the app moved? Then nothing of it was compared" if gone else ""
    return f"the app {repo.prefix or 'in the repository root'} is not in {commit[:12]}, so all of it is new{moved}"


class _Run:
    """One app of one commit: how it is synthesized, and where the result is kept."""

    def __init__(
        self,
        repo: worktree.Repository,
        tree: str,
        commit: str,
        app: str | None,
        context: Mapping[str, str],
        full: bool,
    ) -> None:
        self.repo, self.tree, self.commit, self.full = repo, tree, commit, full
        self.app_option, self.context = app, context
        self.folder = os.path.join(tree, repo.prefix) if repo.prefix else tree
        self.own = os.path.join(repo.root, repo.prefix) if repo.prefix else repo.root

    def lend_context(self) -> list[str]:
        """Looked-up context that is not under version control would be missing: dummies instead of what is deployed."""
        source, target = (os.path.join(folder, "cdk.context.json") for folder in (self.own, self.folder))
        if not files.is_file(source) or os.path.lexists(target):
            return []
        shutil.copyfile(source, target)
        return ["cdk.context.json is not in that revision: the baseline was synthesized with the one of the work tree"]

    @contextmanager
    def read(
        self, timeout: float | None, progress: TextIO | None, install: bool, notes: list[str]
    ) -> Iterator[Assembly]:
        """The assembly, from the cache or made now; its files live as long as the block."""
        app = self._app()
        existing = synth.existing_assembly(app)
        if existing is not None:
            yield self._told(existing, self.tree, app.context)
            return
        entry = _entry(self._key(app, install))
        kept = _kept(entry) if entry is not None else None
        if kept is not None:
            assembled, tree = kept
            notes.append("its assembly was synthesized before and is kept in the cache")
            yield self._told(assembled, tree, app.context)
            return
        command = self._reused(app, install, timeout, notes)
        with self._synthesized(app._replace(command=command), timeout, progress) as out:
            found = self._told(out, self.tree, app.context)
            if entry is not None and not any(problem.fatal for problem in found.problems):
                _keep(entry, out, self.tree, len(found.stacks))
            yield found

    def _reused(self, app: synth.App, install: bool, timeout: float | None, notes: list[str]) -> str:
        """Give the work tree what is installed; the command to run."""
        own, prefix = self.repo.root, self.repo.prefix
        try:
            notes += dependencies.reuse_node(own, self.tree, prefix, install, timeout)
            command = synth.guess(app.command, self.folder)
            command, said = dependencies.reuse_python(own, self.tree, prefix, command)
        except OSError as problem:  # Windows allows links to some users only
            raise BaselineError(f"the installed packages cannot be shared with the baseline: {problem}") from problem
        notes += said
        return command

    def _app(self) -> synth.App:
        try:
            app = synth.find_app(self.folder, self.app_option, self.context)
        except (InputError, ConfigError) as problem:
            raise BaselineError(f"{self.commit[:12]}: {self._shown(str(problem))}") from problem
        for place in re.findall(rf"{re.escape(self.repo.root)}/([^\s\"']*)", app.command):
            if "node_modules" not in place and not os.path.isfile(self._environment_of(place)):
                raise BaselineError(
                    f"the app's command names {place} of the work tree by its absolute path, so the baseline would run "
                    f"today's code; name it relative to the app's folder: {app.command}"
                )
        return app._replace(command=_CHAINED.sub("", app.command))

    def _environment_of(self, place: str) -> str:
        """`pyvenv.cfg` of `.venv/bin/python`."""
        return os.path.join(self.repo.root, os.path.dirname(os.path.dirname(place)), "pyvenv.cfg")

    @contextmanager
    def _synthesized(self, app: synth.App, timeout: float | None, progress: TextIO | None) -> Iterator[str]:
        """As `synth.synthesized`, with the commit in what goes wrong while the app runs, and only then."""
        with files.temporary_folder() as out:
            try:
                synth.run(app, out, full=self.full, timeout=timeout, progress=progress)
            except InputError as problem:
                raise BaselineError(f"the baseline {self.commit[:12]}: {self._shown(str(problem))}") from problem
            yield out

    def _shown(self, text: str) -> str:
        return text.replace(f"{self.tree}{os.sep}", "")

    def _told(self, out: str, tree: str, context: Mapping[str, Json]) -> Assembly:
        """The assembly, with files named as in the user's own tree. `tree` is where it was synthesized."""
        try:
            found = read_assembly(out, base=tree, app_directory=self.folder)._replace(context=context)
        except InputError as problem:
            raise BaselineError(f"the baseline {self.commit[:12]}: {problem}") from problem
        folder = os.path.realpath(out)
        return found._replace(stacks=tuple(replace_stacks(found.stacks, lambda stack: self._placed(stack, folder))))

    def _placed(self, stack: Stack, out: str) -> Stack:
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
        path, here = os.path.join(self.repo.root, source.file), os.path.realpath(os.getcwd())
        inside = os.path.commonpath([path, here]) == here
        return Source(os.path.relpath(path, here) if inside else path, source.line)

    def _key(self, app: synth.App, install: bool) -> Json:
        """All that the result depends on and that can be known without running the app."""
        variables = {k: v for k, v in os.environ.items() if not _VOLATILE.fullmatch(k)}
        return [
            _FORM, __version__, self.commit, self.repo.root, self.repo.prefix, app.command, app.build, app.context,
            app.settings, self.full, install, sorted(variables.items()), dependencies.stamps(self.repo.root, self.repo.prefix),
        ]  # fmt: skip


# -- the cache


def _entry(key: Json) -> str | None:
    from hashlib import sha256

    root = cache_folder("baselines")
    digest = sha256(json.dumps(key, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
    return os.path.join(root, digest[:40]) if root else None


def _kept(entry: str) -> tuple[str, str] | None:
    """(assembly, work tree it was made in) of a cache entry whose files are just those of its digests, else None."""
    assembled = os.path.join(entry, _ASSEMBLY)
    try:
        said = json.loads(files.read_text(os.path.join(entry, _DIGESTS)))
        if said["entry"] != os.path.basename(entry) or said["files"] != _digests(assembled):
            return None
        os.utime(os.path.join(entry, _DIGESTS))
        return assembled, str(said["tree"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a damaged entry is made anew


def _digests(folder: str) -> dict[str, str]:
    from hashlib import sha256

    found = {}
    for directory, _folders, names in files.walk(folder):
        for name in names:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, folder)] = sha256(files.read_bytes(path)).hexdigest()
    return found


def _keep(entry: str, out: str, tree: str, stacks: int) -> None:
    """Keep what is read of an assembly, without its assets; what goes wrong costs time later, not correctness."""
    temporary = f"{entry}.{os.getpid()}.tmp"
    try:
        make_cache_folder(os.path.dirname(entry))
        os.makedirs(temporary)
        copy = os.path.join(temporary, _ASSEMBLY)
        shutil.copytree(out, copy, symlinks=True, ignore=_not_read)
        if len(read_assembly(copy).stacks) != stacks:
            return
        said = {"entry": os.path.basename(entry), "tree": tree, "files": _digests(copy)}
        files.write(os.path.join(temporary, _DIGESTS), json.dumps(said).encode())
        shutil.rmtree(entry, ignore_errors=True)
        os.replace(temporary, entry)
        _forget(os.path.dirname(entry))
    except (OSError, InputError):
        pass
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _not_read(directory: str, names: list[str]) -> list[str]:
    return [
        name for name in names
        if name.startswith(("asset.", "bundling-temp-", "tree.json", "error.txt")) or os.path.islink(os.path.join(directory, name))
    ]  # fmt: skip


def _forget(root: str) -> None:
    """All but the entries used last."""
    found = []
    for name in os.listdir(root):
        if not name.endswith(".tmp"):
            try:
                found.append((os.stat(os.path.join(root, name, _DIGESTS)).st_mtime_ns, name))
            except OSError:
                found.append((0, name))
    for _used, name in sorted(found, reverse=True)[KEPT:]:
        shutil.rmtree(os.path.join(root, name), ignore_errors=True)
