"""Executes the Python code that rules advise, with aws-cdk-lib and with an app around it that has what the code names."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import typing
from typing import Any

from tests.support.remedy_snippets import (
    CLASSES,
    CUSTOM,
    Snippet,
    module_of,
    names_for,
    properties_around,
    snake_case,
)

# Not by `import`: mypy would read the whole library, which takes minutes.
aws_cdk: Any = importlib.import_module("aws_cdk")
custom_resources: Any = importlib.import_module("aws_cdk.custom_resources")
# jsii brings it with the example apps, and the linters run without those.
typeguard: Any = importlib.import_module("typeguard")


class World:
    """One stack, and below it what the code takes for granted, each made when a piece first names it."""

    def __init__(self) -> None:
        self.app = aws_cdk.App(context={"prod": {}, "partnerAccount": "222222222222"})
        place = aws_cdk.Environment(account="111122223333", region="eu-west-1")
        self.stack = aws_cdk.Stack(self.app, "Shop", env=place)
        self.scope = importlib.import_module("constructs").Construct(self.stack, "World")
        self.made: dict[tuple[str, str], Any] = {}

    def problem_of(self, piece: Snippet) -> str:
        """Why the piece is wrong; empty where it is right."""
        names = Names(self, piece.rule, self.stack)
        try:
            if re.match(r"\w+=[^=]", piece.python):
                return self._problem_of_properties(piece, names)
            exec(piece.python, names)
        except Exception as error:
            return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        finally:
            for child in re.findall(r"\((?:self|app), \"(\w+)\"", piece.python):
                self.stack.node.try_remove_child(child)
                self.app.node.try_remove_child(child)
        return ""

    def _problem_of_properties(self, piece: Snippet, names: Names) -> str:
        code = re.sub(r"\s+#.*", "", piece.python)
        given = eval(f"dict({code})", names)
        kind = properties_around(piece)
        if kind is None:
            return "remedies/contexts.tsv does not say where it stands"
        properties = eval(kind.replace("lambda.", "lambda_."), names)
        # Without a scope of its own, `typing` takes the class of that name that another module has asked for before.
        hints = typing.get_type_hints(properties.__init__, localns={})
        known = inspect.signature(properties.__init__).parameters
        for name, value in given.items():
            if name not in known:
                return f"{kind} has no property {name}"
            _check_type(name, value, hints[name])
        return ""


class Names(dict[str, Any]):
    """What a name stands for in the code of one rule: a module, a class of the CDK, or something of the World."""

    def __init__(self, world: World, rule: str, scope: Any) -> None:
        super().__init__()
        self.world, self.rule = world, rule
        self.update({"self": scope, "app": world.app, "made": _made})

    def __missing__(self, name: str) -> Any:
        row = next((r for n, r in names_for(self.rule).items() if snake_case(n) == name and r["python"]), None)
        if row is not None:
            key = (name, row["rules"])
            if key not in self.world.made:
                self.world.made[key] = eval(row["python"], Names(self.world, self.rule, self.world.scope))
            return self.world.made[key]
        if name in CUSTOM or name == "PhysicalResourceId":
            return getattr(custom_resources, name)
        if name in CLASSES:
            base = eval(CLASSES[name], Names(self.world, self.rule, self.world.scope))
            return type(name, (base,), {})
        if name[:1].isupper():
            return getattr(aws_cdk, name)
        if name == "json":
            return importlib.import_module(name)
        if hasattr(__builtins__, name) or (isinstance(__builtins__, dict) and name in __builtins__):
            raise KeyError(name)
        return importlib.import_module("aws_cdk." + module_of(name, self.rule).replace("-", "_"))


def _made(thing: Any, completed: Any) -> Any:
    completed(thing)
    return thing


def _check_type(name: str, value: Any, hint: Any) -> None:
    """Raises TypeError (typeguard 2, which jsii allows, too) or TypeCheckError."""
    check: Any = typeguard.check_type
    named = "argname" in inspect.signature(check).parameters
    check(*([name] if named else []), value, hint)


def main() -> None:
    """Print which of the pieces on standard input are wrong, as JSON: name -> why. Paths in them are relative to the folder."""
    world, wrong = World(), {}
    for piece in (Snippet(*row) for row in json.load(sys.stdin)):
        if piece.python and world.problem_of(piece):
            world = World()  # What an earlier piece made may be in its way.
            if problem := world.problem_of(piece):
                wrong[piece.name] = problem
    print(json.dumps(wrong))


if __name__ == "__main__":
    main()
