"""How features are named and whether they are on: what a reader of values.yaml sees first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    SHOULD,
    Chart,
    Json,
    LazyPattern,
    NotApplicable,
    Subject,
    View,
    Violation,
    dotted,
    require,
    rule,
)

from .flags import is_foreign

_PART = LazyPattern(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

# Features that have settings of their own, so that a bare boolean leaves no room for them.
_FEATURES = frozenset(
    {"ingress", "autoscaling", "metrics", "monitoring", "persistence", "tracing", "hpa", "pdb", "vpa", "keda"}
    | {
        "serviceMonitor",
        "podMonitor",
        "prometheusRule",
        "networkPolicy",
        "podDisruptionBudget",
        "rbac",
        "serviceAccount",
    }
    | {"httpRoute", "backup", "dashboards", "podSecurityPolicy"}
)
_VERBS = LazyPattern(
    r"(disable|enable|install)([A-Z]\w*)\Z|use((?i:tls|ssl|https|ingress|rbac|metrics|hpa|pdb|auth|cert-?manager))\Z"
)
_ACRONYM = LazyPattern(r"[A-Z]{2,}s?(?![a-z])")
_FIELDS_OF_KUBERNETES = frozenset({"enableServiceLinks", "enableHttp2"})  # and of the Prometheus operator


def _lower(name: str) -> str:
    """A name in camelCase: ``TLSMode`` becomes ``tlsMode``, ``CRDs`` becomes ``crds``."""
    found = _ACRONYM.match(name)
    length = found.end() if found is not None else 1
    return name[:length].lower() + name[length:]


def _settings(subject: Subject) -> Sequence[tuple[tuple[str, ...], Json]]:
    """The chart's own settings with their paths: no list items, nothing of a dependency or of another program."""
    values = subject.chart.values
    if values is None:
        raise NotApplicable("there is no values.yaml")
    return subject.derived(_settings_of)


def _settings_of(chart: Chart) -> Sequence[tuple[tuple[str, ...], Json]]:
    values, dependencies = chart.values, {dependency.key for dependency in chart.dependencies}
    assert values is not None
    found: list[tuple[tuple[str, ...], Json]] = [
        ((key,), data) for key, data in values.data.items() if key not in dependencies
    ]
    for path, data in found:  # it grows as it is gone through
        if isinstance(data, dict) and not is_foreign(path[-1]):
            found.extend([((*path, key), below) for key, below in data.items()])
    return found


@rule(
    "disclosure/flag-odd-name",
    default=SHOULD,
    enforces=require(
        r"\bflags?\b.*`?\benabled\b`? keys?|\benabled\b keys?\b.*\bflags?|flags?\b.*\b(called|named) enabled"
    ),
)
def flag_odd_name(subject: Subject) -> Iterator[Violation]:
    """Feature flag is not named `enabled`.

    Why: Users who know one flag know them all; a negative or bare flag has to be looked up, and leaves no room for
        settings.
    Bad:
        disableTls: false
        ingress: true
    Good:
        tls:
          enabled: true
        ingress:
          enabled: true
    Fix: Turn the feature into a map with the boolean `enabled`; `create` is usual for service accounts and RBAC.
        Deprecated flags and flags named after a program's option are not reported.
    Source: helm create's own values.yaml; Helm best practices, Values
    """
    for path, data in _settings(subject):
        if not isinstance(data, bool):
            continue
        name = path[-1]
        if name not in _FEATURES and not name.startswith(("disable", "enable", "install", "use")):
            continue
        view = _view(subject, path)
        found = _VERBS.match(name)
        if name in _FEATURES:
            what = dotted(path)
            yield Violation(f"feature {what} is a bare switch; rename it to {what}.enabled", view)
        elif found is not None and name not in _FIELDS_OF_KUBERNETES:
            feature = _lower(found.group(2) or found.group(3))
            if _is_deprecated(subject, path, feature) or _is_option(name, subject):
                continue
            turned = " and invert its meaning" if found.group(1) == "disable" else ""
            better = dotted((*path[:-1], feature, "enabled"))
            yield Violation(f"flag {dotted(path)} is not named enabled; rename it to {better}{turned}", view)


_DEPRECATED = LazyPattern(r"\b(?:deprecated|obsolete|superseded)\b", re.IGNORECASE)


def _is_deprecated(subject: Subject, path: tuple[str, ...], feature: str) -> bool:
    """Whether a flag stays for old users alone: the new one stands beside it, or its comment says so."""
    if _view(subject, (*path[:-1], feature, "enabled")).boolean() is not None:
        return True
    assert subject.chart.values is not None
    key = subject.chart.values.by_path.get(path)
    return key is not None and key.comment is not None and _DEPRECATED.search(key.comment.text) is not None


def _is_option(name: str, subject: Subject) -> bool:
    """Whether a template hands something on by this name: to a command, as a variable, in a program's configuration.

    ``disableCompression`` is an option where a template says ``--disable-compression=``, ``WEB_DISABLE_COMPRESSION`` or
    ``disableCompression:``.
    """
    words = [part.lower() for part in _PART.findall(name)]
    option = LazyPattern(
        rf"--[\w.-]*?{'-?'.join(words)}(?![\w-])"
        rf"|(?-i:(?<![A-Z0-9])(?:[A-Z0-9]+_)*{'_'.join(words).upper()}(?![A-Z0-9_]))"
        rf"|^[ \t]*(?:- )?[\"']?{'[-_]?'.join(words)}[\"']?:",
        re.IGNORECASE,
    )
    together = "".join(words)
    return any(
        together in run
        and any(
            option.search(line)
            for line, run_line in zip(text.split("\n"), run.split("\n"), strict=True)
            if together in run_line
        )
        for text, run in subject.derived(_run_together)
    )


def _run_together(chart: Chart) -> Sequence[tuple[str, str]]:
    """The templates' texts, each also in small letters without hyphens and underscores: a quick look before others."""
    texts = (text for file, text in chart.files.items() if file.startswith("templates/"))
    return [(text, text.lower().replace("-", "").replace("_", "")) for text in texts]


_MONITORING = frozenset({"servicemonitor", "podmonitor", "prometheusrule", "prometheusrules"})
_ADVANCED = frozenset(
    {"ingress", "autoscaling", "hpa", "vpa", "keda", "httproute", "istio", "servicemesh", "externaldns"}
    | _MONITORING
    | {
        "grafanadashboard",
        "grafanadashboards",
        "tracing",
        "profiling",
        "debug",
        "experimental",
        "canary",
        "chaos",
        "backup",
        "horizontalpodautoscaler",
    }
)


@rule(
    "disclosure/advanced-on",
    default=SHOULD,
    enforces=(
        require(r"\b(advanced|optional|experimental)( \w+)? (features?|settings|functions)\b.*\b(disabled|off)\b"),
        require(r"\b(disable|turn off)\b.*\b(advanced|optional|experimental) features"),
    ),
)
def advanced_on(subject: Subject) -> Iterator[Violation]:
    """Advanced feature is enabled by default.

    Why: It needs components that a plain cluster may not have (an ingress controller, metrics, an operator), or exposes
        more than a first installation should.
    Bad:
        autoscaling:
          enabled: true
    Good:
        autoscaling:
          enabled: false
    Fix: Disable it by default and explain in the comment how to enable it.
    Source: helm create's own values.yaml (ingress, autoscaling and httpRoute are off)
    """
    own = {part.lower() for part in re.split(r"[-_]", subject.chart.name)}
    if _brings_monitoring(subject):
        own |= _MONITORING
    for path, data in _settings(subject):
        if data is not True:
            continue
        name = path[-1]
        if name in ("enabled", "enable", "create") and len(path) > 1:
            feature = path[-2]
        elif name.lower() in ("debug", "debugmode"):
            feature = "debug"
        elif name.endswith("Enabled"):
            feature = name.removesuffix("Enabled")
        else:
            continue
        if feature.lower() not in _ADVANCED or feature.lower() in own:
            continue  # an ingress controller's ingress is no extra
        view = _view(subject, path)
        if _is_off_above(view):
            continue
        what = dotted(path[:-1] if name in ("enabled", "enable", "create") else path)
        yield Violation(
            f"advanced feature {what} is enabled by default; set it to false and document how to enable it", view
        )


def _view(subject: Subject, path: tuple[str, ...]) -> View:
    """Where a setting stands in values.yaml."""
    assert subject.chart.values is not None
    return subject.chart.values.document.view.get(*path)


def _brings_monitoring(subject: Subject) -> bool:
    """Whether the chart installs the Prometheus operator's kinds itself."""
    names = {dependency.name for dependency in subject.chart.dependencies}
    return bool(names & {"crds", "prometheus-operator", "prometheus-operator-crds"}) or any(
        file.startswith("crds/") and "servicemonitor" in file for file in subject.chart.files
    )


def _is_off_above(view: View) -> bool:
    """Whether something that holds the feature is off itself."""
    for length in range(1, len(view.path) - 1):
        above = view.document.view.get(*view.path[:length])
        if above.get("enabled").data is False or above.get("create").data is False:
            return True
    return False


_UNSURE = frozenset({"experimental", "alpha", "beta", "unsafe", "debug"})
_GROUPS = _UNSURE | {"advanced"}
_SWITCH = frozenset({"debug", "mode", "enable", "enabled", "log", "logs", "logging", "level"})
"""Words of a debug switch, which is a single setting with nothing to group it with."""


@rule(
    "disclosure/ungrouped-advanced",
    default=SHOULD,
    enforces=require(
        r"\bgroup\w*\b.*\b(advanced|experimental)|\b(advanced|experimental)\b.*\b(sections?|grouped|under)\b"
    ),
)
def ungrouped_advanced(subject: Subject) -> Iterator[Violation]:
    """Experimental setting is not grouped separately.

    Why: Users expect a setting among ordinary ones to be as safe as those.
    Bad:
        experimentalRouting: false
    Good:
        experimental:
          routing: false
    Fix: Move settings named experimental, alpha, beta, debug or unsafe below `experimental` or `advanced`. Debug
        switches (debugMode) and settings named after a program's option are not reported.
    Source: Helm best practices, Values ("Consider how users will use your values")
    """
    for path, _ in _settings(subject):
        *above, name = path
        lower = name.lower()
        if not any(word in lower for word in _UNSURE):
            continue
        parts = [part.lower() for part in _PART.findall(name)]
        word = next((part for part in parts if part in _UNSURE), None)
        if word is None or len(parts) < 2 or any(step.lower() in _GROUPS for step in above):
            continue
        if any(part.lower() in _UNSURE for step in above for part in _PART.findall(step)):
            continue  # said once, of what holds it
        if set(parts) <= _SWITCH or _is_option(name, subject):
            continue
        group = "experimental" if word in ("alpha", "beta") else word
        message = f"value {dotted(path)} is {word} but among ordinary settings; move it below {group} or advanced"
        yield Violation(message, _view(subject, path))
