"""The charts that a chart depends on, and the version of the application that it installs."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    TEMPLATES,
    Constraint,
    Json,
    LazyPattern,
    Related,
    SetField,
    Subject,
    TextPlace,
    Version,
    View,
    Violation,
    YamlSyntaxError,
    forbid,
    load_document,
    parse_constraint,
    parse_version,
    require,
    rule,
    whole_number,
)

from .statements import BEST_PRACTICES

_NUMBER = LazyPattern(r"[0-9]+")


def _remote(subject: Subject) -> list[tuple[str, str, View]]:
    """(name, version, entry) of the dependencies that come from a repository."""
    return [
        (dependency.name, dependency.version, dependency.view)
        for dependency in subject.chart.dependencies
        if dependency.repository and not dependency.repository.startswith("file:")
    ]


@rule(
    "helm/dependency-unpinned",
    default=MUST,
    enforces=(
        forbid(r"\b(?:floating|unpinned) (?:chart |dependency )?(?:versions?|charts?|dependenc(?:y|ies))\b"),
        require(
            r"\bpin\b.{0,20}\bdependenc(?:y|ies)\b|\bdependenc(?:y|ies)\b(?:[^,;()]|\([^()]*\)){0,60}\b(?:pinned|fixed|bounded|exact|version)\b"
        ),
    ),
    umbrella=BEST_PRACTICES,
)
def dependency_unpinned(subject: Subject) -> Iterator[Violation]:
    """Dependency version has no upper bound.

    Why: The next `helm dependency update` can pull in a major release that breaks the chart, without a change in
        Chart.yaml.
    Bad:
        dependencies:
          - name: redis
            version: ">=17.0.0"
    Good:
        dependencies:
          - name: redis
            version: ~17.3.2
    Fix: Limit the range (`~1.2.3`, `^1.2.3`, `1.x.x`) or pin one version.
    Source: Helm chart best practices, Dependencies: Versions
    """
    for name, text, entry in _remote(subject):
        constraint = parse_constraint(text)
        if constraint is None:
            continue  # helm itself reports it
        if not text.strip() or len(_majors(constraint)) > 1:
            shown = f'version "{text}"' if text.strip() else "missing version"
            message = f'{shown} of dependency "{name}" allows any later major version; limit it, for example ~1.2.3'
            yield Violation(message, at=entry.get("version"))


def _majors(constraint: Constraint) -> list[int]:
    """The major versions that a range allows, of those in it and two on either side: several without a bound."""
    named = {number for text in _NUMBER.findall(constraint.text) if (number := whole_number(text)) is not None}
    beside = {number + step for number in named for step in range(-2, 3)} | {0, 1}
    return [major for major in beside if major >= 0 and constraint.accepts(Version(major, 999, 999))]


@rule(
    "helm/dependency-unlocked",
    default=MUST,
    enforces=require(r"\b(?:Chart\.lock|lock ?files?)\b|\bdependenc(?:y|ies)\b.{0,40}\block"),
    umbrella=BEST_PRACTICES,
)
def dependency_unlocked(subject: Subject) -> Iterator[Violation]:
    """Chart.lock is missing or does not match the dependencies.

    Why: Without the lock file, every machine resolves the range again; with an outdated one, `helm dependency build`
        fails.
    Bad:
        Chart.yaml
    Good:
        Chart.yaml
        Chart.lock
    Fix: Run `helm dependency update` and commit Chart.lock.
    Source: Helm documentation, helm dependency build; chart-testing
    """
    remote = _remote(subject)
    old = subject.chart.api_version == "v1"
    lock, source = ("requirements.lock", "requirements.yaml") if old else ("Chart.lock", "Chart.yaml")
    text = subject.chart.files.get(lock)
    if text is None:
        if remote:
            yield Violation(f"chart has no {lock}; run helm dependency update and commit {lock}", at=remote[0][2])
        return
    try:
        locked = load_document(text, lock)
    except YamlSyntaxError as error:
        yield Violation(f"{lock} is not valid YAML: {error.message}; run helm dependency update", at=TextPlace(lock))
        return
    versions: dict[str, list[View]] = {}
    for entry in locked.view.get("dependencies").items():
        versions.setdefault(entry.get("name").string() or "", []).append(entry.get("version"))
    for name, wanted, entry in remote:
        found = versions.get(name)
        constraint = parse_constraint(wanted)
        if found is None:
            yield Violation(f'dependency "{name}" is not in {lock}; run helm dependency update', at=entry)
        elif constraint is not None:
            parsed = [parse_version(view.string() or "", strict=False) for view in found]
            if not any(version is not None and constraint.accepts(version, prereleases=True) for version in parsed):
                yield Violation(
                    f"{lock} locks {name} {found[0].data}, which {wanted} in {source} does not allow;"
                    " run helm dependency update",
                    at=entry.get("version"),
                    related=(Related(found[0], "locked here"),),
                )


@rule(
    "helm/dependency-not-optional",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(
        r"\bcondition\b.{0,20}\bdependenc(?:y|ies)\b"
        r"|\b(?:sub-?charts?|dependenc(?:y|ies))\b.{0,60}\b(?:optional|condition|disabled?|enabled|switched)"
    ),
    umbrella=BEST_PRACTICES,
)
def dependency_not_optional(subject: Subject) -> Iterator[Violation]:
    """Dependency cannot be disabled.

    Why: Users who already have the database, or may not run another one, can't use the chart.
    Bad:
        dependencies:
          - name: redis
    Good:
        dependencies:
          - name: redis
            condition: redis.enabled
    Fix: Add a condition (`redis.enabled`) and set it in values.yaml. A library chart needs none.
    Source: Helm chart best practices, Dependencies: Conditions and Tags
    """
    names = {dependency.name for dependency in subject.chart.dependencies}
    if len(names) == 1 and not any("kind:" in template.text for template in subject.templates):
        return  # the chart is that dependency with other values
    for dependency in subject.chart.dependencies:
        condition = dependency.view.get("condition")
        loaded = subject.chart.subcharts.get(dependency.name)
        library = dependency.name in _LIBRARIES or (loaded is not None and loaded.is_library)
        if not library and not dependency.condition and not dependency.tags:
            message = f'dependency "{dependency.key}" cannot be disabled; add condition: {dependency.key}.enabled'
            yield Violation(message, at=condition)


_LIBRARIES = frozenset({"common", "library", "base-library", "common-library"})
"""Usual names of library charts, for a dependency that isn't in charts/."""


@rule(
    "helm/dependency-http",
    default=MUST,
    enforces=(
        require(r"\b(?:repositor(?:y|ies)|dependenc(?:y|ies)|sub-?charts?)\b.{0,60}\b(?:https|oci|tls)\b"),
        forbid(r"\bunencrypted\b|\bhttp://"),
    ),
    umbrella=BEST_PRACTICES + r"|\bsecure (?:by )?defaults?\b|\bsupply[- ]chain\b",
)
def dependency_http(subject: Subject) -> Iterator[Violation]:
    """Dependency is downloaded without encryption.

    Why: An attacker in the network can replace the chart, and the replacement runs in the cluster.
    Bad:
        repository: http://charts.example.com
    Good:
        repository: https://charts.example.com
    Fix: Use https:// or oci://.
        `fix --unsafe` writes https://.
    Source: Helm chart best practices, Dependencies: Repository URLs
    """
    for name, _, entry in _remote(subject):
        repository = entry.get("repository")
        if (repository.string() or "").lower().startswith("http://"):
            secure = f"https://{(repository.string() or '')[7:]}"
            yield Violation(
                f'dependency "{name}" is downloaded without encryption; use https:// or oci://',
                at=repository,
                fix=SetField(secure),
            )


_RELEASE = LazyPattern(r"\d+(?:\.\d+)+")


@rule(
    "helm/app-version-drift",
    default=SHOULD,
    enforces=require(
        r"\bapp(?:lication)? ?version\b.{0,80}\b(?:image|tag)\b|\bimage tags?\b.{0,60}\bapp ?version\b"
        r"|\bapp ?version\b.{0,10}\bmatch(?:es|ing)?\b"
    ),
    umbrella=BEST_PRACTICES,
)
def app_version_drift(subject: Subject) -> Iterator[Violation]:
    """Default image tag does not match the appVersion.

    Why: `helm list` and the version label show one version, but another one runs.
    Bad:
        # Chart.yaml: appVersion: "2.8.1"
        image:
          tag: 2.7.0
    Good:
        image:
          # -- Tag of the image; the chart's appVersion where empty
          tag: ""
    Fix: Leave the tag empty and default to .Chart.AppVersion in the template, or update both together.
    Source: Helm documentation, The appVersion field; the chart that `helm create` writes
    """
    app_version = subject.chart.metadata.view.get("appVersion")
    values = subject.chart.values
    wanted = _RELEASE.search(app_version.string() or "")
    if values is None or wanted is None:
        return
    images = (values.document.view.get(*path) for path in _images(values.data, ()))
    own = [image for image in images if image.path == ("image",) or _is_named_after(image, subject.chart.name)]
    # An empty tag means the appVersion.
    tags = [str(image.get("tag").data or "") for image in own]
    releases = [(image, found) for image, tag in zip(own, tags, strict=True) if (found := _RELEASE.search(tag))]
    if not all(tags):
        return
    if not releases or any(_agree(found[0], wanted[0]) for _, found in releases):
        return
    tag = releases[0][0].get("tag")
    yield Violation(
        f"default image tag {tag.data} does not match appVersion {app_version.data} in Chart.yaml;"
        " leave the tag empty and default it to .Chart.AppVersion",
        at=tag,
        related=(Related(app_version, "appVersion"),),
    )


def _images(data: dict[str, Json], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of the maps of values that describe an image: repository and tag."""
    for key, child in data.items():
        if isinstance(child, dict):
            if "tag" in child and ("repository" in child or key.lower().endswith("image")):
                yield (*path, key)
            else:
                yield from _images(child, (*path, key))


def _is_named_after(image: View, chart: str) -> bool:
    name = (image.get("repository").string() or "").rpartition("/")[2]
    return bool(name) and (name == chart or chart in image.path)


def _agree(left: str, right: str) -> bool:
    """Whether two versions are the same as far as both are given: 1.27 and 1.27.3 are."""
    parts = zip(left.split("."), right.split("."), strict=False)
    return all(whole_number(one) == whole_number(other) for one, other in parts)
