"""The whole examination, in the order of the table."""

from __future__ import annotations

import os
from collections.abc import Callable

from cdkguard.agents.doctor.clean_path import clean_environment
from cdkguard.agents.doctor.gate_rows import examine_gates
from cdkguard.agents.doctor.hook_rows import Place, examine_hooks
from cdkguard.agents.doctor.rows import Row
from cdkguard.agents.doctor.samples import sample_app
from cdkguard.agents.doctor.setup_rows import examine_setup
from cdkguard.agents.doctor.version_rows import examine_versions
from cdkguard.agents.doctor.wall_rows import examine_walls
from cdkguard.config.find import repository_root


def examine(directory: str, tell: Callable[[str], None] = lambda _text: None) -> tuple[Row, ...]:
    """What is found of the app in a folder, of its repository, and of the user's own files; `tell` is told what takes time."""
    root, home = repository_root(directory), os.path.expanduser("~")
    environment = clean_environment()
    rows = [*examine_setup(directory, environment), *examine_gates(directory, root)]
    with sample_app() as sample:
        places = [Place(root, False, root, sample, environment)]
        if os.path.isdir(home) and os.path.realpath(home) != os.path.realpath(root):
            places.append(Place(home, True, root, sample, environment))
        rows += examine_hooks(tuple(places), tell)
    hosts = {str(row.evidence["host"]) for row in rows if "host" in row.evidence}
    return (*rows, *examine_versions(hosts, root, environment), *examine_walls(directory, root))
