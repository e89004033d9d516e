"""The peers that are installed, each with its own default rules and their number; nothing is installed here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

RULES = Path(__file__).with_name("peers.guard")
GUARD = Path("node_modules/@cdklabs/cdk-validator-cfnguard/bin/ubuntu/x86_64/cfn-guard")
VALIDATE = (
    "import sys; from cloudformation_validate import CompositeEngine; engine = CompositeEngine()\n"
    "for file in sys.stdin.read().split(): engine.validate_template(file)"
)
VALIDATE_RULES = "from cloudformation_validate import CompositeEngine; print(len(CompositeEngine().list_rules()))"
CFRIPPER_RULES = "from cfripper.rules import DEFAULT_RULES; print(len(DEFAULT_RULES))"


class Peer(NamedTuple):
    """A peer's command, which gets the files on its standard input, too.

    Fields:
        rules: how many rules it judges by; empty where it cannot be asked.
        quick: whether a fleet of a thousand templates is measured with it.
    """

    name: str
    command: list[str]
    rules: str
    quick: bool = False


def find_peers(folders, folder, files):
    """The peers on the PATH or in the folders given (virtual environments, folders with node_modules), for the files below a folder."""
    path = os.pathsep.join([*(os.path.join(at, "bin") for at in folders), os.environ["PATH"]])

    def program(name):
        return shutil.which(name, path=path)

    if cfn_lint := program("cfn-lint"):
        yield Peer("cfn-lint", [cfn_lint, *files], _count_lines([cfn_lint, "--list-rules"], r"[EWI]\d+"))
    if checkov := program("checkov"):
        listed = _count_lines([checkov, "--list", "--framework", "cloudformation"], r"\| *\d+ \| (\S+)")
        options = ["--quiet", "--compact", "--framework", "cloudformation", "-d", str(folder)]
        yield Peer("checkov", [checkov, *options], listed)
    if cfripper := program("cfripper"):
        python = os.path.join(os.path.dirname(cfripper), "python")
        yield Peer("cfripper", [cfripper, *files], _printed([python, "-c", CFRIPPER_RULES]))
    for at in folders:
        if (Path(at) / GUARD).exists():
            command = [str(Path(at) / GUARD), "validate", "-S", "none", "-d", str(folder), "-r", str(RULES)]
            number = len(re.findall("^rule ", RULES.read_text(encoding="utf-8"), re.MULTILINE))
            yield Peer("cfn-guard", command, str(number))
        python = os.path.join(at, "bin", "python")
        if list(Path(at).glob("lib/python3*/site-packages/cloudformation_validate")):
            number = _printed([python, "-c", VALIDATE_RULES])
            yield Peer("cloudformation-validate", [python, "-c", VALIDATE], number, quick=True)


def count_nag_rules(folder):
    """How many rules cdk-nag's AwsSolutions pack applies, from the JavaScript in its Python package."""
    for archive in Path(folder).glob("cdk_nag/_jsii/*.tgz"):
        with tarfile.open(archive) as opened:
            source = opened.extractfile("package/lib/packs/aws-solutions.js")
            if source:
                return str(source.read().decode().count("this.applyRule("))
    return ""


def _printed(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _count_lines(command, pattern):
    """How many different texts a pattern finds at the starts of the lines that a command prints."""
    found = set(re.findall(f"^{pattern}", _printed(command), re.MULTILINE))
    return str(len(found)) if found else ""
