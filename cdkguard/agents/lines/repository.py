"""Files of the repository that a line leads to: read once, bounded in size, and none outside of it."""

from __future__ import annotations

import os

MOST_BYTES = 400_000  # of one file; what is longer is read so far, and said to be so where it is a script of a shell
MOST_FILES = 60
MOST_PEEKED = 30  # files that are only printed
_CODE = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx", ".py", ".json")


class Repository:
    """The repository around a folder."""

    def __init__(self, directory: str) -> None:
        self.top = _find_top(directory) if directory else ""
        self.read_files: list[str] = []
        self.unread: list[str] = []  # why a file was not read, or not all of it, in words
        self.written: dict[str, str | None] = {}  # by the line itself: path -> text, None where it is not known
        self._texts: dict[str, str | None] = {}
        self._peeked = 0
        self._copies: dict[str, str] = {}  # folder -> the one of the repository of which the line makes it a copy

    def locate(self, path: str, directory: str) -> str:
        """The real path of a file of the repository; empty where it is outside, or nobody knows where."""
        if not path or "\0" in path or not self.top:
            return ""
        whole = os.path.join(directory, path) if directory else path
        if not os.path.isabs(whole):
            return ""
        try:
            real = os.path.realpath(whole)
        except (OSError, ValueError):
            return ""
        return real if real == self.top or real.startswith(self.top.rstrip("/") + os.sep) else ""

    def is_file(self, path: str, directory: str) -> bool:
        """Whether the path is a file of the repository, or one that the line has written."""
        real = self.locate(path, directory)
        return bool(real) and (real in self.written or os.path.isfile(real))

    def exists(self, path: str, directory: str) -> bool:
        """Whether there is something of the repository at that path."""
        real = self.locate(path, directory)
        return bool(real) and os.path.exists(real)

    def read(self, path: str, directory: str) -> str | None:
        """The text of a file of the repository; None where there is none, or it is not to be read."""
        real = self.locate(path, directory)
        if not real:
            return None
        if real in self.written:
            return self.written[real]
        if real not in self._texts:
            self._texts[real] = self._read(real)
        return self._texts[real]

    def peek(self, path: str, directory: str) -> str | None:
        """The text of a file that is only printed or searched: nothing is said where it cannot be read, or is one too many."""
        real = self.locate(path, directory)
        if real in self.written or real in self._texts:
            return self.read(path, directory)
        if not real or self._peeked >= MOST_PEEKED:
            return None
        self._peeked += 1
        before = len(self.unread), len(self.read_files)
        text = self._read(real)
        del self.unread[before[0] :], self.read_files[before[1] :]
        return text

    def write(self, path: str, directory: str, text: str | None, is_added: bool) -> None:
        """Note what the line itself writes into a file, so that running the file means that text."""
        if "\0" in path:
            return
        real = self.locate(path, directory) or os.path.normpath(os.path.join(directory, path))
        if is_added and text is not None:
            before = self.written.get(real, self._read(real) if self.locate(path, directory) else None)
            text = (before or "") + text
        self.written[real] = text

    def copy_folder(self, path: str, target: str, directory: str) -> None:
        """Note that the line copies a folder of the repository, so that running a file below the copy means the original."""
        if real := self.locate(path, directory):
            self._copies[os.path.normpath(os.path.join(directory, target))] = real

    def current_branch(self) -> str:
        """The branch that is checked out, by .git/HEAD; empty where that cannot be seen, or a setting pushes another one."""
        text = self._read_git("HEAD")
        if any(
            word in self._read_git("config").lower()
            for word in ("default = upstream", "default = tracking", "default = matching")
        ):
            return ""
        return text.removeprefix("ref: refs/heads/").strip() if text.startswith("ref: refs/heads/") else ""

    def _read_git(self, name: str) -> str:
        folder = os.path.join(self.top, ".git")
        if not self.top:
            return ""
        try:
            if os.path.isfile(folder):  # of a worktree: `gitdir: /where/it/is`
                with open(folder, encoding="utf-8") as handle:
                    folder = os.path.join(self.top, handle.read(4096).partition("gitdir:")[2].strip())
                name = name if name == "HEAD" else os.path.join("..", "..", name)
            with open(os.path.join(folder, name), encoding="utf-8") as handle:
                return handle.read(MOST_BYTES)
        except (OSError, ValueError):
            return ""

    def written_at(self, path: str, directory: str) -> str | None:
        """What the line has written to a path outside of the repository, such as /tmp/x.sh."""
        whole = os.path.normpath(os.path.join(directory, path))
        for folder, real in self._copies.items():
            if whole.startswith(f"{folder}/") and whole not in self.written:
                return self.read(f"{real}{whole[len(folder) :]}", "")
        return self.written.get(whole)

    def relative(self, path: str, directory: str) -> str:
        """The path from the top of the repository, for people."""
        real = self.locate(path, directory)
        return os.path.relpath(real, self.top).replace(os.sep, "/") if real else path

    def _read(self, real: str) -> str | None:
        if not os.path.isfile(real):
            return None
        name = os.path.relpath(real, self.top).replace(os.sep, "/")
        if len(self.read_files) >= MOST_FILES:
            self.unread.append(f"{name} was not read: the line leads to more than {MOST_FILES} files")
            return None
        try:
            with open(real, "rb") as handle:
                data = handle.read(MOST_BYTES + 1)
        except OSError as problem:
            self.unread.append(f"{name} could not be read: {problem.strerror or 'error'}")
            return None
        self.read_files.append(name)
        if b"\0" in data[:1024]:
            return ""  # a binary: nothing of it can be read
        if len(data) > MOST_BYTES and not name.endswith(_CODE):  # of a bundle of code, the beginning is searched
            self.unread.append(f"{name} is longer than what is read of a file")
        return data[:MOST_BYTES].decode("utf-8", "replace").replace("\0", "")


def _find_top(directory: str) -> str:
    """The folder with .git above the directory, or the directory itself."""
    try:
        start = os.path.realpath(directory)
    except (OSError, ValueError):
        return ""
    folder = start
    for _ in range(40):
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    return start
