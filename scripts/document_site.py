"""Writes the reference of the documentation: a page for each rule, the command line, the configuration.

``python -m scripts.document_site`` writes them below ``docs``; a test compares.
"""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from helm_constitution.cli.main import cli
from helm_constitution.core.model import Statement
from helm_constitution.lint import registry
from helm_constitution.lint.explain import sections, title
from helm_constitution.lint.rule import Rule
from helm_constitution.policy.constitution import Constitution, load_constitution

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CASES = ROOT / "testdata" / "charts" / "cases"
MADE = "<!-- Made by `make docs`. -->"

_LINES = 80
"""Lines of an example's file that are shown."""
_WIDTH = 120


def pages() -> Mapping[str, str]:
    """Every page that is made, by its path below ``docs``."""
    constitution = load_constitution(Path("/"), Path("built-in"))
    found = {f"rules/{rule.id}.md": _rule(rule, constitution) for rule in registry.rules()}
    found["rules/README.md"] = _rules(constitution)
    found["reference/command-line.md"] = _command_line()
    found["reference/configuration.md"] = _configuration()
    return {path: text.rstrip() + "\n" for path, text in found.items()}


# --- rules ------------------------------------------------------------------------------------------------------------


def demanded_by(rule: str, constitution: Constitution) -> Iterator[Statement]:
    """The statements of a constitution that name a rule."""
    for _, statement in constitution.statements:
        if any(pin.rule == rule for pin in statement.pins):
            yield statement


def _rules(constitution: Constitution) -> str:
    lines = [
        "# Rules",
        "",
        MADE,
        "",
        f"{len(registry.rules())} rules, by the principle that they belong to. The weight is the keyword by which the",
        "built-in constitution demands the rule; one that is *off* runs where another constitution demands it, or",
        "where it is selected.",
    ]
    for module in registry.modules():
        lines += ["", f"## {module.title}", "", "| Rule | Violation | Weight |", "| --- | --- | --- |"]
        for rule in module.rules:
            what = _plain(title(rule).rstrip(".")).replace("|", "\\|")
            lines.append(f"| [{rule.id}]({rule.id}.md) | {what} | {_weight(rule, constitution)} |")
    return "\n".join(lines)


def _weight(rule: Rule, constitution: Constitution) -> str:
    if rule.always:
        return "always"
    return next((one.keyword for one in demanded_by(rule.id, constitution)), "off")


def _rule(rule: Rule, constitution: Constitution) -> str:
    parts = sections(rule)
    lines = [f"# {_plain(title(rule).rstrip('.'))}", "", MADE, "", f"`{rule.id}` · {_severity(rule, constitution)}", ""]
    lines += _prose("Why", parts) + _prose("Fix", parts)
    for name in ("Bad", "Good"):
        if name in parts:
            lines += [f"**{name}**", "", *_fenced(parts[name], "yaml"), ""]
    lines += _examples(rule.id)
    lines += ["## Who demands it", "", *_demands(rule, constitution), ""]
    if rule.parameters:
        lines += ["## Parameters", "", "| Parameter | Default | Why |", "| --- | --- | --- |"]
        for name, parameter in rule.parameters.items():
            default = str(parameter.default) or '""'
            lines.append(f"| `{name}` | `{default}` | {_plain(parameter.reason)} |")
        lines += ["", "```yaml", "# .helm-constitution.yaml", "parameters:", f"  {rule.id}:"]
        lines += [f"    {name}: {json.dumps(one.default)}" for name, one in rule.parameters.items()]
        lines += ["```", ""]
    return "\n".join([*lines, *_prose("Source", parts)])


def _severity(rule: Rule, constitution: Constitution) -> str:
    weight = _weight(rule, constitution)
    if weight == "always":
        return "always an error"
    if weight == "off":
        return "off in the built-in constitution"
    severity = {"MUST": "error", "SHOULD": "warning", "MAY": "note"}[weight.split()[0]]
    return f"{weight} in the built-in constitution, so {'an' if severity == 'error' else 'a'} {severity}"


def _prose(name: str, parts: Mapping[str, str]) -> list[str]:
    if name not in parts:
        return []
    text = _plain(" ".join(parts[name].split()))
    return [textwrap.fill(f"**{name}**: {text[:1].upper()}{text[1:]}", _WIDTH, break_on_hyphens=False), ""]


def _demands(rule: Rule, constitution: Constitution) -> list[str]:
    lines = [
        f"- The built-in constitution: **{one.keyword}**: {_plain(one.full_text)}"
        for one in demanded_by(rule.id, constitution)
    ]
    if rule.always:
        lines.append("- It runs whatever the constitution says: nothing else can be believed of such a chart.")
    lines.append(f"- Any constitution that names it behind a statement: `<!-- rules: {rule.id} -->`.")
    for verb, forbids in (("demands", False), ("forbids", True)):
        patterns = [matcher.pattern for matcher in rule.enforces if matcher.forbids is forbids]
        if patterns:
            which = "the expression matches" if len(patterns) == 1 else "one of the expressions matches"
            lines += ["", f"And, without a pin, a statement that {verb} something and that {which}:", ""]
            lines += _fenced("\n".join(patterns), "text")
    return lines


def _examples(rule: str) -> list[str]:
    lines: list[str] = []
    for kind, told in (("bad", "is reported"), ("good", "is not")):
        folder = CASES / rule / kind
        if not folder.is_dir():
            folder = min((CASES / rule).glob(f"{kind}*"), default=folder)
        files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != "expect.txt"]
        shown = [file for file in files if file.suffix != ".absent" and _readable(file)]
        if not shown:
            continue
        lines += [f"## An example that {told}", ""]
        lines.append(f"A chart of the tests (`{folder.relative_to(ROOT).as_posix()}`); what isn't shown has no fault.")
        lines.append("")
        for file in shown:
            lines += [f"`{file.relative_to(folder).as_posix()}`", "", *_fenced(_head(file), _language(file)), ""]
        if kind == "bad":
            lines += ["The finding:", "", *_fenced((folder / "expect.txt").read_text("utf-8").rstrip(), "text"), ""]
    return lines


def _readable(file: Path) -> bool:
    try:
        return bool(file.read_text("utf-8").strip())
    except UnicodeDecodeError:
        return False


def _head(file: Path) -> str:
    lines = "".join(c if c.isprintable() or c == "\n" else "�" for c in file.read_text("utf-8")).rstrip().split("\n")
    more = [f"… {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
    return "\n".join([*lines[:_LINES], *more])


def _language(file: Path) -> str:
    return {".json": "json", ".md": "markdown", ".txt": "text"}.get(file.suffix, "yaml")


def _fenced(text: str, language: str) -> list[str]:
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return [f"{fence}{language}", *text.split("\n"), fence]


def _plain(text: str) -> str:
    """A text in which Markdown sees no HTML: outside code, ``<`` is escaped."""
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts))


# --- command line and configuration -----------------------------------------------------------------------------------


def _command_line() -> str:
    lines = ["# Command line", "", MADE, "", "`helm constitution …` is the same program.", ""]
    root = click.Context(cli, info_name="helm-constitution", max_content_width=100, **cli.context_settings)
    for context in _contexts(root):
        # With a width of their own: the same on each machine.
        context.terminal_width = 100
        lines += [f"## {context.command_path}", "", *_fenced(context.command.get_help(context), "text"), ""]
    return "\n".join(lines)


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """A command's context, and those of the commands in it."""
    yield context
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _contexts(click.Context(inner, info_name=name, parent=context))


def _configuration() -> str:
    file = ROOT / "src" / "helm_constitution" / "data" / "configuration.schema.json"
    schema = json.loads(file.read_text("utf-8"))
    definitions = schema["definitions"]
    lines = [
        "# Configuration",
        "",
        MADE,
        "",
        "`.helm-constitution.yaml`, in the chart's folder or above it. `helm-constitution schema` prints the schema;",
        "[Configuration](../configuration.md) has an example.",
    ]
    for heading, part in (
        ("Top level", schema),
        ("An entry of `scenarios`", definitions["scenario"]),
        ("An entry of `waivers`", definitions["waiver"]),
    ):
        lines += ["", f"## {heading}", "", "| Key | Type | Meaning |", "| --- | --- | --- |"]
        required = part.get("required", [])
        for key, given in part["properties"].items():
            known = _resolved(given, definitions)
            meaning = known.get("description", "")
            if key in required:
                meaning = f"{meaning} Required.".strip()
            if "default" in known:
                meaning += f" Default: `{json.dumps(known['default'])}`."
            lines.append(f"| `{key}` | {_type(known)} | {_plain(meaning)} |")
    return "\n".join(lines)


def _resolved(given: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in given:
        given = {**definitions[given["$ref"].rpartition("/")[2]], **{k: v for k, v in given.items() if k != "$ref"}}
    return given


def _type(known: dict[str, Any]) -> str:
    if "enum" in known:
        return ", ".join(f"`{one}`" for one in known["enum"])
    return {"array": "list", "object": "map", "string": "text", "boolean": "true or false"}[known["type"]]


def main() -> None:
    """Writes every page, and takes away those of rules that are gone."""
    shutil.rmtree(DOCS / "rules", ignore_errors=True)
    for path, text in pages().items():
        file = DOCS / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
