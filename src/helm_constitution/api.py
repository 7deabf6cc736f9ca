"""All that rules import: what a rule is made of, what it is given, and the readers that it may need.

A rule is a function that is given one thing to check (its *scope*) and the subject, and yields violations. It says what
is wrong and, symbolically, where; the program stamps identity, severity and statements on it and finds file and line.
A rule reads no files, no environment and no clock, and keeps nothing between two charts. CONTRIBUTING.md explains every
member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helm_constitution.chart.model import Chart, Dependency
from helm_constitution.chart.schema_edits import schema_edits, whole_schema
from helm_constitution.chart.value_comments import CommentKind
from helm_constitution.chart.values import ValueKey, ValuesFile, merged_values
from helm_constitution.core.confidential import by_names, withheld, withheld_in
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.fixes import Applicability, Edit, Fix
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import DEFAULTS, Base, Group, Location, Precision, Severity, Status
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.tags import Tag
from helm_constitution.core.urgency import Urgency
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel
from helm_constitution.kubernetes.manifests import Container, Manifest, PodSpec, Rendering, Workload
from helm_constitution.kubernetes.names import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    LABEL_KEY,
    LABEL_VALUE,
    LONGEST_LABEL,
    LONGEST_SUBDOMAIN,
    OLD_DNS_LABEL,
)
from helm_constitution.kubernetes.quantities import quantity, whole_number
from helm_constitution.kubernetes.selectors import LabelSelector
from helm_constitution.kubernetes.versions import NEWEST, OLDEST_SUPPORTED
from helm_constitution.lint.needs import (
    BASELINE,
    CLUSTER,
    COVERAGE,
    DEPLOYMENT,
    LINT,
    OLD_VALUES,
    RENDERINGS,
    RESULTS,
    TEMPLATES,
    TOGGLES,
    Need,
)
from helm_constitution.lint.redaction import masked, would_hide
from helm_constitution.lint.rule import (
    MAY,
    MUST,
    OFF,
    SHOULD,
    Matcher,
    NotApplicable,
    Outcome,
    Parameter,
    PipeField,
    ReadValue,
    Related,
    Rule,
    RuleModule,
    SetField,
    Tally,
    Unchecked,
    Violation,
    forbid,
    not_rendered,
    replaced,
    require,
    rule,
)
from helm_constitution.lint.subject import Subject
from helm_constitution.render.results import ScenarioResult, ToggleResult
from helm_constitution.render.scenarios import ScenarioKind
from helm_constitution.templates import TemplateFile, parse_template, parse_templates
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Bool,
    Branch,
    Chain,
    Command,
    Comment,
    Content,
    Control,
    Define,
    Dot,
    Expression,
    Field,
    Identifier,
    If,
    Nil,
    Node,
    Number,
    Pipeline,
    String,
    TemplateCall,
    Text,
    Variable,
    With,
    commands,
    contents,
    pipelines,
)
from helm_constitution.text.place import Place, TextPlace
from helm_constitution.text.semver import Constraint, Version, parse_constraint, parse_version
from helm_constitution.text.words import cut_apart, matches_word
from helm_constitution.text.yaml import load_document, load_documents
from helm_constitution.text.yaml_document import Path, RenderedLine, Span, View, YamlDocument, dotted, walk
from helm_constitution.text.yaml_edits import quoted, set_value
from helm_constitution.text.yaml_scalars import Json, resolve_plain

if TYPE_CHECKING:
    from helm_constitution.cel.definitions import NotCompiled, validation_faults
    from helm_constitution.chart.schema_validator import BrokenSchema, RemoteReference, SchemaValidator
    from helm_constitution.cluster.answers import ClusterAnswers
    from helm_constitution.compare.changes import Change
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.helm.schemas import references
    from helm_constitution.kubernetes.definition_faults import definition_faults
    from helm_constitution.kubernetes.schema_faults import SchemaFault
    from helm_constitution.render.regions import Coverage, Region
    from helm_constitution.text.markdown_tables import Cell, Heading, Markdown, Table, read_markdown

_SELDOM = {
    "BrokenSchema": "helm_constitution.chart.schema_validator",
    "RemoteReference": "helm_constitution.chart.schema_validator",
    "SchemaValidator": "helm_constitution.chart.schema_validator",
    "Cell": "helm_constitution.text.markdown_tables",
    "Change": "helm_constitution.compare.changes",
    "ClusterAnswers": "helm_constitution.cluster.answers",
    "Comparison": "helm_constitution.compare.comparison",
    "Coverage": "helm_constitution.render.regions",
    "Heading": "helm_constitution.text.markdown_tables",
    "Markdown": "helm_constitution.text.markdown_tables",
    "NotCompiled": "helm_constitution.cel.definitions",
    "Region": "helm_constitution.render.regions",
    "SchemaFault": "helm_constitution.kubernetes.schema_faults",
    "Table": "helm_constitution.text.markdown_tables",
    "definition_faults": "helm_constitution.kubernetes.definition_faults",
    "read_markdown": "helm_constitution.text.markdown_tables",
    "references": "helm_constitution.helm.schemas",
    "validation_faults": "helm_constitution.cel.definitions",
}
"""What few charts need: imported when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _SELDOM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_SELDOM[name]), name)


__all__ = [
    "ANYTHING",
    "BASELINE",
    "CLUSTER",
    "COVERAGE",
    "DEFAULTS",
    "DEPLOYMENT",
    "DNS_LABEL",
    "DNS_SUBDOMAIN",
    "LABEL_KEY",
    "LABEL_VALUE",
    "LINT",
    "LONGEST_LABEL",
    "LONGEST_SUBDOMAIN",
    "MAY",
    "MUST",
    "NEWEST",
    "OFF",
    "OLDEST_SUPPORTED",
    "OLD_DNS_LABEL",
    "OLD_VALUES",
    "RENDERINGS",
    "RESULTS",
    "SHOULD",
    "TEMPLATES",
    "TOGGLES",
    "Action",
    "Applicability",
    "Base",
    "Block",
    "Bool",
    "Branch",
    "BrokenSchema",
    "Cell",
    "Chain",
    "Change",
    "Chart",
    "ClusterAnswers",
    "Command",
    "Comment",
    "CommentKind",
    "Comparison",
    "Constraint",
    "Container",
    "Content",
    "Control",
    "Coverage",
    "Define",
    "Dependency",
    "Dot",
    "Edit",
    "Expression",
    "FailureKind",
    "Field",
    "Fix",
    "Group",
    "Heading",
    "HelmMessage",
    "Identifier",
    "If",
    "Json",
    "LabelSelector",
    "LazyPattern",
    "Location",
    "Manifest",
    "Markdown",
    "Matcher",
    "MessageLevel",
    "NamedTuple",
    "Need",
    "Nil",
    "Node",
    "NotApplicable",
    "NotCompiled",
    "Number",
    "Outcome",
    "Parameter",
    "Path",
    "PipeField",
    "Pipeline",
    "Place",
    "PodSpec",
    "Precision",
    "ReadValue",
    "Region",
    "Related",
    "RemoteReference",
    "RenderedLine",
    "Rendering",
    "Rule",
    "RuleModule",
    "ScenarioKind",
    "ScenarioResult",
    "SchemaFault",
    "SchemaValidator",
    "SetField",
    "Severity",
    "Span",
    "Status",
    "String",
    "Subject",
    "Table",
    "Tag",
    "Tally",
    "TemplateCall",
    "TemplateFile",
    "Text",
    "TextPlace",
    "ToggleResult",
    "Unchecked",
    "Urgency",
    "ValueKey",
    "ValuesFile",
    "Variable",
    "Version",
    "View",
    "Violation",
    "With",
    "Workload",
    "YamlDocument",
    "YamlSyntaxError",
    "by_names",
    "commands",
    "contents",
    "cut_apart",
    "definition_faults",
    "dotted",
    "forbid",
    "load_document",
    "load_documents",
    "masked",
    "matches_word",
    "merged_values",
    "not_rendered",
    "parse_constraint",
    "parse_template",
    "parse_templates",
    "parse_version",
    "pipelines",
    "quantity",
    "quoted",
    "read_markdown",
    "references",
    "replaced",
    "require",
    "resolve_plain",
    "rule",
    "schema_edits",
    "set_value",
    "validation_faults",
    "walk",
    "whole_number",
    "whole_schema",
    "withheld",
    "withheld_in",
    "would_hide",
]
