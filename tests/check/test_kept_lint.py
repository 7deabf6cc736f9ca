"""What ``helm lint`` said about a chart is asked again only after a change of what helm loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.check.cache import Cache
from helm_constitution.check.kept_lint import Linting, LintPlace
from helm_constitution.check.options import CheckOptions
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import (
    HelmMessage,
    Limits,
    LintOutput,
    MessageLevel,
    Pending,
    RenderRequest,
    SetArgument,
)
from tests.helm.support import write_chart
from tests.support import check_chart, write

OPTIONS = CheckOptions(cache=True, today="2026-05-01")
HINT = HelmMessage(MessageLevel.INFO, "icon is recommended", file="Chart.yaml")


class CountingEngine(EmbeddedEngine):
    """Remembers which templates it linted each time."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.linted: list[list[str]] = []

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        self.linted.append(sorted(file.name for file in (chart / "templates").iterdir()))
        return super().lint(chart, request)


class Answer:
    """What helm would say."""

    def __init__(self, output: LintOutput) -> None:
        self.output = output

    def result(self) -> LintOutput:
        return self.output

    def done(self) -> bool:
        return True


@pytest.fixture
def engine() -> Iterator[CountingEngine]:
    engine = CountingEngine()
    yield engine
    engine.close()


@pytest.fixture
def place(tmp_path: Path) -> LintPlace:
    folder = PrivateFolder.open(str(tmp_path / "cache" / "reports"))
    assert folder is not None
    return LintPlace(folder, "answer.lint", "all")


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    metadata = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
    return write_chart(
        tmp_path / "web", {"Chart.yaml": metadata, "values.yaml": "# The password.\npassword: hunter2\n"}
    )


def kept(place: LintPlace) -> LintOutput | None:
    """What is answered without helm."""
    other = LintOutput((HINT._replace(text="asked helm"),), failed=True)
    found = Linting(lambda _: Answer(other), place).result()
    return None if found is other else found


@pytest.mark.helm
def test_other_options_and_another_configuration_lint_nothing_again(chart: Path, engine: CountingEngine) -> None:
    first = check_chart(chart, engine, OPTIONS)
    narrower = check_chart(chart, engine, OPTIONS._replace(scenarios="defaults"))
    chart.with_name(".helm-constitution.yaml").write_text("ignore: [docs/no-readme]\n", encoding="utf-8")
    ignoring = check_chart(chart, engine, OPTIONS)
    assert len(engine.linted) == 1
    fresh = check_chart(chart, engine, OPTIONS._replace(cache=False))
    assert (len(engine.linted), ignoring._replace(mark="")) == (2, fresh)
    assert {found.rule for found in first.findings} - {found.rule for found in ignoring.findings} == {"docs/no-readme"}
    assert narrower.findings


@pytest.mark.helm
def test_whatever_helm_loads_or_is_given_is_linted_again(chart: Path, engine: CountingEngine, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("a: 1\n", encoding="utf-8")
    request = RenderRequest(values_files=(values,))
    check_chart(chart, engine, OPTIONS)
    check_chart(chart, engine, OPTIONS._replace(request=request))
    values.write_text("a: 2\n", encoding="utf-8")
    check_chart(chart, engine, OPTIONS._replace(request=request))
    check_chart(chart, engine, OPTIONS._replace(request=RenderRequest(set_arguments=(SetArgument("--set", "a=1"),))))
    (chart / "README.md").write_text("# web\n", encoding="utf-8")
    check_chart(chart, engine, OPTIONS)
    assert len(engine.linted) == 5


@pytest.mark.helm
def test_an_answer_names_no_value(chart: Path, engine: CountingEngine) -> None:
    (chart / "templates" / "a.yaml").write_text("a: {{ fail .Values.password }}\n", encoding="utf-8")
    check_chart(chart, engine, OPTIONS)
    cache = Cache.of(chart, engine, OPTIONS)
    assert cache is not None
    files = [file for file in Path(cache.folder.path).iterdir() if file.is_file()]
    assert files
    assert not any(b"hunter2" in file.read_bytes() for file in files)


HELPERS = """{{- define "web.name" }}web{{ end }}
{{- define "web.mark" }}{{ $_ := set .Values "marked" "Not-A-Name" }}{{ end }}
"""
TEMPLATES = {
    "templates/_helpers.tpl": HELPERS,
    "templates/NOTES.txt": "Installed.\n",
    **{
        f"templates/{name}.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{{{ .Values.marked | default "
        f'"{name}" }}}}\n'
        for name in ("a", "b", "c")
    },
}


@pytest.fixture
def known(chart: Path, engine: CountingEngine) -> Path:
    """A chart that was checked once."""
    write(chart, TEMPLATES)
    check_chart(chart, engine, OPTIONS)
    assert engine.linted.pop() == ["NOTES.txt", "_helpers.tpl", "a.yaml", "b.yaml", "c.yaml"]
    return chart


def edited(chart: Path, engine: CountingEngine, name: str, text: str) -> None:
    """Changes a file; the report is then the same as that of a check without a cache."""
    write(chart, {name: text})
    report = check_chart(chart, engine, OPTIONS)
    times = len(engine.linted)
    assert report._replace(mark="") == check_chart(chart, engine, OPTIONS._replace(cache=False))
    del engine.linted[times:]


@pytest.mark.helm
def test_after_an_edit_only_that_template_is_linted_again(known: Path, engine: CountingEngine) -> None:
    edited(known, engine, "templates/a.yaml", TEMPLATES["templates/a.yaml"] + "data: {}\n")
    edited(known, engine, "templates/b.yaml", TEMPLATES["templates/b.yaml"] + "data: {}\n")
    edited(known, engine, "templates/d.yaml", TEMPLATES["templates/b.yaml"].replace('"b"', '"d"'))
    shared = ["NOTES.txt", "_helpers.tpl"]
    assert engine.linted == [sorted([*shared, name]) for name in ("a.yaml", "b.yaml", "d.yaml")]


@pytest.mark.helm
@pytest.mark.parametrize("fault", ["  name: Not_A_Name\n", "  name: {{ fail .Values.password }}\n", "  {{ nothing\n"])
def test_what_is_wrong_with_an_edited_template_is_told(known: Path, engine: CountingEngine, fault: str) -> None:
    text = TEMPLATES["templates/b.yaml"]
    for _ in range(2):
        edited(known, engine, "templates/b.yaml", text.partition("  name:")[0] + fault)
        edited(known, engine, "templates/b.yaml", text)


@pytest.mark.helm
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("templates/_helpers.tpl", f"{HELPERS}{{{{/* another */}}}}"),
        ("values.yaml", "a: 1\n"),
        ("README.md", "# web\n"),
        ("templates/NOTES.txt", "Done.\n"),
        ("templates/a.yaml", '{{ define "other" }}{{ end }}'),
    ],
)
def test_what_other_templates_may_depend_on_has_all_linted_again(
    known: Path, engine: CountingEngine, name: str, text: str
) -> None:
    edited(known, engine, name, text)
    assert engine.linted == [["NOTES.txt", "_helpers.tpl", "a.yaml", "b.yaml", "c.yaml"]]


@pytest.mark.helm
def test_a_template_that_another_one_reads_is_linted_with_it(known: Path, engine: CountingEngine) -> None:
    text = '{{ include (print $.Template.BasePath "/c.yaml") . | replace "c" "d" }}\n'
    edited(known, engine, "templates/a.yaml", text)
    assert [len(linted) for linted in engine.linted] == [3, 5]  # helm finds no c.yaml at first


@pytest.mark.helm
def test_a_template_that_renders_otherwise_is_linted_again(known: Path, engine: CountingEngine) -> None:
    # Helm renders the last one first.
    edited(known, engine, "templates/c.yaml", '{{ include "web.mark" . }}\n' + TEMPLATES["templates/c.yaml"])
    assert {"a.yaml", "b.yaml"} < set(engine.linted[0])


@pytest.mark.helm
def test_a_template_that_sets_values_is_linted_with_others(chart: Path, engine: CountingEngine) -> None:
    reads = TEMPLATES["templates/b.yaml"]
    plain = reads.replace('{{ .Values.marked | default "b" }}', "b")
    sets = '{{ $_ := set .Values "marked" "Not-A-Name" }}\n' + plain.replace("name: b", "name: c")
    write(chart, {"templates/b.yaml": plain, "templates/c.yaml": sets})
    check_chart(chart, engine, OPTIONS)
    edited(chart, engine, "templates/b.yaml", reads)
    assert "c.yaml" in engine.linted[-1]


@pytest.mark.parametrize("messages", [(), (HINT,), (HINT._replace(level=MessageLevel.ERROR, line=3, column=1),)])
def test_hints_about_the_metadata_come_back_as_they_were(place: LintPlace, messages: tuple[HelmMessage, ...]) -> None:
    asked = Linting(lambda _: Answer(LintOutput(messages)), place)
    asked.store(asked.result())
    assert kept(place) == LintOutput(messages)


@pytest.mark.helm
@pytest.mark.parametrize("is_changed", [True, False])
def test_an_answer_about_a_chart_that_changed_meanwhile_is_not_kept(
    chart: Path, engine: CountingEngine, monkeypatch: pytest.MonkeyPatch, is_changed: bool
) -> None:
    cache, lint = Cache.of(chart, engine, OPTIONS), engine.lint
    assert cache is not None

    def disturbed(path: Path, request: RenderRequest) -> Pending[LintOutput]:
        if is_changed:
            write(chart, {"values.yaml": "# The password.\npassword: hunter3\n"})
        return lint(path, request)

    monkeypatch.setattr(engine, "lint", disturbed)
    check_chart(chart, engine, OPTIONS)
    assert (kept(cache.lint) is None) == is_changed


@pytest.mark.parametrize(
    "output",
    [
        LintOutput((HINT, HINT._replace(file="templates/a.yaml"))),
        LintOutput((HINT._replace(file=None),)),
        LintOutput((HINT._replace(pointer=("a",)),)),
        LintOutput((HINT,), failed=True),
    ],
)
def test_what_may_quote_a_value_or_failed_is_not_kept(place: LintPlace, output: LintOutput) -> None:
    asked = Linting(lambda _: Answer(output), place)
    assert asked.result() == output
    asked.store(output)
    assert kept(place) is None


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"5", b"[5]", b'["all", 5, []]', b'["all", [], 5]', b'["all", [], [[]]]', b"[" * 9_999),
        *(b'["all", [[1]], []]', b'["all", [[9, "a", 1, 1]], []]', b'["all", [[1, 5, 1, 1]], []]'),
        b'["all", [[1, "a", "b", 1]], []]',
    ],
)
def test_sealed_nonsense_is_no_answer(place: LintPlace, content: bytes) -> None:
    place.folder.write(place.name, content)
    assert kept(place) is None


def test_an_answer_that_another_user_sealed_is_not_read(place: LintPlace, tmp_path: Path) -> None:
    other = PrivateFolder.open(str(tmp_path / "other" / "reports"))
    assert other is not None
    other.write(place.name, json.dumps(["all", [], []]).encode())
    target = Path(place.folder.path, place.name)
    Path(other.path, place.name).rename(target)
    assert kept(place) is None
