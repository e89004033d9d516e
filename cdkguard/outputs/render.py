"""The output formats: a record for each, and the options that every renderer gets.

A new format is a module with a `render` function, a record here and its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.errors import ConfigError

if TYPE_CHECKING:  # The help of a command reads the table of formats, and needs no nouns.
    from cdkguard.model import Framework, Language, Source

Excerpt = Callable[["Source"], list[tuple[int, str]]]
LinkOf = Callable[[str, str], str]
Permalink = Callable[[str, int], str]


def no_excerpt(source: Source) -> list[tuple[int, str]]:
    """For callers that have no sources at hand."""
    return []


def no_link(style: str, text: str) -> str:
    """For outputs that show no links."""
    return ""


def no_permalink(file: str, line: int) -> str:
    """For callers that do not know where the code is to be seen."""
    return ""


class Detail(NamedTuple):
    """How much of a report an output for people tells. The programs' formats tell everything in any case."""

    verbose: bool = False  # Every finding in full, however many there are.
    quiet: bool = False  # The findings that decide about the exit status, and errors; nothing where there are none.
    show_old: bool = False  # The findings that the baseline has, too.
    statistics: bool = False  # A count for each rule instead of the findings.


class Options(NamedTuple):
    """The surroundings of a renderer, which looks at nothing else."""

    root: str = ""  # Absolute path of the repository or current folder; paths below it are shown relative to it.
    color: bool = False
    width: int = 80
    excerpt: Excerpt = no_excerpt  # source -> [(line number, text)]
    permalink: Permalink = no_permalink  # (path below `root`, line) -> the address of the committed line, or ""
    cdk_json: str | None = "cdk.json"  # Findings without a source line point there; None: at their (bare) template.
    language: Language | None = None  # The app's; a source line says it first.
    # (style, text) of a piece of a Line -> the address that a terminal opens for it, or "": the page of a "rule", the file
    # of a "place" (`lib/stack.ts:71`). Asked only where there are colours, see styled_lines.
    link_of: LinkOf = no_link
    detail: Detail = Detail()
    frameworks: tuple[Framework, ...] = ()  # The frameworks that the report sums up, by control.
    app: str = ""  # The app's name: its folder.
    commit: str = ""  # The commit that is judged, in words; empty where nobody knows.
    made: str = ""  # When: "2030-01-31 12:30 UTC".


class Format(NamedTuple):
    """One output format.

    Each field but the first names the function that renders one kind of thing, as `module.function` in cdkguard.outputs;
    it takes the thing and Options. The field is empty where the format cannot show that kind.
    """

    name: str
    report: str = ""  # model.Report: `cdkguard check`
    difference: str = ""  # diff.common.Difference: `cdkguard diff`
    plan: str = ""  # plan.record.Plan: `cdkguard plan`
    rules: str = ""  # Sequence[Rule]: `cdkguard rules list`
    rule_map: str = ""  # Sequence[rule_map.Row]: `cdkguard rules map`
    explanation: str = ""  # explanation.Explanation: `cdkguard explain`
    fleet: str = ""  # fleet.record.Fleet: `cdkguard report`
    preflight: str = ""  # preflight.record.Preflight: `cdkguard preflight`
    audit: str = ""  # audit.summary.Audit: `cdkguard audit`; it yields pieces, since its findings may be very many
    answer: str = ""  # audit.answer.Answer: `cdkguard audit query`; pieces, too
    round: str = ""  # watch_round.Round: `cdkguard check --watch`
    has_colors: bool = False  # Whether it has colours on a terminal.
    is_asked_by_name: bool = True  # Whether --output takes it; else it is for cdkguard.yaml alone.


FORMATS = (
    Format(
        "text",
        report="text.render",
        difference="diff.text.render",
        plan="plan.text.render",
        rules="rule_list.render_text",
        rule_map="rule_map.render_text",
        explanation="explanation.render_text",
        fleet="fleet.text.render",
        preflight="preflight.text.render",
        audit="audit.text.render",
        answer="audit.answer.render_text",
        round="watch_text.render",
        has_colors=True,
    ),
    Format(
        "json",
        report="report_json.render",
        difference="diff.json.render",
        plan="plan.json.render",
        rules="rule_list.render_json",
        rule_map="rule_map.render_json",
        explanation="explanation.render_json",
        fleet="fleet.json.render",
        preflight="preflight.json.render",
        audit="audit.json.render",
        answer="audit.answer.render_json",
    ),
    Format("concise", report="concise.render", round="watch_concise.render"),
    Format("sarif", report="sarif.render"),
    Format("junit", report="junit.render"),
    Format("github", report="github.render"),
    Format("github-summary", report="github.step_summary", is_asked_by_name=False),
    Format("gitlab", report="gitlab.render"),
    Format("csv", audit="audit.csv.render", answer="audit.answer.render_csv"),
    Format("ocsf", audit="audit.ocsf.render"),
    Format("asff", audit="audit.asff.render"),
    Format(
        "html",
        report="html.report.render",
        plan="html.plan.render",
        fleet="fleet.html.render",
        preflight="preflight.html.render",
        audit="audit.html.render",
    ),
    Format(
        "markdown",
        report="markdown.report.render",
        difference="diff.markdown.render",
        plan="plan.markdown.render",
        preflight="preflight.markdown.render",
    ),
)


def format_names(kind: str = "report") -> tuple[str, ...]:
    """The formats that --output takes for a kind of thing, which is the name of a field of Format."""
    return tuple(f.name for f in FORMATS if getattr(f, kind) and f.is_asked_by_name)


def render(name: str, thing: Any, options: Options | None = None, kind: str = "report") -> str:
    """A report (or another kind of thing) in the format `name`, ending in a line break. Raises ConfigError."""
    known = {f.name: getattr(f, kind) for f in FORMATS if getattr(f, kind)}
    if name not in known:
        raise ConfigError(f"no output format {name!r} (known: {', '.join(known)})")
    module, _, function = known[name].rpartition(".")
    options = options or Options()
    findings = thing.report.findings if kind in ("plan", "round") else thing.findings if kind == "report" else ()
    if findings and options.language is None:
        from cdkguard.outputs.fixes import language_of_app

        options = options._replace(language=language_of_app(findings))
    made = _load(module, function)(thing, options)
    text: str = made if isinstance(made, str) else "".join(made)
    return text


def render_pieces(name: str, thing: Any, options: Options, kind: str) -> Iterator[str]:
    """An audit, or another kind that may be very large, in the format `name`, piece by piece."""
    module, _, function = next(str(getattr(f, kind)) for f in FORMATS if f.name == name).rpartition(".")
    pieces: Iterator[str] = _load(module, function)(thing, options)
    return pieces


def _load(module: str, function: str) -> Callable[[Any, Options], Any]:
    loaded: Callable[[Any, Options], Any] = getattr(
        __import__(f"cdkguard.outputs.{module}", fromlist=[function]),
        function,  # as in cli/commands.py
    )
    return loaded
