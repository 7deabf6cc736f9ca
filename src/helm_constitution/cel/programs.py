"""CEL as Kubernetes' API server speaks it, by the package ``cel-expr-python``: Google's C++, the extra ``policies``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from helm_constitution.cel.functions import extension
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from cel_expr_python import cel

VARIABLES = ("object", "oldObject", "request", "params", "namespaceObject")
"""What an expression may name, besides the variables of its policy."""

_EXTENSIONS = ("two-var-comprehensions", "sets", "bindings", "strings", "optional", "lists")
_FAULT = LazyPattern(r"ERROR: <input>:(\d+):(\d+): ([^\n]*)")
_NO_KEY = LazyPattern(r'Key not found in map : "?(.*?)"?\Z')
_INDEX = LazyPattern(r"Index error: index=(-?\d+) size=\d+")
_CODE = LazyPattern(r"\A[A-Z_]+: ")
_UNKNOWN_HERE = LazyPattern(r"Untranslatable|Unimplemented|Non-CEL value|@mapInsert|recursion limit|too (?:large|long)")

_GAP = r"(?:\s|//[^\n]*\n)*"  # spaces and comments
_RANGE = LazyPattern(rf"\blists{_GAP}\.{_GAP}range\b")
"""The one function whose result has any size that a policy names; the C++ library fails on a negative one."""


class CelSyntaxError(Exception):
    """An expression can't be compiled; the message is worded as Kubernetes words it."""


class CelError(Exception):
    """An expression has no value: it names a missing field, for instance. Admission fails then."""


class Unevaluable(Exception):
    """An expression has a value in Kubernetes, but can't be evaluated here."""


class Program(NamedTuple):
    """A compiled expression. ``type`` is that of its value, as CEL writes it: ``BOOL``, ``STRING``, ``DYN``."""

    text: str
    type: str
    expression: cel.Expression

    def evaluate(self, values: Activation) -> Json:
        """The expression's value.

        Raises:
            CelError: it has none. Unevaluable: it can't be known here.
        """
        try:
            found = self.expression.eval(values)
        except (RuntimeError, TypeError) as error:
            raise Unevaluable(_reason(str(error))) from None
        if str(found.type()) == "ERROR":
            text = str(found.value())
            if _UNKNOWN_HERE.search(text):
                raise Unevaluable(_reason(text))
            raise CelError(_as_kubernetes(text))
        try:
            value: Any = found.plain_value()
        except TypeError:
            raise Unevaluable("its value is of a type that can't be read") from None
        return value if isinstance(value, bool | int | float | str | list | dict) else None


Activation = Any
"""What an expression's names stand for, as :func:`activation` makes it."""


def activation(values: Mapping[str, Json]) -> Activation:
    """The values of the names in an expression."""
    return _environment(VARIABLES).Activation(dict(values))


def compiled(text: str, names: tuple[str, ...] = VARIABLES) -> Program:
    """An expression without variables of a policy, see ``expressions.composed``.

    Args:
        text: the expression.
        names: what it may name.

    Raises:
        CelSyntaxError: it is not a valid expression. Unevaluable: it can't be compiled here.
    """
    if _RANGE.search(text):
        raise Unevaluable("lists.range is not supported")
    try:
        expression = _environment(names).compile(text)
    except RuntimeError as error:
        found = _FAULT.search(str(error))
        if found is None or _UNKNOWN_HERE.search(str(error)):
            raise Unevaluable(_reason(str(error))) from None
        raise CelSyntaxError(found.group(3).removesuffix(" (in container '')")) from None
    return Program(text, str(expression.return_type()), expression)


def _reason(text: str) -> str:
    if "@mapInsert" in text:
        return "transformMap and transformMapEntry are not supported"
    if "budget" in text:
        return "takes more steps than the limit"
    return _CODE.sub("", next(iter(text.splitlines()), "")).strip().removeprefix("Untranslatable: ")


def _as_kubernetes(text: str) -> str:
    """An error of the C++ library in the words of the one in Go that the API server uses."""
    text = _CODE.sub("", text)
    if (key := _NO_KEY.search(text)) is not None:
        return f"no such key: {key.group(1)}"
    if (index := _INDEX.search(text)) is not None:
        return f"index out of bounds: {index.group(1)}"
    return "no such overload" if text.startswith(("No matching overloads", "no such overload")) else text


@cache
def _environment(names: tuple[str, ...]) -> cel.Env:
    """The one environment of all expressions that may name these: it contains functions and no chart.

    Raises:
        ConfigurationError: the package isn't installed.
    """
    try:
        from cel_expr_python import cel
    except ImportError:
        message = "expressions in CEL need the package cel-expr-python: pip install 'helm-constitution[policies]'"
        raise ConfigurationError(message) from None
    extensions = "".join(f"\n  - name: {name}" for name in _EXTENSIONS)
    configuration = cel.NewEnvConfigFromYaml(f"name: kubernetes\nextensions:{extensions}\n")
    variables = dict.fromkeys(names, cel.Type.DYN)
    return cel.NewEnv(config=configuration, variables=variables, extensions=[extension(cel)])
