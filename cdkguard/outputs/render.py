"""Renders a report in a named format; each renderer is loaded when it is used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.errors import ConfigError
from cdkguard.model import Report, Source

if TYPE_CHECKING:
    from cdkguard.model import Framework


Excerpt = Callable[[Source], list[tuple[int, str]]]


def no_excerpt(source: Source) -> list[tuple[int, str]]:
    """For callers that have no sources at hand."""
    return []


class Options(NamedTuple):
    """What a renderer may know of its surroundings; renderers look at nothing else."""

    root: str = ""  # absolute path of the repository (or current folder); paths below it are shown relative to it
    color: bool = False
    width: int = 80
    excerpt: Excerpt = no_excerpt  # source place -> [(line number, text)]
    cdk_json: str | None = "cdk.json"  # where a finding without source line points; None: its template (bare templates)
    frameworks: tuple[Framework, ...] = ()  # what the report says of them, by control


Renderer = Callable[[Report, Options], str]


def _lazy(module: str, function: str = "render") -> Renderer:
    def render_lazily(report: Report, options: Options) -> str:
        renderer: Renderer = getattr(import_module(f"cdkguard.outputs.{module}"), function)
        return renderer(report, options)

    return render_lazily


RENDERERS: dict[str, Renderer] = {
    "text": _lazy("text"),
    "json": _lazy("report_json"),
    "sarif": _lazy("sarif"),
    "junit": _lazy("junit"),
    "github": _lazy("github"),
    "github-summary": _lazy("github", "step_summary"),
    "gitlab": _lazy("gitlab"),
    "markdown": _lazy("markdown"),
}


def render(name: str, report: Report, options: Options | None = None) -> str:
    """The report in the format `name`, ending in a line break."""
    if name not in RENDERERS:
        raise ConfigError(f"no output format {name!r} (known: {', '.join(RENDERERS)})")
    return RENDERERS[name](report, options or Options())
