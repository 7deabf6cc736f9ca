"""The objects that rendered documents hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.text.yaml_document import YamlDocument


def manifests_of(
    documents: Iterable[YamlDocument],
    namespace: str = "default",
    scenario: str = "defaults",
    *,
    tests_count: bool = False,
) -> Iterator[Manifest]:
    """The objects of rendered documents; the elements of a ``kind: List`` separately, only maps.

    Args:
        documents: each with the template that made it as its file, see :func:`template_path`.
        namespace: the release's.
        scenario: the one that renders them.
        tests_count: check test hooks like other objects.
    """
    for document in documents:
        dependency = _dependency_of(document.file)
        view = document.view
        kind = view.get("kind").string() or ""
        parts = [view]
        if kind.endswith("List") and view.get("items").is_list and not view.get("spec").exists:
            parts = list(view.get("items").items())
        for part in parts:
            if part.is_map:
                yield Manifest(part, document.file, dependency, namespace, scenario, tests_count)


def template_path(source: str, chart_name: str) -> str:
    """The file, relative to the chart, of a ``# Source:`` line.

    >>> template_path("web/templates/a.yaml", "web")
    'templates/a.yaml'
    >>> template_path("web/charts/redis/templates/b.yaml", "web")
    'charts/redis/templates/b.yaml'
    """
    return source.removeprefix(f"{chart_name}/")


def _dependency_of(file: str) -> str | None:
    """The dependency that a template belongs to, by its path in the chart; None for the chart's own."""
    if not file.startswith("charts/"):
        return None
    parts = file.split("/")
    if "templates" in parts:
        return "/".join(parts[1 : parts.index("templates")])
    return parts[1] if len(parts) > 1 else None
