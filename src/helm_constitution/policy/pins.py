"""The content of a pin, the comment behind a statement: the rules that enforce it, their weight and their parameters.

``<!-- rules: security/root-user, helm/no-icon (default), templates/nesting-depth (limit=2) -->``
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import RulePin, Statement
from helm_constitution.core.suggest import closest
from helm_constitution.policy.reader import unknown_word

if TYPE_CHECKING:
    from helm_constitution.core.model import Obligation
    from helm_constitution.lint.rule import Rule, RuleModule
    from helm_constitution.text.markdown_blocks import Comment

Found: TypeAlias = "dict[Rule, tuple[Obligation, dict[str, int | str]]]"
"""The rules of one statement, each with its weight and its parameters."""

_PIN = LazyPattern(r"\s*rules?\s*:")
_RULE = LazyPattern(r'(?P<rule>[^\s,;(]+)(?:\s*\((?P<options>(?:"[^"]*"|[^()"])*)\))?')
_OPTION = LazyPattern(r'(?P<name>[^\s,;="]+)\s*(?:=\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^,;"]*)))?')
_BARE = LazyPattern(r"[\w./:*-]+")
_DEFAULT = "default"


def pins_of(comment: Comment) -> list[RulePin] | None:
    """The rules that a comment names, none for ``rules: none``; None where it is no pin."""
    start = _PIN.match(comment.text)
    if start is None:
        return None
    names = comment.text[start.end() :]
    line = comment.line + comment.text.count("\n", 0, start.end())
    pins = []
    for match in _RULE.finditer(names):
        options = dict(_options(match["options"] or ""))
        by_default = options.get(_DEFAULT, "") is None
        if by_default:
            del options[_DEFAULT]
        place = line + names.count("\n", 0, match.start())
        pins.append(RulePin(match["rule"], place, by_default, tuple(options.items())))
    return [] if [pin.rule for pin in pins] == ["none"] else pins


def _options(text: str) -> Iterator[tuple[str, str | None]]:
    """The names in parentheses, each with its value, or None where it has none."""
    for match in _OPTION.finditer(text):
        bare = match["bare"]
        yield match["name"], match["quoted"] if bare is None else " ".join(bare.split())


def pin_text(rule: Rule, *, by_default: bool, parameters: Mapping[str, int | str]) -> str:
    """A rule as a pin names it. Text that the comment can't hold is left out: the statement's own words set it then.

    >>> from helm_constitution.lint import registry
    >>> rules = {rule.id: rule for module in registry.modules() for rule in module.rules}
    >>> pin_text(rules["templates/nesting-depth"], by_default=True, parameters={"limit": 2})
    'templates/nesting-depth (default, limit=2)'
    """
    options = [_DEFAULT] if by_default else []
    for name, value in parameters.items():
        text = str(value)
        if '"' in text or "--" in text:
            continue
        options.append(f"{name}={text}" if _BARE.fullmatch(text) else f'{name}="{text}"')
    return f"{rule.id} ({', '.join(options)})" if options else rule.id


def pinned_parameters(rule: Rule, pin: RulePin) -> dict[str, int | str]:
    """The parameters that a pin sets; what :func:`pin_faults` names is left out."""
    values: dict[str, int | str] = {}
    for name, text in pin.parameters:
        if _fault(rule, name, text) is None and text is not None:
            values[name] = int(text) if isinstance(rule.parameters[name].default, int) else text
    return values


def pin_faults(statements: Iterable[Statement], modules: Sequence[RuleModule]) -> list[tuple[int, str]]:
    """Line and message for each pin that names no rule, or a parameter that its rule does not have."""
    known = {rule.id: rule for module in modules for rule in module.rules}
    faults: dict[tuple[int, str], None] = {}
    for statement in statements:
        for pin in statement.pins:
            if (rule := known.get(pin.rule)) is None:
                near = closest(pin.rule, sorted(known))
                hint = f"did you mean {near!r}?" if near else "`helm-constitution rules` lists them"
                faults[pin.line, f"names the unknown rule {pin.rule!r}; {hint}"] = None
                continue
            messages = (_fault(rule, name, text) for name, text in pin.parameters)
            faults.update(((pin.line, message), None) for message in messages if message is not None)
    return list(faults)


def _fault(rule: Rule, name: str, text: str | None) -> str | None:
    """What is wrong with a parameter in a pin; None where it is right."""
    if name not in rule.parameters:
        return unknown_word(f"parameter of {rule.id}", name, list(rule.parameters))
    if text is None:
        return f"the parameter {name} of {rule.id} must have a value; write {name}=…"
    if isinstance(rule.parameters[name].default, int) and not (text.isascii() and text.isdigit() and len(text) < 10):
        return f"the parameter {name} of {rule.id} must be an integer, not {text!r}"
    return None
