"""The marked render with a real helm, and what becomes of it where marks do harm: nothing is rendered for nothing, a
document that differs falls back alone, a template that helm rejects is left alone once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.protocol import (
    FailureKind,
    HelmEngine,
    HelmMessage,
    Limits,
    MessageLevel,
    Pending,
    RenderedText,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.locate.marked_render import MarkedRender
from helm_constitution.locate.source_map import SourceMaps
from helm_constitution.render.conclude import conclude
from helm_constitution.render.results import RenderedChart, RenderedObjects
from helm_constitution.render.scenarios import plan
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.yaml_document import YamlDocument
from tests.helm.support import write_chart
from tests.places import HEAD, places
from tests.planted import Renderer
from tests.support import Given

Answer = Callable[[dict[str, str], int], RenderOutput]


class Scripted(Renderer):
    """Renders with a real engine first; what follows is answered by ``answer`` out of the templates' texts."""

    def __init__(self, engine: HelmEngine, answer: Answer) -> None:
        super().__init__(engine)
        self.answer = answer

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        if self.renders == 0:
            return super().render(chart, request)
        self.renders += 1
        texts = {path.name: path.read_text() for path in sorted((chart / "templates").iterdir())}
        return Given(self.answer(texts, self.renders))


class Located(NamedTuple):
    """A chart, and the source maps of its documents."""

    rendered: RenderedChart
    sources: SourceMaps


def located(engine: Renderer, folder: Path, files: Mapping[str, str], request: RenderRequest | None = None) -> Located:
    """A chart all of whose documents were looked for."""
    chart = write_chart(folder / "web", files)
    planned = plan(chart, request or RenderRequest(), "quick")
    results = tuple(conclude(one, engine.render(chart, one.request).result(), "web") for one in planned)
    return looked_for(RenderedChart(AnalysedChart(load_chart(chart)), results), engine)


def looked_for(chart: RenderedChart, engine: HelmEngine) -> Located:
    with MarkedRender(documents(chart), chart, RenderedObjects(chart.results), engine) as marked:
        return Located(chart, marked.run())


def documents(chart: RenderedChart) -> list[YamlDocument]:
    found: list[YamlDocument] = []
    for result in chart.results:
        found.extend(result.broken.values())
        for manifest in result.rendering.manifests if result.rendering is not None else ():
            if manifest.view.document not in found:
                found.append(manifest.view.document)
    return found


def lines(of: Located) -> dict[str, list[int | None] | None]:
    """The template line of each rendered line, by the object's name."""
    found: dict[str, list[int | None] | None] = {}
    for result in of.rendered.results:
        for manifest in result.rendering.manifests if result.rendering is not None else ():
            document = manifest.view.document
            source_map = of.sources.get(document.alike)
            if source_map is None:
                found[manifest.name] = None
            else:
                origins = map(source_map.origin, range(1, document.text.count("\n") + 1))
                found[manifest.name] = [origin.line if origin is not None else None for origin in origins]
    return found


ONE = f"{HEAD}data:\n  a: b\n"
OTHER = ONE.replace("name: a", "name: b")


def error(file: str, kind: FailureKind = FailureKind.TEMPLATE) -> HelmMessage:
    return HelmMessage(MessageLevel.ERROR, "rejected", kind, file=file)


def rendered(texts: Mapping[str, str]) -> RenderOutput:
    return RenderOutput(tuple(RenderedText(f"web/templates/{name}", text) for name, text in texts.items()))


# --- how often helm runs ----------------------------------------------------------------------------------------------


def test_one_render_more_for_each_scenario(embedded: HelmEngine, tmp_path: Path) -> None:
    engine = Renderer(embedded)
    located(engine, tmp_path, {"templates/a.yaml": ONE})
    assert engine.renders == 2
    files = {"templates/a.yaml": HEAD + "data: {a: '{{ .Values.x }}'}\n", "ci/b-values.yaml": "x: 1\n"}
    located(engine := Renderer(embedded), tmp_path / "two", files)
    assert engine.renders == 4


def test_nothing_is_rendered_where_there_is_nothing_to_locate(embedded: HelmEngine, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": ONE})
    rules = tmp_path / "constitution.md"
    options = CheckOptions(constitution=rules, scenarios="defaults")
    for pinned, renders in (("security/privileged", 1), ("helm/no-notes", 1), ("helm/missing-label", 2)):
        rules.write_text(f"# Rules\n\n**MUST**: Hold.\n<!-- rules: {pinned} -->\n")
        engine = Renderer(embedded)
        pipeline.run(CheckRequest(chart, engine, options))
        assert engine.renders == renders, pinned
    engine = Renderer(embedded)
    pipeline.run(CheckRequest(chart, engine, options._replace(lines=False)))
    assert engine.renders == 1


def test_a_template_that_helm_rejects_with_its_marks_is_left_alone_once(embedded: HelmEngine, tmp_path: Path) -> None:
    def answer(texts: dict[str, str], turn: int) -> RenderOutput:
        if "#@" in texts["a.yaml"]:
            return RenderOutput(errors=(error("templates/a.yaml"),))
        return rendered(texts)

    engine = Scripted(embedded, answer)
    found = located(engine, tmp_path, {"templates/a.yaml": ONE, "templates/b.yaml": OTHER})
    assert engine.renders == 3
    assert lines(found) == {"a": [None] * 6, "b": [1, 2, 3, 4, 5, 6]}


def test_helm_is_not_asked_a_fourth_time(embedded: HelmEngine, tmp_path: Path) -> None:
    def answer(texts: dict[str, str], turn: int) -> RenderOutput:
        return RenderOutput(errors=(error("templates/a.yaml" if turn == 2 else "templates/b.yaml"),))

    engine = Scripted(embedded, answer)
    found = located(engine, tmp_path, {"templates/a.yaml": ONE, "templates/b.yaml": OTHER})
    assert engine.renders == 3
    assert lines(found) == {"a": None, "b": None}


def test_where_helm_names_no_template_it_is_not_asked_again(embedded: HelmEngine, tmp_path: Path) -> None:
    failure = HelmMessage(MessageLevel.ERROR, "out of time", FailureKind.TIMEOUT)
    engine = Scripted(embedded, lambda texts, turn: RenderOutput(errors=(failure,)))
    assert lines(located(engine, tmp_path, {"templates/a.yaml": ONE})) == {"a": None}
    assert engine.renders == 2


# --- what falls back --------------------------------------------------------------------------------------------------


def test_a_document_that_differs_falls_back_alone(embedded: HelmEngine, tmp_path: Path) -> None:
    def answer(texts: dict[str, str], turn: int) -> RenderOutput:
        return rendered({**texts, "a.yaml": texts["a.yaml"].replace("b #", "c #")})

    engine = Scripted(embedded, answer)
    found = located(engine, tmp_path, {"templates/a.yaml": ONE, "templates/b.yaml": OTHER})
    assert lines(found) == {"a": None, "b": [1, 2, 3, 4, 5, 6]}
    assert engine.renders == 2


def test_a_document_that_reads_a_marked_text_falls_back_alone(embedded: HelmEngine, tmp_path: Path) -> None:
    reader = 'data:\n  a: {{ include (print .Template.BasePath "/b.yaml") . | len }}\n'
    files = {"templates/a.yaml": f"{HEAD}{reader}---\n{OTHER.replace('name: b', 'name: c')}", "templates/b.yaml": OTHER}
    found = located(Renderer(embedded), tmp_path, files)
    assert lines(found) == {"a": None, "c": [8, 9, 10, 11, 12, 13], "b": [1, 2, 3, 4, 5, 6]}


RANDOM = HEAD + "data:\n  a: x\n  secret: {{ randAlphaNum 20 }}\n  b: y\n"


def test_what_is_another_each_time_is_told_by_a_twin(embedded: HelmEngine, tmp_path: Path) -> None:
    engine = Renderer(embedded)
    found = located(engine, tmp_path, {"templates/a.yaml": RANDOM})
    assert lines(found) == {"a": [1, 2, 3, 4, 5, 6, 7, 8]}
    assert engine.renders == 3


@pytest.mark.parametrize(
    ("kind", "at_once"),
    [("Secret", 3), ("ConfigMap", 2)],  # with the plain one
)
def test_the_twin_of_a_secret_is_rendered_beside_the_marks(
    embedded: HelmEngine, tmp_path: Path, kind: str, at_once: int
) -> None:
    engine = Renderer(embedded)
    text = RANDOM.replace("kind: ConfigMap", f"kind: {kind}").replace("data:", "stringData:")
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": text})
    (planned,) = plan(chart, RenderRequest(), "quick")
    result = conclude(planned, engine.render(chart, planned.request).result(), "web")
    found = RenderedChart(AnalysedChart(load_chart(chart)), (result,))
    with MarkedRender(documents(found), found, RenderedObjects(found.results), engine) as marked:
        assert engine.renders == at_once
        maps = marked.run()
    assert [document.alike in maps for document in documents(found)] == [True]
    assert engine.renders == 3


def test_a_twin_hides_no_other_difference(embedded: HelmEngine, tmp_path: Path) -> None:
    def answer(texts: dict[str, str], turn: int) -> RenderOutput:
        text = texts["a.yaml"].replace("{{ randAlphaNum 20 }}", f"turn{turn}")
        return rendered({"a.yaml": text.replace("b: y", "b: z") if turn == 2 else text})

    assert lines(located(Scripted(embedded, answer), tmp_path, {"templates/a.yaml": RANDOM})) == {"a": None}


def test_documents_that_are_no_yaml_are_traced_too(embedded: HelmEngine, tmp_path: Path) -> None:
    files = {"templates/a.yaml": HEAD + "data:\n  a: b\n c: {{ 1 }}\n", "templates/b.yaml": OTHER}
    engine = Renderer(embedded)
    found = located(engine, tmp_path, files)
    (broken,) = found.rendered.results[0].broken.values()
    assert [found.sources[broken.alike].origin(number) for number in (6, 7)] == [
        ("templates/a.yaml", 6, False),
        ("templates/a.yaml", 7, True),
    ]
    assert engine.renders == 2  # that it is none is not the marks' fault


# --- what is marked ---------------------------------------------------------------------------------------------------

LIBRARY = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: lib, version: 0.1.0}]\n",
    "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
    "charts/lib/templates/_a.yaml": '{{- define "lib.data" }}\ndata:\n  a: b\n{{- end }}\n',
    "templates/a.yaml": HEAD + '{{- include "lib.data" . }}\n',
}


def test_named_templates_of_a_library_chart_are_traced(embedded: HelmEngine, tmp_path: Path) -> None:
    assert places(embedded, tmp_path, LIBRARY, "data", "a") == ["charts/lib/templates/_a.yaml:3"]


def test_the_copy_holds_what_templates_read(embedded: HelmEngine, tmp_path: Path) -> None:
    files = {
        "files/a.txt": "text",
        ".helmignore": "*.bak\n",
        "templates/a.yaml.bak": "{{ broken",
        "templates/a.yaml": HEAD
        + 'data:\n  a: {{ .Files.Get "files/a.txt" }}\n  b: {{ (.Files.Glob "files/*").AsConfig | len }}\n',
    }
    assert places(embedded, tmp_path, files, "data", "b") == ["templates/a.yaml:7"]


def test_files_that_are_no_text_are_in_the_copy(embedded: HelmEngine, tmp_path: Path) -> None:
    chart = write_chart(
        tmp_path / "web", {"templates/a.yaml": HEAD + 'data:\n  a: {{ .Files.Get "b.bin" | b64enc }}\n'}
    )
    (chart / "b.bin").write_bytes(b"\xff\xfe\x00")
    (scenario,) = plan(chart, RenderRequest(), "defaults")
    result = conclude(scenario, embedded.render(chart, scenario.request).result(), "web")
    found = looked_for(RenderedChart(AnalysedChart(load_chart(chart)), (result,)), embedded)
    assert lines(found) == {"a": [1, 2, 3, 4, 5, 6]}


def test_the_users_files_are_as_they_were(embedded: HelmEngine, tmp_path: Path) -> None:
    located(Renderer(embedded), tmp_path, LIBRARY)
    assert (tmp_path / "web/templates/a.yaml").read_text() == LIBRARY["templates/a.yaml"]
    found = {path.relative_to(tmp_path / "web").as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {*LIBRARY, "values.yaml"}


@pytest.mark.parametrize("path", [("data", "a"), ("data", "missing"), ("metadata", "labels", "x"), ("kind",)])
def test_both_engines_give_equal_places(
    embedded: HelmEngine, helm: Path, tmp_path: Path, path: tuple[str, ...]
) -> None:
    files = {
        **LIBRARY,
        "values.yaml": "x: 1\nl: [1, 2]\nt: |\n  a: 1\n",
        "templates/b.yaml": OTHER.replace("a: b", "a: {{ .Values.x }}\n  {{- tpl .Values.t . | nindent 2 }}"),
        "templates/c.yaml": "{{ range .Values.l }}\n---\n" + ONE.replace("name: a", "name: c-{{ . }}") + "{{ end }}\n",
    }
    user = CliEngine(str(helm), Limits())
    assert places(user, tmp_path / "cli", files, *path) == places(embedded, tmp_path / "embedded", files, *path)
    user.close()
