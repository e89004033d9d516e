"""The user's virtual environments, shared with another revision's work tree."""

from __future__ import annotations

import os
import re
import shlex

from cdkguard.baselines.package_folders import folders_upwards, join_name, read_if_there

# The files by which the installed packages can differ.
PYTHON_LOCKS = (
    "pyproject.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "setup.py", "setup.cfg",
)  # fmt: skip
_REQUIREMENTS = re.compile(r"requirements.*\.(?:txt|in)$")
_VENVS = (".venv", "venv", "env")
# `uv run` would install the other revision's packages into the user's environment.
_SYNCING = re.compile(r"\buv\s+run\b")


def reuse_python(own: str, other: str, prefix: str, command: str) -> tuple[str, list[str]]:
    """Link the virtual environments into the work tree `other`.

    Gives the app's command, changed so that it imports the work tree's own packages, and notes.
    """
    notes = []
    for folder in folders_upwards(prefix):
        if not os.path.isdir(os.path.join(other, folder)):
            continue
        names = _python_files(os.path.join(own, folder)) | _python_files(os.path.join(other, folder))
        for name in sorted(names):
            if read_if_there(os.path.join(own, folder, name)) != read_if_there(os.path.join(other, folder, name)):
                notes.append(
                    f"{join_name(folder, name)} differs: the baseline was synthesized with the Python packages installed now"
                )
        for name in () if _SYNCING.search(command) else _VENVS:
            source, target = os.path.join(own, folder, name), os.path.join(other, folder, name)
            if os.path.isfile(os.path.join(source, "pyvenv.cfg")) and not os.path.lexists(target):
                os.symlink(source, target)
    inside = _editable_folders(own, prefix)
    mapped = [os.path.join(other, place) for place in inside if os.path.isdir(os.path.join(other, place))]
    return (_with_path(command, mapped) if mapped else command), notes


def _python_files(folder: str) -> set[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return set()
    return {name for name in names if name in PYTHON_LOCKS or _REQUIREMENTS.match(name)}


def find_environments(own: str, prefix: str) -> list[str]:
    """The virtual environments that the app may run in."""
    found = [os.environ["VIRTUAL_ENV"]] if os.environ.get("VIRTUAL_ENV") else []
    found += [os.path.join(own, folder, name) for folder in folders_upwards(prefix) for name in _VENVS]
    return [path for path in dict.fromkeys(found) if os.path.isfile(os.path.join(path, "pyvenv.cfg"))]


def site_packages(environment: str) -> list[str]:
    """The folders of an environment's packages."""
    lib = os.path.join(environment, "lib")
    names = sorted(os.listdir(lib)) if os.path.isdir(lib) else []
    found = [os.path.join(lib, name, "site-packages") for name in names if name.startswith("python")]
    found.append(os.path.join(environment, "Lib", "site-packages"))
    return [path for path in found if os.path.isdir(path)]


def _editable_folders(own: str, prefix: str) -> list[str]:
    """The repository's folders from which packages are imported: `pip install -e .` leads into the user's tree."""
    found: list[str] = []
    for site in (site for environment in find_environments(own, prefix) for site in site_packages(environment)):
        for name in sorted(os.listdir(site)):
            if name.endswith(".pth") or name.startswith("__editable__") and name.endswith("_finder.py"):
                text = (read_if_there(os.path.join(site, name)) or b"").decode("utf-8", "replace")
                found += _pth_folders(text) if name.endswith(".pth") else _finder_folders(text)
    places = [os.path.relpath(os.path.realpath(path), own) for path in found]
    return [place for place in dict.fromkeys(places) if not place.startswith("..") and not os.path.isabs(place)]


def _pth_folders(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if os.path.isabs(line.strip())]


def _finder_folders(text: str) -> list[str]:
    """The folders in the finder that setuptools writes for an editable package."""
    from ast import literal_eval

    mapping = re.search(r"^MAPPING\b[^=\n]*=\s*(\{.*\})\s*$", text, re.MULTILINE)
    try:
        values = literal_eval(mapping.group(1)) if mapping else {}
    except (ValueError, SyntaxError):
        return []
    return [os.path.dirname(str(path)) for path in values.values()]


def _with_path(command: str, places: list[str]) -> str:
    """The shell command, with these folders on PYTHONPATH in front of the installed packages."""
    if os.name == "nt":
        return f"set PYTHONPATH={os.pathsep.join(places)};%PYTHONPATH%&& {command}"
    return f'export PYTHONPATH={shlex.quote(os.pathsep.join(places))}"${{PYTHONPATH:+:$PYTHONPATH}}"; {command}'
