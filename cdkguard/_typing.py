"""The names of `typing` that cdkguard uses, without importing `typing`, which costs as much as all our own nouns.

A type checker reads the first branch, where they are the real ones. A NamedTuple made here behaves as one of
`collections.namedtuple`, without the checks of its annotations. Its constructor is compiled when the first one is made:
a run makes half of some sixty kinds of record, and compiling costs most of what it costs to define one.
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
    from _collections import _tuplegetter

    Any = Protocol = TextIO = Json = object

    def cast(kind, value):
        return value

    class _Record(tuple):
        """What all named tuples share; each has `_fields` and `_field_defaults` of its own."""

        __slots__ = ()
        _fields = ()
        _field_defaults = {}

        def __new__(cls, /, *args, **kwargs):
            make = _constructor(cls._fields, cls._field_defaults)
            cls.__new__ = make
            return make(cls, *args, **kwargs)

        @classmethod
        def _make(cls, values):
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **changed):
            made = self._make(map(changed.pop, self._fields, self))
            if changed:
                raise TypeError(f"Got unexpected field names: {list(changed)!r}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

    _templates = {}  # Number of fields -> a constructor, whose code serves all records with as many fields.

    def _constructor(fields, defaults):
        count = len(fields)
        if count not in _templates:
            values = "".join(f"v{at}, " for at in range(count))
            _templates[count] = eval(
                f"lambda _cls, {values}: _new(_cls, ({values}))", {"__builtins__": {}, "_new": tuple.__new__}
            )
        template = _templates[count]
        code = template.__code__.replace(co_varnames=("_cls", *fields), co_name="__new__")
        return type(template)(code, template.__globals__, "__new__", tuple(defaults.values()))

    class _Named(type):
        def __new__(meta, name, bases, members):
            fields = tuple(members.pop("__annotations__"))
            members["_field_defaults"] = {field: members.pop(field) for field in fields if field in members}
            for at, field in enumerate(fields):
                members[field] = _tuplegetter(at, "")
            members["_fields"] = members["__match_args__"] = fields
            members["__slots__"] = ()
            return type(name, (_Record,), members)

    NamedTuple = type.__new__(_Named, "NamedTuple", (), {})
