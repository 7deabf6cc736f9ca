"""The functions that Kubernetes adds to CEL, as overloads: name, parameters and result as in ``cel/library``."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from helm_constitution.cel import formats, networks, numbers
from helm_constitution.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cel_expr_python import cel


class _Function(NamedTuple):
    """One overload. ``types`` are those of its parameters and, behind the arrow, of its result: ``SS>B`` takes two
    texts and gives a bool; ``O`` is a value of Kubernetes' own types, ``?`` any, ``L`` a list."""

    name: str
    types: str
    does: Callable[..., Any]
    is_member: bool = True


_FUNCTIONS = (
    _Function("quantity", "S>O", numbers.quantity, False),
    _Function("isQuantity", "S>B", numbers.is_quantity, False),
    _Function("sign", "O>I", numbers.sign, False),
    _Function("isInteger", "O>B", numbers.is_integer),
    _Function("asInteger", "O>I", numbers.as_integer),
    _Function("asApproximateFloat", "O>D", numbers.as_float),
    _Function("add", "OO>O", numbers.add),
    _Function("add", "OI>O", numbers.add),
    _Function("sub", "OO>O", numbers.sub),
    _Function("sub", "OI>O", numbers.sub),
    _Function("compareTo", "OO>I", numbers.compare_to),
    _Function("isLessThan", "OO>B", numbers.comparison(-1)),
    _Function("isGreaterThan", "OO>B", numbers.comparison(1)),
    _Function("semver", "S>O", numbers.semver, False),
    _Function("semver", "SB>O", numbers.semver, False),
    _Function("isSemver", "S>B", numbers.is_semver, False),
    _Function("isSemver", "SB>B", numbers.is_semver, False),
    _Function("major", "O>I", numbers.major),
    _Function("minor", "O>I", numbers.minor),
    _Function("patch", "O>I", numbers.patch),
    _Function("ip", "S>O", networks.ip, False),
    _Function("isIP", "S>B", networks.is_ip, False),
    _Function("ip.isCanonical", "S>B", networks.is_canonical, False),
    _Function("family", "O>I", networks.family),
    _Function("isUnspecified", "O>B", networks.is_unspecified),
    _Function("isLoopback", "O>B", networks.is_loopback),
    _Function("isLinkLocalMulticast", "O>B", networks.is_link_local_multicast),
    _Function("isLinkLocalUnicast", "O>B", networks.is_link_local_unicast),
    _Function("isGlobalUnicast", "O>B", networks.is_global_unicast),
    _Function("cidr", "S>O", networks.cidr, False),
    _Function("isCIDR", "S>B", networks.is_cidr, False),
    _Function("containsIP", "OO>B", networks.contains_ip),
    _Function("containsIP", "OS>B", networks.contains_ip),
    _Function("containsCIDR", "OO>B", networks.contains_cidr),
    _Function("containsCIDR", "OS>B", networks.contains_cidr),
    _Function("ip", "O>O", networks.ip_of),
    _Function("prefixLength", "O>I", networks.prefix_length),
    _Function("masked", "O>O", networks.masked),
    _Function("string", "O>S", networks.text_of, False),
    _Function("url", "S>O", networks.url, False),
    _Function("isURL", "S>B", networks.is_url, False),
    _Function("getScheme", "O>S", networks.scheme),
    _Function("getHost", "O>S", networks.host),
    _Function("getHostname", "O>S", networks.hostname),
    _Function("getPort", "O>S", networks.port),
    _Function("getEscapedPath", "O>S", networks.escaped_path),
    _Function("getQuery", "O>Q", networks.query),
    _Function("__validate", "SS>T", formats.validate, False),
    _Function("find", "SS>S", formats.find),
    _Function("findAll", "SS>T", formats.find_all),
    _Function("findAll", "SSI>T", formats.find_all),
    _Function("isSorted", "L>B", formats.is_sorted),
    _Function("sum", "L>?", sum),
    _Function("min", "L>?", formats.lowest),
    _Function("max", "L>?", formats.highest),
    _Function("indexOf", "L?>I", formats.index_of),
    _Function("lastIndexOf", "L?>I", formats.last_index_of),
)


def extension(library: ModuleType) -> cel.CelExtension:
    """The functions for an environment of the library ``cel_expr_python.cel``; passed because it is imported late."""
    kinds = library.Type
    types = {
        "S": kinds.STRING,
        "B": kinds.BOOL,
        "I": kinds.INT,
        "D": kinds.DOUBLE,
        "?": kinds.DYN,
        "L": kinds.List(kinds.DYN),
        "T": kinds.List(kinds.STRING),
        "O": kinds.Map(kinds.STRING, kinds.STRING),
        "Q": kinds.Map(kinds.STRING, kinds.List(kinds.STRING)),
    }
    overloads: dict[str, list[cel.Overload]] = {}
    for number, function in enumerate(_FUNCTIONS):
        given, _, result = function.types.partition(">")
        overload = library.Overload(
            f"kubernetes_{number}", types[result], [types[kind] for kind in given], function.is_member, function.does
        )
        overloads.setdefault(function.name, []).append(overload)
    return library.CelExtension(
        "kubernetes", [library.FunctionDecl(name, several) for name, several in overloads.items()]
    )
