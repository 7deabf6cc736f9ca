"""Probes that users can configure and understand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import SHOULD, TEMPLATES, LazyPattern, Subject, TextPlace, Violation, require, rule

from .probes import UMBRELLA

_PROBE = LazyPattern(r"(?P<probe>liveness|readiness|startup)Probe:(?P<rest>.*)")


_PROBE_KEYS = LazyPattern(r"(?i)(?:liveness|readiness|startup)(?:probe)?s?")


@rule(
    "observability/probe-fixed",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(
        r"\bprobes?\b.{0,60}\b(?:configurable|tunable|overrid|adjustable|customi[sz]able|exposed)|\bprobes?\b.{0,60}\bvalues\b"
    ),
    umbrella=UMBRELLA + r"|\bprobes?\b.{0,40}\bsensible\b",
)
def probe_fixed(subject: Subject) -> Iterator[Violation]:
    """Probe settings are hard-coded in the template.

    Why: The time to start and to answer depends on the cluster and the data; users who can't change the probe get
        restarts instead.
    Bad:
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
    Good:
        livenessProbe:
          {{- toYaml .Values.livenessProbe | nindent 12 }}
    Fix: Move the probe to values.yaml and print it with toYaml, or at least read its timings from values.
    Source: Kubernetes documentation, Configure Liveness, Readiness and Startup Probes
    """
    for template in subject.templates:
        if "Probe:" not in template.text or "CustomResourceDefinition" in template.text:
            continue
        for match in _PROBE.finditer(template.text):
            if _is_written_out(template.text, match):
                start, end = match.start("probe"), match.end("probe") + len("Probe")
                yield Violation(
                    f"{match['probe']} probe is hard-coded in the template; print it with toYaml from values.yaml",
                    at=TextPlace(template.path, template.span_between(start, end)),
                )


_CONTROL = LazyPattern(r"\{\{-?\s*(?:if|else|end|with|range|/\*)")


def _is_written_out(text: str, match: re.Match[str]) -> bool:
    """Whether no action below a probe's key prints a part of it; the port alone doesn't count."""
    start = text.rfind("\n", 0, match.start()) + 1
    before = text[start : match.start()]
    if "{{" in match["rest"] or before.strip(" \t-"):
        return False  # printed, or in a comment or a text
    written = "Get:" in match["rest"] or "exec:" in match["rest"]
    for line in text[match.end() + 1 : match.end() + 2000].splitlines():
        stripped = line.lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        if _CONTROL.match(stripped):
            continue
        if not stripped.startswith("{{") and len(line) - len(stripped) <= len(before):
            break
        if "{{" in stripped and not stripped.startswith("port:"):
            return False
        written = True
    return written


@rule(
    "observability/probe-undocumented",
    default=SHOULD,
    enforces=require(
        r"\b(?:health[- ]?checks?|probes?|health endpoints?)\b.{0,60}\bdocument"
        r"|\bdocument\w*\b.{0,60}\b(?:health|probes?)\b"
    ),
    umbrella=UMBRELLA,
)
def probe_undocumented(subject: Subject) -> Iterator[Violation]:
    """Probe in values.yaml has no comment.

    Why: Finding out why pods aren't ready starts at the probe: which endpoint it calls, and what a failure means.
    Bad:
        livenessProbe:
          httpGet: {path: /healthz, port: http}
    Good:
        # -- Liveness probe, GET /healthz; answers 200 while the process is able to serve
        livenessProbe:
          httpGet: {path: /healthz, port: http}
    Fix: Add a comment above the key that names the endpoint and explains its responses.
    Source: Helm chart best practices, Values: Document values.yaml
    """
    if subject.chart.values is None:
        return
    keys = subject.chart.values.keys()
    documented = {key.path[: end + 1] for key in keys if key.comment is not None for end in range(len(key.path))}
    for key in keys:
        last = key.path[-1]
        if not isinstance(last, str) or not _PROBE_KEYS.fullmatch(last) or not isinstance(key.value, dict | None):
            continue
        if key.path not in documented:
            view = subject.chart.values.document.view.get(*key.path)
            yield Violation(
                f"{key.name} has no comment; describe which endpoint it calls and what a failure means", at=view
            )
