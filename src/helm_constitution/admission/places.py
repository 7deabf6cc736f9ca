"""Which field of an object a denial is about: the one that the message or the expression names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from helm_constitution.admission.policies import Policy, Validation
from helm_constitution.cel.expressions import composed, without_texts
from helm_constitution.cel.programs import Activation, CelError, CelSyntaxError, Unevaluable, compiled
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.text.yaml_document import Path, View
from helm_constitution.text.yaml_scalars import Json

_STEP = r"(?:\s*\.\s*\??\s*[A-Za-z_]\w*(?!\w*\s*\()|\s*\[\??\s*(?:'[^'\n]*'|\"[^\"\n]*\"|\d+)\s*\])"
_FIELD = LazyPattern(rf"(?<![\w.])(object|variables)({_STEP}+)")
_STEPS = LazyPattern(r"\.\s*\??\s*([A-Za-z_]\w*)|\[\??\s*(?:'([^'\n]*)'|\"([^\"\n]*)\"|(\d+))\s*\]")
_ALL = LazyPattern(rf"\s*((?:object|variables){_STEP}+)\s*\.\s*all\s*\(\s*([A-Za-z_]\w*)\s*,")
_IN_MESSAGE = LazyPattern(r"(?<![\w.])((?:metadata|spec|data|rules|subjects)(?:\.[A-Za-z_]\w*|\[\d+\])+)")
_ONE_VARIABLE = LazyPattern(r"\s*variables\s*\.\s*([A-Za-z_]\w*)\s*")
_DEEPEST = 8


def place_of(
    field: Callable[..., View], policy: Policy, validation: Validation | None, message: str, values: Activation
) -> View:
    """The field that a denial is about; the object itself if unknown.

    Args:
        field: gives a part of the object as rendered, by its steps.
        policy: has the variables that the expression may read.
        validation: the one that failed, if any did.
        message: the denial's.
        values: those that the expression was evaluated with.
    """
    told = _IN_MESSAGE.search(message)
    if told is not None and (view := field(*_steps(f".{told.group(1)}"))).exists:
        return view
    return field(*_Finder(policy, values).path(validation.check.text)) if validation is not None else field()


class _Finder:
    """Follows a false expression to the part of it that decides."""

    def __init__(self, policy: Policy, values: Activation) -> None:
        self._variables = {name: variable.text for name, variable in policy.variables.items()}
        self._values = values

    def path(self, text: str, depth: int = 0) -> Path:
        """The path of an expression: in a list the first failing item, else the common part of its fields' paths."""
        if depth < _DEEPEST:
            parts = _operands(text, "||")
            if len(parts) > 1:
                return self.path(parts[-1], depth + 1)  # none of them is true, and the last one is the demand
            parts = _operands(text, "&&")
            if len(parts) > 1:
                return self.path(next((part for part in parts if self._value(part) is not True), parts[-1]), depth + 1)
            if text.strip().startswith("(") and text.strip().endswith(")") and _is_one(text.strip()):
                return self.path(text.strip()[1:-1], depth + 1)
            named = _ONE_VARIABLE.fullmatch(text)
            if named is not None and named.group(1) in self._variables:
                return self.path(self._variables[named.group(1)], depth + 1)
            found = _ALL.match(text)
            if found is not None and (body := _body(text, found.end())) is not None:
                return self._in_list(found.group(1), found.group(2), body, depth)
        return _shared(list(self._fields(text)))

    def _in_list(self, items: str, name: str, body: str, depth: int) -> Path:
        """Into the first item for which a condition isn't true."""
        whole = self._resolved(items) or ()
        results = self._value(f"{items}.map({name}, ({body}\n) ? 'y' : 'n')")
        if not isinstance(results, list) or "n" not in results:
            return whole
        index = results.index("n")
        item = _renamed(body, name, f"{items}[{index}]")
        inner = self.path(item, depth + 1)
        return inner if len(inner) > len(whole) else (*whole, index)

    def _value(self, text: str) -> Json:
        try:
            return compiled(composed(text, self._variables)).evaluate(self._values)
        except (CelError, CelSyntaxError, Unevaluable):
            return None

    def _fields(self, text: str) -> Iterator[Path]:
        blank = without_texts(text)
        for match in _FIELD.finditer(text):
            path = self._resolved(match.group()) if blank[match.start()] != " " else None
            if path is not None:
                yield path

    def _resolved(self, text: str, depth: int = 0) -> Path | None:
        """The path of a field access, from the object; None if it is something else."""
        match = _FIELD.fullmatch(text.strip())
        if match is None or depth > _DEEPEST:
            return None
        root, steps = match.group(1), _steps(match.group(2))
        if root == "object":
            return steps
        base = self._resolved(self._variables.get(str(steps[0]), ""), depth + 1)
        return (*base, *steps[1:]) if base is not None else None


def _shared(paths: list[Path]) -> Path:
    """The common beginning of paths."""
    if not paths:
        return ()
    shared = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return tuple(shared)


def _operands(text: str, operator: str) -> list[str]:
    """The operands of an operator outside all parentheses; the text alone if it has none, or is a condition."""
    blank, level, start = without_texts(text), 0, 0
    parts: list[str] = []
    for place, sign in enumerate(blank):
        level += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
        if level:
            continue
        if sign == "?" and blank[place - 1 : place] not in (".", "["):
            return [text]
        if blank.startswith(operator, place):
            parts.append(text[start:place])
            start = place + 2
    return [*parts, text[start:]]


def _is_one(text: str) -> bool:
    """Whether the first parenthesis closes with the last one."""
    return _body(text, 1) is not None


def _body(text: str, start: int) -> str | None:
    """The contents of a parenthesis that opens before ``start``, if nothing follows it."""
    blank, level = without_texts(text), 1
    for place in range(start, len(blank)):
        level += {"(": 1, ")": -1}.get(blank[place], 0)
        if level == 0:
            return text[start:place] if not blank[place + 1 :].strip() else None
    return None


def _renamed(text: str, name: str, other: str) -> str:
    """A condition with another expression in the place of a variable."""
    blank = without_texts(text)
    for match in reversed(list(re.finditer(rf"(?<![\w.]){name}(?!\w)", blank))):
        text = text[: match.start()] + other + text[match.end() :]
    return text


def _steps(text: str) -> Path:
    found: list[str | int] = []
    for match in _STEPS.finditer(text):
        name, single, double, index = match.groups()
        found.append(int(index) if index is not None else name or single or double or "")
    return tuple(found)
