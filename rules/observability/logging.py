"""Logging that users can configure."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import RESULTS, SHOULD, LazyPattern, Subject, ValuesFile, Violation, Workload, require, rule

from .probes import UMBRELLA

_LOG_WORDS = frozenset({"log", "logs", "logging", "logger"})


_LOG_SETTINGS = frozenset(
    {"level", "levels", "format", "formatter", "encoder", "verbosity", "severity", "json", "debug"}
)


_LOG_NAMES = LazyPattern(r"(?i).*(?:log[-_.]?(?:level|format|verbosity|severity|encoder|config)|verbosity|klog|zap)")


_FREE_FORM = LazyPattern(
    r"(?i)(?:extra|additional|custom|common)?_?(?:container)?(?:args|arguments|command|flags|envs?|envvars?|environment|config"
    r"|configuration|configs|settings)"
)


_OF_OTHERS = frozenset(
    (
        *("lifecycle", "hook", "hooks", "exec", "probe", "probes", "stop", "start", "init", "job", "jobs", "migration"),
        *("test", "tests", "backup", "sidecar", "sidecars", "metrics", "exporter", "patch", "cleanup"),
    )
)
"""Words of parts other than the application's own long-running containers: their arguments don't set its logs."""


_STEMS = ("log", "verbosity", "zap", "arg", "command", "flag", "env", "config", "setting")
"""What each of the names above contains: most keys are none of them."""


_WORD = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@rule(
    "observability/fixed-logging",
    default=SHOULD,
    needs={RESULTS},
    enforces=require(
        r"\blog(?:s|ging)?\b.{0,80}\b(?:configur|format|level|structured|json)|\b(?:structured|json)\b.{0,20}\blogs?\b"
        r"|\b(?:configurable|adjustable)\b.{0,30}\blog"
    ),
    umbrella=UMBRELLA,
)
def fixed_logging(subject: Subject) -> Iterator[Violation]:
    """Log level and format cannot be set by values.

    Why: Troubleshooting needs more log lines for an hour, and log collectors need JSON; neither should require a change
        of the chart.
    Bad:
        # values.yaml has no log settings
        replicaCount: 1
    Good:
        log:
          # -- Least severe level that is logged: debug, info, warn or error
          level: info
          # -- Format of the log lines on standard output: json or text
          format: json
    Fix: Add log.level (and log.format, if the software supports several), and pass them to the container as arguments
        or environment. A chart that passes on the user's own arguments or environment is not reported.
    Source: The Twelve-Factor App, XI. Logs; Kubernetes documentation, Logging Architecture
    """
    if not any(_keeps_running(workload) for rendering in subject.renderings for workload in rendering.workloads):
        return
    values = subject.chart.values
    if values is not None and subject.derived_from(values, _has_logging):
        return
    where = None if values is None else values.document.view.get("log")
    yield Violation(
        "log level and format cannot be set by values; add log.level and log.format to values.yaml", at=where
    )


def _keeps_running(workload: Workload) -> bool:
    return not workload.runs_to_completion and not workload.manifest.hooks and workload.manifest.dependency is None


def _has_logging(values: ValuesFile) -> bool:
    return any(_sets_logging(tuple(str(step) for step in key.path)) for key in values.by_path.values())


def _sets_logging(path: tuple[str, ...]) -> bool:
    """Whether a values path sets how the software logs, or passes on arguments, environment or configuration that
    could."""
    last = path[-1]
    lower = last.lower()
    if not any(stem in lower for stem in _STEMS) and "log" not in "".join(path).lower():
        return False
    words = {word.lower() for step in path for word in _WORD.findall(step)}
    if _LOG_NAMES.fullmatch(last) or (_FREE_FORM.fullmatch(last) and not words & _OF_OTHERS):
        return True
    settings = {word.lower() for word in _WORD.findall(last)}
    return bool(words & _LOG_WORDS and settings & _LOG_SETTINGS)
