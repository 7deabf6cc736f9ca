"""What it costs to prove which values decide rendered fields, and what comes of it.

``python -m bench.proved CHART…`` checks each chart as usual and prints how many fields were left without an exact
value, how many of them rendering placed, the renders that took, and the milliseconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, Pending, RenderOutput, RenderRequest
from helm_constitution.locate import proved_values
from helm_constitution.locate.candidates import Asked
from helm_constitution.render.results import RenderedChart

_Proving = proved_values.Proving


class Proof(NamedTuple):
    """What proving took for one chart."""

    asked: int
    proved: int
    renders: int
    seconds: float


def measure(charts: Iterable[Path], engine: HelmEngine, options: CheckOptions) -> dict[Path, Proof]:
    """Checks charts and prints a row for each; gives what proving took for those that could be checked."""
    found: dict[Path, Proof] = {}
    render = engine.render
    counted: list[Path] = []

    def counting(chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        counted.append(chart)
        return render(chart, request)

    class Timed(_Proving):
        """Notes what proving takes: its start and its result, without what the check does in between."""

        def __init__(
            self,
            asked: Sequence[Asked],
            rendered: RenderedChart,
            engine: HelmEngine,
            known: proved_values.Proofs | None = None,
        ) -> None:
            before, begin = len(counted), time.perf_counter()
            super().__init__(asked, rendered, engine, known)
            self._renders, self._seconds = len(counted) - before, time.perf_counter() - begin

        def result(self) -> proved_values.Proved:
            before, begin = len(counted), time.perf_counter()
            proved = super().result()
            renders = self._renders + len(counted) - before
            seconds = self._seconds + time.perf_counter() - begin
            found[chart] = Proof(len(self.asked), len(proved), renders, seconds)
            return proved

    engine.render = counting  # type: ignore[method-assign]
    proved_values.Proving = Timed  # type: ignore[misc]
    try:
        for chart in charts:
            found[chart] = Proof(0, 0, 0, 0.0)
            try:
                pipeline.run(CheckRequest(chart, engine, options))
            except ConstitutionError as error:
                print(f"{chart}: {error}", file=sys.stderr)
                del found[chart]
                continue
            one = found[chart]
            row = f"{one.asked:5}  {one.proved:6}  {one.renders:7}  {one.seconds * 1000:5.0f}  {chart.name}"
            print(row, flush=True)
    finally:
        proved_values.Proving = _Proving  # type: ignore[misc]
        engine.render = render  # type: ignore[method-assign]
    return found


def main(arguments: Sequence[str]) -> None:
    """Prints a row for each chart, and the sums."""
    engine = choose_engine("embedded", Limits())
    print("asked  proved  renders     ms  chart")
    try:
        found = measure(map(Path, arguments), engine, CheckOptions())
    finally:
        engine.close()
    without = sum(not one.renders for one in found.values())
    most = max((one.renders for one in found.values()), default=0)
    print(f"{without} of {len(found)} charts render nothing more, none more than {most} times")


if __name__ == "__main__":
    main(sys.argv[1:])
