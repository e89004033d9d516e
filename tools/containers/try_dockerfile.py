"""Carry out a Dockerfile in copies of a root folder, where no image can be built: RUN by chroot, COPY, ENV, WORKDIR, USER.

    sudo tools/containers/try_dockerfile.py Dockerfile --base python=ROOT --base node=ROOT --into FOLDER -- cdkguard --version

ROOT stands for the image that a FROM names (up to its colon): `debootstrap --variant=minbase --include=python3,python3-venv,python3-pip`,
for example. What follows `--` is run at the end, as the last USER, with the ENTRYPOINT left out. It builds no image: layers, metadata and
the base images themselves are not tried.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def read_instructions(text: str) -> Iterator[tuple[str, str]]:
    """(instruction, arguments), with lines that go on joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), rest.strip()


class Stage:
    """A FROM and what is done in it."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.user = root, "/", "0:0"
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        # How the packages' registry is reached is this machine's affair, and no part of the image.
        self.outside = {
            name: value for name, value in os.environ.items() if name.upper().endswith(("_PROXY", "SSL_CERT_FILE"))
        }

    def run(self, command: list[str]) -> None:
        user, _, group = self.user.partition(":")
        inside = [
            "chroot",
            f"--userspec={user}:{group or user}",
            "--groups=",
            str(self.root),
            "/usr/bin/env",
            "-C",
            self.folder,
            *command,
        ]
        subprocess.run(inside, env=self.outside | self.environment, check=True)

    def copy(self, source: Path, pattern: str, target: str) -> None:
        # `dist/*.whl` keeps the name of each file, a folder is copied as a whole.
        found = [source / pattern.lstrip("/")] if "*" not in pattern else sorted(source.glob(pattern))
        if not found:
            raise SystemExit(f"COPY {pattern}: nothing there")
        into = self.root / target.lstrip("/")
        for path in found:
            place = into / path.name if target.endswith("/") else into
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy2(path, place)


def carry_out(dockerfile: Path, bases: dict[str, Path], into: Path) -> Stage:
    """The last stage, after all instructions."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for number, (instruction, rest) in enumerate(read_instructions(dockerfile.read_text())):
        print(f"# {instruction} {rest[:100]}", file=sys.stderr)
        words = shlex.split(rest) if instruction in ("FROM", "COPY") else []
        if instruction == "FROM":
            root = into / f"stage{number}"
            subprocess.run(
                ["cp", "-a", "--reflink=auto", str(bases[words[0].partition(":")[0]]), str(root)], check=True
            )
            stage = stages[words[2] if len(words) > 2 else str(number)] = Stage(root)
            continue
        assert stage is not None, "the first instruction is FROM"
        match instruction:
            case "RUN":
                stage.run(["/bin/sh", "-c", rest])
            case "COPY":
                source = Path.cwd()
                if words[0].startswith("--from="):
                    source = stages[words.pop(0).removeprefix("--from=")].root
                stage.copy(source, words[0], words[1])
            case "ENV":
                name, _, value = rest.partition("=")
                stage.environment[name] = value
            case "WORKDIR":
                stage.folder = rest
                (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                stage.user = rest
            case "ENTRYPOINT" | "CMD":
                json.loads(rest)  # the form that starts no shell
            case _:
                raise SystemExit(f"{instruction} is not carried out here")
    assert stage is not None
    return stage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dockerfile", type=Path)
    parser.add_argument("--base", action="append", default=[], metavar="NAME=ROOT")
    parser.add_argument("--into", type=Path, required=True)
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    words, command = sys.argv[1:end], sys.argv[end + 1 :]
    options = parser.parse_args(words)
    bases = {name: Path(root) for name, _, root in (base.partition("=") for base in options.base)}
    stage = carry_out(options.dockerfile, bases, options.into)
    if command:
        stage.run(command)


if __name__ == "__main__":
    main()
