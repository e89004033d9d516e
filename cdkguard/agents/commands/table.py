"""Name of a tool -> the reader of its arguments, which is loaded when the tool is met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from cdkguard.agents.commands.call import Call
from cdkguard.agents.nouns import Action

_FRAMEWORK_NAMES = (
    "sam", "sst", "amplify", "ampx", "serverless", "sls", "osls", "copilot", "chalice", "eb", "rain", "eksctl", "sceptre",
    "zappa",
)  # fmt: skip
_READERS: dict[str, tuple[str, str]] = {
    "cdk": ("cdk", "read_cdk"),
    "aws": ("aws", "read_aws"),
    "cdkguard": ("own", "read_cdkguard"),
    "git": ("git", "read_git"),
    "gh": ("hubs", "read_hub"),
    "glab": ("hubs", "read_hub"),
    **dict.fromkeys(_FRAMEWORK_NAMES, ("frameworks", "read_framework")),
}
# Other names of the same programs: packages, modules, files.
NAMES = {
    "aws-cdk": "cdk", "cdk2": "cdk", "awscli": "aws", "aws2": "aws", "awsv2": "aws", "aws_completer": "", "samcli": "sam",
    "aws-sam-cli": "sam", "@aws-amplify/cli": "amplify", "@aws-amplify/backend-cli": "ampx", "@serverless/cli": "serverless",
    "@aws-cdk/cli": "cdk",
}  # fmt: skip
DEPLOYERS = frozenset({"cdk", "aws", *_FRAMEWORK_NAMES})  # their names make a line that hides its verb worth a question
_ENDINGS = (".exe", ".cmd", ".bat", ".ps1", ".js", ".mjs", ".cjs")


def name_of(word: str) -> str:
    """The program's name in a command's first word: without folder and ending, in lower case as some systems take it."""
    if word in NAMES:
        return NAMES[word]
    name = word.replace("\\", "/").rpartition("/")[2].lower()
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return NAMES.get(name, name)


def reader_of(name: str) -> Callable[[Call], Iterator[Action]] | None:
    """The reader of a tool's arguments; None where the tool is none of those that we read."""
    if "-" in name and name not in _READERS:
        from cdkguard.agents.commands.cmdlets import is_cmdlet, read_cmdlet

        return read_cmdlet if is_cmdlet(name) else None
    if name not in _READERS:
        return None
    module, function = _READERS[name]
    found: Callable[[Call], Iterator[Action]] = getattr(import_module(f"cdkguard.agents.commands.{module}"), function)
    return found
