"""Chart.yaml and the definitions in ``crds/`` of two releases."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step, is_major_step
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.kubernetes.versions import OLDEST_SUPPORTED
from helm_constitution.text.place import TextPlace
from helm_constitution.text.semver import Version, parse_constraint, parse_version
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import View, value_at
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart, Dependency
    from helm_constitution.text.place import TextPlace

_EXPLANATIONS = frozenset(
    {
        "description", "title", "example", "externalDocs", "additionalPrinterColumns", "shortNames", "categories",
        "x-kubernetes-map-type", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
    }
)  # fmt: skip
"""Fields of a definition that affect neither which objects are accepted nor which of their fields are kept."""
_NEWEST_MINOR = 60
"""Minor versions of Kubernetes 1 that are tried against kubeVersion."""


def compare_metadata(old: Chart, new: Chart) -> Iterator[Change]:
    """Changes of the chart's name, kubeVersion, appVersion and dependencies."""
    before, after = old.metadata.view, new.metadata.view
    if old.name != new.name:
        yield Change(
            "compat/object-renamed",
            Step.MAJOR,
            f"chart {old.name} was renamed to {new.name}: the old name gets no more releases",
            f"install {new.name}, and set fullnameOverride if objects are named after the chart",
            before.get("name"),
            after.get("name"),
            names=(old.name,),
        )
    if old.is_library != new.is_library:
        what = "chart became a library chart" if new.is_library else "chart is no longer a library chart"
        yield Change("compat/object-removed", Step.MAJOR, what, "", before.get("type"), after.get("type"))
    yield from _kube_floor(before.get("kubeVersion"), after.get("kubeVersion"))
    if not _is_contradicted(old, new):
        yield from _application(before.get("appVersion"), after.get("appVersion"))
    yield from _dependencies(old, new)


def accepted_minors(view: View) -> list[int] | None:
    """The minor versions of Kubernetes that a kubeVersion accepts in any patch release; None if it is not a range."""
    text = view.string()
    if not text:
        return list(range(_NEWEST_MINOR))
    constraint = parse_constraint(text)
    if constraint is None:
        return None
    return [
        minor
        for minor in range(_NEWEST_MINOR)
        if any(constraint.accepts(Version(1, minor, patch)) for patch in (0, 1, 5, 10, 20, 99))
    ]


def _kube_floor(before: View, after: View) -> Iterator[Change]:
    old, new = accepted_minors(before), accepted_minors(after)
    if not old or not new:
        return
    lost = [minor for minor in old if minor not in new]
    if not before.string():
        # A first kubeVersion only breaks clusters that Kubernetes still supports.
        lost = [minor for minor in lost if minor >= OLDEST_SUPPORTED]
    if not lost:
        return
    raised = lost[-1] < new[0]
    wanted = after.string()
    was = f" (was {before.string()})" if before.string() else ""
    what = f"kubeVersion {wanted}{was} no longer accepts Kubernetes {_minors(lost)}"
    advice = (
        f"upgrade the cluster to Kubernetes 1.{new[0]} or later first"
        if raised
        else "check your cluster's version against kubeVersion"
    )
    yield Change(
        "compat/kube-floor-raised", Step.MAJOR, what, advice, before, after, names=("kubeVersion", "Kubernetes")
    )


def _minors(minors: Sequence[int]) -> str:
    return f"1.{minors[0]}" if len(minors) == 1 else f"1.{minors[0]} to 1.{minors[-1]}"


def _application(before: View, after: View) -> Iterator[Change]:
    old, new = _version(before), _version(after)
    if new is None or not is_major_step(old, new):
        return
    yield Change(
        "compat/application-major",
        Step.MAJOR,
        f"application moves from {before.string()} to {after.string()}, a new MAJOR version",
        "read the application's upgrade notes",
        before,
        after,
        names=(str(after.string()).removeprefix("v"), f"{new.major}.{new.minor}", f"{new.major}.x", "appVersion"),
    )


def _is_contradicted(old: Chart, new: Chart) -> bool:
    """Whether appVersion moves to another MAJOR version while the tag of the image with its version does not."""
    mine, theirs = _version(old.metadata.view.get("appVersion")), _version(new.metadata.view.get("appVersion"))
    if old.values is None or new.values is None or mine is None or theirs is None:
        return False
    for view in old.values.document.view.walk():
        if view.path[-1:] == ("tag",) and _version(view) == mine:
            tag = _version(new.values.document.view.get(*view.path))
            return tag is not None and tag.major == mine.major != theirs.major
    return False


def _version(view: View) -> Version | None:
    text = view.document.scalar_text(view.path)
    return parse_version(text.strip(), strict=False) if text else None


def _dependencies(old: Chart, new: Chart) -> Iterator[Change]:
    mine = {dependency.key: dependency for dependency in old.dependencies}
    theirs = {dependency.key: dependency for dependency in new.dependencies}
    for key, dependency in mine.items():
        if _is_library(old, dependency):
            continue  # it has neither objects nor values of its own
        if key not in theirs:
            successor = next(
                (one for one in theirs.values() if one.name == dependency.name and one.key not in mine), None
            )
            if successor is not None:
                yield _renamed(dependency, successor)
                continue
            yield Change(
                "compat/dependency-changed",
                Step.MAJOR,
                f"dependency {key} was removed with its objects and values ({key}.*)",
                f"remove {key} from your values, and install what you still need separately",
                dependency.view,
                new.metadata.view.get("dependencies"),
                names=(key, dependency.name),
            )
        elif (change := _moved(dependency, theirs[key])) is not None:
            yield change
    for key, dependency in theirs.items():
        if key not in mine:
            yield Change("", Step.MINOR, f"dependency {key} is new", new=dependency.view, names=(key,))


def _is_library(chart: Chart, dependency: Dependency) -> bool:
    """Whether a dependency is in charts/ and is a library."""
    found = chart.subcharts.get(dependency.name)
    return found is not None and found.is_library


def _renamed(old: Dependency, new: Dependency) -> Change:
    """The change of a dependency's alias, and so of the key of its values."""
    return Change(
        "compat/dependency-changed",
        Step.MAJOR,
        f"dependency {old.name} reads its values below {new.key} instead of {old.key}, and renames its objects",
        f"move your values from {old.key} to {new.key}, and save the data of the old objects",
        old.view.get("alias" if old.key != old.name else "name"),
        new.view.get("alias" if new.key != new.name else "name"),
        names=(old.key, new.key, old.name),
    )


def _moved(old: Dependency, new: Dependency) -> Change | None:
    """The change of a dependency to another chart under its alias, or to another MAJOR version of it."""
    if old.name != new.name:
        return Change(
            "compat/dependency-changed",
            Step.MAJOR,
            f"dependency {old.key} was replaced: chart {new.name} instead of {old.name}",
            f"adapt your values below {old.key} to {new.name}, and save the data of {old.name}",
            old.view.get("name"),
            new.view.get("name"),
            names=(old.key, old.name, new.name),
        )
    before, after = _lowest(old.version), _lowest(new.version)
    if before is None or after is None or after.major <= before.major:
        return None
    return Change(
        "compat/dependency-changed",
        Step.MAJOR,
        f"dependency {old.key} moves from {old.version} to {new.version}, a new MAJOR version",
        f"read the upgrade notes of {old.name} and adapt your values below {old.key}",
        old.view.get("version"),
        new.view.get("version"),
        names=(old.key, old.name),
    )


def _lowest(constraint: str) -> Version | None:
    """The lowest version that a simple range names."""
    parsed = parse_constraint(constraint)
    if parsed is None or len(parsed.alternatives) != 1:
        return None
    named = [comparison.version for comparison in parsed.alternatives[0] if comparison.operator[:1] != "<"]
    return min(named, key=lambda version: version.order) if named else None


def compare_definitions(
    old: Chart, new: Chart, rendered: Mapping[str, View], in_need: Collection[Json] | None = None
) -> Iterator[Change]:
    """Changes of the custom resource definitions that helm installs and never upgrades.

    Args:
        old: the earlier release.
        new: this one.
        rendered: the definitions that the new templates render, by name.
        in_need: the kinds of which this release needs the new definitions; None for all.
    """
    before, after = dict(_crd_files(old, "")), dict(_crd_files(new, ""))
    if not before:
        return  # the chart had none; helm installs definitions only with the first installation
    changed: list[str] = []
    place: TextPlace | None = None
    earlier: TextPlace | None = None
    kinds = _kinds(before)
    for path, text in after.items():
        if before.get(path) != text and (place is None or len(changed) < 3):
            for name, data in _definitions(text):
                if in_need is not None and _kind(data) not in in_need:
                    continue
                known = kinds.get(name)
                if known is None or _bare(_find(before[known], name)) != _bare(data):
                    changed.append(name)
                    place = place or _text_place(new, path)
                    earlier = earlier or (_text_place(old, known) if known is not None else None)
                    break
    if changed:
        some = ", ".join(changed[:2]) + (" …" if len(changed) > 2 else "")
        yield Change(
            "compat/definition-changed",
            Step.MAJOR,
            f"custom resource definitions in crds/ changed ({some}), and `helm upgrade` does not update them",
            "apply the new definitions before the upgrade: `kubectl apply --server-side -f crds/`",
            earlier,
            place,
            names=("CRD", "CRDs", "crds", "CustomResourceDefinition", "CustomResourceDefinitions", *changed),
        )
    kept = _kinds(after)
    yield from _left(old, new, {name: path for name, path in kinds.items() if name not in {*kept, *rendered}})
    for name, view in rendered.items():
        if name in kinds and name not in kept:
            yield Change(
                "compat/definition-changed",
                Step.MAJOR,
                f"custom resource definition {name} moved from crds/ to the templates, where helm adopts only objects "
                "with its labels",
                f"label and annotate {name} for helm before the upgrade (app.kubernetes.io/managed-by, "
                "meta.helm.sh/release-name, meta.helm.sh/release-namespace)",
                _text_place(old, kinds[name]),
                view,
                names=("CRD", "CRDs", "crds", "CustomResourceDefinition", name),
            )
            return  # they move together: one speaks for all


def _left(old: Chart, new: Chart, gone: Mapping[str, str]) -> Iterator[Change]:
    """The definitions that are no longer in crds/ nor in a template; of a dependency only if it is in charts/."""
    own = {"crds", *new.subcharts}
    here = [name for name, path in gone.items() if path.removeprefix("charts/").partition("/")[0] in own]
    if not here:
        return
    some = ", ".join(here[:2]) + (" …" if len(here) > 2 else "")
    thing = "custom resource definition"
    names = f"{thing} {some} is" if len(here) == 1 else f"{len(here)} {thing}s ({some}) are"
    yield Change(
        "compat/definition-changed",
        Step.MAJOR,
        f"{names} no longer in crds/: new clusters do not get {'it' if len(here) == 1 else 'them'}",
        f"install {'it' if len(here) == 1 else 'them'} separately before the upgrade",
        _text_place(old, gone[here[0]]),
        names=("CRD", "CRDs", "crds", "CustomResourceDefinition", "CustomResourceDefinitions", *here),
    )


def _crd_files(chart: Chart, prefix: str) -> Iterator[tuple[str, str]]:
    for path, text in chart.files.items():
        if path.startswith("crds/") and path.endswith((".yaml", ".yml", ".json")):
            yield prefix + path, text
    for name, subchart in chart.subcharts.items():
        yield from _crd_files(subchart, f"{prefix}charts/{name}/")


def _kinds(files: Mapping[str, str]) -> dict[str, str]:
    """The file of each definition, by the definition's name; only what is not in block style is parsed for it."""
    found: dict[str, str] = {}
    for path, text in files.items():
        for document in text.split("\n---"):
            name = _name_in(document)
            names = [name] if name is not None else []
            if name is None and "CustomResourceDefinition" in document:
                names = [each for each, _ in _definitions(document.removeprefix("---"))]
            for each in names:
                found.setdefault(each, path)
    return found


def _name_in(document: str) -> str | None:
    inside = False
    for line in document.split("\n"):
        if line.startswith("metadata:"):
            inside = True
        elif inside and line.startswith("  name:"):
            return line.partition(":")[2].strip().strip("'\"")
        elif inside and line and line[0] not in " #":
            inside = False
    return None


def _kind(definition: Json) -> Json:
    """The kind that a definition is of."""
    return value_at(definition, ("spec", "names", "kind"))


def _definitions(text: str) -> Iterator[tuple[str, Json]]:
    try:
        documents = load_documents(text, "crds")
    except YamlSyntaxError:
        return
    for document in documents:
        name = document.view.get("metadata", "name").string()
        if name and document.view.get("kind").string() == "CustomResourceDefinition":
            yield name, document.data


def _find(text: str, name: str) -> Json:
    return next((data for found, data in _definitions(text) if found == name), None)


def _bare(data: Json) -> Json:
    """A definition's spec without the fields that may stay outdated in the cluster without harm."""
    return _unexplained(data.get("spec") if isinstance(data, dict) else data)


def _unexplained(data: Json, *, is_names: bool = False) -> Json:
    """A schema without descriptions, printer columns and merge keys; ``is_names`` below properties."""
    if isinstance(data, dict):
        return {
            key: _unexplained(part, is_names=key == "properties" and not is_names)
            for key, part in data.items()
            if is_names or key not in _EXPLANATIONS
        }
    return [_unexplained(part) for part in data] if isinstance(data, list) else data


def _text_place(chart: Chart, path: str) -> TextPlace:
    return TextPlace(path, None, chart.metadata.base)
