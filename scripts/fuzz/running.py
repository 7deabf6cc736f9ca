"""Runs a case, in this process or as a whole program, and gives its faults."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from helm_constitution.check.cache import Cache
from helm_constitution.check.charts import check_alone
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.cli.accept import accept_findings
from helm_constitution.cli.constitution_pin import pin
from helm_constitution.cli.init import init
from helm_constitution.cli.plan import fill_plan
from helm_constitution.core.files import write_file
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.lint.registry import modules
from helm_constitution.policy.configuration import load_configuration
from helm_constitution.policy.constitution import read_constitution
from helm_constitution.policy.find import find_configuration
from helm_constitution.policy.pin import proposals
from helm_constitution.policy.waivers import read_plan
from helm_constitution.report import FORMATS, lcov, renderer, text
from helm_constitution.report.model import RunReport
from scripts.fuzz import editing, edits, oracles
from scripts.fuzz.cases import EDITS, SERVER, Case, baseline_of, lay_out, policies_of
from scripts.fuzz.mutations import CHART
from scripts.fuzz.oracles import Fault, Rendering
from scripts.fuzz.team import CONFIGURATION, DEBT

SECONDS = 60
MEMORY = 1024**3
NAMES = ("web", "web-1.2", "sub/web", "Web", "web_x", "é", "x" * 70, "1", ".", "..", "-x", "a b", "a\tb", CHART, "{{}}")
"""Names for ``create``."""
_KINDS = (
    (),
    ("--kind", "statefulset"),
    ("--kind", "job"),
    ("--kind", "cronjob"),
    ("--kind", "library"),
    ("--gateway",),
    ("--starter",),
)
_WRITTEN = {
    "check": (),
    "accept": (DEBT,),
    "plan": ("plan.md",),
    "init": (CONFIGURATION, "constitution.md"),
    "fix": (),
    "apply": (f"{CHART}/",),
    "create": tuple(f"{name}/" for name in NAMES if name != CHART),
    "waive": (CONFIGURATION,),
    "waivers": (),
    "fleet": (),
    "pin": ("constitution.md",),
}
_DAY = "2026-01-31"


class OutOfTime(BaseException):
    """A case took too long. No handler of errors may take it for one of its own."""


class Runner:
    """Runs cases with one engine.

    Args:
        engine: the embedded one, for runs in this process.
        helm: a helm of the user's, for whole programs.
        seconds: the processor time that a case may take.
    """

    def __init__(self, engine: HelmEngine, helm: Path, seconds: int = SECONDS) -> None:
        self._engine = engine
        self._helm = helm
        self._seconds = seconds

    def run(self, case: Case) -> list[Fault]:
        """The faults of a case, in a workspace that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as folder:
            root = Path(folder).resolve() / "work"
            root.mkdir()
            with contextlib.chdir(root):
                lay_out(case, root)
                if case.command == SERVER:
                    return asyncio.run(editing.run(case, root, self._engine, self._helm))
                before = oracles.state_of(root)
                is_apart = case.whole and case.command != EDITS
                faults = list(self._whole(case, root) if is_apart else self._inside(case, root))
                if case.command != EDITS:
                    faults.extend(oracles.of_files(before, oracles.state_of(root), _WRITTEN[case.command]))
                return faults

    def _inside(self, case: Case, root: Path) -> Iterator[Fault]:
        began = time.monotonic()
        _forget_peak()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                if case.command == EDITS:
                    with _limited(self._seconds * len(case.mutations)):
                        yield from edits.run(case, root, self._check_of(case, root))
                else:
                    with _limited(self._seconds):
                        yield from self._checked(case, root)
            except (Exception, OutOfTime) as error:  # noqa: BLE001 - that is what is looked for
                if (fault := oracles.of_exception(error)) is not None:
                    yield fault
        for one in told:
            if issubclass(one.category, FutureWarning | SyntaxWarning | RuntimeWarning | UserWarning):
                yield Fault("warning", f"{one.category.__name__} {Path(one.filename).name}", str(one.message))
        if (peak := _peak()) > MEMORY:
            yield Fault("memory", "1 GiB", f"{peak >> 20} MiB after {time.monotonic() - began:.1f} s")

    def _check_of(self, case: Case, root: Path) -> edits.Check:
        """What checks the chart of a case with or without what is kept of earlier checks: the pipeline, or whole
        programs, one of which is a fleet that resumes."""
        form = ("json", "text", "fleet")[case.number % 3]
        options = self._options(case, root)._replace(sources=case.coverage)

        def in_process(cache: bool) -> edits.Reports:
            return _texts(self._report(options._replace(cache=cache), root))

        def whole(cache: bool) -> edits.Reports:
            _, *arguments = self._arguments(case, root)
            if form == "fleet":
                kept = ["--results", str(edits.cache_folder() / "results")] if cache else []
                arguments = ["fleet", *arguments, "--format", "sarif", *kept]
            else:
                kept = [one for one in arguments if one != "--no-cache"]
                arguments = ["check", *(kept if cache else arguments), "--format", form]
            done = self._program(arguments, root)
            said = "" if done.returncode in (0, 1) else done.stderr.decode("utf-8", "replace").partition("results: ")[0]
            return {form: f"{done.stdout.decode('utf-8', 'replace')}{done.returncode}\n{said}"}

        return whole if case.whole else in_process

    def _options(self, case: Case, root: Path) -> CheckOptions:
        baseline = baseline_of(case, root)
        return CheckOptions(
            select=tuple(case.select.split(",")) if case.select else (),
            scenarios=case.scenarios,
            baseline=str(baseline) if baseline is not None else None,
            coverage=case.coverage,
            subcharts=case.subcharts,
            debug=True,
            today=_DAY,
            policies=policies_of(case, root),
        )

    def _checked(self, case: Case, root: Path) -> Iterator[Fault]:
        options = self._options(case, root)
        if case.command == "init":
            init(root)
        run = self._report(options, root)
        yield from oracles.of_reports(run)
        if run.status == 0:
            yield from oracles.of_helms_word(self._engine.render(root / CHART, options.request).result())
        texts = _texts(run)
        yield from oracles.of_formats(texts)
        if case.coverage:
            lcov.render(run)
        if case.twice and not oracles.is_random(root):
            again = _texts(self._report(options, root))
            yield from (Fault("other bytes", form, "") for form in texts if texts[form] != again[form])
        if case.command == "accept":
            yield from self._accepted(run, options, root)
        elif case.command == "plan":
            _fill(run, root)
        elif case.command == "pin":
            _pin(root)

    def _report(self, options: CheckOptions, root: Path) -> RunReport:
        cache = Cache.of(root / CHART, self._engine, options)
        kept = cache.load(options.day) if cache is not None else None
        reports = (kept or check_alone(CheckRequest(root / CHART, self._engine, options), cache),)
        return RunReport("embedded", self._engine.version(), self._engine.kube_version(RenderRequest()), reports)

    def _accepted(self, run: RunReport, options: CheckOptions, root: Path) -> Iterator[Fault]:
        """What was just accepted fails nothing."""
        accept_findings(run.charts, None, _DAY, full=options.scenarios == "full")
        after = self._report(options, root)
        stale = any(chart.stale for chart in (*run.charts, *after.charts))
        if after.status != 0 and not stale and not oracles.is_random(root):
            yield Fault("accepted and fails", str(after.status), text.render(after, colour=False, full=False)[:2000])

    def _arguments(self, case: Case, root: Path) -> list[str]:
        """The command line of a case, but for the format."""
        if case.command == "init":
            return ["init"]
        if case.command == "pin":
            return ["constitution", "pin", "--write", "constitution.md"]
        if case.command == "create":
            return ["create", *_KINDS[case.number % len(_KINDS)], "--", NAMES[case.number % len(NAMES)]]
        if case.command == "waive":
            reasons = ["--why", "it is needed", "--instead", "nothing is simpler", "--values", "a.b"]
            return ["waive", "values/unused", CHART, *reasons]
        command = "fix" if case.command == "apply" else case.command
        cache = [] if case.beside else ["--no-cache"]
        arguments = [command, *cache, "--engine", case.engine, "--scenarios", case.scenarios, "--debug"]
        arguments += ["--select", case.select] if case.select else []
        arguments += ["--subcharts"] if case.subcharts else []
        baseline = baseline_of(case, root) if not _has_several(case) else None
        arguments += ["--baseline", str(baseline)] if baseline is not None else []
        arguments += [f"--policies={place}" for place in policies_of(case, root)]
        arguments += ["plan.md"] if case.command == "plan" else []
        arguments += ["--diff"] if case.command == "fix" else []
        arguments += ["--unsafe"] if _is_unsafe(case) else []
        return [*arguments, "." if _has_several(case) else CHART]

    def _whole(self, case: Case, root: Path) -> Iterator[Fault]:
        """The program as users run it."""
        arguments = self._arguments(case, root)
        form = list(FORMATS)[case.number % len(FORMATS)]
        if case.command == "check":
            arguments += ["--format", form, *(["--coverage", "../coverage"] if case.coverage else [])]
        if case.command == "fleet":
            arguments += ["--format", form, "--jobs", "2"]
        before = self._template(CHART, root) if case.command == "apply" else None
        began = time.monotonic()
        try:
            with ThreadPoolExecutor() as pool:
                other = pool.submit(self._program, arguments, root) if case.beside else None
                done = self._program(arguments, root)
            if other is not None:
                yield from oracles.of_end(other.result())
        except subprocess.TimeoutExpired:
            yield Fault("time", "whole program", f"more than {3 * self._seconds} s")
            return
        yield from oracles.of_end(done)
        output = done.stdout.decode("utf-8", "replace")
        if case.command == "check" and output and done.returncode in (0, 1):
            yield from oracles.of_formats({form: output})
            word = self._template(CHART, root)
            yield from oracles.of_helms_run(done.returncode, word.status, word.text)
        if before is not None and not oracles.is_random(root):
            yield from oracles.of_fixes(before, self._template(CHART, root), is_safe=not _is_unsafe(case))
        if case.command == "create" and done.returncode == 0 and "library" not in arguments:
            word = self._template(arguments[-1], root)
            if word.status != 0 and "--starter" not in arguments:
                yield Fault("created and broken", "helm template", word.text[-2000:])
        if _has_several(case) and not oracles.is_random(root):
            alone = self._program([*arguments, "--jobs", "1"], root)
            if (alone.returncode, alone.stdout) != (done.returncode, done.stdout):
                said = oracles.of_lines(alone.stdout.decode("utf-8", "replace"), output)
                yield Fault("other bytes", f"fleet {form}", said)
        took = time.monotonic() - began
        if took > 2 * self._seconds:
            yield Fault("time", "whole program", f"{took:.0f} s")

    def _program(self, arguments: Sequence[str], root: Path) -> subprocess.CompletedProcess[bytes]:
        """Runs the program. Raises TimeoutExpired."""
        command = [sys.executable, "-m", "helm_constitution", *arguments]
        named = {"HELM_BIN": str(self._helm), "XDG_CACHE_HOME": str(root.parent / "cache")}
        environment = {**os.environ, **named, "PYTHONWARNINGS": "default"}
        limit = 3 * self._seconds
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=limit, check=False)

    def _template(self, chart: str, root: Path) -> Rendering:
        """What ``helm template`` says of a chart."""
        command = [str(self._helm), "template", "--kube-version", "v1.36.0", "--", chart]
        done = subprocess.run(command, cwd=root, capture_output=True, timeout=120, check=False)
        return Rendering(done.returncode, (done.stderr if done.returncode else done.stdout).decode("utf-8", "replace"))


def _has_several(case: Case) -> bool:
    """Whether several charts are checked, by processes of their own."""
    return case.command == "fleet" and case.baseline


def _is_unsafe(case: Case) -> bool:
    return case.command == "apply" and case.number % 2 == 1


def _texts(run: RunReport) -> dict[str, str]:
    return {
        form: text.render(run, colour=False, full=True) if form == "text" else renderer(form)(run) for form in FORMATS
    }


def _fill(run: RunReport, root: Path) -> None:
    """What the command ``plan`` does behind its check."""
    file = root / "plan.md"
    words = read_plan(file)
    place = find_configuration(root / CHART, None)
    configuration = load_configuration(place, root / CHART, modules())
    if not run.charts[0].principles:
        return
    filled = fill_plan(words, run.charts[0], configuration.waivers, modules(), file=str(file))
    if filled != fill_plan(filled, run.charts[0], configuration.waivers, modules(), file=str(file)):
        raise AssertionError("a plan that is filled twice is another one")
    write_file(file, filled, "the plan")


def _pin(root: Path) -> None:
    """Pins what isn't pinned; then everything is."""
    file = root / "constitution.md"
    with contextlib.redirect_stdout(io.StringIO()):
        pin(file, modules(), write=True)
    if proposals(read_constitution(root, file)[1], str(file), modules()):
        raise AssertionError("a constitution that was pinned has unpinned statements")


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Raises OutOfTime in what takes more processor time, or far longer by the clock, as what hangs does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise OutOfTime(f"more than {seconds} s")

    timers = ((signal.SIGALRM, signal.ITIMER_REAL, 10 * seconds), (signal.SIGPROF, signal.ITIMER_PROF, seconds))
    before = [signal.signal(number, end) for number, _, _ in timers]
    for _, timer, most in timers:
        signal.setitimer(timer, most)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """The most memory that this process held since it was asked to forget, in bytes."""
    try:
        line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(line.split()[1]) * 1024
