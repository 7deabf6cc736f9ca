"""The findings, by chart, principle and rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from helm_constitution.core.model import Finding, Severity
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.files import details_of
from helm_constitution.report.html.elements import Html, badge, joined, tag
from helm_constitution.report.html.sources import SourceLines, panes, shown_place, source_lines
from helm_constitution.report.model import ChartReport, RunReport
from helm_constitution.report.pages import pages_of, rule_address
from helm_constitution.report.words import as_yaml, counts, homes, label, other_places, other_rules
from helm_constitution.text.rule_page import sections_of, title_of

_OPEN = 60
"""So many findings are unfolded; of more only the groups of those that fail the gate."""


class Group(NamedTuple):
    """The findings of one principle of a chart."""

    key: str
    title: str
    findings: Sequence[Finding]


class _Shown(NamedTuple):
    """One chart of the page: its number, its report and the lines of its files; the rules' pages, and the number of all
    findings."""

    number: int
    chart: ChartReport
    lines: SourceLines
    pages: Mapping[str, str]
    total: int


def groups(chart: ChartReport) -> Iterator[Group]:
    """The principles that have findings, and the rules that were only selected."""
    by_principle = homes(chart)
    for principle in chart.principles:
        if found := by_principle.get(id(principle)):
            yield Group(principle.key, principle.title, found)
    if found := by_principle.get(0):
        yield Group("selected", "Selected rules", found)


def anchor(number: int, key: str) -> str:
    """The anchor of a principle's findings of a chart in the page; both are numbers or slugs of our own making."""
    return f"c{number}-{''.join(letter if letter.isascii() and letter.isalnum() else '-' for letter in key)}"


def findings_section(run: RunReport) -> Html:
    """Every finding, with what chooses among them."""
    total = sum(len(chart.findings) for chart in run.charts)
    pages = pages_of(run.charts)
    shown = (_Shown(number, chart, source_lines(chart), pages, total) for number, chart in enumerate(run.charts))
    parts = [_chart(one, len(run.charts)) for one in shown]
    return tag(
        "section",
        tag("h2", "Findings"),
        _filter(run) if total else tag("p", "There are no findings."),
        parts,
        id="findings",
    )


def _filter(run: RunReport) -> Html:
    findings = [finding for chart in run.charts for finding in chart.findings]
    kinds = [word for word in ("error", "warning", "note", "waived", "debt") if word in set(map(label, findings))]
    boxes = (
        tag("label", tag("input", type="checkbox", name="kind", value=kind, checked=True), " ", kind) for kind in kinds
    )
    choices: list[Html] = []
    if len(run.charts) > 1:
        names = [(str(number), chart.title) for number, chart in enumerate(run.charts)]
        choices.append(_choice("chart", names))
    choices.append(_choice("rule", _same(one.rule for finding in findings for one in finding.singles)))
    choices.append(_choice("scenario", _same(name for finding in findings for name in finding.scenarios)))
    choices.append(_choice("file", _same(finding.location.file for finding in findings if finding.location.file)))
    search = tag("label", "search ", tag("input", type="search", name="search"))
    button = tag("button", "Show all", type="reset")
    return tag(
        "form",
        tag("fieldset", tag("legend", "Show"), boxes),
        choices,
        search,
        button,
        tag("p", "", role="status", aria_live="polite", id="shown"),
        id="filter",
        hidden=True,
        aria_label="Filter the findings",
    )


def _same(values: Iterator[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in sorted(set(values))]


def _choice(name: str, options: Sequence[tuple[str, str]]) -> Html:
    shown = [tag("option", "all", value=""), *(tag("option", word, value=value) for value, word in options)]
    return tag("label", f"{name} ", tag("select", shown, name=name))


def _chart(shown: _Shown, charts: int) -> Html:
    inner = [_principle(shown, group) for group in groups(shown.chart)]
    if not inner:
        return Html()
    heading = tag("h3", shown.chart.title, id=f"c{shown.number}") if charts > 1 else Html()
    return tag("div", heading, inner, class_="chart")


def _principle(shown: _Shown, group: Group) -> Html:
    by_rule: dict[str, list[Finding]] = {}
    for finding in sorted(group.findings, key=lambda one: (not one.active, -one.severity)):
        by_rule.setdefault(finding.rule, []).append(finding)
    rules = (_rule(shown, rule, those) for rule, those in by_rule.items())
    heading = tag("h3", group.title, tag("small", f" {counts(group.findings).removeprefix('0 errors, ')}"))
    return tag("div", heading, rules, class_="principle", id=anchor(shown.number, group.key))


def _rule(shown: _Shown, rule: str, findings: Sequence[Finding]) -> Html:
    page = shown.pages.get(rule, "")
    worst = findings[0]
    summary = tag(
        "summary",
        badge(label(worst)),
        " ",
        tag("span", title_of(page).rstrip(".") or rule, class_="title"),
        " ",
        tag("code", rule),
        f" · {len(findings)}",
    )
    unfolded = shown.total <= _OPEN or (shown.chart.fails(worst) and worst.severity is Severity.ERROR)
    items = (_finding(shown, finding) for finding in findings)
    return tag("details", summary, _help(rule, page), items, class_="rule", open=unfolded)


def _help(rule: str, page: str) -> Html:
    parts = sections_of(page)
    texts = (tag("p", tag("b", f"{name}: "), " ".join(parts[name].split())) for name in ("Why", "Fix") if name in parts)
    address = rule_address(rule) if page else None
    more = tag("p", tag("a", f"The rule's page: {rule}", href=address)) if address else Html()
    return tag("div", texts, more, class_="help") if parts else Html()


def _finding(shown: _Shown, finding: Finding) -> Html:
    details = details_of(finding)
    word = label(finding)
    return tag(
        "article",
        tag("p", badge(word), " ", finding.message, class_="message"),
        tag("p", "; ".join(details), class_="where") if details else "",
        _with(shown.chart, finding),
        panes(shown.chart, finding, shown.lines),
        class_="finding",
        data_kind=word,
        data_chart=shown.number,
        data_rules="|".join([finding.rule, *other_rules(finding)]),
        data_file=finding.location.file or "",
        data_scenarios="|".join(finding.scenarios),
    )


def _with(chart: ChartReport, finding: Finding) -> Html:
    """The other rules and places that a finding includes, and the YAML that fixes all of them."""
    rules = [tag("code", rule) for rule in other_rules(finding)]
    places = [tag("code", shown_place(chart, place)) for place in other_places(finding)]
    lines = [
        tag("p", f"{title}: ", (joined(one, " ") for one in those), class_="where")
        for title, those in (("with", rules), ("also at", places))
        if those
    ]
    yaml = as_yaml(finding.paste)
    fix = tag("pre", (joined(line, Html("\n")) for line in yaml.splitlines())) if yaml else Html()
    return joined(lines, tag("p", "Set:", class_="where") if yaml else "", fix)
