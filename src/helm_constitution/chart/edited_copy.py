"""Copies of a chart with other texts in place of some of its own, for helm to render."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.scratch import scratch_folder

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart


@contextmanager
def edited_copy(chart: Chart, sources: Mapping[str, str], without: Collection[str] = ()) -> Iterator[Path]:
    """A copy of the chart that helm can render, with these texts in place of its own; it is removed afterwards.

    Args:
        chart: the chart to copy.
        sources: texts by their paths.
        without: paths of the chart's own templates that the copy lacks.
    """
    with scratch_folder() as scratch:
        copy = scratch / chart.path.resolve().name
        _copy(chart, copy, sources, without)
        yield copy


def folders_below(chart: Chart, prefix: str) -> Iterator[tuple[Chart, str]]:
    """The charts that stand as folders below a chart, at any depth, each with its path in the top chart."""
    for subchart in chart.subcharts.values():
        if subchart.path.is_dir():
            inner = f"{prefix}charts/{subchart.path.name}/"
            yield subchart, inner
            yield from folders_below(subchart, inner)


def packages_of(chart: Chart) -> Iterator[tuple[Chart, str]]:
    """The packages in a chart's ``charts/`` that a copy can hold unpacked, each with the folder that it gets there."""
    for subchart in chart.subcharts.values():
        if subchart.path.is_file() and not subchart.undecodable and not subchart.subcharts:
            yield subchart, f"charts/{subchart.name}/"


def _copy(chart: Chart, folder: Path, sources: Mapping[str, str], without: Collection[str]) -> None:
    """A copy of the chart that helm can render: its templates, edited where they are; all else by links."""
    written = {"templates", "charts", *(path.partition("/")[0] for path in sources)}
    texts = {}
    linked = {".helmignore"}
    for path, text in chart.files.items():
        top = path.partition("/")[0]
        if path in without:
            continue
        if top in written:
            texts[path] = text
        else:
            linked.add(top)  # a folder as a whole
    for top in linked:
        if (chart.path / top).exists():
            _link(chart.path / top, folder / top)
    for subchart, prefix in folders_below(chart, ""):
        if any(path.startswith(prefix) for path in sources):
            texts.update((prefix + path, text) for path, text in subchart.files.items())
    unpacked: set[str] = set()
    for subchart, prefix in packages_of(chart):
        if any(path.startswith(prefix) for path in sources):
            texts.update((prefix + path, text) for path, text in subchart.files.items())
            unpacked.add(subchart.path.name)
    texts.update(sources)
    made: set[str] = set()
    for path, text in texts.items():
        place = os.path.join(folder, *path.split("/"))
        parent = os.path.dirname(place)
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        with open(place, "wb", buffering=0) as file:
            file.write(text.encode())
    for path in chart.undecodable:
        _link(chart.path / path, folder / path)
    dependencies = chart.path / "charts"
    if dependencies.is_dir():
        for entry in os.scandir(dependencies):
            if entry.name not in unpacked:
                _link(Path(entry.path), folder / "charts" / entry.name)


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source.resolve())
