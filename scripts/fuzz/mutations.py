"""Mutations: each changes the files of a workspace (a folder with a chart in it) by a random generator of its own."""

from __future__ import annotations

import io
import json
import os
import random
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.fuzz.oddities import ACTIONS, OBJECTS, ODD_JSON, ODD_VALUES, SCHEMAS, TEXTS

CHART = "chart"
"""The chart's folder in the workspace."""

Mutate = Callable[[Path, random.Random], None]
"""Changes a workspace. Whatever it does depends on the files and on the generator alone."""

_SCALAR = re.compile(r"^( *(?:- )?[^\s#:{}][^:\n]*:)( .*)?$")


def read(file: Path) -> str:
    """A file's text, any byte kept; empty where there is none."""
    return file.read_bytes().decode("utf-8", "surrogateescape") if file.is_file() else ""


def write(file: Path, text: str) -> None:
    """Writes a text that ``read`` gave; a folder or a link in its place stays: it may lead out of the workspace."""
    if file.is_dir() or file.is_symlink():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))


def templates(chart: Path) -> list[Path]:
    """The chart's templates, in order."""
    return sorted(path for path in (chart / "templates").rglob("*") if path.is_file())


def spoil_lines(text: str, rng: random.Random, extra: tuple[str, ...]) -> str:
    """A text with one line taken out, doubled, moved, cut, indented, or another put in."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    what = rng.randrange(9)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(at, lines[at])
    elif what == 2:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif what == 3:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    elif what == 4:
        lines[at] = " " * rng.randrange(1, 9) + lines[at]
    elif what == 5:
        lines[at] = lines[at].lstrip()
    elif what == 6:
        lines[at] += rng.choice(extra)
    else:
        lines.insert(at, rng.choice(extra))
    return "\n".join(lines)


def spoil_value(text: str, rng: random.Random) -> str:
    """A YAML text in which one key has another value, or one line is another."""
    lines = text.split("\n")
    scalars = [index for index, line in enumerate(lines) if _SCALAR.match(line)]
    if not scalars or rng.random() < 0.2:
        return spoil_lines(
            text, rng, tuple(f"{key}: {value}" for key, value in zip("abcdefg", ODD_VALUES, strict=False))
        )
    at = rng.choice(scalars)
    found = _SCALAR.match(lines[at])
    assert found is not None
    lines[at] = f"{found[1]} {rng.choice(ODD_VALUES)}"
    return "\n".join(lines)


def values(root: Path, rng: random.Random) -> None:
    """values.yaml."""
    file = root / CHART / "values.yaml"
    if rng.random() < 0.08:
        write(file, rng.choice(ODD_VALUES) + "\n")
    else:
        write(file, spoil_value(read(file), rng))


def template(root: Path, rng: random.Random) -> None:
    """One template's text."""
    found = templates(root / CHART)
    if found:
        file = rng.choice(found)
        text = read(file)
        write(file, spoil_value(text, rng) if rng.random() < 0.4 else spoil_lines(text, rng, ACTIONS))


def action(root: Path, rng: random.Random) -> None:
    """One template action: cut, doubled, or another in its place."""
    found = templates(root / CHART)
    if not found:
        return
    file = rng.choice(found)
    text = read(file)
    actions = list(re.finditer(r"\{\{.*?\}\}", text, re.DOTALL))
    if actions:
        one = rng.choice(actions)
        new = rng.choice(("", one[0] * 2, one[0][:-1], one[0][2:], rng.choice(ACTIONS), rng.choice(ODD_VALUES)))
        write(file, text[: one.start()] + new + text[one.end() :])


def new_object(root: Path, rng: random.Random) -> None:
    """One more template, with an object of which up to three parts are of a wrong shape."""
    version, kind, body = rng.choice(OBJECTS)
    metadata = {"name": "a", "namespace": "b", "labels": {"app": "a"}, "annotations": {"helm.sh/hook": "pre-install"}}
    data: object = json.loads(json.dumps({"apiVersion": version, "kind": kind, "metadata": metadata, **body}))
    if rng.random() < 0.8:
        del data["metadata"]["annotations"]  # type: ignore[index]
    for _ in range(rng.randrange(1, 4)):
        data = _spoilt(data, rng)
    dumped = json.dumps(data, indent=1 if rng.random() < 0.5 else None).replace("{{", "{ {")
    write(root / CHART / "templates" / f"odd-{rng.randrange(100)}.yaml", dumped)


def _spoilt(data: object, rng: random.Random) -> object:
    """Data with one of its parts replaced, taken out or renamed."""
    places = [path for path in _paths(data) if path]
    if not places:
        return data
    path = rng.choice(places)
    whole = parent = json.loads(json.dumps(data))
    for step in path[:-1]:
        parent = parent[step]
    what = rng.random()
    if what < 0.7:
        parent[path[-1]] = rng.choice(ODD_JSON)
    elif what < 0.85 or not isinstance(parent, dict):
        del parent[path[-1]]
    else:
        parent[rng.choice(("", "Name", "9", "a.b", "é"))] = parent.pop(path[-1])
    return whole


def _paths(data: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(data, dict):
        for key, part in data.items():
            yield from _paths(part, (*path, key))
    elif isinstance(data, list):
        for index, part in enumerate(data):
            yield from _paths(part, (*path, index))


_CHART_LINES = (
    "type: library",
    "dependencies: [{name: dep, version: '*', repository: file://../x}]",
    "dependencies: [5, {}, {name: []}]",
    "kubeVersion: '>=99'",
    "annotations: {a: [1]}",
    "maintainers: [x]",
    "appVersion: 1.10",
    "apiVersion: v9",
    "keywords: {}",
)


def chart_yaml(root: Path, rng: random.Random) -> None:
    """Chart.yaml."""
    file = root / CHART / "Chart.yaml"
    text = spoil_value(read(file), rng)
    if rng.random() < 0.2:
        text += f"\n{rng.choice(_CHART_LINES)}\n"
    write(file, text)


def schema(root: Path, rng: random.Random) -> None:
    """values.schema.json: another one, or one of its parts."""
    file = root / CHART / "values.schema.json"
    try:
        data = json.loads(read(file))
    except ValueError:
        data = None
    if data is None or rng.random() < 0.3:
        write(file, rng.choice(SCHEMAS))
    elif rng.random() < 0.2:
        write(file, spoil_lines(read(file), rng, SCHEMAS))
    else:
        write(file, json.dumps(_spoilt(data, rng), indent=2))


def prose(root: Path, rng: random.Random) -> None:
    """README, CHANGELOG or NOTES.txt."""
    name = rng.choice(("README.md", "README.md", "CHANGELOG.md", "templates/NOTES.txt"))
    file = root / CHART / name
    write(file, spoil_lines(read(file), rng, TEXTS if name.endswith(".md") else ACTIONS))


def layout(root: Path, rng: random.Random) -> None:
    """Which files there are: odd names, links, pipes, packages, missing ones."""
    chart = root / CHART
    what = rng.randrange(9)
    files = sorted(path for path in chart.rglob("*") if path.is_file() and not path.is_symlink())
    if what == 0 and files:
        rng.choice(files).unlink()
    elif what == 1:
        name = rng.choice(
            ("a b.yaml", "é.yaml", "x\ny.yaml", "'\".yaml", "::error::x.yaml", "x" * 250, "-f", "_.tpl", ".yaml")
        )
        write(chart / "templates" / name, rng.choice(ACTIONS))
    elif what == 2:
        link = chart / rng.choice(("templates/link.yaml", "charts/a", "crds", "ci/link-values.yaml", "files"))
        if not link.exists() and not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(
                rng.choice((".", "..", "nowhere", "/etc/hostname", "link.yaml", "../values.yaml", "/dev/null"))
            )
    elif what == 3:
        pipe = chart / rng.choice(("pipe", "templates/pipe.yaml", "charts/pipe.tgz"))
        pipe.parent.mkdir(exist_ok=True)
        if not pipe.exists():
            os.mkfifo(pipe)
    elif what == 4:
        write(
            chart / ".helmignore",
            rng.choice(("*", "!*", "templates/", "**/x", "Chart.yaml", "[", "/\n\\", "README.md")),
        )
    elif what == 5:
        folder = chart / "charts" / "dep"
        write(folder / "Chart.yaml", rng.choice(("apiVersion: v2\nname: dep\nversion: 1.0.0\n", "", "x", "name: []\n")))
        write(folder / "templates" / "a.yaml", rng.choice(ACTIONS))
    elif what == 6:
        (chart / "charts").mkdir(exist_ok=True)
        _package(chart / "charts" / "dep-1.0.0.tgz", rng)
    elif what == 7 and files:
        file = rng.choice(files)
        data = bytearray(file.read_bytes() or b"x")
        data[rng.randrange(len(data))] = rng.randrange(256)
        file.write_bytes(data)
    elif files:
        file = rng.choice(files)
        sound = file.read_bytes()
        odd = (b"", b"\xef\xbb\xbf" + sound, sound.replace(b"\n", b"\r\n"), sound[: len(sound) // 2])
        file.write_bytes(rng.choice(odd))


def _package(file: Path, rng: random.Random) -> None:
    """A packaged dependency, sound or not."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        for name in (
            "dep/Chart.yaml",
            "dep/values.yaml",
            rng.choice(("dep/templates/a.yaml", "../x", "/x", "dep/../../x")),
        ):
            data = rng.choice(("apiVersion: v2\nname: dep\nversion: 1.0.0\n", *ACTIONS[:5])).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    packed = memory.getvalue()
    file.write_bytes(packed if rng.random() < 0.6 else packed[: rng.randrange(len(packed))])


def extra_values(root: Path, rng: random.Random) -> None:
    """A values file of ci/ or platforms/."""
    folder, name = rng.choice((("ci", "odd-values.yaml"), ("platforms", "aws.yaml"), ("ci", "default-values.yaml")))
    file = root / CHART / folder / name
    source = read(file) or (read(root / CHART / "values.yaml") if rng.random() < 0.5 else "a: b\n")
    write(file, spoil_value(source, rng))


_INNER = {
    "Chart.yaml": "apiVersion: v2\nname: inner\nversion: 1.0.0\ndescription: Inside another one\n",
    "values.yaml": "# -- What it runs\nimage: inner:1.2.3\nunused: 1\n",
    "templates/pod.yaml": """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-inner
spec:
  containers:
    - name: inner
      image: {{ .Values.image }}
""",
}


def inner_chart(root: Path, rng: random.Random) -> None:
    """A chart inside the chart, in charts/ or elsewhere: a sound one, or a change of one of its files."""
    folder = root / CHART / rng.choice(("charts/inner", "charts/inner", "charts/inner/charts/inner", "examples/inner"))
    if rng.random() < 0.6:
        for name, text in _INNER.items():
            write(folder / name, text)
    if rng.random() < 0.6:
        file = folder / rng.choice(sorted(_INNER))
        write(file, spoil_value(read(file) or _INNER["values.yaml"], rng))


_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"(?<=: )[a-z][a-z-]+$", re.MULTILINE)
_LABELS = re.compile(r"^( *)(?:labels|annotations):\n", re.MULTILINE)


def edit(root: Path, rng: random.Random) -> None:
    """What people change every day: a line of prose, a number, a label, a condition; most charts still render."""
    chart = root / CHART
    files = [*templates(chart), *(file for file in (chart / "values.yaml",) if file.is_file())]
    if not files:
        return
    file = rng.choice(files)
    text = read(file)
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    what = rng.randrange(8)
    if what < 2:
        lines.insert(
            at, indent + rng.choice(("# One line more.", "", "{{- /* One line more. */}}", "{{- $more := 1 }}"))
        )
        write(file, "\n".join(lines))
    elif what == 2:
        write(file, _replaced(text, _NUMBER, lambda found: str(int(found[0][:9]) + 1), rng))
    elif what == 3:
        write(file, _replaced(text, _WORD, lambda found: rng.choice((f"{found[0]}x", f'"{found[0]}"')), rng))
    elif what == 4:
        write(file, _replaced(text, _LABELS, lambda found: f"{found[0]}{found[1]}  more: label\n", rng))
    elif what == 5 and file.suffix in (".yaml", ".yml") and file.name != "values.yaml":
        write(
            file, f"{{{{- if {rng.choice(('true', 'not .Values.none', '.Release.Name'))} }}}}\n{text}\n{{{{- end }}}}\n"
        )
    elif what == 6 and file.name != "values.yaml":
        file.rename(file.with_name(f"{rng.choice('az')}{file.name}"))
    else:
        write(file, text + rng.choice(("\n", "# The end.\n", "\n---\n", '\n{{- define "more" }}more{{ end }}\n')))


def _replaced(text: str, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str], rng: random.Random) -> str:
    """A text in which one match of a pattern is changed, or which has a line more at its end."""
    matches = list(pattern.finditer(text))
    if not matches:
        return text + "\n"
    one = rng.choice(matches)
    return text[: one.start()] + change(one) + text[one.end() :]


MUTATIONS: dict[str, Mutate] = {
    "values": values,
    "template": template,
    "action": action,
    "object": new_object,
    "Chart.yaml": chart_yaml,
    "schema": schema,
    "prose": prose,
    "layout": layout,
    "extra values": extra_values,
    "edit": edit,
    "inner chart": inner_chart,
}
"""Each kind of mutation of a chart."""
