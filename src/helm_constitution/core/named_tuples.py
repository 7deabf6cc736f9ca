"""``typing.NamedTuple`` that is made in a tenth of the time: a check makes 150 such classes before it reads a chart.

The one in ``typing`` compiles each annotation, to check it, and each class's ``__new__``. This one keeps annotations as
they are, and compiles ``__new__`` once for each number of fields. What mypy checks (names of fields, the order of
defaults, members that can't be replaced) isn't checked again.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Iterable
from operator import itemgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Meta(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, namespace)
            annotations = namespace.setdefault("__annotations__", {})
            fields = tuple(annotations)
            defaults = {field: namespace[field] for field in fields if field in namespace}
            code = _new_with(len(fields)).replace(co_varnames=("_cls", *fields))
            new = FunctionType(code, _GLOBALS, "__new__", tuple(defaults.values()))
            new.__qualname__, new.__module__ = f"{name}.__new__", namespace["__module__"]
            new.__annotations__ = annotations
            own = {
                "__doc__": f"{name}({', '.join(fields)})",
                **namespace,
                **{field: _getter(index, f"Alias for field number {index}") for index, field in enumerate(fields)},
                "__slots__": (),
                "__match_args__": fields,
                "__new__": new,
                "_fields": fields,
                "_field_defaults": defaults,
            }
            return type(name, (_Record,), own)

    class NamedTuple(metaclass=_Meta):
        """As :class:`typing.NamedTuple`, but quicker to define: for classes whose annotated names are the fields."""


class _Record(tuple[Any, ...]):
    """What all these classes have in common."""

    __slots__ = ()
    if TYPE_CHECKING:
        _fields: tuple[str, ...]

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> _Record:
        """Makes one of an iterable's items. Raises TypeError where their number isn't that of the fields."""
        made = tuple.__new__(cls, iterable)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changes: Any) -> _Record:
        """One with other values of some fields. Raises TypeError for what is no field."""
        replaced = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise TypeError(f"Got unexpected field names: {list(changes)!r}")
        return replaced

    __replace__ = _replace

    def _asdict(self) -> dict[str, Any]:
        """The values by their fields' names."""
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        shown = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({shown})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        """What copying and pickling make it of."""
        return tuple(self)


# What CPython has for namedtuple is faster than a property, and not documented.
_getter = getattr(collections, "_tuplegetter", None) or (lambda index, doc: property(itemgetter(index), doc=doc))
_GLOBALS = {"_make": tuple.__new__, "__builtins__": {}, "__name__": __name__}


@functools.cache
def _new_with(count: int) -> CodeType:
    """The code of ``__new__`` for so many fields, whatever their names."""
    fields = ", ".join(f"_{index}" for index in range(count))
    made: FunctionType = eval(f"lambda _cls, {fields}: _make(_cls, ({fields}{',' if fields else ''}))", _GLOBALS)
    return made.__code__
