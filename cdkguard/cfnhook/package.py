"""Packs the function of the hook: cdkguard without what the hook does not need, PyYAML, and a configuration with its rules.

The same inputs give the same bytes, so that a review of the configuration is a review of the function.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from cdkguard._typing import Json, NamedTuple
from cdkguard.api.rules_digest import fingerprint
from cdkguard.cfnhook.bundle import ACCEPTED, APPROVALS, FILE
from cdkguard.config.approvals import file_of
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.config.yaml_document import read_yaml
from cdkguard.errors import ConfigError, InputError
from cdkguard.packs.load import prepare_builtin_with
from cdkguard.system import files

MAX_BYTES = 3_000_000
# What the handler never imports: other ways in, and what needs aws-cdk-lib.
_LEFT_OUT = (
    "agents", "audit", "cfnlint_rules", "cli", "fleet", "inapp", "outputs", "preflight", "schemas", "servers", "watch",
    "aspect.py", "testing.py", "__main__.py", "cfnhook/construct.py", "cfnhook/package.py", "data/agent_calls.json",
)  # fmt: skip
# Settings of other ways in, and files that are bundled under names of their own.
_LEFT_OUT_KEYS = (
    "accepted", "against", "agents", "app", "approvals", "aws", "baseline", "context", "frameworks", "full_synth", "lint",
    "outputs", "packs", "paths", "preflight", "stacks", "timeout",
)  # fmt: skip
_COMPILE = """
import importlib.util, marshal, sys
tag = sys.implementation.cache_tag
for line in sys.stdin.read().splitlines():
    name, _, source = line.partition("\\t")
    with open(source, "rb") as handle:
        data = handle.read()
    code = compile(data, name, "exec", dont_inherit=True, optimize=0)
    pyc = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(data) + marshal.dumps(code)
    folder, _, file = name.rpartition("/")
    target = f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc"
    sys.stdout.buffer.write(f"{target}\\t{len(pyc)}\\n".encode() + pyc)
"""


class Packed(NamedTuple):
    """A zip, and what is in it."""

    data: bytes
    python: str  # the version whose .pyc files it holds: "3.13"
    rules: int
    fingerprint: str


def pack_hook(config_file: str | None) -> Packed:
    """The zip of the function; raises ConfigError or RulePackError where the configuration is wrong."""
    config = load_config(".", config_file)
    if config.file is None:
        raise ConfigError("there is no configuration here: write a cdkguard.yaml, or name one by --config")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    sources = dict(_find_sources(config))
    contents = {name: files.read_bytes(path) for name, path in sources.items()}
    rules = {f"cdkguard/{path}": data for path, data in prepare_builtin_with(config.packs).items()}
    contents.update(rules)
    contents.update(_bundle_config(config, python))
    with tempfile.TemporaryDirectory() as folder:
        for name in (name for name in rules if name.endswith(".py")):
            sources[name] = os.path.join(folder, os.path.basename(name))
            files.write(sources[name], rules[name])
        contents.update(_compile({name: path for name, path in sources.items() if name.endswith(".py")}))

    data = _zip(contents)
    if len(data) > MAX_BYTES:
        raise InputError(f"the zip has {len(data)} bytes, more than {MAX_BYTES}: leave packages out of `python`")
    return Packed(data, python, len(json.loads(contents[FILE])["rules"]), json.loads(contents[FILE])["fingerprint"])


def _find_sources(config: Config) -> Iterator[tuple[str, str]]:
    """(name in the zip, file) of the code and the tables."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for name, path in _walk(own, "cdkguard"):
        inner = name.removeprefix("cdkguard/")
        if inner not in _LEFT_OUT and inner.split("/")[0] not in (*_LEFT_OUT, "rules"):
            yield name, path
    import yaml

    for name, path in _walk(os.path.dirname(os.path.abspath(yaml.__file__)), "yaml"):
        if name != "yaml/cyaml.py":  # libyaml is built for one platform; this way the function runs on any.
            yield name, path
    for package in config.python_packs:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise ConfigError(f"{config.file}: the package '{package}' of `python` cannot be imported here")
        if spec.submodule_search_locations:
            yield from _walk(next(iter(spec.submodule_search_locations)), package)
        else:
            yield f"{package}.py", spec.origin


def _walk(folder: str, name: str) -> Iterator[tuple[str, str]]:
    for directory, inner, found in files.walk(folder):
        inner[:] = sorted(one for one in inner if one != "__pycache__")
        for file in sorted(found):
            if file.endswith((".py", ".json")) or file == "NOTICE":
                path = os.path.join(directory, file)
                yield f"{name}/{os.path.relpath(path, folder).replace(os.sep, '/')}", path


def _bundle_config(config: Config, python: str) -> dict[str, bytes]:
    """The configuration as plain values, with the files that it names."""
    if config.file is None or config.file.endswith(".toml"):
        raise ConfigError(f"{config.file}: the hook takes its configuration from a file of YAML: name it by --config")
    document = read_yaml(config.file)
    data = {key: value for key, value in document.data.items() if key not in _LEFT_OUT_KEYS}
    written = [[list(path), text] for path, text in document.written.items() if path and path[0] in data]
    from cdkguard.check.evaluate import bind_config

    bundled: Json = {
        "config": data,
        "written": written,
        "python": python,
        "fingerprint": fingerprint(config),
        "rules": sorted(rule.id for rule in bind_config(config).rules),
    }
    found = {FILE: (json.dumps(bundled, indent=1) + "\n").encode("ascii")}
    if config.accepted:
        found[ACCEPTED] = files.read_bytes(config.accepted)
    if files.exists(approvals := file_of(config)):
        found[APPROVALS] = files.read_bytes(approvals)
    return found


def _compile(sources: Mapping[str, str]) -> dict[str, bytes]:
    """The .pyc files, which are never held against their sources: a function's folder cannot be written.

    A fresh interpreter compiles them, since what one has done before shows in the bytes.
    """
    lines = "\n".join(f"{name}\t{path}" for name, path in sorted(sources.items()))
    done = subprocess.run(
        [sys.executable, "-S", "-c", _COMPILE],
        input=lines.encode("utf-8"), capture_output=True, check=False, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    if done.returncode:
        raise InputError(f"the code cannot be compiled: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}")
    found: dict[str, bytes] = {}
    stream = io.BytesIO(done.stdout)
    while line := stream.readline():
        name, _, size = line.decode("utf-8").rstrip("\n").partition("\t")
        found[name] = stream.read(int(size))
    return found


def _zip(contents: Mapping[str, bytes]) -> bytes:
    """The files in the order of their names, without times and owners."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.create_system, entry.compress_type = 0o644 << 16, 3, zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name], compresslevel=9)
    return made.getvalue()
