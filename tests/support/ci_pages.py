"""The snippets of docs/ci.md and docs/ci/, by the service that reads them."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from tests.support.paths import ROOT


class Snippet(NamedTuple):
    """A fenced block of a page."""

    page: str
    language: str
    text: str

    @property
    def service(self) -> str:
        return _service(self.read()) if self.language == "yaml" else self.language

    def read(self) -> Any:
        return yaml.load(self.text, _Loader)


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans, so that `on:` is a name."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def _service(read: Any) -> str:
    if isinstance(read, list):
        return "github-steps"
    for key, service in (
        ("jobs", "github"),
        ("phases", "codebuild"),
        ("pipelines", "bitbucket"),
        ("pool", "azure"),
        ("repos", "pre-commit"),
    ):
        if key in read:
            return service
    return "gitlab"


def read_snippets() -> Iterator[Snippet]:
    """Every fenced block of the pages on CI."""
    for page in (
        ROOT / "docs/ci.md",
        *sorted((ROOT / "docs/ci").glob("*.md")),
        ROOT / "docs/security.md",
        ROOT / "docs/report-page.md",
    ):
        for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            yield Snippet(page.name, language, text)


def commands_of(snippet: Snippet) -> list[str]:
    """What a shell gets of it, in its order."""
    read: Any = snippet.read() if snippet.language == "yaml" else None
    match snippet.service:
        case "github":
            return [step["run"] for job in read["jobs"].values() for step in job["steps"] if "run" in step]
        case "github-steps":
            return [step["run"] for step in read if "run" in step]
        case "codebuild":
            return [command for phase in read["phases"].values() for command in phase["commands"]]
        case "bitbucket":
            return [line for step in read["pipelines"]["pull-requests"]["**"] for line in step["step"]["script"]]
        case "azure":
            return [step["script"] for step in read["steps"] if "script" in step]
        case "gitlab":
            return [line for job in read.values() if "script" in job for line in job["script"]]
        case "groovy":
            return re.findall(r"^\s*sh '(.*)'$", snippet.text, re.MULTILINE)
        case "console":
            return [line.removeprefix("$ ") for line in snippet.text.splitlines() if line.startswith("$ ")]
    return []


def interpolate(template: str, **inputs: Any) -> dict[str, Any]:
    """The jobs of a GitLab component as GitLab makes them of its inputs."""
    header, jobs = yaml.safe_load_all(template)
    values = {name: inputs.pop(name, entry.get("default")) for name, entry in header["spec"]["inputs"].items()}
    assert not inputs, f"no such inputs: {inputs}"

    def fill(node: Any) -> Any:
        match node:
            case dict():
                return {fill(key): fill(value) for key, value in node.items()}
            case list():
                return [fill(value) for value in node]
            case str() if whole := re.fullmatch(r"\$\[\[ inputs\.([a-z-]+) \]\]", node):
                return values[whole[1]]
            case str():
                return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda found: str(values[found[1]]), node)
        return node

    return fill(jobs)  # type: ignore[no-any-return]
