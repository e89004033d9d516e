"""cdkguard.yaml or [tool.cdkguard] -> Config, each mistake named with its file and line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.config.environments import BUILTIN, EnvironmentRule, is_production
from cdkguard.errors import ConfigError
from cdkguard.model import FORMATS, SEVERITIES, Suppression
from cdkguard.system import files
from cdkguard.text.dates import is_date
from cdkguard.text.spelling import did_you_mean

Path = tuple[str | int, ...]

FILES = ("cdkguard.yaml", "cdkguard.yml")
KEYS = (
    "paths", "app", "context", "environment", "environments", "fail_on", "rules", "skip", "packs", "python", "stacks",
    "suppressions", "require_owner", "accounts", "with", "severity", "parameters", "baseline", "full_synth", "timeout",
    "outputs", "against", "approvals", "new_suppressions", "aws", "honour", "lint",
    "frameworks",
)  # fmt: skip
AWS_KEYS = ("profile", "role", "region", "stacks")
ENVIRONMENT_KEYS = ("accounts", "regions", "stages", "stacks", "tags", "context", "strict", "parameters")
SUPPRESSION_KEYS = ("rule", "construct", "reason", "owner", "expires")
MAX_DEPTH = 40
MAX_VALUES = 50_000  # after aliases are followed


class Config(NamedTuple):
    """Every setting of a run; the command line overlays it with `_replace`."""

    paths: tuple[str, ...] = ()
    app: str | None = None
    directory: str = "."
    context: Mapping[str, Json] = {}
    app_context: Mapping[str, Json] = {}  # what the app itself sets, by which environments may be told apart
    environment: str | None = None
    environments: tuple[EnvironmentRule, ...] = ()
    fail_on: str = "high"  # severity or "never"
    rules: tuple[str, ...] = ("recommended",)
    skip: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    python_packs: tuple[str, ...] = ()  # packages whose predicates may run
    stacks: tuple[str, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    accounts: Mapping[str, Json] = {}  # {"allowed": {name: account}} or {"allowed": [account]}
    parameters: Mapping[str, Mapping[str, Json]] = {}  # rule id -> its parameters (`with`)
    severities: Mapping[str, Json] = {}  # rule id or glob -> severity, or {environment: severity}
    template_parameters: Mapping[str, str] = {}
    baseline: str | None = None
    full_synth: bool = False
    timeout: float | None = None
    outputs: tuple[tuple[str, str | None], ...] = ()  # (format, file); without a file: standard output
    file: str | None = None  # the file that was read
    require_owner: bool = False
    against: str | None = None  # deployed, git, git:REVISION, or the path of a saved baseline
    approvals: str | None = None  # the file of approved changes; None: the one beside the configuration
    new_suppressions: str = "count"  # with a git baseline: count | baseline (only those that are there count)
    aws: Mapping[str, str] = {}  # for `deployed`: profile, role, region
    install: bool = False  # for `git`: install the baseline's own Node dependencies where they are others
    overlay: Callable[[Any], Any] | None = None  # what the command line sets, for the baseline's configuration, too
    aws_stacks: tuple[str, ...] = ()  # for `deployed`: stacks to read although the app does not have them
    honour: tuple[str, ...] = ()  # other checkers whose suppressions in metadata count, too
    lint: bool = False  # cfn-lint's errors are findings, too
    frameworks: tuple[str, ...] = ()  # those that the report sums up, control by control
    jobs: int | None = None  # processes for inputs of many stacks; None: as many as pay
    timings: bool = False  # whether the time of each rule is taken
    still: bool = False  # what is judged is there already: nothing runs that a file names
    judges_lookups: bool = True  # whether missing context is held against a stack
    runs_baseline: bool = True  # whether the app of a git baseline may be run


def load(directory: str, explicit: str | None) -> Config:
    """The configuration of a folder: the nearest file in it or in the folders up to its repository's root.

    `explicit` names the file instead. Without any file every setting has its default. Raises ConfigError.
    """
    file = explicit if explicit is not None else _find(directory)
    if file is None:
        return Config(directory=directory)
    return _config(_read_toml(file) if file.endswith(".toml") else _read_yaml(file), directory)


def of_data(data: Json) -> Config:
    """A configuration from plain values, as if they stood in a file."""
    return _config(_Document("cdkguard.yaml", data, {}, {}), ".")


def document(file: str) -> _At:
    """Another YAML file of ours as a value that knows its lines. Raises ConfigError."""
    found = _read_yaml(file)
    return _At(found, (), found.data)


# -- finding and reading the file


def _find(directory: str) -> str | None:
    for folder in _folders(os.path.abspath(directory)):
        found = [name for name in FILES if files.exists(os.path.join(folder, name))]
        project = _shown(os.path.join(folder, "pyproject.toml"))
        if files.is_file(project) and _names_us(project):
            found.append("pyproject.toml")
        if len(found) > 1:
            raise ConfigError(f"{_shown(folder)}: settings in {' and in '.join(found)}: keep one of them")
        if found:
            return _shown(os.path.join(folder, found[0]))
    return None


def _folders(directory: str) -> list[str]:
    """The folder and those above it up to the repository's root; only itself where there is no repository, because
    what lies above it may be somebody else's."""
    folders = [directory]
    while not files.exists(os.path.join(folders[-1], ".git")):
        above = os.path.dirname(folders[-1])
        if above == folders[-1]:
            return [directory]
        folders.append(above)
    return folders


def home(directory: str) -> str:
    """The root of the folder's repository; the folder itself where it is in none."""
    return _folders(os.path.abspath(directory))[-1]


def is_below(path: str, folder: str) -> bool:
    """Whether the path, whatever links it goes through, ends below the folder."""
    real, root = os.path.realpath(path), os.path.realpath(folder)
    return real.startswith(root.rstrip(os.sep) + os.sep)


def _shown(path: str) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:  # on another drive
        return path


def _names_us(project: str) -> bool:
    return "cdkguard" in _text(project) and _read_toml(project, required=False).data is not None


def _text(file: str) -> str:
    try:
        return files.text(file)
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{file}: not UTF-8 text") from problem


class _Document:
    """The file's data, with the line of every value and the text of those that YAML does not read as text."""

    def __init__(self, file: str, data: Json, lines: Mapping[Path, int], written: Mapping[Path, str]) -> None:
        self.file, self.data, self.lines, self.written = file, data, lines, written

    def line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def _read_toml(file: str, required: bool = True) -> _Document:
    text = _text(file)
    if not required and "cdkguard" not in text:  # most projects' files: not worth importing a parser
        return _Document(file, None, {}, {})
    import tomllib

    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ConfigError(f"{file}: not TOML: {problem}") from problem
    tool = table.get("tool")
    data = tool.get("cdkguard") if isinstance(tool, dict) else None
    if data is None and required:
        raise ConfigError(f"{file}: there is no table [tool.cdkguard]")
    written: dict[Path, str] = {}
    return _Document(file, _plain_toml(data, (), written), _toml_lines(text), written)


def _plain_toml(value: Json, path: Path, written: dict[Path, str]) -> Json:
    if isinstance(value, dict):
        return {key: _plain_toml(item, (*path, key), written) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_toml(item, (*path, index), written) for index, item in enumerate(value)]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, bool | int | float):
        written[path] = str(value).lower()
    return value


def _toml_lines(text: str) -> dict[Path, int]:
    """Lines of tables and of keys at the beginning of a line: tomllib itself tells none."""
    lines: dict[Path, int] = {}
    table: tuple[str, ...] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header and "=" not in line.split("]")[0]:
            parts = _toml_names(header.group(1))
            table = parts[2:] if parts[:2] == ("tool", "cdkguard") else None
            if table is not None:
                lines.setdefault(table, number)
        elif table is not None and (key := re.match(r"\s*([\w.\"'-]+)\s*=", line)):
            lines.setdefault((*table, *_toml_names(key.group(1))), number)
    return lines


def _toml_names(dotted: str) -> tuple[str, ...]:
    return tuple(found.strip("\"'") for found in re.findall(r"\"[^\"]*\"|'[^']*'|[\w-]+", dotted))


def _read_yaml(file: str) -> _Document:
    text = _text(file)
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_depth(file, yaml.parse(text, Loader=loader))
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        words = getattr(problem, "problem", None) or str(problem).split("\n")[0]
        raise ConfigError(f"{file}:{mark.line + 1 if mark else 1}: not YAML: {words}") from problem
    nodes = _Nodes(file)
    data = {} if node is None else nodes.value(node, ())
    return _Document(file, {} if data is None else data, nodes.lines, nodes.written)


def _refuse_depth(file: str, events: Iterable[Any]) -> None:
    """libyaml composes by recursion in C, and nesting without end would crash the process; its events do not."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind in ("MappingStartEvent", "SequenceStartEvent")
        depth -= kind in ("MappingEndEvent", "SequenceEndEvent")
        if depth > MAX_DEPTH:
            raise ConfigError(f"{file}:{event.start_mark.line + 1}: nested too deeply")


class _Nodes:
    """YAML nodes -> plain values; only text, numbers, booleans, null, lists and mappings, and no tags of one's own."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.written: dict[Path, str] = {}
        self.count = 0

    def value(self, node: Any, path: Path) -> Json:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self.count += 1
        if len(path) > MAX_DEPTH or self.count > MAX_VALUES:
            raise self.wrong(node, "nested too deeply, or aliases that repeat too much")
        if node.id != "scalar" and not node.tag.endswith((":map", ":seq")):
            raise self.wrong(node, f"the tag {node.tag} is not understood here")
        if node.id == "mapping":
            return dict(self.pairs(node, path))
        if node.id == "sequence":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, path)

    def pairs(self, node: Any, path: Path) -> Iterator[tuple[str, Json]]:
        seen: set[str] = set()
        for key, item in node.value:
            if key.id != "scalar" or key.tag.endswith(":merge"):
                raise self.wrong(key, "a key is a text, and merge keys are not understood here")
            if key.value in seen:
                raise self.wrong(key, f"key '{key.value}' is there twice")
            seen.add(key.value)
            self.lines[(*path, key.value)] = key.start_mark.line + 1
            yield key.value, self.value(item, (*path, key.value))

    def scalar(self, node: Any, path: Path) -> Json:
        kind, text = node.tag.rpartition(":")[2], node.value
        if kind in ("str", "timestamp"):
            return text
        if kind == "null":
            return None
        self.written[path] = text
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        if kind not in ("int", "float"):
            raise self.wrong(node, f"'{text}' has the tag {node.tag}, which is not understood here")
        import yaml

        try:
            return yaml.safe_load(text)
        except ValueError as problem:  # such as more digits than Python reads
            raise self.wrong(node, "not a number that can be read; write it in quotes") from problem

    def wrong(self, node: Any, message: str) -> ConfigError:
        return ConfigError(f"{self.file}:{node.start_mark.line + 1}: {message}")


# -- values of the right shape


class _At:
    """One value of the document: it says what it is, or raises ConfigError with its file and line."""

    def __init__(self, document: _Document, path: Path, value: Json) -> None:
        self.document, self.path, self.value = document, path, value

    def wrong(self, message: str) -> ConfigError:
        return ConfigError(f"{self.document.file}:{self.document.line(self.path)}: {message}")

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.path if isinstance(part, str)) or "the file"

    def child(self, key: str | int, value: Json) -> _At:
        return _At(self.document, (*self.path, key), value)

    def items(self) -> dict[str, _At]:
        if not isinstance(self.value, dict):
            raise self.wrong(f"{self.name} is a mapping of names to values")
        return {key: self.child(key, value) for key, value in self.value.items()}

    def known(self, keys: Iterable[str]) -> dict[str, _At]:
        """The entries that are not null; each key must be one of `keys`."""
        items = self.items()
        for key, item in items.items():
            if key not in keys:
                raise item.wrong(f"no key '{key}'{did_you_mean(key, keys)}")
        return {key: item for key, item in items.items() if item.value is not None}

    def elements(self) -> list[_At]:
        if not isinstance(self.value, list):
            raise self.wrong(f"{self.name} is a list")
        return [self.child(index, value) for index, value in enumerate(self.value)]

    def text(self) -> str:
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        written = self.document.written.get(self.path)
        hint = f'; write "{written}" in quotes' if written else ""
        raise self.wrong(f"{self.name} is a text{hint}")

    def texts(self) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of it."""
        return tuple(item.text() for item in self.one_or_more())

    def one_or_more(self) -> list[_At]:
        """The elements; one text stands for a list of it."""
        return [self] if isinstance(self.value, str) else self.elements()

    def as_written(self) -> str:
        """Text, or a number or boolean in the very characters of the file."""
        if self.value is None or isinstance(self.value, dict | list):
            raise self.wrong(f"{self.name} is a text, a number or a boolean")
        return str(self.document.written.get(self.path, self.value))

    def written_pairs(self) -> dict[str, str]:
        return {key: item.as_written() for key, item in self.items().items()}

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong(f"{self.name} is true or false")
        return self.value

    def one_of(self, choice: Iterable[str]) -> str:
        if not isinstance(self.value, str) or self.value not in choice:
            written = self.document.written.get(self.path, str(self.value))
            hint = did_you_mean(written, choice)
            raise self.wrong(f"{self.name} is one of {', '.join(choice)}, not '{written}'{hint}")
        return self.value

    def account(self) -> str:
        """YAML reads 012345670123 as an octal number, so that only quoted ids are what they seem."""
        written = self.document.written.get(self.path)
        if written is not None:
            raise self.wrong(f'account {written} is read as a number: write "{written}" in quotes')
        if not isinstance(self.value, str) or not re.fullmatch(r"[0-9]{12}", self.value):
            raise self.wrong(f"an account id has 12 digits, not '{self.value}'")
        return self.value


# -- the settings


def _config(document: _Document, directory: str) -> Config:
    at = _At(document, (), document.data).known(KEYS)
    base = os.path.dirname(document.file)
    environments = tuple(_environment(name, item) for name, item in _items(at, "environments"))
    own = {"directory": directory, "file": document.file, "environments": environments, **_plain(at), **_rules(at)}
    names = (*(rule.name for rule in environments), *BUILTIN)
    if "environment" in at:
        own["environment"] = at["environment"].one_of(dict.fromkeys(names))
    if "severity" in at:
        own["severities"] = {rule: _severity(item, names) for rule, item in _items(at, "severity")}
    if "parameters" in at:
        own["template_parameters"] = at["parameters"].written_pairs()
        _refuse_both(at, environments)
    if "accounts" in at:
        own["accounts"] = _accounts(at["accounts"])
    if "suppressions" in at:
        own["suppressions"] = tuple(map(_suppression, at["suppressions"].elements()))
    own.update(_files(at, base))
    return Config(**own)


def _items(at: Mapping[str, _At], key: str) -> list[tuple[str, _At]]:
    return list(at[key].items().items()) if key in at else []


def _plain(at: Mapping[str, _At]) -> dict[str, Json]:
    """The settings that need no second look."""
    own: dict[str, Json] = {}
    if "app" in at:
        own["app"] = at["app"].text()
    if "context" in at:
        own["context"] = {key: item.value for key, item in at["context"].items().items()}
    if "fail_on" in at:
        own["fail_on"] = at["fail_on"].one_of((*SEVERITIES, "never"))
    if "timeout" in at:
        own["timeout"] = _seconds(at["timeout"])
    if "new_suppressions" in at:
        own["new_suppressions"] = at["new_suppressions"].one_of(("count", "baseline"))
    if "aws" in at:
        aws = at["aws"].known(AWS_KEYS)
        own["aws"] = {key: item.text() for key, item in aws.items() if key != "stacks"}
        own["aws_stacks"] = aws["stacks"].texts() if "stacks" in aws else ()
    if "honour" in at:
        from cdkguard.model import PEERS

        own["honour"] = tuple(dict.fromkeys(item.one_of(PEERS) for item in at["honour"].one_or_more()))
    for key in ("full_synth", "require_owner", "lint"):
        if key in at:
            own[key] = at[key].flag()
    return own


def _seconds(at: _At) -> float:
    if isinstance(at.value, bool) or not isinstance(at.value, int | float) or not 0 < at.value < float("inf"):
        raise at.wrong(f"{at.name} is a number of seconds above 0")
    return float(at.value)


def _rules(at: Mapping[str, _At]) -> dict[str, Json]:
    own: dict[str, Json] = {}
    for key, field in (("rules", "rules"), ("skip", "skip"), ("stacks", "stacks"), ("python", "python_packs")):
        if key in at:
            own[field] = at[key].texts()
    if own.get("rules") == ():
        raise at["rules"].wrong("rules is empty, so nothing would be judged")
    if "frameworks" in at:
        from cdkguard.data import frameworks as frameworks_module

        known = frameworks_module.known()
        named = tuple(dict.fromkeys(item.one_of(known) for item in at["frameworks"].one_or_more()))
        own["frameworks"] = named
        if named and "rules" not in at:
            own["rules"] = frameworks_module.selectors(named)
    if "with" in at:
        own["parameters"] = {rule: {k: v.value for k, v in item.items().items()} for rule, item in _items(at, "with")}
    return own


def _files(at: Mapping[str, _At], base: str) -> dict[str, Json]:
    """The settings that name files, which are relative to the configuration file."""
    own: dict[str, Json] = {}
    if "paths" in at:
        own["paths"] = tuple(os.path.join(base, path) for path in at["paths"].texts())
    if "packs" in at:
        own["packs"] = tuple(_pack(name, base) for name in at["packs"].texts())
    if "baseline" in at:
        own["baseline"] = os.path.join(base, at["baseline"].text())
    if "approvals" in at:
        own["approvals"] = _written(at["approvals"], at["approvals"].text(), base)
    if "against" in at:
        text = at["against"].text()
        named = text in ("deployed", "git") or text.startswith("git:")
        own["against"] = text if named else os.path.join(base, text)
    if "outputs" in at:
        listed = at["outputs"].elements() if isinstance(at["outputs"].value, list) else [at["outputs"]]
        own["outputs"] = tuple(_output(item, base) for item in listed)
    return own


def _pack(name: str, base: str) -> str:
    """A folder beside the configuration file; otherwise the name of an installed pack."""
    folder = os.path.join(base, name)
    return folder if "/" in name or files.is_folder(folder) else name


def _output(at: _At, base: str) -> tuple[str, str | None]:
    name, sign, file = at.text().partition("=")
    if sign and not file:
        raise at.wrong(f"'{name}=' names no file")
    if name not in FORMATS:
        raise at.wrong(f"no output format '{name}'{did_you_mean(name, FORMATS)}; there are: {', '.join(FORMATS)}")
    return name, _written(at, file, base) if file else None


def _written(at: _At, file: str, base: str) -> str:
    """A file that a run may write because a configuration, perhaps a pull request's, names it."""
    path, root = os.path.join(base, file), home(base)
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(root)).lower().split(os.sep)
    if not is_below(path, root) or ".git" in inside:
        raise at.wrong(f"'{file}' leads out of the repository; only the command line names a file there")
    return path


def _environment(name: str, at: _At) -> EnvironmentRule:
    """An environment whose name says production is strict unless the file says otherwise."""
    found = at.known(ENVIRONMENT_KEYS) if at.value is not None else {}
    texts = {key: found[key].texts() for key in ("regions", "stages", "stacks") if key in found}
    pairs = {key: found[key].written_pairs() for key in ("tags", "context", "parameters") if key in found}
    accounts = tuple(item.account() for item in found["accounts"].elements()) if "accounts" in found else ()
    strict = found["strict"].flag() if "strict" in found else is_production(name)
    return EnvironmentRule(name, accounts, strict=strict, **texts, **pairs)  # type: ignore[arg-type]


def _refuse_both(at: Mapping[str, _At], environments: Iterable[EnvironmentRule]) -> None:
    """A parameter's value is either the same everywhere or an environment's, so that nobody has to know which wins."""
    for name, item in at["parameters"].items().items():
        owner = next((rule.name for rule in environments if name in rule.parameters), None)
        if owner:
            raise item.wrong(f"parameter '{name}' is in environments.{owner}.parameters, too: keep one of them")


def _severity(at: _At, environments: Iterable[str]) -> Json:
    if not isinstance(at.value, dict):
        return at.one_of(SEVERITIES)
    return {name: item.one_of(SEVERITIES) for name, item in at.known(dict.fromkeys(environments)).items()}


def _accounts(at: _At) -> dict[str, Json]:
    allowed = at.known(("allowed",)).get("allowed")
    if allowed is None:
        return {}
    if isinstance(allowed.value, list):
        return {"allowed": [item.account() for item in allowed.elements()]}
    return {"allowed": {name: item.account() for name, item in allowed.items().items()}}


def _suppression(at: _At) -> Suppression:
    found = at.known(SUPPRESSION_KEYS)
    for key, why in (("rule", ""), ("construct", ': a construct path or glob ("*" is everywhere)'), ("reason", "")):
        if key not in found:
            raise at.wrong(f"a suppression needs `{key}`{why}")
    texts = {key: item.text() for key, item in found.items()}
    if "expires" in texts and not is_date(texts["expires"]):
        raise found["expires"].wrong(f"expires is a date such as 2030-01-31, not '{texts['expires']}'")
    origin = f"{at.document.file}:{at.document.line(at.path)}"
    owner, expires = texts.get("owner"), texts.get("expires")
    return Suppression(texts["rule"], texts["reason"], origin, "configuration", texts["construct"], owner, expires)
