"""cdkguard as a wheel installs it, for the benchmarks: with prepared rules and compiled modules, started as pip's script starts it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What pip's script does. -P: not the checkout in the current folder is measured, but what was installed.
ARGUMENTS = ["-P", "-c", "import sys; from cdkguard.__main__ import run; sys.exit(run())"]
RUN = [sys.executable, *ARGUMENTS]
# The recommended profile of November 2026. All versions judge by these rules, so that a rule that is added does not count as slower.
KEPT_RULES = (ROOT / "benchmarks/recommended.txt").read_text(encoding="utf-8").split()
SAME_RULES = ",".join(KEPT_RULES)


def install_package(folder):
    """The package of this checkout in a folder, rules prepared.

    Returns the ids of 30 recommended rules about single resources, joined by commas, and how many rules each profile has.
    """
    sys.path.insert(0, str(ROOT))
    from cdkguard.packs import folders as folders_module
    from cdkguard.packs import load as packs
    from cdkguard.packs import selection, shipped

    shutil.copytree(ROOT / "cdkguard", folder / "cdkguard", ignore=shutil.ignore_patterns("__pycache__"))
    rules = folders_module.builtin_folder()
    shutil.copytree(rules, folder / "cdkguard/rules", dirs_exist_ok=True)
    texts = {path: Path(path).read_text(encoding="utf-8") for path in folders_module.find_rule_files(rules)}
    for path, content in shipped.shipped_files(packs.prepare_pack(rules, texts, {})).items():
        (folder / "cdkguard" / path).write_bytes(content)
    loaded = packs.load_packs()
    recommended = selection.select_rules(loaded.rules, ["recommended"])
    thirty = [rule.id for rule in recommended if rule.scope == "resource"][:30]
    return ",".join(thirty), {"recommended": len(recommended), "all": len(loaded.rules)}


def install_checkout(checkout, site):
    """Another version of the package as its wheel holds it."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(site), str(checkout)], check=True)
