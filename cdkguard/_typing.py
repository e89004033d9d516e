"""The names of `typing` that cdkguard uses, without importing `typing`, which costs as much as all our own nouns.

A type checker reads the first branch, where they are the real ones. A NamedTuple made here is the same class, without
the checks of its annotations.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any as Any
    from typing import NamedTuple as NamedTuple
    from typing import Protocol as Protocol
    from typing import TextIO as TextIO
    from typing import cast as cast

    Json = Any
else:
    from collections import namedtuple

    Any = Protocol = TextIO = Json = object

    def cast(kind, value):
        return value

    class _Named(type):
        def __new__(meta, name, bases, members):
            fields = tuple(members.pop("__annotations__"))
            defaults = [members.pop(field) for field in fields if field in members]
            made = namedtuple(name, fields, defaults=defaults, module=members.pop("__module__"))
            for key, value in members.items():
                setattr(made, key, value)
            return made

    NamedTuple = type.__new__(_Named, "NamedTuple", (), {})
