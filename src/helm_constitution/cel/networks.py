"""Addresses, networks and URLs in CEL, as k8s.io/apiserver's ``cel/library`` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.cel.opaque import CIDR, IP, URL, Opaque, content
from helm_constitution.core.lazy import LazyPattern

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
    from urllib.parse import SplitResult

_SCHEME = LazyPattern(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE = LazyPattern(r"%(?![0-9A-Fa-f]{2})")


def ip(text: str) -> Opaque:
    """``ip("10.0.0.1")``."""
    return {IP: str(_address(text))}


def is_ip(text: str) -> bool:
    """``isIP("10.0.0.1")``."""
    return _is(_address, text)


def is_canonical(text: str) -> bool:
    """``ip.isCanonical("::1")``."""
    return str(_address(text)) == text


def _address(text: str) -> IPv4Address | IPv6Address:
    """An address; those with a zone and IPv4-mapped IPv6 addresses are rejected, as by Kubernetes."""
    import ipaddress

    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f'IP Address "{text}" parse error during conversion from string') from None
    if "%" in text:
        raise ValueError(f'IP address "{text}" with zone value is not allowed')
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        raise ValueError(f'IPv4-mapped IPv6 address "{text}" is not allowed')
    return found


def _own(value: Opaque) -> IPv4Address | IPv6Address:
    return _address(content(value, IP))


def family(value: Opaque) -> int:
    """4 or 6."""
    return _own(value).version


def is_unspecified(value: Opaque) -> bool:
    """0.0.0.0 or ::."""
    return _own(value).is_unspecified


def is_loopback(value: Opaque) -> bool:
    """127.0.0.0/8 or ::1."""
    return _own(value).is_loopback


def is_link_local_multicast(value: Opaque) -> bool:
    """224.0.0.0/24 or ff02::/16."""
    found = _own(value)
    if found.version == 4:
        return int(found) >> 8 == 0xE00000
    return int(found) >> 112 in range(0xFF02, 0x10000, 0x10)


def is_link_local_unicast(value: Opaque) -> bool:
    """169.254.0.0/16 or fe80::/10."""
    return _own(value).is_link_local


def is_global_unicast(value: Opaque) -> bool:
    """Any other address; private networks are global unicast too, as in Go."""
    found = _own(value)
    is_broadcast = found.version == 4 and int(found) == 2**32 - 1
    special = found.is_unspecified or found.is_loopback or found.is_multicast or found.is_link_local
    return not (special or is_broadcast)


def cidr(text: str) -> Opaque:
    """``cidr("10.0.0.0/8")``."""
    return {CIDR: str(_network(text))}


def is_cidr(text: str) -> bool:
    """``isCIDR("10.0.0.0/8")``."""
    return _is(_network, text)


def _network(text: str) -> IPv4Interface | IPv6Interface:
    import ipaddress

    address, slash, length = text.partition("/")
    is_plain = length.isascii() and length.isdigit() and str(int(length[:4])) == length
    try:
        if slash and is_plain:
            _address(address)
            return ipaddress.ip_interface(text)
    except ValueError:
        pass
    raise ValueError(f'network address parse error during conversion from string: "{text}"')


def _interface(value: Opaque) -> IPv4Interface | IPv6Interface:
    return _network(content(value, CIDR))


def contains_ip(value: Opaque, address: Opaque | str) -> bool:
    """Whether a network contains an address."""
    return (_address(address) if isinstance(address, str) else _own(address)) in _interface(value).network


def contains_cidr(value: Opaque, other: Opaque | str) -> bool:
    """Whether a network contains another one."""
    outer, inner = _interface(value), _network(other) if isinstance(other, str) else _interface(other)
    longer = inner.network.prefixlen >= outer.network.prefixlen
    return inner.version == outer.version and longer and inner.ip in outer.network


def ip_of(value: Opaque) -> Opaque:
    """The address in the written form of a network."""
    return {IP: str(_interface(value).ip)}


def prefix_length(value: Opaque) -> int:
    """The prefix length of a network in bits."""
    return _interface(value).network.prefixlen


def masked(value: Opaque) -> Opaque:
    """The network with its first address."""
    return {CIDR: str(_interface(value).network)}


def text_of(value: Opaque) -> str:
    """``string(ip("::1"))``."""
    return content(value, IP, CIDR)


def url(text: str) -> Opaque:
    """``url("https://example.com/a?b=c")``."""
    _split(text)
    return {URL: text}


def is_url(text: str) -> bool:
    """``isURL("https://example.com")``: an absolute URL or an absolute path."""
    return _is(_split, text)


def _split(text: str) -> SplitResult:
    from urllib.parse import urlsplit

    fault = next((sign for sign in text if ord(sign) < 0x20 or ord(sign) == 0x7F), None)
    if not text or fault or not (text.startswith("/") or _SCHEME.match(text)) or _ESCAPE.search(text):
        raise ValueError(f'URL parse error during conversion from string: parse "{text}": invalid URI for request')
    return urlsplit(text)


def _parts(value: Opaque) -> SplitResult:
    return _split(content(value, URL))


def scheme(value: Opaque) -> str:
    """``https``."""
    return _parts(value).scheme


def host(value: Opaque) -> str:
    """``example.com:80``."""
    return _parts(value).netloc.rpartition("@")[2]


def hostname(value: Opaque) -> str:
    """``example.com``, for an IPv6 address without its brackets."""
    whole = host(value)
    return whole[1:].partition("]")[0] if whole.startswith("[") else whole.partition(":")[0]


def port(value: Opaque) -> str:
    """``80``; empty if there is none."""
    return host(value).rpartition("]")[2].partition(":")[2]


def escaped_path(value: Opaque) -> str:
    """``/a%20b``."""
    from urllib.parse import quote

    return quote(_parts(value).path, safe="%/:@!$&'*()+,;=-._~")


def query(value: Opaque) -> dict[str, list[str]]:
    """The query's values by name."""
    from urllib.parse import parse_qs

    return parse_qs(_parts(value).query, keep_blank_values=True)


def _is(parse: object, text: str) -> bool:
    assert callable(parse)
    try:
        parse(text)
    except ValueError:
        return False
    return True
