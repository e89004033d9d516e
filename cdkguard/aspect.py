"""The same rules inside a CDK app: an Aspect, and the validation plugin behind it; the only import of aws_cdk."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from weakref import WeakKeyDictionary

from cdkguard import __version__
from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.errors import CdkguardError, ConfigError
from cdkguard.inapp.judge import AppSettings, Judge, check_settings, find_outermost_assembly

try:
    cdk: Any = import_module("aws_cdk")  # not typed: mypy would read all of aws-cdk-lib, and names differ by version
except ModuleNotFoundError as problem:
    raise ImportError("cdkguard.aspect needs aws-cdk-lib: pip install 'cdkguard[cdk]'") from problem
from cdkguard.inapp.visitor import Visitor, jsii

if TYPE_CHECKING:  # the engine is loaded when something is judged, not when an app imports this
    from cdkguard.model import Report

__all__ = ["CdkGuard", "CdkGuardPlugin"]

PLUGIN = "cdkguard"
_REPORT = "validation-report.json"
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
_VERSION = import_module("aws_cdk._jsii").__jsii_assembly__.version
# Before, a plugin's failure was the exit status of Node, which the Python app neither sees nor passes on.
_PLUGINS_FAIL = tuple(map(int, _VERSION.split(".")[:2])) >= (2, 262)
_INTERFACES = [cdk.IPolicyValidationPlugin, cdk.IPolicyValidationPluginBeta1] if _PLUGINS_FAIL else []


def scope_of(construct: Any) -> str:
    """The construct path of what is to be judged: an App, a Stage, a Stack, or the Stack that something else is in."""
    whole = cdk.Stack.is_stack(construct) or cdk.Stage.is_stage(construct)
    path: str = (construct if whole else cdk.Stack.of(construct)).node.path
    return path


# -- the plugin


@jsii.implements(*_INTERFACES)
class CdkGuardPlugin:
    """For `Validations.of(app).add_plugins(...)` and `App(policy_validation_beta1=[...])`."""

    def __init__(
        self,
        config: str | os.PathLike[str] | None = None,
        environment: str | None = None,
        packs: Sequence[str] | None = None,
        fail_on: str | None = None,
        mode: str = "error",
    ) -> None:
        if not _PLUGINS_FAIL:
            text = f"CdkGuardPlugin needs aws-cdk-lib 2.262 or newer: plugins of {_VERSION} do not fail a Python app"
            raise ConfigError(f"{text}; write Aspects.of(app).add(CdkGuard()), which does")
        self._judge = Judge(check_settings(config, environment, packs, fail_on, mode))

    @property
    def name(self) -> str:
        """CDK's property: the name that its validation report shows."""
        return PLUGIN

    @property
    def version(self) -> str:
        """CDK's property: cdkguard's version."""
        return __version__

    @property
    def rule_ids(self) -> None:
        """None: CDK would write them into the templates."""
        return None

    def validate(self, context: Any) -> Any:
        """CDK's call, when the assembly is on disk. It raises nothing: CDK shows a returned violation better."""
        templates = list(context.template_paths)
        try:
            self._judge.root = context.app_construct
            report = self._judge.report(
                find_outermost_assembly(os.path.dirname(os.path.abspath(templates[0]))), templates
            )
            self._judge.tell(report)
            return _plugin_report(report, self._judge)
        except CdkguardError as stop:
            return _stopped(str(stop), context)
        except Exception as bug:
            import traceback

            traceback.print_exc()
            text = f"that is a bug in cdkguard, and nothing was judged; please report it: {type(bug).__name__}: {bug}"
            return _stopped(text, context)


def _plugin_report(report: Report, judge: Judge) -> Any:
    from cdkguard.cli.links import make_links
    from cdkguard.outputs import cdk_report

    entry = cdk_report.make_entry(report, link_of=make_links("."))
    warn = judge.warns
    insistent = judge.acknowledged | set(_acknowledged_outside(judge.root, report))
    violations = []
    for said in entry["violations"]:
        severity = said["severity"]
        if severity == "error":
            # CDK cannot suppress what is fatal: an acknowledgement that does not count here counts nowhere.
            severity = "warning" if warn else "fatal" if said["ruleName"] in insistent else severity
        violations.append(
            cdk.PolicyViolation(
                rule_name=said["ruleName"],
                description=said["description"],
                severity=severity,
                fix=said.get("suggestedFix"),
                rule_metadata=said.get("ruleMetadata"),
                violating_resources=[_resource(c) for c in said["violatingConstructs"]],
            )
        )
    success = not report.errors and (warn or not report.fails())
    return cdk.PolicyValidationPluginReport(success=success, violations=violations, metadata=entry["metadata"])


def _resource(construct: dict[str, Any]) -> Any:
    """CDK finds the construct of a logical id; it takes a construct path only in place of one."""
    place = construct.get("cloudFormationResource")
    if place:
        return cdk.PolicyViolatingResource(
            resource_logical_id=place["logicalId"],
            template_path=os.path.abspath(place["templatePath"]),
            locations=place["propertyPaths"],
        )
    return cdk.PolicyViolatingResource(construct_path=construct["constructPath"], locations=[])


def _stopped(text: str, context: Any) -> Any:
    """A failure of the whole run. It names every stack, since the CDK CLI shows only what is in the chosen ones."""
    from cdkguard.text import escape

    places = [_resource({"constructPath": stack.stack_construct_path}) for stack in context.stack_templates]
    violation = cdk.PolicyViolation(
        rule_name="cdkguard-error", description=escape.block(text), severity="fatal", violating_resources=places
    )
    return cdk.PolicyValidationPluginReport(success=False, violations=[violation])


def _acknowledged_outside(root: Any, report: Report) -> Iterator[str]:
    """Rules acknowledged on what is around the stacks. CDK applies that, but no assembly holds it, so that it is no
    suppression for `cdkguard check`, nor here."""
    if not report.fails():
        return
    around: dict[str, Any] = {"": root}
    for stack in report.stacks:
        path = ""
        for name in stack.construct_path.split("/")[:-1]:
            inner, path = around[path], f"{path}/{name}" if path else name
            if path not in around:
                around[path] = inner.node.try_find_child(name)
            if around[path] is None or cdk.Stack.is_stack(around[path]):
                break
    for construct in around.values():
        if construct is not None and not cdk.Stack.is_stack(construct):
            for entry in construct.node.metadata:
                if entry.type == _ACKNOWLEDGED and isinstance(entry.data, dict):
                    yield from (key.removeprefix(f"{PLUGIN}::") for key in entry.data)


# -- the Aspect

_JUDGES: WeakKeyDictionary[Any, dict[AppSettings, Judge]] = WeakKeyDictionary()  # by App


class CdkGuard(Visitor):
    """`Aspects.of(app).add(CdkGuard())`: the app does not synthesize while `cdkguard check` would fail.

    Added to a Stage or Stack, it judges only that one. `mode="warn"` tells and does not fail, except where something could
    not be judged. `record=False` keeps CDK from writing the plugin's name into the templates' usage data.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | None = None,
        environment: str | None = None,
        packs: Sequence[str] | None = None,
        fail_on: str | None = None,
        mode: str = "error",
        record: bool = True,
    ) -> None:
        self._settings = check_settings(config, environment, packs, fail_on, mode)
        self._record = record
        self._judges: dict[str, Judge] = {}  # by the folder of the assembly, where no plugin judges
        super().__init__()

    def _entered(self, node: Any) -> None:
        root = node.node.root
        if not cdk.App.is_app(root):
            raise ConfigError("CdkGuard: the construct that it was added to is in no App")
        _forget_report(root)
        judges = _JUDGES.setdefault(root, {})
        judge = judges.get(self._settings)
        if judge is None:  # each stack is judged once, wherever an Aspect with these settings was added
            judge = judges[self._settings] = Judge(self._settings, root)
            self._register(root, judge)
        judge.scopes.add(scope_of(node))

    def _register(self, root: Any, judge: Judge) -> None:
        """With the App, which judges its stages at the very end; a plugin of each stage would judge some twice."""
        if not _PLUGINS_FAIL:
            self._judges[os.path.realpath(root.outdir)] = judge
            self._judge_after_templates(root)
            return
        plugin = CdkGuardPlugin()
        plugin._judge = judge
        if self._record:
            cdk.Validations.of(root).add_plugins(plugin)
        else:
            root.node.add_validation(_Late(root, plugin))

    def _judged(self, directory: str) -> str:
        return _verdict(self._judges[os.path.realpath(directory)], directory)

    @staticmethod
    def suppress(construct: Any, rule: str, reason: str, expires: str | None = None, owner: str | None = None) -> None:
        """Accept a rule's findings on the construct and what is in it, up to and including the day `expires`.

        It is CDK's acknowledgement, so that `cdkguard check` honours it, too. Raises ConfigError where it would not hold.
        """
        from cdkguard.text.dates import is_date

        place = construct.node.path or "the app"
        if not rule.strip() or any(c in rule for c in "*?[") or not reason.strip():
            raise ConfigError(f"CdkGuard.suppress on {place}: it needs the id of one rule, and a reason")
        if expires is not None and not is_date(expires):
            raise ConfigError(f"CdkGuard.suppress on {place}: expires is a date such as 2030-01-31, not '{expires}'")
        if not any(cdk.Stack.is_stack(scope) for scope in construct.node.scopes):
            raise ConfigError(
                f"CdkGuard.suppress on {place}: it is in no stack; write it under `suppressions` in cdkguard.yaml"
            )
        if expires is not None and time.strftime("%Y-%m-%d") > expires:
            text = f"{place}: the suppression of '{rule}' expired on {expires} and does not count"
            print(f"cdkguard: {text}", file=sys.stderr)
            return
        notes = [f"owner {owner}" if owner else "", f"until {expires}" if expires else ""]
        told = ", ".join(filter(None, notes))
        entry = {f"{PLUGIN}::{rule.removeprefix(PLUGIN + '::')}": f"{reason} ({told})" if told else reason}
        construct.node.add_metadata(_ACKNOWLEDGED, entry)


@jsii.implements(import_module("constructs").IValidation)
class _Late:
    """Registers the plugin when CDK validates the tree: after it has taken down the names of the plugins it knows of."""

    def __init__(self, app: Any, plugin: CdkGuardPlugin) -> None:
        self._app, self._plugin, self._done = app, plugin, False

    def validate(self) -> list[str]:
        if not self._done:
            self._done = True
            cdk.Validations.of(self._app).add_plugins(self._plugin)
        return []


def _forget_report(root: Any) -> None:
    """A report of an earlier synthesis must not outlive this one: the CDK CLI would show it, whatever happens here."""
    path = os.path.join(root.outdir, _REPORT)
    if os.path.lexists(path):
        os.unlink(path)


def _verdict(judge: Judge, directory: str) -> str:
    """For a library whose plugins do not fail: the text that the synthesis fails with, or nothing."""
    from cdkguard.outputs import render
    from cdkguard.text import escape

    try:
        report = judge.report(directory)
    except CdkguardError as stop:
        return escape.block(f"cdkguard: {stop}")
    except Exception as bug:
        import traceback

        traceback.print_exc()
        return f"that is a bug in cdkguard, and nothing was judged; please report it: {type(bug).__name__}: {bug}"
    if not report.active and not report.errors:
        judge.tell(report)
        return ""
    text = render.render("text", report, render.Options(os.getcwd()))
    if report.errors or (not judge.warns and report.fails()):
        return f"cdkguard\n\n{text}"
    print(text, file=sys.stderr)
    return ""
