"""What ``helm lint`` said about a chart is asked again only after a change of what helm loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.check.cache import Cache
from helm_constitution.check.kept_lint import LintPlace
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
from tests.support import check_chart

OPTIONS = CheckOptions(cache=True, today="2026-05-01")
HINT = HelmMessage(MessageLevel.INFO, "icon is recommended", file="Chart.yaml")


class CountingEngine(EmbeddedEngine):
    """Counts the lints that it is asked for."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.lints = 0

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        self.lints += 1
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
    return LintPlace(folder, "answer.lint")


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
    found = place.lint(lambda: Answer(other)).result()
    return None if found is other else found


@pytest.mark.helm
def test_other_options_and_another_configuration_lint_nothing_again(chart: Path, engine: CountingEngine) -> None:
    first = check_chart(chart, engine, OPTIONS)
    narrower = check_chart(chart, engine, OPTIONS._replace(scenarios="defaults"))
    chart.with_name(".helm-constitution.yaml").write_text("ignore: [docs/no-readme]\n", encoding="utf-8")
    ignoring = check_chart(chart, engine, OPTIONS)
    assert engine.lints == 1
    fresh = check_chart(chart, engine, OPTIONS._replace(cache=False))
    assert (engine.lints, ignoring._replace(mark="")) == (2, fresh)
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
    assert engine.lints == 5


@pytest.mark.helm
def test_an_answer_names_no_value(chart: Path, engine: CountingEngine) -> None:
    (chart / "templates" / "a.yaml").write_text("a: {{ fail .Values.password }}\n", encoding="utf-8")
    check_chart(chart, engine, OPTIONS)
    cache = Cache.of(chart, engine, OPTIONS)
    assert cache is not None
    files = [file for file in Path(cache.folder.path).iterdir() if file.is_file()]
    assert files
    assert not any(b"hunter2" in file.read_bytes() for file in files)


@pytest.mark.parametrize("messages", [(), (HINT,), (HINT._replace(level=MessageLevel.ERROR, line=3, column=1),)])
def test_hints_about_the_metadata_come_back_as_they_were(place: LintPlace, messages: tuple[HelmMessage, ...]) -> None:
    place.lint(lambda: Answer(LintOutput(messages))).result()
    assert kept(place) == LintOutput(messages)


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
    assert place.lint(lambda: Answer(output)).result() == output
    assert kept(place) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"5", b"[5]", b"[[1]]", b'[[9, "a", 1, 1]]', b"[[1, 5, 1, 1]]", b'[[1, "a", "b", 1]]', b"[" * 9_999],
)
def test_sealed_nonsense_is_no_answer(place: LintPlace, content: bytes) -> None:
    place.folder.write(place.name, content)
    assert kept(place) is None


def test_an_answer_that_another_user_sealed_is_not_read(place: LintPlace, tmp_path: Path) -> None:
    other = PrivateFolder.open(str(tmp_path / "other" / "reports"))
    assert other is not None
    other.write(place.name, json.dumps([]).encode())
    target = Path(place.folder.path, place.name)
    Path(other.path, place.name).rename(target)
    assert kept(place) is None
