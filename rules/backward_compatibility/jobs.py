"""Jobs that an upgrade can't change."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import SHOULD, Severity, Subject, Urgency, Violation, Workload, forbid, require, rule


@rule(
    "compat/job-pod-template",
    scope=Workload,
    default=SHOULD,
    enforces=(
        require(r"\bjobs?\b.{0,40}\b(?:are|is|as) (?:helm )?hooks?\b"),
        forbid(r"\bjobs?\b.{0,60}\b(?:versions?|change)\b"),
    ),
    umbrella=r"\bbackwards?[- ]compatib\w+\b(?! (?:additions?|schema|values?|api))"
    r"|\b(?:safe|seamless|smooth|painless) upgrades?\b",
    urgency=Urgency.UPGRADE,
)
def job_pod_template(workload: Workload, subject: Subject) -> Iterator[Violation]:
    """Job's pod template contains the chart version.

    Why: The pod template of a Job is immutable: the next upgrade fails with "field is immutable" while the old Job
        exists.
    Bad:
        kind: Job
        metadata:
          name: {{ include "web.fullname" . }}-migrate
        spec:
          template:
            metadata:
              labels:
                helm.sh/chart: web-1.2.0
    Good:
        kind: Job
        metadata:
          name: {{ include "web.fullname" . }}-migrate-{{ .Release.Revision }}
    Fix: Make the Job a hook, add .Release.Revision to its name, or remove versions from its pod template;
        ttlSecondsAfterFinished removes the Job between two upgrades in most cases.
    Source: Kubernetes documentation, Jobs; Helm issue 7082
    """
    manifest = workload.manifest
    chart = subject.chart_of(manifest)
    if manifest.kind != "Job" or manifest.group != "batch" or manifest.hooks or chart is None or not chart.version:
        return
    text = subject.template_text(manifest) or ""
    if _varies(manifest.name, chart.version) or any(call in text for call in _CHANGING):
        return
    for part in workload.pod_metadata.walk():
        label = part.string() or ""
        if label == chart.version or label.endswith(f"-{chart.version.replace('+', '_')}"):
            yield Violation(
                f"Job's pod template contains the chart version ({part.path[-1]}) and is immutable: the next upgrade"
                " will fail; remove it, make the Job a hook, or add {{ .Release.Revision }} to the Job's name",
                at=part,
                at_most=Severity.WARNING if manifest.get("spec", "ttlSecondsAfterFinished").exists else None,
            )
            return


_CHANGING = ("generateName:", ".Release.Revision", "randAlpha", "randNumeric", "now |")
"""Parts of a Job's template that give it a new name each time."""


def _varies(name: str, version: str) -> bool:
    """Whether a name changes with each release: it contains the version, or ends in a number."""
    return version in name or version.replace(".", "-") in name or name.rpartition("-")[2].isdigit()
