"""Packaged charts are unpacked as helm unpacks them, and nothing unsafe gets out."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.chart.archive import read_entries, unpack
from helm_constitution.chart.loader import load_chart
from helm_constitution.chart.model import Chart
from helm_constitution.core.errors import ChartError
from helm_constitution.core.scratch import remove_all

CHART = b"apiVersion: v2\nname: web\nversion: 1.2.3\n"
Entry = tuple[str, bytes] | tarfile.TarInfo


def pack(entries: Iterable[Entry]) -> bytes:
    """A .tgz with these entries, whatever their names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                archive.addfile(info, io.BytesIO(entry[1]))
    return out.getvalue()


def special(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


def read(data: bytes) -> dict[str, bytes]:
    return dict(read_entries(io.BytesIO(data), "web.tgz"))


def refusal(data: bytes) -> str:
    with pytest.raises(ChartError) as caught:
        read(data)
    assert caught.value.file == "web.tgz"
    return caught.value.message


def test_the_top_folder_is_dropped() -> None:
    files = read(pack([special("web", tarfile.DIRTYPE), ("web/Chart.yaml", CHART), ("web/templates/./a.yaml", b"a")]))
    assert files == {"Chart.yaml": CHART, "templates/a.yaml": b"a"}


def test_names_of_windows() -> None:
    assert read(pack([("web\\templates\\a.yaml", b"a")])) == {"templates/a.yaml": b"a"}


UNSAFE: dict[str, tuple[Entry, str]] = {
    "a way out": (("web/../../x", b""), "entry 'web/../../x' points outside of the chart's folder"),
    "a way out in the first place": (("../x", b""), "points outside"),
    "a way out at the end": (("web/templates/..", b""), "points outside"),
    "a way out of Windows": (("web\\..\\..\\x", b""), "points outside"),
    "an absolute path": (("/etc/passwd", b""), "entry '/etc/passwd' is an absolute path"),
    "an absolute path behind the folder": (("web//etc/passwd", b""), "is an absolute path"),
    "a drive": (("web/c:/x", b""), "is an absolute path"),
    "a drive in the first place": (("c:/x", b""), "is an absolute path"),
    "a symbolic link": (special("web/templates/a", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
    "a hard link": (special("web/templates/a", tarfile.LNKTYPE, "web/Chart.yaml"), "is a link"),
    "a device": (special("web/null", tarfile.CHRTYPE), "is not a regular file"),
    "a pipe": (special("web/pipe", tarfile.FIFOTYPE), "is not a regular file"),
    "a well": ((f"web/{'d/' * 1000}x", b""), "is nested more than 100 folders deep"),
    "no folder": (("Chart.yaml", CHART), "is not inside a folder"),
}


@pytest.mark.parametrize(("entry", "words"), UNSAFE.values(), ids=UNSAFE)
def test_unsafe_entries_are_refused_by_name(entry: Entry, words: str) -> None:
    message = refusal(pack([("web/Chart.yaml", CHART), entry]))
    assert message.startswith("refused to unpack: entry ")
    assert words in message


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    archive = tmp_path / "web.tgz"
    archive.write_bytes(pack([("web/Chart.yaml", CHART), ("web/../../evil", b"x")]))
    with pytest.raises(ChartError):
        unpack(archive, "web.tgz")
    assert os.listdir(tmp_path) == ["web.tgz"]


@pytest.mark.parametrize(
    "name",
    [
        *("...tgz", "..tgz", ".tgz", "....tgz", "...tar.gz", "-1.tgz", "..-1.0.0.tgz", ".x.tgz"),
        *("x.tgz.tgz", "x.tar.gz.tgz", "x.tgz-1.0.0.tgz"),
    ],
)
def test_no_name_of_a_package_leads_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "tmp").mkdir()
    remove_all()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / name).write_bytes(pack([("web/Chart.yaml", CHART)]))
    folder = unpack(tmp_path / name, name)
    assert (folder / "Chart.yaml").read_bytes() == CHART
    assert folder.resolve().parents[2] == (tmp_path / "tmp").resolve()
    assert not folder.name.startswith(".")
    assert not folder.name.endswith((".tgz", ".tar.gz"))
    assert len(list((tmp_path / "tmp").iterdir())) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.map": "a,b"},
        {"GNU.sparse.map": "1"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "x"},
        {"GNU.sparse.size": "x", "GNU.sparse.numblocks": "1"},
        {"size": "x"},
        {"mtime": "1e400"},
        {"path": ""},
    ],
)
def test_odd_headers_are_one_clear_error(headers: dict[str, str]) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("web/Chart.yaml")
        info.size = len(CHART)
        info.pax_headers = headers
        archive.addfile(info, io.BytesIO(CHART))
    try:
        found = read(out.getvalue())
    except ChartError as error:
        found = {}
        words = error.message
    else:
        words = "the archive was read"
    assert set(found) <= {"Chart.yaml"}
    assert "the archive" in words or "refused to unpack" in words


def test_packages_in_packages_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helm_constitution.chart.archive.MAX_NESTED", 3_000_000)
    below: list[Entry] = []
    for _ in range(6):
        packages = {
            name: pack(
                [
                    ("web/Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n".encode()),
                    ("web/zero", bytes(50_000)),
                    *below,
                ]
            )
            for name in "abc"
        }
        below = [(f"web/charts/{name}.tgz", package) for name, package in packages.items()]
    package = packages["a"]
    (tmp_path / "charts").mkdir()
    (tmp_path / "Chart.yaml").write_bytes(CHART)
    (tmp_path / "charts" / "top.tgz").write_bytes(package)

    def read_all(chart: Chart) -> int:
        return 1 + sum(read_all(below) for below in chart.subcharts.values())

    with pytest.raises(ChartError, match="the packages in charts/ unpack to more than"):
        read_all(load_chart(tmp_path))


def test_a_bomb_ends() -> None:
    """100 MiB of zeros in 100 KiB: refused by its size in the header, before it is read."""
    info = tarfile.TarInfo("web/zeros")
    info.size = 200 * 1024 * 1024
    header = info.tobuf(tarfile.GNU_FORMAT)
    assert "unpacks to more than 100 MiB" in refusal(gzip.compress(header))


def test_many_files_that_are_too_large_together_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helm_constitution.chart.archive.MAX_UNPACKED", 5000)
    assert "unpacks to more" in refusal(pack((f"web/{number}", b"x" * 1000) for number in range(6)))


def test_headers_count_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extended header is read into memory as a whole, whatever size it claims."""
    monkeypatch.setattr("helm_constitution.chart.archive.MAX_UNPACKED", 1000)
    monkeypatch.setattr("helm_constitution.chart.archive.MAX_ENTRIES", 10)
    header = tarfile.TarInfo("././@PaxHeader")
    header.type = tarfile.XHDTYPE
    header.size = 1024 * 1024
    data = gzip.compress(header.tobuf(tarfile.PAX_FORMAT) + b"\0" * header.size)
    assert "unpacks to more" in refusal(data)


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helm_constitution.chart.archive.MAX_ENTRIES", 50)
    assert "more than 50 entries" in refusal(pack((f"web/{number}", b"") for number in range(51)))


@pytest.mark.parametrize("data", [b"", b"apiVersion: v2\nname: web\n", b"\x1f\x8b", b"PK\x03\x04 a zip file"])
def test_no_archive(data: bytes) -> None:
    message = refusal(data)
    assert message.startswith(("not a packaged chart", "the archive is damaged or truncated at the beginning"))


def test_an_empty_archive() -> None:
    assert refusal(pack([])) == "not a packaged chart: the archive contains no files"


def test_a_gzip_of_something_else() -> None:
    assert "damaged or truncated at the beginning" in refusal(gzip.compress(b"name: web\n" * 100))


def test_an_archive_that_is_cut_off() -> None:
    data = pack([("web/Chart.yaml", CHART), ("web/random", os.urandom(50_000))])
    assert "damaged or truncated after entry 2" in refusal(data[:30_000])


@given(st.data())
def test_any_damage_gives_files_or_one_clear_error(data: st.DataObject) -> None:
    whole = pack([("web/Chart.yaml", CHART), ("web/templates/a.yaml", b"a: 1\n" * 50)])
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + data.draw(st.integers(0, 5)) :]
    try:
        files = read(damaged)
    except ChartError as error:
        assert error.file == "web.tgz"  # noqa: PT017 - either outcome is right
    else:
        assert all(not name.startswith(("/", "..")) for name in files)


def test_a_chart_is_loaded_from_its_package(tmp_path: Path) -> None:
    archive = tmp_path / "web-1.2.3.tgz"
    archive.write_bytes(
        pack(
            [
                ("web/Chart.yaml", CHART),
                ("web/values.yaml", b"a: 1\n"),
                ("web/.helmignore", b"templates\n"),
                ("web/templates/x.yaml", b"x"),
                ("web/charts/db/Chart.yaml", b"name: db\nversion: 1.0.0\n"),
            ]
        )
    )
    chart = load_chart(archive, shown="web-1.2.3.tgz")
    assert (chart.name, chart.shown, chart.path.name) == ("web", "web-1.2.3.tgz", "web")
    assert (chart.path / "templates" / "x.yaml").read_text() == "x"
    assert chart.files["templates/x.yaml"] == "x"  # helm, too, leaves .helmignore aside when it reads a package
    assert list(chart.subcharts) == ["db"]


def test_a_package_inside_a_chart_is_read_in_memory(tmp_path: Path) -> None:
    inner = pack([("inner/Chart.yaml", b"name: inner\nversion: 1.0.0\n"), ("inner/values.yaml", b"z: 1\n")])
    entries: list[Entry] = [
        ("db/Chart.yaml", b"name: db\nversion: 2.0.0\n"),
        ("db/values.yaml", b"port: 1\n"),
        ("db/templates/x.yaml", b"x"),
        ("db/charts/inner-1.0.0.tgz", inner),
        ("db/charts/plain/Chart.yaml", b"name: plain\nversion: 1.0.0\n"),
        ("db/charts/.hidden", b""),
    ]
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "db-2.0.0.tgz").write_bytes(pack(entries))
    (tmp_path / "Chart.yaml").write_text(
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n  - {name: db, version: 2.x, repository: ''}\n"
    )
    chart = load_chart(tmp_path, shown="web")
    assert chart.missing_dependencies == ()
    db = chart.subcharts["db"]
    assert sorted(db.files) == ["Chart.yaml", "templates/x.yaml", "values.yaml"]
    assert sorted(db.subcharts) == ["inner", "plain"]
    inner_values = db.subcharts["inner"].values
    assert inner_values is not None
    assert inner_values.data == {"z": 1}


def test_a_damaged_package_inside_a_chart_is_named(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "db.tgz").write_bytes(b"nothing")
    (tmp_path / "Chart.yaml").write_bytes(CHART)
    chart = load_chart(tmp_path, shown="web")
    with pytest.raises(ChartError) as caught:
        list(chart.subcharts)
    assert caught.value.file == "web/charts/db.tgz"


def test_a_package_without_a_chart(tmp_path: Path) -> None:
    (tmp_path / "web.tgz").write_bytes(pack([("web/README.md", b"")]))
    with pytest.raises(ChartError, match=r"no Chart\.yaml in web\.tgz"):
        load_chart(tmp_path / "web.tgz", shown="web.tgz")


def test_what_helm_packages_is_read(helm4: Path, tmp_path: Path) -> None:
    folder = tmp_path / "web"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_bytes(CHART)
    (folder / "values.yaml").write_text("a: 1\n")
    (folder / "templates" / "x.yaml").write_text("a: {{ .Values.a }}\n")
    subprocess.run([helm4, "package", folder, "-d", tmp_path], check=True, capture_output=True)
    chart = load_chart(tmp_path / "web-1.2.3.tgz")
    assert chart.files == load_chart(folder).files


def test_the_unpacked_copy_goes_away_with_the_program(tmp_path: Path) -> None:
    archive = tmp_path / "web.tgz"
    archive.write_bytes(pack([("web/Chart.yaml", CHART)]))
    code = (
        "from pathlib import Path; from helm_constitution.chart.archive import unpack\n"
        f"print(unpack(Path({str(archive)!r}), 'web.tgz'))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    folder = Path(done.stdout.strip())
    assert folder.name == "web"
    assert not folder.parent.exists()
