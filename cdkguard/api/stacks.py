"""Template and context -> the stack, with those nested in it, as the engine judges them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.api.nouns import NestedTemplate, StackContext
from cdkguard.errors import CdkguardError, TemplateError
from cdkguard.inputs.parts import DEPLOYERS
from cdkguard.inputs.shapes import construct_path_of, find_construct_paths, mapping_or_empty
from cdkguard.inputs.template_file import (
    check_template,
    find_lines_later,
    parse,
    parse_template,
)
from cdkguard.inputs.template_json import parse_json
from cdkguard.model import Problem, Stack, find_nothing
from cdkguard.template.values import Deferred

if TYPE_CHECKING:
    from cdkguard.api.nouns import Body
    from cdkguard.inputs.deployed_templates import DeployedTemplate

MAX_NESTED = 30  # levels of templates in templates
_HIDDEN = "****"  # what DescribeStacks shows of a parameter with NoEcho
_TOP = "/CDKMetadata/Default"  # the end of the construct path of a resource that CDK puts at the top of each stack


class ReadStacks(NamedTuple):
    """A root stack, followed by those nested in it, and what was not read of them."""

    stacks: tuple[Stack, ...]
    problems: tuple[Problem, ...]
    size: int  # characters of the templates


def read_stacks(body: Body, context: StackContext, takes_paths: bool = True, has_lines: bool = True) -> ReadStacks:
    """The stack of a template with those nested in it; raises TemplateError where the template itself cannot be read.

    `takes_paths` says whether construct paths are taken from the template's metadata, `has_lines` whether findings get lines.
    """
    reader = _Reader(takes_paths, has_lines)
    reader.read_root(body, context)
    return ReadStacks(tuple(reader.stacks), tuple(reader.problems), reader.size)


class _Reader:
    def __init__(self, takes_paths: bool, has_lines: bool) -> None:
        self.takes_paths, self.has_lines = takes_paths, has_lines
        self.stacks: list[Stack] = []
        self.problems: list[Problem] = []
        self.size = 0

    def read_root(self, body: Body, context: StackContext) -> None:
        source = context.source or context.name
        template, lines = self._parse(body, source)
        paths = self._find_paths(template)
        path = _stack_path(paths) if context.construct_path is None else context.construct_path
        stack = Stack(
            context.name, template, source, construct_path=path or None,
            account=context.account, region=context.region, tags=context.tags,
            termination_protection=context.termination_protection, notification_arns=context.notification_arns,
            parameters=_find_parameters(template, context), construct_paths=paths, line_of=lines,
            from_assembly=context.tags is not None and context.termination_protection is not None,
        )  # fmt: skip
        self._add(stack, context, 0)

    def _parse(self, body: Body, name: str) -> tuple[dict[str, Json], Callable[..., int | None]]:
        """The template as a value of its own: a loop in it is expanded in place."""
        if isinstance(body, str):
            text = body
            value = parse(text, name)
        else:
            try:
                text = json.dumps(body)
            except (TypeError, ValueError, RecursionError) as problem:
                raise TemplateError(f"{name}: no value that JSON can hold: {problem}") from problem
            value = parse_json(text, name)
        self.size += len(text)
        check_template(value, name)
        return value, find_lines_later(text) if isinstance(body, str) and self.has_lines else find_nothing

    def _find_paths(self, template: Mapping[str, Json]) -> dict[str, str]:
        return find_construct_paths(template) if self.takes_paths else {}

    def _add(self, stack: Stack, context: StackContext, level: int) -> None:
        """Add the stack and what its template deploys; `level` counts the templates around it."""
        resources = stack.template["Resources"]
        if not any(isinstance(body, list) or body["Type"] in DEPLOYERS for body in resources.values()):
            self.stacks.append(stack)
            return

        from cdkguard.inputs.deployed_templates import find_in_loops  # few templates deploy others

        found = list(_find_deployed(stack.template))
        named = [name for name, one in found if one.text() is None]
        # A product has several versions; a body that is given stands for one of them.
        unread = {name for name in named if named.count(name) > (name in context.nested)}
        stack = stack._replace(unread=frozenset((*unread, *find_in_loops(resources))))
        self.stacks.append(stack)
        left = dict(context.nested)
        for logical_id, deployed in found:
            own = left.pop(logical_id, None) if deployed.text() is None else None
            if own is not None or deployed.text() is not None:
                self._read_nested(stack, logical_id, deployed, own, level + 1)

    def _read_nested(
        self, parent: Stack, logical_id: str, deployed: DeployedTemplate, own: NestedTemplate | None, level: int
    ) -> None:
        """Add the template that is given for the resource, or that stands in the resource itself."""
        label, source = f"{parent.template_path}/{logical_id}", parent.template_path
        inner = StackContext() if own is None else own.context
        try:
            if level > MAX_NESTED:
                raise TemplateError(f"nested deeper than {MAX_NESTED} levels")
            if own is not None:
                label = source = inner.source or label
                template, lines = self._parse(own.body, label)
            else:
                text = deployed.text() or ""
                self.size += len(text)
                template, lines = parse_template(text, label, deployed.has_holes()), find_nothing
        except CdkguardError as problem:
            text = f"nested stack '{logical_id}' of {parent.template_path} was not judged: {problem}"
            self.problems.append(Problem("nested-template", text, parent.template_path))
            return

        elsewhere, root = deployed.elsewhere or parent.elsewhere, parent.root
        paths = self._find_paths(template)
        path = self._nested_path(parent, logical_id)
        stack = Stack(
            f"{root.name}/{path.rpartition('/')[2]}", template, source, construct_path=path,
            account=None if elsewhere else root.account, region=None if elsewhere else root.region, elsewhere=elsewhere,
            termination_protection=root.termination_protection, tags=root.tags,
            parameters=dict(inner.parameters) if own is not None else {}, parent=parent, parent_logical_id=logical_id,
            construct_paths=paths, line_of=lines, from_assembly=root.from_assembly,
        )  # fmt: skip
        self._add(stack, inner, level)

    def _nested_path(self, parent: Stack, logical_id: str) -> str:
        from cdkguard.inputs.assembly_stacks import nested_path

        above = parent.construct_path or parent.name
        resource = parent.template["Resources"].get(logical_id)
        return nested_path(construct_path_of(resource) if self.takes_paths else None, logical_id, above)


def _find_deployed(template: Mapping[str, Json]) -> Iterator[tuple[str, DeployedTemplate]]:
    """(logical id, template) of what the template deploys."""
    from cdkguard.inputs.deployed_templates import templates_of

    for logical_id, resource in template["Resources"].items():
        if isinstance(resource, dict):
            for deployed in templates_of(resource, template.get("Mappings")):
                yield logical_id, deployed


def _find_parameters(template: Mapping[str, Json], context: StackContext) -> dict[str, Json]:
    """The values of the template's parameters; where Defaults do not count, those without a value are Deferred."""
    given = {name: value for name, value in context.parameters.items() if value is not None and value != _HIDDEN}
    if context.takes_defaults:
        return given
    for name, declared in mapping_or_empty(template.get("Parameters")).items():
        if name not in given:
            given[name] = _unknown_parameter(name, mapping_or_empty(declared))
    return given


def _unknown_parameter(name: str, declared: Mapping[str, Json]) -> Deferred:
    allowed = declared.get("AllowedValues")
    is_single = not str(declared.get("Type", "String")).startswith(("CommaDelimitedList", "List<", "AWS::SSM::"))
    texts = allowed if isinstance(allowed, list) and is_single and all(isinstance(v, str) for v in allowed) else ()
    return Deferred("parameter", {"Ref": name}, name, parts=tuple(texts))


def _stack_path(paths: Mapping[str, str]) -> str | None:
    """The stack's own construct path, from that of the resource that CDK puts at the top of every stack."""
    path = paths.get("CDKMetadata", "")
    return path.removesuffix(_TOP) if path.endswith(_TOP) else None
