"""Lighter classes for what has fields: there are some 130, and every start of the program makes most of them.

:class:`NamedTuple` is for what compares by value, :func:`record` for what compares by identity. ``typing``'s own
NamedTuple compiles the text of every annotation, which takes twice as long as making the class; a frozen dataclass
costs a millisecond at start-up, and setting its fields one by one costs at run time.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Fields(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            values = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            return type(name, (values,), {**body, "__slots__": ()})

    class NamedTuple(metaclass=_Fields):
        """As :class:`typing.NamedTuple`, with annotations that nobody evaluates."""


_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=False)
def record(cls: type[_T]) -> type[_T]:
    """A dataclass that compares and hashes by identity; only the type checker holds it to be frozen."""
    return dataclass(eq=False, repr=False)(cls)
