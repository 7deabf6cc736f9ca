"""What a rule is made of. Built-in rules use only this module's names, and so can a team's own.

A rule is a function that is given one thing to judge (its *scope*) and the subject, and yields problems. It says what
is wrong and, symbolically, where; the engine stamps identity, severity and statements on it and finds file and line.
A rule reads no files, no environment and no clock.
"""

from __future__ import annotations

from helm_constitution.core.model import Base, Location, Precision, Severity
from helm_constitution.kubernetes.manifests import Container, LabelSelector, Manifest, PodSpec, Rendering, Workload
from helm_constitution.lint.rule import (
    MAY,
    MUST,
    OFF,
    SHOULD,
    Matcher,
    Outcome,
    Parameter,
    Problem,
    Related,
    Rule,
    RuleModule,
    Tally,
    Unjudged,
    forbid,
    require,
    rule,
)
from helm_constitution.lint.subject import Subject
from helm_constitution.text.place import Place, TextPlace
from helm_constitution.text.yaml_document import RenderedLine, Span, View, YamlDocument

__all__ = [
    "MAY",
    "MUST",
    "OFF",
    "SHOULD",
    "Base",
    "Container",
    "LabelSelector",
    "Location",
    "Manifest",
    "Matcher",
    "Outcome",
    "Parameter",
    "Place",
    "PodSpec",
    "Precision",
    "Problem",
    "Related",
    "RenderedLine",
    "Rendering",
    "Rule",
    "RuleModule",
    "Severity",
    "Span",
    "Subject",
    "Tally",
    "TextPlace",
    "Unjudged",
    "View",
    "Workload",
    "YamlDocument",
    "forbid",
    "require",
    "rule",
]
