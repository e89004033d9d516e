"""What people call a resource: its construct path, in place of the logical ID that CDK makes of it, and of exports."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    import re

    from cdkguard.diff.targets import Targets

_HASHED_ID = lazy_pattern(r"(?<![\w/.:-])[A-Za-z0-9]+[0-9A-F]{8}\b")  # a logical ID that CDK made
# An import as `render_value` writes it, or the name that CDK gives an export.
_EXPORT = lazy_pattern(r"\$\{import (?P<imported>[^{}]+)\}|(?P<name>[\w-]+:ExportsOutput(?:FnGetAtt|Ref)[A-Za-z0-9]+)")
_PLACED_ID = lazy_pattern(r"(?<![\w/.:-])((?:[\w.-]+/)+)([A-Za-z0-9]+[0-9A-F]{8})\b")  # below the path of its stack


def name_resource(stack: Stack, logical_id: str) -> str:
    """The construct path without CDK's last step, `Resource`; the logical ID where no path is known."""
    path = stack.construct_paths.get(logical_id)
    return path.removesuffix("/Resource") if path else logical_id


def use_construct_paths(text: str, stack: Stack) -> str:
    """The text with construct paths in place of logical IDs that end in CDK's hash, where the path is known."""
    return _HASHED_ID.sub(lambda found: name_resource(stack, found.group()), text)


class NamesOfOthers:
    """Puts the names of other stacks' resources in place of exports and logical IDs, as far as the stacks of a run tell."""

    def __init__(self, *sides: tuple[Sequence[Stack], StackScopes]) -> None:
        self._sides = sides
        self._targets: list[Targets] | None = None

    def use_names(self, text: str, stack: Stack) -> str:
        """The text, which is about that stack, with `${Data/Invoices.Arn}` for `${import Data:ExportsOutput...}`."""
        text = _PLACED_ID.sub(self._name_placed, text)
        if "${import " not in text and ":ExportsOutput" not in text:
            return text
        if self._targets is None:
            from cdkguard.diff.targets import Targets  # few messages name an export

            self._targets = [Targets(list(stacks), scopes) for stacks, scopes in self._sides]
        return _EXPORT.sub(lambda found: self._name_export(found, stack), text)

    def _name_placed(self, found: re.Match[str]) -> str:
        path, logical_id = found.group(1).removesuffix("/"), found.group(2)
        for stacks, _scopes in self._sides:
            for stack in stacks:
                if stack.construct_path == path and logical_id in stack.construct_paths:
                    return name_resource(stack, logical_id)
        return found.group()

    def _name_export(self, found: re.Match[str], stack: Stack) -> str:
        name = found["imported"] or found["name"]
        for targets in self._targets or ():
            target = targets.find(stack, Deferred("import", {"Fn::ImportValue": name}))
            if target is not None:
                resource = name_resource(*target) + _attribute_in(name, target[1])
                return f"${{{resource}}}" if found["imported"] else resource
        return found.group()


def _attribute_in(export: str, logical_id: str) -> str:
    """`.Arn` of `Data:ExportsOutputFnGetAttInvoicesF0222E8DArn800E1C09`, as CDK names what another stack reads."""
    _before, found, after = export.partition(f"ExportsOutputFnGetAtt{logical_id}")
    return f".{after[:-8]}" if found and len(after) > 8 else ""
