"""Times that change when the user installs packages."""

from __future__ import annotations

import os

from cdkguard.baselines.package_folders import folders_upwards
from cdkguard.baselines.python_packages import find_environments, site_packages


def installation_stamps(own: str, prefix: str) -> list[str]:
    """Paths with their times, which change when packages are installed; a part of the cache's key."""
    watched = [os.path.join(own, folder, "node_modules") for folder in folders_upwards(prefix)]
    watched += [
        os.path.join(path, name)
        for path in list(watched)
        for name in (".package-lock.json", ".yarn-state.yml", ".modules.yaml", ".bun", "../.pnp.cjs")
    ]
    watched += [site for environment in find_environments(own, prefix) for site in site_packages(environment)]
    return [f"{path} {os.stat(path).st_mtime_ns}" for path in watched if os.path.exists(path)]
