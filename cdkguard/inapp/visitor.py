"""The part of the Aspect that runs in JavaScript, beside aws-cdk-lib, where a visit costs microseconds.

CDK calls an Aspect once for each construct. A visit that crosses from Node to Python costs a quarter of a millisecond and
a Python object that jsii never frees: as much as the whole synthesis of an app with 2,000 resources. So the visits stay in
Node, and Python hears of the outermost construct of each place that the Aspect was added to.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

jsii: Any = import_module("jsii")  # not typed: mypy would read all of aws-cdk-lib for it

_NAME, _VERSION = "cdkguard-aspect", "1.0.0"
_TYPE = f"{_NAME}.Visitor"
_CODE = """
"use strict";
const AFTER_TEMPLATES = Symbol.for("@aws-cdk/core:customSynthesis");
class Visitor {
  constructor() { this.seen = new WeakSet(); }
  visit(node) {
    if (this.seen.has(node)) return;
    this.seen.add(node);
    if (!this.seen.has(node.node.scope ?? this)) this.entered(node);
  }
  entered(node) {}
  judged(directory) { return ""; }
  // For a library without validation plugins that fail: the App's own turn comes after everything in it.
  judgeAfterTemplates(app) {
    const earlier = app[AFTER_TEMPLATES];
    const onSynthesize = (session) => {
      if (earlier) earlier.onSynthesize(session);
      session.assembly.buildAssembly();
      const report = this.judged(session.outdir);
      if (report) throw new Error(report);
    };
    Object.defineProperty(app, AFTER_TEMPLATES, { configurable: true, value: { onSynthesize } });
  }
}
exports.Visitor = Visitor;
"""
_NODE = {"name": "node", "type": {"fqn": "constructs.IConstruct"}}
_TEXT = {"primitive": "string"}
_MANIFEST = {
    "schema": "jsii/0.10.0", "name": _NAME, "version": _VERSION, "description": "cdkguard's Aspect", "license": "Apache-2.0",
    "author": {"name": "cdkguard", "roles": ["author"]}, "homepage": "-", "repository": {"type": "git", "url": "-"},
    "fingerprint": "-", "jsiiVersion": "5.0.0", "targets": {},
    "dependencies": {"constructs": "^10.0.0", "aws-cdk-lib": "^2.0.0"},
    "types": {_TYPE: {
        "assembly": _NAME, "fqn": _TYPE, "kind": "class", "name": "Visitor", "interfaces": ["aws-cdk-lib.IAspect"],
        "initializer": {},
        "methods": [
            {"name": "visit", "parameters": [_NODE]},
            {"name": "entered", "parameters": [_NODE]},
            {"name": "judgeAfterTemplates", "parameters": [_NODE]},
            {"name": "judged", "parameters": [{"name": "directory", "type": _TEXT}], "returns": {"type": _TEXT}},
        ],
    }},
}  # fmt: skip
_loaded = False


def _load() -> None:
    """Hand the JavaScript to jsii as the package that it wants; equal bytes each time, since jsii caches by their hash."""
    global _loaded
    if _loaded:
        return
    package = {"name": _NAME, "version": _VERSION, "main": "index.js", "jsii": {"outdir": "."}}
    members = {"package.json": json.dumps(package), ".jsii": json.dumps(_MANIFEST), "index.js": _CODE}
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode("ascii")))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"{_NAME}.tgz")
        with open(path, "wb") as handle:
            handle.write(packed.getvalue())
        jsii.kernel.load(_NAME, _VERSION, path)
    _loaded = True


_Method = TypeVar("_Method", bound=Callable[..., Any])


def _named(name: str) -> Callable[[_Method], _Method]:
    """The method's name in JavaScript."""
    decorator: Callable[[_Method], _Method] = jsii.member(jsii_name=name)
    return decorator


class Visitor(metaclass=jsii.JSIIMeta, jsii_type=_TYPE):  # type: ignore[call-arg, metaclass]
    """An IAspect; subclasses say what happens where it enters a tree, and what a finished assembly is worth."""

    def __init__(self) -> None:
        _load()
        jsii.create(type(self), self, [])

    @_named("visit")
    def visit(self, node: Any) -> None:
        """CDK calls the JavaScript of it directly."""
        jsii.invoke(self, "visit", [node])

    @_named("entered")
    def _entered(self, node: Any) -> None:
        """The first construct visited of a tree that the Aspect was added to."""

    @_named("judged")
    def _judged(self, directory: str) -> str:
        """What is wrong with the assembly that was just written to this folder; empty: nothing."""
        return ""

    @_named("judgeAfterTemplates")
    def _judge_after_templates(self, app: Any) -> None:
        """Have `_judged` called when the App is on disk, and the synthesis fail by the text it returns."""
        jsii.invoke(self, "judgeAfterTemplates", [app])
