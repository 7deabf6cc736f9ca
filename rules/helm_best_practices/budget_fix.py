"""A PodDisruptionBudget for a workload, written like the workload's own template."""

from __future__ import annotations

from collections.abc import Sequence

from helm_constitution.api import Edit, Fix, LazyPattern, Subject, Workload

_CONDITION = LazyPattern(r"\{\{-? if [^{}]+\}\}\Z")
_END = LazyPattern(r"\{\{-? end \}\}\Z")


def budget_for(workload: Workload, subject: Subject) -> Fix | None:
    """A template with the metadata and the selector of the workload's template, under the same conditions.

    None if that template contains more than one object, or anything but conditions around it.
    """
    text = subject.template_text(workload.manifest)
    folder, _, name = workload.manifest.template.rpartition("/")
    stem = name.removesuffix(".yaml")
    file = f"{folder}/pdb.yaml" if stem == workload.kind.lower() else f"{folder}/{stem}-pdb.yaml"
    if text is None or workload.manifest.dependency is not None or file in subject.chart.files:
        return None
    lines = text.rstrip().replace("\r\n", "\n").split("\n")
    begin = next((number for number, line in enumerate(lines) if line.startswith("apiVersion:")), None)
    if begin is None or any(line.startswith("---") for line in lines[begin:]):
        return None
    before = [line for line in lines[:begin] if line.strip() and not line.startswith(("#", "---"))]
    after = lines[len(lines) - len(before) :] if before else []
    if not all(_CONDITION.match(line) for line in before) or not all(_END.match(line) for line in after):
        return None
    metadata, selector = _block(lines, "metadata:", 0), _block(lines, "  selector:", 2)
    if not metadata or not selector or any(":=" in line or "$" in line for line in (*metadata, *selector)):
        return None
    budget = [
        *before,
        "apiVersion: policy/v1",
        "kind: PodDisruptionBudget",
        *_without_annotations(metadata),
        "spec:",
        "  maxUnavailable: 1",
        "  unhealthyPodEvictionPolicy: AlwaysAllow",
        *selector,
        *after,
    ]
    edit = Edit(file, 1, 1, 1, 1, "".join(f"{line}\n" for line in budget))
    return Fix("add a PodDisruptionBudget with maxUnavailable: 1", (edit,))


def _block(lines: Sequence[str], key: str, depth: int) -> list[str]:
    """The lines of a key and those below it; empty if the key is written in another way, or its actions extend beyond
    it."""
    begin = next((number for number, line in enumerate(lines) if line == key), None)
    if begin is None:
        return []
    found = [lines[begin]]
    for line in lines[begin + 1 :]:
        if line.strip() and len(line) - len(line.lstrip(" ")) <= depth:
            break
        found.append(line)
    opened = sum(line.count("{{- if") + line.count("{{- with") + line.count("{{- range") for line in found)
    return found if opened == sum(line.count("{{- end") for line in found) else []


def _without_annotations(metadata: Sequence[str]) -> Sequence[str]:
    """The metadata without the annotations, which are about the workload."""
    begin = next((number for number, line in enumerate(metadata) if line.strip() == "annotations:"), None)
    if begin is None:
        return metadata
    depth = len(metadata[begin]) - len(metadata[begin].lstrip(" "))
    end = next(
        (
            number
            for number in range(begin + 1, len(metadata))
            if metadata[number].strip() and len(metadata[number]) - len(metadata[number].lstrip(" ")) <= depth
        ),
        len(metadata),
    )
    if begin > 1 and metadata[begin - 1].lstrip().startswith(("{{- with", "{{- if")):
        begin, end = begin - 1, end + 1
    return [*metadata[:begin], *metadata[end:]]
