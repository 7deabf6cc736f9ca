"""Expressions: what Kubernetes adds to CEL, errors in its words, and what can't be evaluated here."""

from __future__ import annotations

import pytest

from helm_constitution.cel.expressions import composed
from helm_constitution.cel.programs import CelError, CelSyntaxError, Unevaluable, activation, compiled
from helm_constitution.text.yaml_scalars import Json

OBJECT: Json = {
    "metadata": {"name": "web"},
    "spec": {"items": ["b", "a"], "numbers": [3, 1], "empty": [], "memory": "1500m", "many": list(range(200))},
}


def value(text: str) -> Json:
    """An expression's value for the object above."""
    return compiled(composed(text, {})).evaluate(activation({"object": OBJECT, "oldObject": None}))


@pytest.mark.parametrize(
    "text",
    [
        "oldObject == null",
        "object.?spec.?none.orValue(3) == 3",
        "object.spec.items.all(i, item, i < 2 && item != '')",
        "object.spec.items.transformList(i, item, item + string(i)) == ['b0', 'a1']",
        "sets.equivalent(object.spec.items, ['a', 'b'])",
        "quantity(object.spec.memory) == quantity('1.5')",
        "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1').compareTo(quantity('1000m')) == 0",
        "quantity('3').sub(1).add(quantity('500m')).asApproximateFloat() == 2.5",
        "sign(quantity('-1')) == -1 && !quantity('1.5').isInteger() && !isQuantity('1K')",
        "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.2', true).minor() == 2 && !isSemver('v1.2')",
        "semver('1.2.3-rc.1').compareTo(semver('1.2.3')) == -1 && semver('v01.2', true) == semver('1.2.0')",
        "ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && ip('0.0.0.0').isUnspecified()",
        "ip('224.0.0.1').isLinkLocalMulticast() && ip('fe80::1').isLinkLocalUnicast()",
        "ip('ff02::1').isLinkLocalMulticast() && !ip('127.0.0.1').isGlobalUnicast()",
        "string(ip('0:0::1')) == '::1' && ip.isCanonical('::1') && !ip.isCanonical('0::1') && !isIP('::ffff:1.2.3.4')",
        "cidr('10.0.0.0/8').containsIP('10.2.3.4') && cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16'))",
        "!cidr('10.0.0.0/8').containsCIDR('10.0.0.0/7') && string(cidr('10.0.0.7/8').masked()) == '10.0.0.0/8'",
        "cidr('10.0.0.7/8').ip() == ip('10.0.0.7') && cidr('::/64').prefixLength() == 64 && !isCIDR('10.0.0.0/08')",
        "url('https://[::1]:80/a').getHostname() == '::1' && url('https://a@b.c/d').getHost() == 'b.c'",
        "url('/a?b=c').getScheme() == '' && url('/a?b=c').getQuery() == {'b': ['c']} && !isURL('a/b') && isURL('a:b')",
        "'a1b22'.find('[0-9]+$') == '22' && 'a1b2'.findAll('[0-9]', 1) == ['1']",
        "'none'.find('[0-9]') == '' && 'a\\n'.find('a$') == ''",
        "!object.spec.numbers.isSorted() && object.spec.numbers.sum() == 4 && object.spec.empty.sum() == 0",
        "object.spec.numbers.min() == 1 && object.spec.numbers.max() == 3 && ['b', 'a'].min() == 'a'",
        "object.spec.items.indexOf('a') == 1 && [1, 2, 1].lastIndexOf(1) == 2 && [true].indexOf(1) == -1",
        "!format.dns1123Label().validate('web').hasValue() && format.dns1123Label().validate('Web').hasValue()",
        "!format.dns1123SubdomainPrefix().validate('a-').hasValue()",
        "format.dns1035Label().validate('1a').hasValue() && !format.dns1123LabelPrefix().validate('a-').hasValue()",
        "format.qualifiedName().validate('/c').value().size() > 0",
        "format.labelValue().validate('-').hasValue() && !format.labelValue().validate('').hasValue()",
        "format.date().validate('2026-02-30').hasValue() && !format.date().validate('2026-02-28').hasValue()",
        "format.datetime().validate('10:00').hasValue()",
        "format.byte().validate('a').hasValue() && !format.byte().validate('aGk=').hasValue()",
        "format.uri().validate('a b').value()[0].startsWith('parse ') && !format.uri().validate('a://b').hasValue()",
    ],
)
def test_kubernetes_libraries(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("object.spec.none == 1", "no such key: none"),
        ("object.spec.items[5] == ''", "index out of bounds: 5"),
        ("1 / object.spec.empty.size() == 1", "divide by zero"),
        ("object.spec.empty.max() == 1", "max called on empty list"),
        ("object.spec > 1", "no such overload"),
        ("ip('10.0.0').family() == 4", 'IP Address "10.0.0" parse error during conversion from string'),
        ("object.spec.isLessThan(quantity('1'))", "no such overload"),
    ],
)
def test_errors_are_in_kubernetes_words(text: str, message: str) -> None:
    with pytest.raises(CelError) as caught:
        value(text)
    assert str(caught.value) == message


def test_an_error_that_does_not_decide_is_none() -> None:
    assert value("object.spec.none == 1 || true") is True
    assert value("false && object.spec.none == 1") is False


@pytest.mark.parametrize("text", ["object.", "nothing == 1", "'a' + 1 == 2", "has(object)", "cel.nothing()"])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(CelSyntaxError):
        compiled(composed(text, {}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("'a'.find('\\\\pL') == ''", r"the regular expression '\\pL' has \p"),
        ("object.spec.many.all(a, object.spec.many.all(b, a + b >= 0))", "takes more steps than the limit"),
        ("{'a': 1}.transformMap(k, v, v) == {}", "transformMap and transformMapEntry are not supported"),
        ("lists.range(-1) == []", "lists.range is not supported"),
        ("lists . range(100000000).size() > 0", "lists.range is not supported"),
        ("lists // x\n.// y\n range(-1) == []", "lists.range is not supported"),
        ("(" * 60 + "true" + ")" * 60, "Expression recursion limit exceeded. limit: 32 [CANCELLED]"),
    ],
)
def test_what_can_not_be_evaluated_here_says_so(text: str, reason: str) -> None:
    with pytest.raises(Unevaluable) as caught:
        value(text)
    assert str(caught.value) == reason


def test_variables_are_evaluated_where_they_are_read() -> None:
    variables = {"spec": "object.spec", "wrong": "object.none.a", "items": "variables.spec.items"}
    text = "has(variables.items) && variables.items.size() == 2 || variables.wrong"
    assert compiled(composed(text, variables)).evaluate(activation({"object": OBJECT})) is True
