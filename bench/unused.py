"""Checks by rendering what values/unused says: a value that no template reads changes nothing.

``python -m bench.unused [CHART…]`` (by default the charts of ``testdata/charts/styles``) gives every value that the
analysis of the templates calls unread another one of the same type, renders with Helm's embedded library, and compares.
A chart is rendered with its default values, with each ``ci/*-values.yaml``, and once for each boolean of values.yaml,
turned round: a value may be read only where a feature is on. ``--used`` counts as well how many of the other values
could not be seen to change anything.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from helm_constitution.chart.loader import load_chart
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderOutput, RenderRequest
from helm_constitution.render.scenarios import plan
from helm_constitution.templates import parse_templates
from helm_constitution.templates.uses import ValueUses, analyse
from helm_constitution.text.yaml_document import dotted

STYLES = Path(__file__).parent.parent / "testdata" / "charts" / "styles"
WORD = "perturbed"
ValuesPath = tuple[str, ...]


@dataclass
class Verdicts:
    """What the renderings of one chart said.

    ``scenarios`` is how many ways of rendering could be compared; with none, nothing was confirmed. ``refuted`` are
    values called unread that change what is rendered, ``silent`` values called read that were never seen to do so.
    """

    unread: list[ValuesPath]
    scenarios: int = 0
    refuted: dict[ValuesPath, str] = field(default_factory=dict)
    read: int = 0
    silent: list[ValuesPath] = field(default_factory=list)


def leaves(values: Mapping[str, Any], path: ValuesPath = ()) -> Iterator[tuple[ValuesPath, Any]]:
    """Every value that holds no other, lists and empty maps among them."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, str(key)))
        else:
            yield (*path, str(key)), value


def other(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return [*value, WORD]
        case dict():
            return {WORD: WORD}
        case _:
            return f"{value or ''}{WORD}"


def overlay(changes: Iterable[tuple[ValuesPath, Any]]) -> dict[str, Any]:
    """Values that set these paths."""
    made: dict[str, Any] = {}
    for path, value in changes:
        place = made
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = value
    return made


class Perturbation:
    """One chart, rendered again and again with other values."""

    def __init__(self, chart: Path, engine: HelmEngine, folder: Path, given: tuple[Path, ...] = ()) -> None:
        self.request = RenderRequest(values_files=given, skip_schema=True)
        self.chart = chart
        self.engine = engine
        self.folder = folder
        self.count = 0
        loaded = load_chart(chart, shown=chart.name)
        self.values: Mapping[str, Any] = loaded.values.data if loaded.values is not None else {}
        self.uses: ValueUses = analyse(loaded, parse_templates(loaded))

    def verdicts(self, *, planted: Iterable[ValuesPath] = (), used: bool = False) -> Verdicts:
        """Compares in every scenario.

        Args:
            planted: values to try besides those of values.yaml, where the analysis calls them unread.
            used: whether to try the values that are called read, too.
        """
        everything = dict(leaves(self.values)) | dict.fromkeys(planted)
        unread = {path: value for path, value in everything.items() if not self.uses.is_read(path)}
        read = {path: value for path, value in everything.items() if path not in unread}
        found = Verdicts(list(unread), read=len(read))
        silent = dict(read) if used else {}
        for name, request in self._scenarios():
            plain = self.rendered(request, {})
            if not plain.ok:
                continue
            noise = _noise(plain, self.rendered(request, {}))
            found.scenarios += 1
            if unread and _differ(plain, self.changed(request, unread), noise):
                for path, value in unread.items():
                    if path not in found.refuted and _differ(plain, self.changed(request, {path: value}), noise):
                        found.refuted[path] = name
            for path, value in list(silent.items()):
                if _differ(plain, self.changed(request, {path: value}), noise):
                    del silent[path]
        found.silent = list(silent)
        return found

    def _scenarios(self) -> Iterator[tuple[str, RenderRequest]]:
        for scenario in plan(self.chart, self.request, "quick"):
            yield scenario.name, scenario.request
        for path, value in leaves(self.values):
            if isinstance(value, bool):
                request = self._with(self.request, overlay([(path, not value)]))
                yield f"{dotted(path)}={str(not value).lower()}", request

    def changed(self, request: RenderRequest, values: Mapping[ValuesPath, Any]) -> RenderOutput:
        """Renders with each of these values, as they are by default, set to another one."""
        return self.rendered(request, overlay((path, other(value)) for path, value in values.items()))

    def rendered(self, request: RenderRequest, values: Mapping[str, Any]) -> RenderOutput:
        """Renders with these values on top of the request's."""
        return self.engine.render(self.chart, self._with(request, values) if values else request).result()

    def _with(self, request: RenderRequest, values: Mapping[str, Any]) -> RenderRequest:
        self.count += 1
        file = self.folder / f"{self.count}.yaml"
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        return request._replace(values_files=(*request.values_files, file))


def _lines(output: RenderOutput) -> list[str]:
    return [
        line for document in output.documents for line in (f"# {document.source}", *document.text.strip().split("\n"))
    ]


def _noise(one: RenderOutput, again: RenderOutput) -> frozenset[int]:
    """The lines that differ between two renderings of the same values: what is random."""
    pairs = zip(_lines(one), _lines(again), strict=False)
    return frozenset(number for number, (first, second) in enumerate(pairs) if first != second)


def _differ(plain: RenderOutput, changed: RenderOutput, noise: frozenset[int]) -> bool:
    one, two = _lines(plain), _lines(changed)
    if not changed.ok or len(one) != len(two):
        return True
    return any(first != second and n not in noise for n, (first, second) in enumerate(zip(one, two, strict=True)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the verdicts of each chart. Exit status 1 where a value called unread was refuted."""
    parser = argparse.ArgumentParser(prog="bench.unused", description="Checks values called unused by rendering.")
    parser.add_argument("charts", nargs="*", type=Path)
    parser.add_argument("-f", "--values", action="append", type=Path, default=[], help="values that the charts need")
    parser.add_argument("--used", action="store_true", help="try the values that are called read, too (slow)")
    options = parser.parse_args(arguments)
    engine = choose_engine("embedded", Limits())
    unread = confirmed = refuted = read = silent = 0
    for chart in options.charts or sorted(STYLES.iterdir()):
        with tempfile.TemporaryDirectory() as folder:
            found = Perturbation(chart, engine, Path(folder), tuple(options.values)).verdicts(used=options.used)
        unread += len(found.unread)
        refuted += len(found.refuted)
        confirmed += len(found.unread) - len(found.refuted) if found.scenarios else 0
        read += found.read
        silent += len(found.silent)
        said = f"{len(found.unread)} unread, {len(found.refuted)} refuted" if found.scenarios else "does not render"
        print(f"{chart.name}: {found.read + len(found.unread)} values, {said}, {found.scenarios} scenarios", flush=True)
        for path, name in found.refuted.items():
            print(f"  refuted: {dotted(path)} ({name})")
        for path in found.silent:
            print(f"  never seen to change anything: {dotted(path)}")
    engine.close()
    print(f"values called unread: {unread}; confirmed {confirmed}, refuted {refuted}")
    if options.used:
        print(f"values called read: {read}; {silent} were never seen to change anything")
    return 1 if refuted else 0


if __name__ == "__main__":
    sys.exit(main())
