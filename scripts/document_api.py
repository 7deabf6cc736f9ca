"""Writes the reference of ``helm_constitution.api`` into CONTRIBUTING.md (``make docs``).

Everything comes from signatures and docstrings. ``GROUPS`` gives the order; a test compares the page with what this
script makes, and finds exports that no group names and members without a docstring.
"""

from __future__ import annotations

import ast
import enum
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from helm_constitution import api

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"
BEGIN = "<!-- api: begin; `make docs` writes this part -->"
END = "<!-- api: end -->"
WIDTH = 120

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Making a rule": (
        *(
            "rule",
            "require",
            "forbid",
            "Parameter",
            "Violation",
            "Related",
            "Group",
            "Fix",
            "Edit",
            "Applicability",
            "SetField",
        ),
        *("PipeField", "ReadValue", "replaced", "quoted", "set_value", "schema_edits", "whole_schema"),
        *("Tally", "Unchecked", "Outcome"),
        *("NotApplicable", "not_rendered"),
        *("MUST", "SHOULD", "MAY", "OFF", "RuleModule", "Need", "TEMPLATES", "RESULTS", "RENDERINGS", "LINT"),
        *(
            "TOGGLES",
            "COVERAGE",
            "BASELINE",
            "OLD_VALUES",
            "CLUSTER",
            "DEPLOYMENT",
            "Rule",
            "Matcher",
            "Severity",
            "Urgency",
            "Tag",
        ),
    ),
    "The subject": (
        *("Subject", "ScenarioResult", "Status", "Scenario", "ScenarioKind", "DEFAULTS", "Input", "SetValue"),
        *("RenderedText", "ToggleResult", "Toggle", "Head", "Coverage", "Region", "Comparison", "RenderedChart"),
        *("Change", "Step", "Lost", "ClusterAnswers", "Answer", "Refusal", "Deployment"),
    ),
    "Objects": (
        *("Container", "PodSpec", "Workload", "Manifest", "Rendering", "PodTemplate", "ObjectRef", "LabelSelector"),
        *("quantity", "NEWEST", "OLDEST_SUPPORTED"),
        *("DNS_LABEL", "DNS_SUBDOMAIN", "OLD_DNS_LABEL", "LABEL_KEY", "LABEL_VALUE"),
        *("LONGEST_LABEL", "LONGEST_SUBDOMAIN"),
    ),
    "Values and files": (
        *(
            "View",
            "Place",
            "TextPlace",
            "Span",
            "Path",
            "Json",
            "Location",
            "Base",
            "Precision",
            "RenderedLine",
            "SchemaFault",
            "definition_faults",
            "validation_faults",
            "NotCompiled",
        ),
        *("Chart", "Dependency", "Package", "ValuesFile", "ValueKey", "CommentKind", "YamlDocument", "DuplicateKey"),
        *("YamlSyntaxError", "load_document", "load_documents", "dotted", "walk", "resolve_plain", "references"),
        *("merged_values", "SchemaValidator", "BrokenSchema", "RemoteReference"),
    ),
    "Templates": (
        *("ValueUses", "ValueRead", "Printed", "PrintedDefine", "ANYTHING", "TemplateFile", "Computed"),
        *("TemplateSyntaxError", "parse_template", "parse_templates", "contents", "pipelines", "commands", "Node"),
        *("Content", "Text", "Comment", "Action", "Control", "If", "With", "Range", "Branch", "Define", "Block"),
        *("TemplateCall", "Pipeline", "Command", "Expression", "Identifier", "Field", "Variable", "Chain", "Dot"),
        *("String", "Number", "Bool", "Nil"),
    ),
    "Text": (
        *(
            "Markdown",
            "read_markdown",
            "Heading",
            "Table",
            "Row",
            "Cell",
            "CodeBlock",
            "matches_word",
            "cut_apart",
            "LazyPattern",
            "NamedTuple",
        ),
        *(
            "Version",
            "parse_version",
            "Constraint",
            "parse_constraint",
            "masked",
            "would_hide",
            "by_names",
            "withheld",
            "withheld_in",
            "whole_number",
        ),
    ),
    "helm": ("HelmMessage", "MessageLevel", "FailureKind"),
}

RETURNED = {
    "Answer": "helm_constitution.cluster.answers",
    "CodeBlock": "helm_constitution.text.markdown_tables",
    "Computed": "helm_constitution.templates",
    "Deployment": "helm_constitution.cluster.answers",
    "DuplicateKey": "helm_constitution.text.yaml_document",
    "Head": "helm_constitution.render.toggles",
    "Input": "helm_constitution.render.scenarios",
    "Lost": "helm_constitution.compare.old_values",
    "ObjectRef": "helm_constitution.core.model",
    "Package": "helm_constitution.chart.model",
    "PodTemplate": "helm_constitution.kubernetes.pod_templates",
    "Printed": "helm_constitution.templates.uses",
    "PrintedDefine": "helm_constitution.templates.uses",
    "Range": "helm_constitution.templates.nodes",
    "Refusal": "helm_constitution.cluster.answers",
    "RenderedChart": "helm_constitution.render.results",
    "RenderedText": "helm_constitution.helm.protocol",
    "Row": "helm_constitution.text.markdown_tables",
    "Scenario": "helm_constitution.render.scenarios",
    "SetValue": "helm_constitution.render.scenarios",
    "Step": "helm_constitution.compare.changes",
    "TemplateSyntaxError": "helm_constitution.templates",
    "Toggle": "helm_constitution.render.toggles",
    "ValueRead": "helm_constitution.templates.uses",
    "ValueUses": "helm_constitution.templates.uses",
}
"""What members give and no rule needs to import, by the module that has it."""

INNER = frozenset(
    {
        *("Subject.checked", "Subject.needs", "Subject.parameters", "RenderedChart.with_coverage"),
        *("RenderedChart.worth_naming", "RenderedChart.set_value", "RenderedChart.filled_values"),
        *("RenderedChart.without_placeholders", "RenderedChart.is_in_users_scenario"),
        *("YamlDocument.again", "YamlDocument.root", "Toggle.scenario", "ValuesFile.notes"),
    }
)
"""Public members that are the program's own, not for rules."""


class Member(NamedTuple):
    """A field, property, method or constant: how it is written, and what its docstring says (empty: none)."""

    name: str
    form: str
    doc: str
    is_field: bool = False

    @property
    def lead(self) -> str:
        """What its line begins with: a field's type is told with the others'."""
        return self.name if self.is_field else self.form


@cache
def _lines(module: str) -> list[bytes]:
    return Path(inspect.getfile(sys.modules[module])).read_bytes().splitlines()


@cache
def _tree(module: str) -> ast.Module:
    tree = ast.parse(b"\n".join(_lines(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr | ast.arg):
            node.home = module  # type: ignore[union-attr]
    return tree


def _source(node: ast.expr) -> str:
    """A part as written, in one line: `ast.unparse` writes the same code differently in other Pythons."""
    lines = _lines(node.home)[node.lineno - 1 : node.end_lineno]  # type: ignore[attr-defined]
    lines[-1] = lines[-1][: node.end_col_offset]
    lines[0] = lines[0][node.col_offset :]
    return " ".join(b" ".join(lines).decode().split())


@cache
def _homes() -> dict[str, str]:
    """The module that each export comes from, as api.py imports it."""
    found = dict(RETURNED)
    for node in ast.walk(_tree(api.__name__)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found.update((alias.name, node.module) for alias in node.names)
    return found


def _documented_assignments(body: list[ast.stmt]) -> Iterator[tuple[str, str, str]]:
    """Name, right side (or annotation) and docstring of each assignment of a module or class."""
    for statement, after in zip(body, [*body, None][1:], strict=True):
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        target = targets[0]
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name | ast.Attribute):
            name = target.id if isinstance(target, ast.Name) else target.attr
            is_doc = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            doc = after.value.value if is_doc else ""  # type: ignore[union-attr]
            yield name, _source(statement.value) if statement.value else "", inspect.cleandoc(str(doc))


class Entry:
    """One documented name."""

    def __init__(self, name: str) -> None:
        self.name = name
        module = _homes()[name]
        __import__(module)
        self.module = module
        self.thing: Any = getattr(sys.modules[module], name)

    @property
    def is_class(self) -> bool:
        """Whether it is a class (else a function, a constant or an alias)."""
        return inspect.isclass(self.thing)

    @property
    def is_function(self) -> bool:
        """Whether it is a function."""
        return inspect.isfunction(self.thing)

    @cached_property
    def form(self) -> str:
        """The name as it is written: with its arguments, its bases or its value."""
        if self.is_function:
            functions = (node for node in _tree(self.module).body if isinstance(node, ast.FunctionDef))
            # The last of the name: overloads stand before it.
            return _signature([node for node in functions if node.name == self.name][-1])
        if self.is_class:
            bases = [base.__name__ for base in self.thing.__bases__ if base in (Exception, str)]
            bases += [base.__name__ for base in self.thing.__bases__ if base.__name__ in _homes()]
            return f"{self.name}({', '.join(bases)})" if bases else self.name
        value = self._assignment[0]
        alias = value[1:-1] if value.startswith('"') and ("|" in value or "[" in value) else value
        return f"{self.name} = {alias}"

    @cached_property
    def doc(self) -> str:
        """The docstring."""
        if self.is_class or self.is_function:
            return inspect.cleandoc(self.thing.__doc__ or "")
        return self._assignment[1]

    @cached_property
    def _assignment(self) -> tuple[str, str]:
        for name, value, doc in _documented_assignments(_tree(self.module).body):
            if name == self.name:
                return value, doc
        raise LookupError(f"{self.module} does not assign {self.name}")

    @cached_property
    def members(self) -> list[Member]:
        """The public members for rules, fields first, in the order of the source; nothing of what is no class."""
        return [one for one in self.all_members if f"{self.name}.{one.name}" not in INNER]

    @cached_property
    def all_members(self) -> list[Member]:
        """The public members, those of the program's own among them."""
        found = [*self._fields(), *self._methods()] if self.is_class else []
        return [one for one in found if not one.name.startswith("_")]

    @cached_property
    def _class_node(self) -> ast.ClassDef:
        nodes = (node for node in ast.walk(_tree(self.thing.__module__)) if isinstance(node, ast.ClassDef))
        return next(node for node in nodes if node.name == self.name)

    def _fields(self) -> Iterator[Member]:
        node = self._class_node
        docs = {name: doc for name, _, doc in _documented_assignments(node.body)}
        init = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
        docs |= {name: doc for name, _, doc in _documented_assignments(init.body if init is not None else [])}
        if issubclass(self.thing, enum.Enum):
            for member in self.thing:
                yield Member(member.name, member.name, docs.get(member.name, ""))
            return
        for name, kind in self._annotations():
            yield Member(name, f"{name}: {kind}", docs.get(name, ""), is_field=True)

    def _annotations(self) -> Iterator[tuple[str, str]]:
        """The fields with their types: annotated in the class, or set from arguments where it writes its __init__."""
        slots = vars(self.thing).get("__slots__", ())
        init = vars(self.thing).get("__init__")
        if slots and inspect.isfunction(init) and "__dataclass_fields__" not in vars(self.thing):
            parameters = inspect.signature(init).parameters
            for name in parameters:
                if name in slots:
                    yield name, str(parameters[name].annotation)
            return
        for node in self._class_node.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                kind = _source(node.annotation)
                if kind.startswith("ClassVar"):
                    continue
                default = f" = {_source(node.value)}" if node.value is not None else ""
                yield node.target.id, kind + ("" if "field(" in default else default)
        if not slots and inspect.isfunction(init) and "__dataclass_fields__" not in vars(self.thing):
            for one in ast.walk(self._class_node):
                if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Attribute):
                    name = one.targets[0].attr
                    if name in inspect.signature(init).parameters:
                        yield name, str(inspect.signature(init).parameters[name].annotation)

    def _methods(self) -> Iterator[Member]:
        for node in self._class_node.body:
            if isinstance(node, ast.FunctionDef):
                is_property = any("property" in _source(one) for one in node.decorator_list)
                returned = _source(node.returns) if node.returns is not None else "None"
                form = f"{node.name}: {returned}" if is_property else _signature(node)
                yield Member(node.name, form, ast.get_docstring(node) or "")

    def undocumented(self) -> list[str]:
        """The name, where it has no docstring; its members that neither have one nor are named by the class's."""
        missing = [] if self.doc or isinstance(self.thing, enum.Enum) else [self.name]
        for member in self.members:
            named = f"``{member.name}``" in self.doc or f"    {member.name}:" in self.doc
            if not member.doc and not named:
                missing.append(f"{self.name}.{member.name}")
        return missing


def _signature(function: ast.FunctionDef) -> str:
    """Name, arguments and result; an argument a line where it is long."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    parts = [_argument(*pair) for pair in zip(positional, defaults, strict=True) if pair[0].arg != "self"]
    if arguments.vararg is not None:
        parts.append(f"*{_argument(arguments.vararg, None)}")
    elif arguments.kwonlyargs:
        parts.append("*")
    parts += [_argument(*pair) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg is not None:
        parts.append(f"**{_argument(arguments.kwarg, None)}")
    returned = f" -> {_source(function.returns)}" if function.returns is not None else ""
    parts = [_without_variables(part) for part in parts]
    returned = _without_variables(returned)
    line = f"{function.name}({', '.join(parts)}){returned}"
    if len(line) <= WIDTH or len(parts) < 5:
        return line
    inner = "".join(f"    {part},\n" for part in parts)
    return f"{function.name}(\n{inner}){returned}"


def _without_variables(text: str) -> str:
    """A type without ParamSpec and TypeVar, which say little to a reader."""
    text = re.sub(r"Concatenate\[(\w+), _P\]", r"[\1, …]", text)
    return re.sub(r": _P\.k?w?args", "", text).replace("_T", "T")


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {_source(argument.annotation)}" if argument.annotation is not None else ""
    return f"{argument.arg}{kind}" + (f" = {_source(default)}" if default is not None else "")


def _plain(doc: str) -> str:
    """A docstring as Markdown."""
    doc = re.sub(r":\w+:`(?:helm_constitution\.[\w.]*\.)?([\w.]+)`", r"`\1`", doc)
    return re.sub(r"``(.+?)``", r"`\1`", doc)


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


_SECTION = re.compile(r"(?m)^(Args|Raises|Returns|Attributes):\n((?:    .*\n?|\n)+)")


def _blocks(doc: str, indent: str = "") -> Iterator[str]:
    """A docstring's paragraphs, lists of arguments and examples, as Markdown blocks."""
    doc = _plain(doc)
    start = 0
    for match in [*_SECTION.finditer(doc), None]:
        for block in doc[start : match.start() if match else len(doc)].split("\n\n"):
            if block.strip().startswith(">>>"):
                yield textwrap.indent(f"```python\n{textwrap.dedent(block).strip()}\n```", indent)
            elif block.strip():
                yield _wrapped(block, indent, indent)
        if match is None:
            return
        items = re.split(r"(?m)^    (?=\S)", match[2])[1:]
        pairs = [item.partition(":")[::2] for item in items]
        mark = "" if match[1] in ("Args", "Attributes") else "raises "
        yield "\n".join(
            _wrapped(f"{mark}`{name.strip('`')}`: {text}", f"{indent}- ", f"{indent}  ") for name, text in pairs
        )
        start = match.end()


def _entry(entry: Entry) -> str:
    note = "" if entry.name in api.__all__ else " (returned, not exported)"
    blocks = [f"#### `{entry.form}`{note}" if entry.is_class else f"#### `{entry.name}`"]
    if not entry.is_class:
        blocks.append(f"```python\n{entry.form}\n```")
    blocks.extend(_blocks(entry.doc))
    fields = [member for member in entry.members if member.is_field]
    if fields:
        blocks.append(_wrapped("Fields: " + ", ".join(f"`{member.form}`" for member in fields) + "."))
    bullets = []
    for member in entry.members:
        if member.doc:
            first, *more = _blocks(member.doc, "  ")
            bullets.append("\n".join([_wrapped(f"`{member.lead}`: {first}", "- ", "  "), *more]))
    return "\n\n".join([*blocks, *(["\n".join(bullets)] if bullets else [])])


@cache
def entries() -> tuple[Entry, ...]:
    """Everything that the page documents, in its order."""
    return tuple(Entry(name) for names in GROUPS.values() for name in names)


def reference() -> str:
    """The reference as Markdown, without the markers."""
    parts = []
    for title, names in GROUPS.items():
        parts.append(f"### {title}")
        group = [entry for entry in entries() if entry.name in names]
        constants = [entry for entry in group if isinstance(entry.thing, enum.Enum) and not entry.doc]
        for entry in group:
            if entry.name not in {one.name for one in constants}:
                parts.append(_entry(entry))
            elif entry.name == constants[0].name:
                parts.append(_wrapped("Exported by name: " + ", ".join(f"`{one.form}`" for one in constants) + "."))
    return "\n\n".join(parts)


def with_reference(page: str) -> str:
    """The page with the reference as it is now between the two markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"CONTRIBUTING.md must have the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def main() -> None:
    """Writes the page."""
    PAGE.write_text(with_reference(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
