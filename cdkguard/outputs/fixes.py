"""The fix of a finding in the language of the user: code for Python and TypeScript, YAML or JSON for a template, else words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.model import Finding, Remedy
from cdkguard.outputs.render import Options
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.model import Language

_LANGUAGE_OF_ENDING: dict[str, Language] = {
    "py": "python",
    **dict.fromkeys(("ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"), "typescript"),
    **dict.fromkeys(("java", "kt", "kts", "scala", "groovy"), "java"),
    **dict.fromkeys(("cs", "fs", "vb"), "csharp"),
    "go": "go",
    **dict.fromkeys(("yaml", "yml", "template"), "yaml"),
    "json": "json",
}  # fmt: skip

_LANGUAGE_OF_PROGRAM: dict[str, Language] = {
    **dict.fromkeys(("python", "py", "uv", "uvx", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi"), "python"),
    **dict.fromkeys(
        ("node", "npx", "npm", "yarn", "pnpm", "bun", "bunx", "deno", "tsx", "ts-node", "nx"), "typescript"
    ),
    **dict.fromkeys(("java", "mvn", "mvnw", "gradle", "gradlew", "sbt", "mill"), "java"),
    "dotnet": "csharp",
    "go": "go",
}

# How each language names what TypeScript calls `lowerCamel`.
_TITLE_CASE = ("csharp", "go")
_LONGEST = 160  # What is said of CloudFormation within a sentence.
_NAMES = {"java": "Java", "csharp": ".NET", "go": "Go"}

# The names that stand in the TypeScript code: of a property, of a class with its properties, of a method.
_PROPERTY = lazy_pattern(r"^(\w+)(?::|,)")
_CLASS = lazy_pattern(r"^(?:\w+ = |const \w+ = )?new (?:\w+\.)?(\w+)\(")
_METHOD = lazy_pattern(r"\.(\w+)\([^()]*\)*;?\s*$")


class Fix(NamedTuple):
    """What is advised, in one language."""

    text: str
    language: Language  # Of the code, as the fence of a Markdown block calls it.
    code: str = ""  # Empty where there are words alone.


def choose_fix(finding: Finding, options: Options) -> Fix | None:
    """The fix in the language of the finding's own code; None where the rule advises nothing."""
    return make_fix(finding.remedy, language_of(finding, options)) if finding.remedy else None


def make_fix(remedy: Remedy, language: Language) -> Fix:
    """What a rule advises, in one language. Where there is no code for it, the text names the property."""
    match language:
        case "python":
            return Fix(remedy.text, language, (remedy.python or "").rstrip())
        case "typescript":
            return Fix(remedy.text, language, (remedy.typescript or "").rstrip())
        case "yaml":
            return Fix(remedy.text, language, (remedy.template or "").rstrip())
        case "json":
            return Fix(remedy.text, language, _write_as_json(remedy.template or ""))
        case _:
            return Fix(remedy.text + _name_places(remedy, language), language)


def language_of(finding: Finding, options: Options) -> Language:
    """The language of the code that made the subject of the finding: of its source line, its app, or its template."""
    if finding.source and (language := language_of_file(finding.source.file)):
        return language
    if finding.construct_path is None:
        return language_of_file(finding.template_path) or "yaml"
    return options.language or "typescript"


def languages_of(findings: Iterable[Finding], options: Options) -> list[Language]:
    """The languages of the findings, the most frequent one first."""
    return [language for language, _ in Counter(language_of(finding, options) for finding in findings).most_common()]


def language_of_app(findings: Iterable[Finding]) -> Language | None:
    """The language of most source lines of an app; None where no finding has one."""
    found = Counter(language_of_file(finding.source.file) for finding in findings if finding.source)
    return next((language for language, _ in found.most_common() if language), None)


def language_of_file(name: str) -> Language | None:
    """The language of a file, by the end of its name."""
    return _LANGUAGE_OF_ENDING.get(name.rpartition(".")[2].lower())


def language_of_command(command: str) -> Language | None:
    """The language of an app by the command that runs it: `npx ts-node bin/app.ts`, `python3 app.py && cdkguard check`."""
    for word in command.replace("\\", "/").split():
        name = word.rpartition("/")[2].lower().removesuffix(".exe")
        language = _LANGUAGE_OF_PROGRAM.get(name.rstrip("0123456789.")) or language_of_file(name)
        if language not in (None, "json", "yaml"):
            return language
    return None


def suppression_hint(language: Language, rule: str = "RULE") -> str:
    """One line that accepts a finding where the resource is written."""
    name = f'"cdkguard::{rule}"'
    match language:
        case "python":
            return f'Validations.of(x).acknowledge(Acknowledgment(id={name}, reason="..."))'
        case "typescript":
            return f'Validations.of(x).acknowledge({{ id: {name}, reason: "..." }});'
        case "java":
            return f'Validations.of(x).acknowledge(Acknowledgment.builder().id({name}).reason("...").build());'
        case "csharp":
            return f'Validations.Of(x).Acknowledge(new Acknowledgment {{ Id = {name}, Reason = "..." }});'
        case "go":
            text = f'Id: jsii.String({name}), Reason: jsii.String("...")'
            return f"awscdk.Validations_Of(x).Acknowledge(&awscdk.Acknowledgment{{{text}}})"
        case "yaml":
            return f"Metadata: {{cdkguard: {{suppress: [{{rule: {rule}, reason: ...}}]}}}}"
        case "json":
            return f'"Metadata": {{"cdkguard": {{"suppress": [{{"rule": "{rule}", "reason": "..."}}]}}}}'


def _write_as_json(template: str) -> str:
    """The members of an object that the YAML of a template stands for, without the braces around them."""
    if not template:
        return ""
    import json
    from textwrap import dedent

    import yaml

    lines = json.dumps(yaml.safe_load(template), indent=2, ensure_ascii=False).splitlines()
    return dedent("\n".join(lines[1:-1]))


def _name_places(remedy: Remedy, language: Language) -> str:
    """A sentence that names the property or method of the construct library, and the property of CloudFormation."""
    code = (remedy.typescript or "").strip()
    case = (lambda name: name[:1].upper() + name[1:]) if language in _TITLE_CASE else str
    words = []
    if found := _PROPERTY.match(code):
        words.append(f"the property `{case(found.group(1))}`")
    elif found := _CLASS.match(code):
        words.append(f"the class `{found.group(1)}`")
    elif found := _METHOD.search(code):
        words.append(f"the method `{case(found.group(1))}`")
    written = ", ".join(_flatten(remedy.template))
    if 0 < len(written) <= _LONGEST:
        words.append(f"in CloudFormation `{written}`")
    return f" In {_NAMES[language]}: {'; '.join(words)}." if words else ""


def _flatten(template: str | None) -> Iterator[str]:
    """`Properties.VersioningConfiguration.Status: Enabled` for each value of the YAML of a template."""
    if template:
        import json

        import yaml

        stack = [("", yaml.safe_load(template))]
        while stack:
            path, value = stack.pop()
            if isinstance(value, dict) and value and not any(key.startswith("Fn::") or key == "Ref" for key in value):
                stack += [(f"{path}.{key}" if path else key, inner) for key, inner in reversed(value.items())]
            else:
                yield f"{path}: {value if isinstance(value, str) else json.dumps(value)}"
