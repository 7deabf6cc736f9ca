"""Lighter forms of what the standard library makes of a class with annotations.

Each class costs at start-up, before anything is checked: a frozen dataclass a millisecond, typing's NamedTuple a fifth
of that, and there are a hundred. What compares by value is a :class:`NamedTuple`; what compares by identity a
:func:`record`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=False)
def record(cls: type[_T]) -> type[_T]:
    """A dataclass that compares and hashes by identity; only the type checker holds it to be frozen."""
    return dataclass(eq=False, repr=False)(cls)


if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from operator import itemgetter

    try:
        from _collections import _tuplegetter
    except ImportError:  # pragma: no cover - as in collections, where that is not there

        def _tuplegetter(index: int, doc: str) -> property:
            return property(itemgetter(index), doc=doc)

    class _Maker(type):
        """Makes a named tuple of a class's annotations and defaults: typing's, without what takes its time.

        That is compiling every annotation, checking every name, and giving each class methods of its own.
        """

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            fields = tuple(namespace["__annotations__"])
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            arguments = ", ".join(fields)
            namespace["__new__"] = new = eval(
                f"lambda _cls, {arguments}: _new(_cls, ({arguments},))", {"_new": tuple.__new__, "__builtins__": {}}
            )
            new.__name__, new.__qualname__ = "__new__", f"{name}.__new__"
            new.__defaults__ = tuple(defaults.values())
            namespace.update(_fields=fields, _field_defaults=defaults, __match_args__=fields, __slots__=())
            for index, field in enumerate(fields):
                namespace[field] = _tuplegetter(index, "")
            return type(name, (_Tuple,), namespace)

    class _Tuple(tuple):
        """What all named tuples have; as :func:`collections.namedtuple` makes it."""

        __slots__ = ()

        @classmethod
        def _make(cls, values: Any) -> Any:
            return tuple.__new__(cls, values)

        def _replace(self, /, **changes: Any) -> Any:
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"Got unexpected field names: {list(changes)!r}")
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({fields})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    class _Base:
        def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
            return (_made,)

    _made = type.__new__(_Maker, "NamedTuple", (), {})
    NamedTuple = _Base()
