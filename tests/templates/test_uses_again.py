"""After an edit of one template, who reads what is what a walk through all templates finds."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from helm_constitution.core.kept import Kept
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.templates.uses import ValueUses
from tests.templates.test_uses import chart

HELPERS = """{{- define "web.labels" -}}
app: {{ .Values.name | default .Chart.Name }}
{{- with .Values.labels }}{{ toYaml . }}{{ end }}
{{- end -}}
{{- define "web.lonely" -}}{{ .Values.lonely }}{{- end -}}
{{- define "web.part" -}}{{ index .root.Values .key "size" }}{{- end -}}
"""
SERVICE = '{{ if .Values.service.on }}labels: {{ include "web.labels" . }}\nport: {{ .Values.service.port }}{{ end }}\n'
PARTS = '{{ include "web.part" (dict "root" $ "key" "store") }}{{ tpl .Values.text $ }}\n'
FILES = {"templates/_helpers.tpl": HELPERS, "templates/a.yaml": SERVICE, "templates/b.yaml": SERVICE + PARTS}
VALUES = "name: a\nlabels: {}\nservice: {on: true, port: 1}\nstore: {size: 1}\ntext: '{{ .Values.lonely }}'\n"


def found(uses: ValueUses) -> dict[str, object]:
    """What a walk finds, in no order."""
    return {
        "reads": {(one.path, one.guarded, one.optional, one.file, one.span) for one in uses.reads},
        "sets": (uses.whole, uses.reached, uses.provided, uses.tested, uses.is_complete),
        "compared": {path: set(texts) for path, texts in uses.compared.items()},
        "printed": {(one.path, one.template.path, one.template.span(one.action)) for one in uses.printed},
        "defines": {(one.define.name, one.template.path, one.action.start) for one in uses.printed_defines},
        "uncalled": {define.name for define in uses.uncalled},
    }


def session(*edits: Mapping[str, str], values: str = VALUES) -> tuple[list[ValueUses], ValueUses]:
    """The uses of each draft of a session, and those of a fresh check of the last text."""
    kept, drafts, files = Kept(), [], dict(FILES)
    for edit in ({}, *edits):
        files = {**files, **edit}
        drafts.append(AnalysedChart(chart(files, values=values), kept, is_draft=True).uses)
    return drafts, AnalysedChart(chart(files, values=values)).uses


@pytest.mark.parametrize(
    "edits",
    [
        ("# An edit.\n" + SERVICE, "# Another.\n" + SERVICE),
        (SERVICE.replace("service.port", "store.size"), SERVICE),
        (SERVICE.replace("include", "broken"), "{{ if }}", SERVICE),
        ("", SERVICE, '{{ include "web.lonely" . }}'),
        ('{{ if eq .Values.name "x" }}{{ toYaml .Values }}{{ end }}', '{{ if eq .Values.name "y" }}{{ end }}'),
        ('{{ range .Values.labels }}{{ include "web.labels" $ }}{{ .x }}{{ end }}',),
        ('{{ (.Files.Get "x.txt") }}{{ include (print $.Template.BasePath "/b.yaml") . | sha256sum }}',),
    ],
)
def test_an_edited_template_is_walked_after_the_others(edits: tuple[str, ...]) -> None:
    drafts, fresh = session(*[{"templates/a.yaml": text} for text in edits])
    assert found(drafts[-1]) == found(fresh)
    assert found(drafts[0]) != found(drafts[1]) or "#" in edits[0]


def test_an_edit_of_a_named_template_walks_all() -> None:
    drafts, fresh = session({"templates/_helpers.tpl": HELPERS.replace("lonely", "name")}, {"templates/a.yaml": ""})
    assert found(drafts[-1]) == found(fresh)


def test_edits_of_two_templates_in_turns() -> None:
    edits = [{"templates/a.yaml": ""}, {"templates/b.yaml": SERVICE}, {"templates/a.yaml": PARTS}]
    drafts, fresh = session(*edits)
    assert found(drafts[-1]) == found(fresh)


def test_other_values_than_those_that_the_walk_asked_for() -> None:
    kept = Kept()
    edited = {**FILES, "templates/a.yaml": ""}
    for files, values in ((FILES, VALUES), (edited, VALUES), ({**edited, "templates/a.yaml": PARTS}, "other: 1\n")):
        draft = AnalysedChart(chart(files, values=values), kept, is_draft=True).uses
        assert found(draft) == found(AnalysedChart(chart(files, values=values)).uses)


def test_a_whole_check_does_not_take_the_walk_of_a_draft() -> None:
    kept = Kept()
    first = AnalysedChart(chart(FILES, values=VALUES), kept).uses
    draft = AnalysedChart(chart({**FILES, "templates/a.yaml": ""}, values=VALUES), kept, is_draft=True).uses
    whole = AnalysedChart(chart({**FILES, "templates/a.yaml": ""}, values=VALUES), kept).uses
    again = AnalysedChart(chart({**FILES, "templates/a.yaml": ""}, values=VALUES), kept, is_draft=True).uses
    assert len({id(first), id(draft), id(whole)}) == 3
    assert again is whole
    assert found(draft) == found(whole) != found(first)
