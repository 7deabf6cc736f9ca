"""The objects that rendered documents hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.text.yaml_document import View, YamlDocument


def manifests_of(
    documents: Iterable[YamlDocument],
    namespace: str = "default",
    scenario: str = "defaults",
    *,
    tests_count: bool = False,
) -> Iterator[Manifest]:
    """The objects of rendered documents; the elements of a list separately, see :func:`_objects`.

    Args:
        documents: each with the template that made it as its file, see :func:`template_path`.
        namespace: the release's.
        scenario: the one that renders them.
        tests_count: check test hooks like other objects.
    """
    for document in documents:
        dependency = _dependency_of(document.file)
        for part, api_version, kind in _objects(document.view):
            yield Manifest(part, document.file, dependency, namespace, scenario, tests_count, api_version, kind)


def _objects(view: View, api_version: str = "", kind: str = "") -> Iterator[tuple[View, str, str]]:
    """The objects in a part of a document, only maps, with the apiVersion and kind that a list gives to them.

    As Kubernetes' clients read it, whatever has a list of items is a list, in another list too, and one like
    ``PodList`` gives its items their kind where they have no head of their own.
    """
    items = view.get("items")
    if items.is_list:
        given = view.get("apiVersion").string() or "", (view.get("kind").string() or "").removesuffix("List")
        for item in items.items():
            yield from _objects(item, *given)
    elif view.is_map:
        has_head = view.get("apiVersion") or view.get("kind")
        yield (view, "", "") if has_head else (view, api_version, kind)


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
    parts, end = file.split("/"), 0
    while parts[end] == "charts" and len(parts) > end + 2:
        end += 2
    return "/".join(parts[1:end]) or None
