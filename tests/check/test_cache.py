"""What is remembered of a chart: what this user wrote, unchanged, until anything that helm loads changes."""

from __future__ import annotations

import json
import os
import stat
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.check import contents
from helm_constitution.check.cache import Cache, CacheState, clean_cache, look_into_cache
from helm_constitution.check.kept_report import KEPT_DAYS
from helm_constitution.check.options import CheckOptions
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.check.report_codec import decode, encode
from helm_constitution.cli.main import cli
from helm_constitution.core.file_state import TICK
from helm_constitution.core.model import Base, Finding, Location, Obligation, Severity
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.protocol import RenderRequest
from helm_constitution.report.model import ChartReport
from tests.helm.support import fake_helm, write_chart
from tests.support import check_chart, write

TODAY = "2026-05-01"
OPTIONS = CheckOptions(cache=True, today=TODAY, coverage=True)


UNKNOWN_RECORDS: tuple[object, ...] = (
    None,
    5,
    {"os.system": ["true"]},
    {"Finding": []},
    {"Severity": 99},
    {"a": 1, "b": 2},
)
HEAD = json.dumps({"mark": "a", "made": TODAY, "until": TODAY, "files": [], "folders": [], "looked_for": {}}) + "\n"
NONSENSE = [
    "",
    "[]",
    "5",
    "{}",
    '{"made": 5}',
    '{"mark": "a", "made": "2026-05-01", "until": "2026-05-01", "files": 5, "folders": [], "looked_for": {}}',
    '{"made": "2026-05-01", "until": "2026-05-01", "files": [], "folders": [], "looked_for": {}}\\nnull',
    HEAD + "[" * 100_000,
    *(HEAD + json.dumps(record) for record in UNKNOWN_RECORDS),
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "helm-constitution" / "reports"


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    return write_chart(tmp_path / "web", {"values.yaml": "# The password.\npassword: hunter2hunter2\n"})


def reports(place: Path) -> list[Path]:
    return sorted(place.glob("*.json"))


def remembered(chart: Path, engine: CliEngine, options: CheckOptions = OPTIONS) -> ChartReport | None:
    cache = Cache.of(chart, engine, options)
    return None if cache is None else cache.load(TODAY)


def test_a_report_comes_back_as_it_was(place: Path, chart: Path, cli4: CliEngine) -> None:
    first = check_chart(chart, cli4, OPTIONS)
    assert first.findings
    assert first.coverage
    assert remembered(chart, cli4) == first
    assert repr(decode(json.dumps(encode(first)))) == repr(first)
    assert len(reports(place)) == 1


@pytest.mark.parametrize(
    "template", ['{{ required "set it" .Values.absent }}\n', '{{ include "nowhere" . }}\n'], ids=["input", "fails"]
)
def test_what_an_unchanged_chart_has_again_is_remembered(
    place: Path, chart: Path, cli4: CliEngine, template: str
) -> None:
    write(chart, {"templates/broken.yaml": template})
    report = check_chart(chart, cli4, OPTIONS)
    assert any(trouble.fatal for trouble in report.troubles)
    assert remembered(chart, cli4) == report


def test_what_may_pass_by_is_checked_again(place: Path, chart: Path, tmp_path: Path) -> None:
    engine = fake_helm(tmp_path, template="", lint="")
    report = check_chart(chart, engine, OPTIONS)
    assert any(trouble.fatal for trouble in report.troubles)
    assert remembered(chart, engine) is None
    engine.close()


def test_the_folder_and_its_files_are_the_users_own(place: Path, chart: Path, cli4: CliEngine) -> None:
    old = os.umask(0)
    try:
        check_chart(chart, cli4, OPTIONS)
    finally:
        os.umask(old)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}
    assert {file.suffix for file in place.iterdir()} - {contents.STATE} == {"", ".json", ".lint", ".lines"}


def test_values_files_leave_no_content_there(place: Path, chart: Path, cli4: CliEngine, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()  # a configuration names files of its own repository only
    (tmp_path / "extra.yaml").write_text("token: correct-horse-battery\n")
    (chart / ".helm-constitution.yaml").write_text("scenarios: [{name: extra, values: [../extra.yaml]}]\n")
    request = RenderRequest(values_files=(tmp_path / "extra.yaml",))
    check_chart(chart, cli4, OPTIONS._replace(request=request))
    assert not any(b"correct-horse" in file.read_bytes() for file in place.iterdir())


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o701])
def test_a_folder_that_others_may_enter_is_not_used(place: Path, chart: Path, cli4: CliEngine, mode: int) -> None:
    place.mkdir(parents=True)
    place.chmod(mode)
    assert check_chart(chart, cli4, OPTIONS).name == "web"
    assert list(place.iterdir()) == []


def test_a_link_in_place_of_the_folder_is_not_used(place: Path, chart: Path, cli4: CliEngine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "elsewhere")
    assert check_chart(chart, cli4, OPTIONS).name == "web"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_no_home_is_no_cache(chart: Path, cli4: CliEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert check_chart(chart, cli4, OPTIONS).name == "web"


def test_a_changed_byte_is_noticed_wherever_it_is(place: Path, chart: Path, cli4: CliEngine) -> None:
    first = check_chart(chart, cli4, OPTIONS)
    (file,) = reports(place)
    good = file.read_bytes()
    for position in range(0, len(good), max(1, len(good) // 200)):
        file.write_bytes(good[:position] + bytes([good[position] ^ 0x20]) + good[position + 1 :])
        assert remembered(chart, cli4) is None, position
    for size in (0, 10, 32, 33, len(good) - 1):
        file.write_bytes(good[:size])
        assert remembered(chart, cli4) is None, size
    file.write_bytes(good)
    assert remembered(chart, cli4) == first


def test_what_somebody_else_sealed_or_left_open_is_not_read(place: Path, chart: Path, cli4: CliEngine) -> None:
    check_chart(chart, cli4, OPTIONS)
    (file,) = reports(place)
    file.chmod(0o640)
    assert remembered(chart, cli4) is None
    file.chmod(0o600)
    assert remembered(chart, cli4) is not None
    (place / "key").write_bytes(bytes(32))
    assert remembered(chart, cli4) is None


def test_a_report_under_another_name_is_not_read(place: Path) -> None:
    folder = PrivateFolder.open(str(place))
    assert folder is not None
    folder.write("a.json", b"{}")
    (place / "a.json").rename(place / "b.json")
    assert folder.read("b.json") is None


@pytest.mark.parametrize(
    "text",
    NONSENSE,
)
def test_sealed_nonsense_is_ignored(place: Path, chart: Path, cli4: CliEngine, text: str) -> None:
    cache = Cache.of(chart, cli4, OPTIONS)
    assert cache is not None
    head, _, rest = text.partition("\n")
    cache.folder.write(cache.name, f"{head}\n".encode() + zlib.compress(rest.encode()))
    assert cache.load(TODAY) is None


@pytest.mark.parametrize("folder", ["node_modules", ".git", "templates", "ignored", "charts"])
def test_a_change_of_whatever_helm_may_load_is_noticed(place: Path, chart: Path, cli4: CliEngine, folder: str) -> None:
    (chart / folder).mkdir(exist_ok=True)
    (chart / folder / "_part.txt").write_text("old")
    check_chart(chart, cli4, OPTIONS)
    assert remembered(chart, cli4) is not None
    (chart / folder / "_part.txt").write_text("new")
    assert remembered(chart, cli4) is None


def test_a_pipe_a_device_and_a_loop_end_the_look_at_once(place: Path, chart: Path, cli4: CliEngine) -> None:
    (chart / ".helmignore").write_text("odd\n")
    for make in (
        os.mkfifo,
        lambda path: os.symlink("/dev/zero", path),
        lambda path: os.symlink("..", path),
        lambda path: os.symlink("nowhere", path),
    ):
        make(chart / "odd")
        began = time.monotonic()
        assert Cache.of(chart, cli4, OPTIONS) is None
        assert time.monotonic() - began < 60
        (chart / "odd").unlink()
    assert Cache.of(chart, cli4, OPTIONS) is not None


def test_old_reports_go(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = PrivateFolder.open(str(place))
    assert folder is not None
    for number in range(9):
        folder.write(f"{number}.json", b"x" * 100)
        os.utime(place / f"{number}.json", (number, number))
    folder.keep_newest(8, 10_000, 2)
    assert [file.name for file in reports(place)] == [f"{number}.json" for number in range(2, 9)]
    folder.keep_newest(3, 10_000, 0)
    assert [file.name for file in reports(place)] == ["6.json", "7.json", "8.json"]
    folder.keep_newest(3, 300, 0)
    assert [file.name for file in reports(place)] == ["7.json", "8.json"]
    assert (place / "key").exists()


def test_a_report_holds_for_some_days_only(place: Path, chart: Path, cli4: CliEngine) -> None:
    check_chart(chart, cli4, OPTIONS)
    cache = Cache.of(chart, cli4, OPTIONS)
    assert cache is not None
    assert KEPT_DAYS == 30
    assert [cache.load(day) is None for day in ("2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01")] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(("limit", "most"), [("MAX_BYTES", 10), ("MAX_FILES", 1)])
def test_a_chart_too_large_is_not_remembered(
    place: Path, chart: Path, cli4: CliEngine, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    assert Cache.of(chart, cli4, OPTIONS) is not None
    monkeypatch.setattr(contents, limit, most)
    assert Cache.of(chart, cli4, OPTIONS) is None


def test_records_lists_maps_and_kinds_come_back() -> None:
    finding = Finding("a/b", "a", (("a", 1),), Severity.NOTE, "\udc80", Location(Base.CHART, None))
    values: list[object] = [finding, {"a": [1, (2.5, None)], "b": {}}, Obligation.MUST, [], (), "tuple", {"tuple": []}]
    for value in values:
        back = decode(json.dumps(encode(value)))
        assert back == value
        assert type(back) is type(value)
    with pytest.raises(TypeError, match="can't hold"):
        encode(object())


def test_the_cache_tells_what_it_keeps_and_is_emptied(place: Path, chart: Path, cli4: CliEngine) -> None:
    assert look_into_cache() == CacheState(str(place), 0, 0, 0, 0, 0, 0, 0, None)
    check_chart(chart, cli4, OPTIONS)
    (state,) = states(place, chart, cli4)
    files = [*reports(place), *place.glob("*.lint"), *place.glob("*.lines"), state]
    size, oldest = sum(file.stat().st_size for file in files), min(file.stat().st_mtime for file in files)
    assert look_into_cache() == CacheState(str(place), 1, 0, 1, 1, 1, 0, size, oldest)
    assert clean_cache() == CacheState(str(place), 1, 0, 1, 1, 1, 0, size, oldest)
    assert [entry.name for entry in place.iterdir()] == ["key"]
    assert remembered(chart, cli4) is None


def test_the_command_tells_the_same(place: Path, chart: Path, cli4: CliEngine) -> None:
    check_chart(chart, cli4, OPTIONS)
    states(place, chart, cli4)
    size = look_into_cache().size
    info = CliRunner().invoke(cli, ["cache", "info"])
    kept = "1 report, 0 report parts, 1 lint result, 1 line map, 1 chart state, 0 pattern files"
    assert info.output.startswith(f"{place}: {kept}, {size / 1024:.0f} KiB\noldest: ")
    assert CliRunner().invoke(cli, ["cache", "clean"]).output == f"removed {kept}\n"
    info = CliRunner().invoke(cli, ["cache", "info"])
    kept = "0 reports, 0 report parts, 0 lint results, 0 line maps, 0 chart states, 0 pattern files"
    assert info.output == f"{place}: {kept}, 0 KiB\n"


def states(place: Path, chart: Path, engine: CliEngine) -> list[Path]:
    """The kept states of charts' files, with the chart's: one is only kept of files that changed some time ago."""
    newest = max(file.stat().st_ctime_ns for file in (chart, *chart.rglob("*")))
    while time.time_ns() <= newest + TICK:
        time.sleep(0.05)
    remembered(chart, engine)
    return list(place.glob(f"*{contents.STATE}"))


def test_unchanged_files_are_not_read_again(
    place: Path, chart: Path, cli4: CliEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = check_chart(chart, cli4, OPTIONS)
    assert len(states(place, chart, cli4)) == 1

    def read(path: str, most: int) -> bytes:
        raise AssertionError(path)

    monkeypatch.setattr(contents, "read_content", read)
    assert remembered(chart, cli4) == first


def test_a_file_that_changed_just_now_is_read_again(place: Path, chart: Path, cli4: CliEngine) -> None:
    assert len(states(place, chart, cli4)) == 1
    write(chart, {"values.yaml": "a: 1\n"})
    first = check_chart(chart, cli4, OPTIONS)
    (state,) = place.glob(f"*{contents.STATE}")
    kept = state.read_bytes()
    write(chart, {"values.yaml": "b: 1\n"})
    assert remembered(chart, cli4) is None
    assert check_chart(chart, cli4, OPTIONS) != first
    assert state.read_bytes() == kept


def same_size_and_time(file: Path) -> None:
    """Another content of the same size, with the file's own time as it was."""
    before = file.stat()
    file.write_text(file.read_text().replace("password", "passcode"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def another_in_its_place(file: Path) -> None:
    """Another file of the same size and time, moved there."""
    other = file.with_name("other")
    other.write_text(file.read_text().replace("password", "passcode"))
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.rename(file)


@pytest.mark.parametrize("change", [same_size_and_time, another_in_its_place])
def test_a_change_shows_though_size_and_time_stay(
    place: Path, chart: Path, cli4: CliEngine, change: Callable[[Path], None]
) -> None:
    check_chart(chart, cli4, OPTIONS)
    assert len(states(place, chart, cli4)) == 1
    assert remembered(chart, cli4) is not None
    change(chart / "values.yaml")
    assert remembered(chart, cli4) is None


@pytest.mark.parametrize("content", [b"", bytes(64), bytes(63), bytes(1000)])
def test_a_state_that_nobody_kept_is_ignored(place: Path, chart: Path, cli4: CliEngine, content: bytes) -> None:
    first = check_chart(chart, cli4, OPTIONS)
    (state,) = states(place, chart, cli4)
    folder = PrivateFolder.open(str(place))
    assert folder is not None
    folder.write(state.name, content)
    assert remembered(chart, cli4) == first
    state.write_bytes(content)
    assert remembered(chart, cli4) == first


@pytest.mark.parametrize("content", ["", "{}\n"])
def test_a_folder_is_no_empty_file(chart: Path, content: str) -> None:
    (chart / "a").mkdir()
    write(chart, {"a/b": content})
    folder = contents.files_of(str(chart)).digests()
    (chart / "a" / "b").unlink()
    (chart / "a").rmdir()
    write(chart, {"a": "", "b": content})
    assert contents.files_of(str(chart)).digests() != folder
