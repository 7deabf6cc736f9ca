"""Charts are loaded as helm loads them, and what can't be loaded is told with file and line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helm_constitution.chart.discovery import find_charts
from helm_constitution.chart.loader import load_chart
from helm_constitution.core.errors import ChartError, ConstitutionError, YamlSyntaxError

CHART = "apiVersion: v2\nname: web\nversion: 1.2.3\n"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Makes a chart's folder; Chart.yaml is there unless given."""
    for name, content in {"Chart.yaml": CHART, **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def fault(folder: Path) -> ConstitutionError:
    with pytest.raises(ConstitutionError) as caught:
        load_chart(folder, shown="web")
    return caught.value


def test_a_chart_is_its_files(tmp_path: Path) -> None:
    chart = load_chart(
        write(tmp_path, {"values.yaml": "a: 1\n", "templates/x.yaml": "é\n", "crds/y.yaml": "", "files/deep/z.txt": ""})
    )
    assert (chart.name, chart.version, chart.api_version, chart.is_library) == ("web", "1.2.3", "v2", False)
    assert sorted(chart.files) == ["Chart.yaml", "crds/y.yaml", "files/deep/z.txt", "templates/x.yaml", "values.yaml"]
    assert chart.files["templates/x.yaml"] == "é\n"
    assert chart.values is not None
    assert chart.values.data == {"a": 1}
    assert (chart.path, chart.shown) == (tmp_path, str(tmp_path))
    assert (chart.schema, chart.dependencies, dict(chart.subcharts), chart.missing_message) == (None, (), {}, None)


def test_a_chart_without_values(tmp_path: Path) -> None:
    assert load_chart(write(tmp_path, {})).values is None


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_values_file_holds_no_values(text: str, tmp_path: Path) -> None:
    values = load_chart(write(tmp_path, {"values.yaml": text})).values
    assert values is not None
    assert values.data == {}
    assert values.keys() == ()


def test_a_chart_of_helm_2(tmp_path: Path) -> None:
    chart = load_chart(
        write(
            tmp_path,
            {
                "Chart.yaml": "name: web\nversion: 1.0.0\n",
                "requirements.yaml": "dependencies:\n  - name: db\n    version: 1.x\n    repository: https://example.com\n",
                "charts/db/Chart.yaml": "name: db\nversion: 1.0.0\n",
            },
        )
    )
    assert chart.api_version == "v1"
    (dependency,) = chart.dependencies
    assert (dependency.name, dependency.version, dependency.repository) == ("db", "1.x", "https://example.com")
    assert dependency.view.document.file == "requirements.yaml"
    assert chart.missing_dependencies == ()


def test_a_library_chart(tmp_path: Path) -> None:
    assert load_chart(write(tmp_path, {"Chart.yaml": CHART + "type: library\n"})).is_library


def test_numbers_in_chart_yaml_are_text_as_written(tmp_path: Path) -> None:
    chart = load_chart(write(tmp_path, {"Chart.yaml": "apiVersion: v2\nname: 0123\nversion: 1.10\n"}))
    assert (chart.name, chart.version) == ("0123", "1.10")


def test_the_schema_is_parsed(tmp_path: Path) -> None:
    assert load_chart(write(tmp_path, {"values.schema.json": '{"type": "object"}'})).schema == {"type": "object"}


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    chart = load_chart(write(tmp_path, {"values.yaml": b"\xef\xbb\xbfa: 1\n", "templates/x.yaml": b"\xef\xbb\xbfx"}))
    assert chart.files["templates/x.yaml"] == "x"
    assert chart.files["values.yaml"] == "a: 1\n"


DEPENDENCIES = CHART + (
    "dependencies:\n"
    "  - name: db\n"
    "    version: 2.1.0\n"
    "    repository: https://example.com/charts\n"
    "    alias: store\n"
    "    condition: store.enabled\n"
    "    tags: [data, backend]\n"
    "    import-values:\n"
    "      - settings\n"
    "      - child: a\n"
    "        parent: b\n"
    "  - name: lib\n"
    "    version: 1.0.0\n"
    "    repository: file://../lib\n"
)


def test_dependencies_and_what_is_missing_of_them(tmp_path: Path) -> None:
    chart = load_chart(
        write(tmp_path, {"Chart.yaml": DEPENDENCIES, "charts/lib/Chart.yaml": "name: lib\nversion: 1.0.0\n"}),
        shown="charts/web",
    )
    db, lib = chart.dependencies
    assert (db.key, db.name, db.alias, db.condition, db.tags) == (
        "store",
        "db",
        "store",
        "store.enabled",
        ("data", "backend"),
    )
    assert db.import_values == ("settings", {"child": "a", "parent": "b"})
    assert chart.metadata.key_span(db.view.path) is not None
    assert lib.key == "lib"
    assert chart.missing_dependencies == (db,)
    assert (
        chart.missing_message == "dependencies declared but not in charts/: db; run `helm dependency build charts/web`"
    )


@pytest.mark.parametrize("repository", ["https://example.com", "file://../db"])
def test_helm_fails_on_a_missing_dependency_even_where_its_condition_is_off(
    repository: str, helm: Path, tmp_path: Path
) -> None:
    dependency = (
        f"dependencies:\n  - name: db\n    version: 1.0.0\n    repository: {repository}\n    condition: db.enabled\n"
    )
    write(tmp_path, {"Chart.yaml": CHART + dependency, "values.yaml": "db:\n  enabled: false\n"})
    done = subprocess.run([helm, "template", "x", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "missing in charts/ directory: db" in done.stderr
    assert [missing.name for missing in load_chart(tmp_path).missing_dependencies] == ["db"]


def test_subcharts_are_known_by_their_own_names(tmp_path: Path) -> None:
    chart = load_chart(
        write(
            tmp_path,
            {
                "charts/some-folder/Chart.yaml": "name: db\nversion: 1.0.0\n",
                "charts/some-folder/values.yaml": "port: 5432\n",
                "charts/some-folder/templates/x.yaml": "x",
                "charts/some-folder/charts/inner/Chart.yaml": "name: inner\nversion: 1.0.0\n",
                "charts/_hidden/Chart.yaml": "name: hidden\n",
                "charts/.git/config": "",
                "charts/README.md": "",
            },
        )
    )
    assert list(chart.subcharts) == ["db"]
    db = chart.subcharts["db"]
    assert db is chart.subcharts["db"]
    assert db.values is not None
    assert db.values.data == {"port": 5432}
    assert sorted(db.files) == ["Chart.yaml", "templates/x.yaml", "values.yaml"]
    assert db.subcharts["inner"].name == "inner"
    assert db.path == tmp_path / "charts" / "some-folder"
    assert not any(name.startswith("charts/") for name in chart.files)


def test_a_fault_in_a_subchart_is_told_when_it_is_read(tmp_path: Path) -> None:
    chart = load_chart(
        write(tmp_path, {"charts/db/Chart.yaml": "name: db\nversion: 1.0.0\n", "charts/db/values.yaml": "a: [\n"}),
        shown="web",
    )
    with pytest.raises(YamlSyntaxError) as caught:
        chart.subcharts["db"]
    assert caught.value.file == "web/charts/db/values.yaml"


# What can't be loaded


FAULTS: dict[str, tuple[dict[str, str | bytes], str, int | None, str]] = {
    "an empty Chart.yaml": ({"Chart.yaml": ""}, "web/Chart.yaml", None, "the file is empty"),
    "a list for Chart.yaml": ({"Chart.yaml": "- a\n"}, "web/Chart.yaml", 1, "must be a map"),
    "no name": ({"Chart.yaml": "version: 1.0.0\n"}, "web/Chart.yaml", 1, "the chart has no name"),
    "an empty name": ({"Chart.yaml": "version: 1.0.0\nname: ''\n"}, "web/Chart.yaml", 2, "the chart has no name"),
    "a name of nothing": ({"Chart.yaml": "version: 1.0.0\nname:\n"}, "web/Chart.yaml", 2, "the chart has no name"),
    "a map for a name": ({"Chart.yaml": "version: 1.0.0\nname: {}\n"}, "web/Chart.yaml", 2, "name must be text"),
    "a broken Chart.yaml": ({"Chart.yaml": "name: web\nversion: [\n"}, "web/Chart.yaml", 3, "did not find"),
    "broken values": ({"values.yaml": "a: 1\n\tb: 2\n"}, "web/values.yaml", 2, "found a tab"),
    "a template for values": ({"values.yaml": "# x\na: {{ .b }}\n"}, "web/values.yaml", 2, "can't be a key"),
    "a list for values": ({"values.yaml": "\n- a\n"}, "web/values.yaml", 2, "must be a map"),
    "values behind an empty document": (
        {"values.yaml": "---\n# x\n---\nb: 2\n"},
        "web/values.yaml",
        4,
        "several YAML documents",
    ),
    "values in two documents": (
        {"values.yaml": "a: 1\n---\n# x\nb: 2\n"},
        "web/values.yaml",
        4,
        "several YAML documents",
    ),
    "broken requirements": ({"requirements.yaml": "a: b: c\n"}, "web/requirements.yaml", 1, "mapping values"),
    "a broken schema": (
        {"values.schema.json": '{\n  "type": object\n}'},
        "web/values.schema.json",
        2,
        "not JSON: expecting",
    ),
    "a map of dependencies": ({"Chart.yaml": CHART + "dependencies: {}\n"}, "web/Chart.yaml", 4, "must be a list"),
    "a nameless dependency": (
        {"Chart.yaml": CHART + "dependencies:\n- version: 1\n"},
        "web/Chart.yaml",
        5,
        "has no name",
    ),
    "a dependency of text": ({"Chart.yaml": CHART + "dependencies:\n- db\n"}, "web/Chart.yaml", 5, "must be a map"),
    "Latin-1 values": ({"values.yaml": b"a: 1\nb: \xe9\n"}, "web/values.yaml", 2, "byte 0xe9 at offset 8"),
    "a Latin-1 template": ({"templates/x.yaml": b"\n\n\xff"}, "web/templates/x.yaml", 3, "not UTF-8"),
    "a Latin-1 Chart.yaml": ({"Chart.yaml": b"name: \xe9"}, "web/Chart.yaml", 1, "save the file as UTF-8"),
    "a double star": ({".helmignore": "a\n**/b\n"}, "web/.helmignore", 2, "`**` is not supported"),
    "a bad pattern": ({".helmignore": "[a\n"}, "web/.helmignore", 1, "bad pattern"),
    "all ignored": ({".helmignore": "*.yaml\n"}, "web", None, "no Chart.yaml in web: .helmignore leaves it out"),
}


@pytest.mark.parametrize(("files", "file", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_faults_are_told_with_file_and_line(
    files: dict[str, str | bytes], file: str, line: int | None, words: str, tmp_path: Path
) -> None:
    error = fault(write(tmp_path, files))
    assert (error.file, error.line) == (file, line)
    assert words in error.message


def test_values_in_one_document_may_have_its_signs(tmp_path: Path) -> None:
    for text in ("# x\n---\na: 1\n", "a: 1\n---\n", "---\na: 1\n--- # nothing\n", "a: |\n  b\n  ---\n  c\n"):
        assert load_chart(write(tmp_path, {"values.yaml": text})).values is not None


def test_other_files_may_hold_anything(tmp_path: Path) -> None:
    chart = load_chart(write(tmp_path, {"files/logo.png": b"\x89PNG", "README.md": b"\xff"}))
    assert sorted(chart.undecodable) == ["README.md", "files/logo.png"]
    assert sorted(chart.files) == ["Chart.yaml"]


def test_a_file_too_large_for_helm_3_is_not_read(tmp_path: Path) -> None:
    chart = load_chart(write(tmp_path, {"files/big.json": b"x" * (5 * 1024 * 1024 + 1)}))
    assert chart.undecodable == ("files/big.json",)


def test_a_folder_without_files_in_charts_is_no_dependency(tmp_path: Path) -> None:
    web = write(tmp_path / "web", {".helmignore": "left-out.txt\n", "charts/ignored/left-out.txt": ""})
    (web / "charts" / "empty" / "templates").mkdir(parents=True)
    assert dict(load_chart(web).subcharts) == {}
    (web / "charts" / "empty" / "templates" / "x.yaml").touch()
    with pytest.raises(ConstitutionError, match="not a chart"):
        list(load_chart(web).subcharts)


def test_no_chart_there(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("")
    assert "not a chart: no Chart.yaml in web" in fault(tmp_path).message
    assert "no such chart" in fault(tmp_path / "gone").message


def test_an_unreadable_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, {"templates/x.yaml": ""})
    real = os.open

    def refuse(path: str, *arguments: Any) -> Any:
        if path.endswith("x.yaml"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments)

    monkeypatch.setattr("os.open", refuse)
    error = fault(tmp_path)
    assert (error.file, error.message) == ("web/templates/x.yaml", "can't be read: Permission denied")


# Links


def test_links_are_followed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "a.yaml").write_text("a")
    folder = write(tmp_path / "web", {"templates/x.yaml": ""})
    (folder / "templates" / "shared").symlink_to(shared)
    (folder / "README.md").symlink_to(shared / "a.yaml")
    chart = load_chart(folder)
    assert chart.files["templates/shared/a.yaml"] == "a"
    assert chart.files["README.md"] == "a"


def test_a_chart_may_itself_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "web", {"templates/x.yaml": "x"})
    (tmp_path / "link").symlink_to(tmp_path / "web")
    assert load_chart(tmp_path / "link").files["templates/x.yaml"] == "x"


def test_links_in_circles_end(tmp_path: Path) -> None:
    write(tmp_path, {"a/x": "", "b/y": ""})
    (tmp_path / "a" / "to-b").symlink_to(tmp_path / "b")
    assert "b/y" in load_chart(tmp_path).files
    (tmp_path / "b" / "to-a").symlink_to(tmp_path / "a")
    error = fault(tmp_path)
    assert "symbolic link to its own parent folder" in error.message
    assert error.file == "web/a/to-b/to-a"


def test_a_link_to_its_own_folder(tmp_path: Path) -> None:
    write(tmp_path, {"templates/x.yaml": ""})
    (tmp_path / "templates" / "again").symlink_to(tmp_path)
    assert fault(tmp_path).file == "web/templates/again"


def test_a_link_to_itself_and_a_link_to_nowhere(tmp_path: Path) -> None:
    write(tmp_path, {})
    (tmp_path / "x").symlink_to(tmp_path / "x")
    assert fault(tmp_path).file == "web/x"
    (tmp_path / "x").unlink()
    (tmp_path / "y").symlink_to(tmp_path / "gone")
    assert "broken symbolic link" in fault(tmp_path).message


def test_links_that_multiply_a_chart_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("helm_constitution.chart.sources.MAX_FILES", 500)
    write(tmp_path, {})
    for number in range(20):
        folder = tmp_path / f"d{number:02}"
        folder.mkdir()
        for name in ("a", "b"):
            (folder / name).symlink_to(tmp_path / f"d{number + 1:02}")
    (tmp_path / "d20").mkdir()
    assert "more than 500 files" in fault(tmp_path).message


def test_folders_without_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    for _ in range(150):
        os.mkdir("d")
        os.chdir("d")
    assert fault(tmp_path).message == "folders are nested more than 100 deep"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, {"templates/x.yaml": ""})
    os.mkfifo(tmp_path / "templates" / "pipe")
    error = fault(tmp_path)
    assert error.file == "web/templates/pipe"
    assert "not a regular file" in error.message


@pytest.mark.skipif(sys.platform != "linux", reason="other devices there")
@pytest.mark.parametrize("name", ["charts/x.tgz", ".helmignore", "Chart.yaml", "values.yaml", "templates/x.yaml"])
@pytest.mark.parametrize("device", ["/dev/zero", "pipe"])
def test_devices_and_pipes_are_not_read(tmp_path: Path, name: str, device: str) -> None:
    write(tmp_path, {"charts/y": "", "templates/y.yaml": ""})
    (tmp_path / name).unlink(missing_ok=True)
    if device == "pipe":
        os.mkfifo(tmp_path / name)
    else:
        (tmp_path / name).symlink_to(device)
    assert "regular file" in fault(tmp_path).message


@pytest.mark.parametrize("target", ["..", ".", "../charts", "../../web"])
def test_dependencies_that_lead_back_end(tmp_path: Path, target: str) -> None:
    chart = tmp_path / "web"
    write(chart, {"charts/y/Chart.yaml": "apiVersion: v2\nname: y\nversion: 0.1.0\n"})
    for name in ("a", "b", "c", "d"):
        (chart / "charts" / name).symlink_to(target)
    assert "a symbolic link to its own parent folder" in fault(chart).message


def test_dependencies_that_lead_to_each_other_end(tmp_path: Path) -> None:
    write(tmp_path, {f"charts/{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n" for name in "yz"})
    for name, other in ("yz", "zy"):
        (tmp_path / "charts" / name / "charts").mkdir()
        (tmp_path / "charts" / name / "charts" / other).symlink_to(f"../../{other}")
    chart = load_chart(tmp_path)
    with pytest.raises(ChartError, match="a symbolic link to its own parent folder"):
        chart.subcharts["y"].subcharts["z"].subcharts["y"]


# .helmignore

FILES = (
    "README.md",
    "a.txt",
    "ab.bak",
    "deep/a.txt",
    "deep/er/b.bak",
    "temp/x",
    "tempo",
    "templates/_h.tpl",
    "templates/x.yaml",
)
IGNORED = {
    "nothing": "",
    "comments and blank lines": "# *.txt\n\n   \n",
    "a name anywhere": "a.txt\n",
    "a star": "*.bak\n",
    "a question mark": "a?.bak\n",
    "a class": "[!x]b.bak\n[^x]b.bak\n",
    "a range": "[a-c].txt\n",
    "a folder": "deep/\n",
    "a folder's name without a slash": "temp\n",
    "only folders": "tempo/\na.txt/\n",
    "from the top": "/a.txt\n",
    "a path": "deep/a.txt\n",
    "a path with a star that stops at a slash": "deep/*.bak\n",
    "spaces around": "   a.txt  \n",
    "Windows' line ends": "a.txt\r\n*.bak\r\n",
    "an escaped star": "\\*.txt\n",
    "a negation leaves out all else": "!templates\n!x.yaml\n",
    "templates can be ignored": "templates/x.yaml\n",
}


@pytest.mark.parametrize("text", [text for name, text in IGNORED.items() if "negation" not in name])
def test_helmignore_as_helm_reads_it(text: str, helm4: Path, tmp_path: Path) -> None:
    lists = {"templates/list.yaml": 'a: {{ range $n, $_ := .Files.Glob "**" }}{{ $n }},{{ end }}\n'}
    write(
        tmp_path,
        {**dict.fromkeys(FILES, "x: 1\n"), "templates/.hidden": "", "deep/.hidden": "", ".helmignore": text, **lists},
    )
    done = subprocess.run([helm4, "template", "x", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("a: "))
    theirs = {name for name in line.removeprefix("a: ").split(",") if name}
    theirs |= {line.removeprefix("# Source: web/") for line in done.stdout.splitlines() if line.startswith("# Source")}
    ours = load_chart(tmp_path).files.keys() - {"Chart.yaml", "templates/_h.tpl"}
    assert ours == theirs


def test_a_negation_leaves_out_what_it_does_not_name(tmp_path: Path) -> None:
    write(tmp_path, {**dict.fromkeys(FILES, ""), ".helmignore": "!Chart.yaml\n"})
    assert sorted(load_chart(tmp_path).files) == ["Chart.yaml", "README.md"]


def test_the_readme_is_read_though_it_is_ignored(tmp_path: Path) -> None:
    names = ("README.md", "CHANGELOG.md", "LICENSE", "readme.txt", "docs/README.md")
    chart = load_chart(write(tmp_path, {**dict.fromkeys(names, ""), ".helmignore": "*.md\nLICENSE\n*.txt\n"}))
    assert sorted(chart.files) == [".helmignore", "CHANGELOG.md", "Chart.yaml", "LICENSE", "README.md", "readme.txt"]


def test_the_top_charts_helmignore_rules_its_subcharts(tmp_path: Path) -> None:
    db = {
        "charts/db/Chart.yaml": "name: db\n",
        "charts/db/a.txt": "",
        "charts/db/.helmignore": "b.txt\n",
        "charts/db/b.txt": "",
    }
    chart = load_chart(write(tmp_path, {**db, ".helmignore": "a.txt\n"}))
    assert sorted(chart.subcharts["db"].files) == [".helmignore", "Chart.yaml", "b.txt"]
    ignored = write(tmp_path / "other", {**db, ".helmignore": "db/\n"})
    assert list(load_chart(ignored).subcharts) == []


# Where charts are looked for


def test_find_charts(tmp_path: Path) -> None:
    for name in ("b", "deep/er/a", ".hidden/c", "testdata/d", "node_modules/e"):
        write(tmp_path / name, {"charts/inner/Chart.yaml": "name: inner\n"})
    assert find_charts(tmp_path) == [tmp_path / "b", tmp_path / "deep" / "er" / "a"]
    assert find_charts(tmp_path / "b") == [tmp_path / "b"]
    assert find_charts(tmp_path / "testdata") == [tmp_path / "testdata" / "d"]


def test_find_charts_takes_a_package_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "web-1.0.0.tgz").write_bytes(b"")
    assert find_charts(tmp_path / "web-1.0.0.tgz") == [tmp_path / "web-1.0.0.tgz"]


def test_find_charts_says_what_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "web", {"values.yaml": ""})
    (tmp_path / "empty").mkdir()
    for path, words in (
        (tmp_path / "gone", "no such chart"),
        (tmp_path / "empty", f"not a chart: no Chart.yaml in {tmp_path / 'empty'}"),
        (tmp_path / "web" / "values.yaml", "not a chart: a chart is a folder"),
        (tmp_path / "web" / "Chart.yaml", "must be the chart's folder"),
        (Path("a\0b"), "can't be read"),
    ):
        with pytest.raises(ChartError) as caught:
            find_charts(path)
        assert words in caught.value.message
        assert caught.value.file == str(path)


def test_find_charts_follows_no_links_in_circles(tmp_path: Path) -> None:
    write(tmp_path / "web", {})
    (tmp_path / "again").symlink_to(tmp_path)
    assert find_charts(tmp_path) == [tmp_path / "web"]


def test_loading_a_folder_imports_nothing_heavy(tmp_path: Path) -> None:
    write(tmp_path, {"values.yaml": "a: 1\n", "values.schema.json": "{}", "charts/db/Chart.yaml": "name: db\n"})
    heavy = ("tarfile", "tempfile", "gzip", "jsonschema", "importlib.metadata")
    code = (
        "import sys; from pathlib import Path; from helm_constitution.chart.loader import load_chart\n"
        f"chart = load_chart(Path({str(tmp_path)!r})); list(chart.subcharts)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


def test_files_larger_than_helm_loads_in_total(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("helm_constitution.chart.sources.MAX_UNPACKED", 1024 * 1024)
    write(tmp_path, {"a.txt": "a" * 600_000, "b.txt": "b" * 600_000})
    error = fault(tmp_path)
    assert error.file == "web"
    assert error.message.startswith("the chart's files are larger than 1 MiB in total, helm's limit; ")
