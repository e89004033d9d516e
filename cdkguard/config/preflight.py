"""The section `preflight` of a configuration file: the rows of the checklist, and what each of them needs to know."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.config.document import DocumentValue
from cdkguard.config.find import is_below, repository_root
from cdkguard.model import SEVERITIES
from cdkguard.text.spelling import did_you_mean

# The rows that there are, in their order: id -> what is true where the row is done.
ROWS = {
    "data-retained": "data is retained",
    "no-hard-coded": "no hard-coded ARN or account",
    "no-open-ingress": "no open ingress",
    "no-unexpected-deletion": "the diff holds no unexpected deletion",
    "env-example": ".env.example is current",
    "unit-tests": "unit tests pass",
    "staging": "staging is deployed and verified",
    "safety-nets": "the deployment has its safety nets",
}
MORE_ROWS = {"other-findings": "no other finding of cdkguard check"}  # for those who list it under `rows`
NETS = ("termination-protection", "alarms", "rollback")
RECORDS = "cdkguard.preflight.yaml"  # the file that `cdkguard preflight record` writes
TIMEOUT = 900.0  # seconds for a command that says no other
_KEYS = (
    "environment", "staging", "rows", "environments", "fail_on", "test", "verify", "pairs", "without_staging",
    "env_example", "nets", "commands", "records",
)  # fmt: skip
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class ShellCommand(NamedTuple):
    """A command of the configuration, which the shell runs in the user's own work tree."""

    run: str
    directory: str  # relative to the current folder
    timeout: float = TIMEOUT


class UrlCheck(NamedTuple):
    """An address that answers with a status where the environment works."""

    url: str
    status: int = 200


class OwnRow(NamedTuple):
    """A row that the team adds: done where its command ends with status 0."""

    id: str
    title: str
    command: ShellCommand
    environments: tuple[str, ...] = ()  # those that need it; empty: all
    advice: str = ""


class EnvExampleSettings(NamedTuple):
    """What the row `env-example` looks at."""

    file: str | None = None  # relative to the current folder; None: the ones that are found
    reads: tuple[str, ...] = ()  # globs: read under names that nobody sees in the code
    ignore: tuple[str, ...] = ()  # globs: no matter of the file
    tests: bool = False  # whether the code of tests counts


class PreflightSettings(NamedTuple):
    """The whole section."""

    environment: str | None = None  # the environment that is about to be deployed
    staging: str | None = None  # the environment that comes before it
    staging_context: Mapping[str, Json] = {}  # with which the app makes it, where one synthesis does not make both
    rows: tuple[str, ...] | None = None  # which, in this order; None: all, and the team's own behind them
    needs: Mapping[str, tuple[str, ...]] = {}  # environment -> the rows that it needs
    fail_on: str = "medium"  # the weakest finding that fails a row
    test: tuple[ShellCommand, ...] = ()
    verify: ShellCommand | None = None
    urls: tuple[UrlCheck, ...] = ()
    pairs: Mapping[str, str] = {}  # path of a stack -> path of the one of staging
    without_staging: tuple[str, ...] = ()  # globs of construct paths that staging does not have
    env_example: EnvExampleSettings = EnvExampleSettings()
    nets: tuple[str, ...] = NETS
    commands: tuple[OwnRow, ...] = ()
    records: str | None = None  # the file of records; None: the one beside the configuration

    @property
    def titles(self) -> dict[str, str]:
        """Id -> title of every row that may be asked for."""
        return {**ROWS, **MORE_ROWS, **{row.id: row.title for row in self.commands}}


def read_preflight(at: DocumentValue, base: str, environments: Iterable[str]) -> PreflightSettings:
    """The section's settings; raises ConfigError. Paths in it are relative to `base`, the configuration's folder."""
    found = at.known(_KEYS)
    names = tuple(dict.fromkeys(environments))
    own: dict[str, Json] = {}
    if "commands" in found:
        own["commands"] = tuple(_own_row(item, base, names) for item in found["commands"].elements())
    titles = PreflightSettings(**own).titles
    if "environment" in found:
        own["environment"] = found["environment"].one_of(names)
    if "staging" in found:
        own |= _staging(found["staging"], names)
    if "rows" in found:
        own["rows"] = _rows(found["rows"], titles)
    if "environments" in found:
        own["needs"] = {name: _rows(item, titles) for name, item in found["environments"].known(names).items()}
    if "fail_on" in found:
        own["fail_on"] = found["fail_on"].one_of(SEVERITIES)
    if "test" in found:
        listed = found["test"].elements() if isinstance(found["test"].value, list) else [found["test"]]
        own["test"] = tuple(_command(item, base) for item in listed)
    if "verify" in found:
        own |= _verify(found["verify"], base)
    if "pairs" in found:
        own["pairs"] = {path: item.text() for path, item in found["pairs"].items().items()}
    if "without_staging" in found:
        own["without_staging"] = found["without_staging"].texts()
    if "env_example" in found:
        own["env_example"] = _env_example(found["env_example"], base)
    if "nets" in found:
        own["nets"] = tuple(dict.fromkeys(item.one_of(NETS) for item in found["nets"].one_or_more()))
    if "records" in found:
        own["records"] = _inside(found["records"], base)
    return PreflightSettings(**own)


def _rows(at: DocumentValue, titles: Mapping[str, str]) -> tuple[str, ...]:
    rows = tuple(dict.fromkeys(item.one_of(titles) for item in at.one_or_more()))
    if not rows:
        raise at.wrong(f"{at.name} is empty, so nothing would be asked")
    return rows


def _staging(at: DocumentValue, names: Iterable[str]) -> dict[str, Json]:
    if not isinstance(at.value, dict):
        return {"staging": at.one_of(names)}
    found = at.known(("environment", "context"))
    if "environment" not in found:
        raise at.wrong("staging names its `environment`")
    context = {key: item.value for key, item in found["context"].items().items()} if "context" in found else {}
    return {"staging": found["environment"].one_of(names), "staging_context": context}


def _command(at: DocumentValue, base: str) -> ShellCommand:
    """`npm test`, or {run: npm test, directory: api, timeout: 300}."""
    if not isinstance(at.value, dict):
        return ShellCommand(at.text(), base)
    found = at.known(("run", "directory", "timeout"))
    if "run" not in found:
        raise at.wrong(f"{at.name} needs `run`, the command")
    directory = _inside(found["directory"], base) if "directory" in found else base
    return ShellCommand(found["run"].text(), directory, _seconds(found["timeout"]) if "timeout" in found else TIMEOUT)


def _seconds(at: DocumentValue) -> float:
    if isinstance(at.value, bool) or not isinstance(at.value, int | float) or not 0 < at.value < 86_400:
        raise at.wrong(f"{at.name} is a number of seconds above 0")
    return float(at.value)


def _own_row(at: DocumentValue, base: str, names: Iterable[str]) -> OwnRow:
    found = at.known(("id", "title", "run", "directory", "timeout", "environments", "advice"))
    for key in ("id", "run"):
        if key not in found:
            raise at.wrong(f"a command of preflight needs `{key}`")
    name = found["id"].text()
    if not _ID.fullmatch(name) or name in ROWS or name in MORE_ROWS:
        raise found["id"].wrong(f"'{name}' is no name for a row: small letters and digits with `-`, and not a built-in")
    listed = found["environments"].one_or_more() if "environments" in found else []
    parts = {key: item.value for key, item in found.items() if key in ("run", "directory", "timeout")}
    return OwnRow(
        name,
        found["title"].text() if "title" in found else name.replace("-", " "),
        _command(DocumentValue(at.document, at.path, parts), base),
        tuple(item.one_of(names) for item in listed),
        found["advice"].text() if "advice" in found else "",
    )


def _verify(at: DocumentValue, base: str) -> dict[str, Json]:
    """A command, or {run: ..., urls: [...]}; both must hold where both are given."""
    if not isinstance(at.value, dict):
        return {"verify": _command(at, base)}
    found = at.known(("run", "directory", "timeout", "urls"))
    own: dict[str, Json] = {}
    if "run" in found:
        parts = {key: value for key, value in at.value.items() if key != "urls"}
        own["verify"] = _command(DocumentValue(at.document, at.path, parts), base)
    if "urls" in found:
        listed = found["urls"].elements() if isinstance(found["urls"].value, list) else [found["urls"]]
        own["urls"] = tuple(map(_url, listed))
    if not own.get("verify") and not own.get("urls"):
        raise at.wrong("verify needs `run`, a command, or `urls`")
    return own


def _url(at: DocumentValue) -> UrlCheck:
    found = at.known(("url", "status")) if isinstance(at.value, dict) else {"url": at}
    if "url" not in found:
        raise at.wrong("an entry of urls needs `url`")
    url = found["url"].text()
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", url):
        raise found["url"].wrong(f"'{url}' is no address that begins with https:// or http://, without a password")
    status = found["status"].value if "status" in found else 200
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise found["status"].wrong("status is a number from 100 to 599")
    return UrlCheck(url, status)


def _env_example(at: DocumentValue, base: str) -> EnvExampleSettings:
    found = at.known(("file", "reads", "ignore", "tests"))
    return EnvExampleSettings(
        _inside(found["file"], base) if "file" in found else None,
        found["reads"].texts() if "reads" in found else (),
        found["ignore"].texts() if "ignore" in found else (),
        found["tests"].flag() if "tests" in found else False,
    )


def _inside(at: DocumentValue, base: str) -> str:
    """A path of the repository: the file can be a pull request's, which must not look anywhere else."""
    path = os.path.join(base, at.text())
    root = repository_root(base)
    if os.path.realpath(path) != os.path.realpath(root) and not is_below(path, root):
        raise at.wrong(f"'{at.value}' leads out of the repository")
    return path


def describe_rows(settings: PreflightSettings | None) -> str:
    """The ids of the rows that may be asked for, as messages list them."""
    return ", ".join((settings or PreflightSettings()).titles)


def suggest_row(name: str, settings: PreflightSettings) -> str:
    """`no row 'x' (did you mean 'y'?); there are: ...`"""
    return f"no row '{name}'{did_you_mean(name, settings.titles)}; there are: {describe_rows(settings)}"
