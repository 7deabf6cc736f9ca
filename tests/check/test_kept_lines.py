"""After an edit only the changed templates are rendered with marks; the report is that of a check without a cache."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helm_constitution.check.cache import Cache
from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Precision
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import (
    FailureKind,
    HelmMessage,
    Limits,
    MessageLevel,
    Pending,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.report.model import ChartReport
from tests.support import WEB, Given, check_chart, write

OPTIONS = CheckOptions(cache=True, today="2026-05-01")
CHARTS = Path(__file__).parents[2] / "testdata" / "charts"
DEPLOYMENT = WEB["web/templates/deployment.yaml"]

pytestmark = pytest.mark.helm


class CopiesEngine(EmbeddedEngine):
    """Remembers which templates the rendered copies of charts have."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.copies: list[list[str]] = []

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        files = [file for file in chart.glob("templates/*.*") if "#@" in file.read_text("utf-8")]
        if files:
            self.copies.append(sorted(file.name for file in files))
        return super().render(chart, request)


@pytest.fixture
def engine() -> Iterator[CopiesEngine]:
    engine = CopiesEngine()
    yield engine
    engine.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "helm-constitution" / "reports"


@pytest.fixture
def chart(tmp_path: Path, engine: CopiesEngine, home: Path) -> Path:
    """A chart of two Deployments that was checked once."""
    write(tmp_path, {**WEB, "web/templates/other.yaml": DEPLOYMENT.replace("-web", "-other")})
    check_chart(tmp_path / "web", engine, OPTIONS)
    assert engine.copies.pop() == ["deployment.yaml", "other.yaml"]
    return tmp_path / "web"


def same(chart: Path, engine: CopiesEngine, options: CheckOptions = OPTIONS) -> ChartReport:
    """The report of a chart, which is that of a check without a cache."""
    report = check_chart(chart, engine, options)
    times = len(engine.copies)
    assert report._replace(mark="") == check_chart(chart, engine, options._replace(cache=False))
    del engine.copies[times:]
    return report


def test_an_edited_template_alone_is_marked(chart: Path, engine: CopiesEngine) -> None:
    write(chart, {"templates/other.yaml": "# One line more.\n" + (chart / "templates/other.yaml").read_text()})
    report = same(chart, engine)
    assert engine.copies == [["other.yaml"]]
    exact = [one.location for one in report.findings if one.location.precision is Precision.EXACT]
    assert {"templates/deployment.yaml", "templates/other.yaml"} <= {location.file for location in exact}


def test_another_configuration_renders_nothing_with_marks(chart: Path, engine: CopiesEngine) -> None:
    write(chart.parent, {".helm-constitution.yaml": "ignore: [docs/no-readme]\n"})
    same(chart, engine)
    assert engine.copies == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("values.yaml", "image: web:1.2.4\nnotes: none\n"),
        ("templates/_helpers.tpl", '{{ define "web.name" }}web{{ end }}\n'),
        ("README.md", "# web\n"),
    ],
)
def test_what_templates_share_has_all_marked_again(chart: Path, engine: CopiesEngine, file: str, text: str) -> None:
    write(chart, {file: text})
    same(chart, engine)
    assert [set(copy) - {"_helpers.tpl"} for copy in engine.copies] == [{"deployment.yaml", "other.yaml"}]


def test_where_a_template_prints_another_one_all_are_marked_again(chart: Path, engine: CopiesEngine) -> None:
    prints = '{{ include (print $.Template.BasePath "/deployment.yaml") . | replace "-web" "-third" }}\n'
    write(chart, {"templates/third.yaml": prints})
    same(chart, engine)
    engine.copies.clear()
    write(
        chart, {"templates/deployment.yaml": "# One line more.\n" + (chart / "templates/deployment.yaml").read_text()}
    )
    same(chart, engine)
    assert engine.copies == [["deployment.yaml", "other.yaml", "third.yaml"]]


def test_a_template_that_hashes_another_one_is_as_before(chart: Path, engine: CopiesEngine) -> None:
    hashed = '{{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}'
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"
    text = (
        (chart / "templates/other.yaml")
        .read_text()
        .replace("{app: web}", f'{{app: web}}\n      annotations: {{c: "{hashed}"}}')
    )
    write(chart, {"templates/config.yaml": config, "templates/other.yaml": text})
    same(chart, engine)
    engine.copies.clear()
    write(
        chart, {"templates/deployment.yaml": "# One line more.\n" + (chart / "templates/deployment.yaml").read_text()}
    )
    same(chart, engine)
    assert engine.copies == [["deployment.yaml"]]


def test_a_named_template_that_helm_rejects_with_marks_is_left_alone_everywhere(
    chart: Path, engine: CopiesEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = '{{ define "web.labels" }}\napp: web\ntier: front\n{{ end }}\n'
    changed = {"templates/_helpers.tpl": labels}
    for name in ("templates/deployment.yaml", "templates/other.yaml"):
        text = (
            (chart / name)
            .read_text()
            .replace("labels: {app: web}", 'labels: {{- include "web.labels" . | nindent 8 }}')
        )
        changed[name] = text
    write(chart, changed)
    same(chart, engine)
    engine.copies.clear()
    render = engine.render
    rejection = HelmMessage(MessageLevel.ERROR, "rejected", FailureKind.TEMPLATE, file="templates/_helpers.tpl")

    def reject(folder: Path, request: RenderRequest) -> Pending[RenderOutput]:
        other = folder / "templates" / "other.yaml"
        is_marked = "#@" in (folder / "templates" / "_helpers.tpl").read_text()
        rejects = is_marked and other.exists() and "# One line more." in other.read_text()
        pending = render(folder, request)
        return Given(RenderOutput(errors=(rejection,))) if rejects else pending

    monkeypatch.setattr(engine, "render", reject)
    write(chart, {"templates/other.yaml": "# One line more.\n" + changed["templates/other.yaml"]})
    same(chart, engine)
    # The edited one alone, then without the marks that helm rejects; then both in the same way.
    assert engine.copies[-2:] == [["_helpers.tpl", "deployment.yaml", "other.yaml"], ["deployment.yaml", "other.yaml"]]
    assert all("deployment.yaml" not in copy for copy in engine.copies[:-2])


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replaces a text in a file of a chart; without an old one, adds the new one at its end."""

    def change(chart: Path) -> None:
        text = (chart / file).read_text("utf-8") if (chart / file).exists() else ""
        assert old in text
        changed = text.replace(old, new, 1) if old else text + new
        (chart / file).write_text(changed, encoding="utf-8")

    return change


EDITS = {
    "base": [
        edit("templates/deployment.yaml", "", "# The end.\n"),
        edit("templates/deployment.yaml", "kind: Deployment", "# Another line.\nkind: Deployment"),
    ],
    "demo": [
        edit("templates/store.yaml", "metadata:", "# Another line.\nmetadata:"),
        edit("templates/ingress.yaml", "metadata:", "metadata: # edited"),
        edit("templates/frontend.yaml", "metadata:", "\n\nmetadata:"),
    ],
    "hidden": [
        edit("templates/worker.yaml", "metadata:", "# Another line.\nmetadata:"),
        edit("templates/cache.yaml", "metadata:", "{{- /* nothing */}}\nmetadata:"),
        edit("templates/_always.tpl", "", '\n{{ define "another" }}{{ end }}\n'),
    ],
}
SHARED = [
    edit("values.yaml", "", "\nanother: value\n"),
    edit("README.md", "", "\nMore of it.\n"),
    edit("Chart.yaml", "", "\nhome: https://example.com\n"),
    edit("templates/another.yaml", "", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: Another_One\n"),
    edit(".helm-constitution.yaml", "", "parameters: {templates/nesting-depth: {limit: 1}}\n"),
    edit("templates/another.yaml", "name: Another_One", "name: another"),
]


@pytest.mark.parametrize("name", EDITS)
def test_each_of_many_edits_gives_the_report_of_a_fresh_check(
    name: str, engine: CopiesEngine, tmp_path: Path, home: Path
) -> None:
    chart = tmp_path / name
    shutil.copytree(CHARTS / name, chart)
    check_chart(chart, engine, OPTIONS)
    for change in (*EDITS[name], *SHARED, *EDITS[name]):
        change(chart)
        same(chart, engine)


@pytest.mark.parametrize(
    "value",
    [
        *(5, [], {}, [[], 5], [["a"], [[0, 1, 1, 0]]], [["templates/deployment.yaml"], [[0, 10**6, 1, 0]]]),
        *([["templates/deployment.yaml"], [[0, 1, 10**12, 0]]], [["templates/deployment.yaml"], [[1, 1, 1, 0]]]),
        *([["templates/deployment.yaml"], [[0, "1", 1, 0]]], [["templates/deployment.yaml"], [[-2, 1, 1, 0]]]),
        *([[], [[-1, 0, 10**12, 0]]], [[["a"]], [[0, 1, 1, 0]]], [["templates/deployment.yaml"], [[0, 0, 1, 0]]]),
    ],
)
def test_sealed_nonsense_is_not_used(chart: Path, engine: CopiesEngine, home: Path, value: object) -> None:
    cache = Cache.of(chart, engine, OPTIONS)
    assert cache is not None
    known = json.loads(zlib.decompress(cache.folder.read(cache.lines) or b""))
    content = zlib.compress(json.dumps(dict.fromkeys(known, value)).encode())
    cache.folder.write(cache.lines, content)
    write(chart.parent, {".helm-constitution.yaml": "ignore: [docs/no-readme]\n"})
    same(chart, engine)
    assert engine.copies == [["deployment.yaml", "other.yaml"]]


@pytest.mark.parametrize("content", [b"", b"{}", zlib.compress(b"["), zlib.compress(b"5"), zlib.compress(b"[" * 9_999)])
def test_a_file_of_nonsense_is_not_used(chart: Path, engine: CopiesEngine, home: Path, content: bytes) -> None:
    (file,) = home.glob("*.lines")
    cache = Cache.of(chart, engine, OPTIONS)
    assert cache is not None
    assert file.name == cache.lines
    cache.folder.write(cache.lines, content)
    write(chart.parent, {".helm-constitution.yaml": "ignore: [docs/no-readme]\n"})
    same(chart, engine)
    assert engine.copies == [["deployment.yaml", "other.yaml"]]
