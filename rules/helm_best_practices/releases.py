"""How Helm handles a chart's objects: several releases in one namespace, renderings without a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Action,
    Command,
    Control,
    Group,
    Identifier,
    Json,
    Manifest,
    Pipeline,
    Rendering,
    Subject,
    TemplateFile,
    TextPlace,
    Urgency,
    Variable,
    Violation,
    commands,
    contents,
    forbid,
    pipelines,
    require,
    rule,
)

from .lookup_fix import with_defaults
from .statements import BEST_PRACTICES

# A cluster has one object of the kind, with a name that others rely on.
_ONE_PER_CLUSTER = frozenset(
    {
        "APIService",
        "CSIDriver",
        "ClusterIssuer",
        "CustomResourceDefinition",
        "GatewayClass",
        "IngressClass",
        "Namespace",
        "PodSecurityPolicy",
        "PriorityClass",
        "RuntimeClass",
        "SecurityContextConstraints",
        "StorageClass",
        "VolumeSnapshotClass",
    }
)


@rule(
    "helm/release-collision",
    scope=Rendering,
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(
            r"\b(?:several|multiple|two|many) (?:releases|installations|instances)\b"
            r"|\b(?:objects?|resources?)\b.{0,30}\bnames?\b.{0,40}\bunique\b"
            r"|\bnames?\b.{0,40}\brelease name\b|\binstalled (?:twice|more than once|several times)\b"
        ),
        forbid(
            r"\bfixed (?:object |resource )?names?\b"
            r"|\bhard-?cod\w*\b.{0,20}\b(?:release|resource|object) names?\b"
        ),
    ),
    umbrella=BEST_PRACTICES,
    urgency=Urgency.COLLISION,
)
def release_collision(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Object name is the same in every release.

    Why: The second installation in a namespace fails ("exists and cannot be imported into the current release"), or
        both releases overwrite the object.
    Bad:
        metadata:
          name: web-config
    Good:
        metadata:
          name: {{ include "web.fullname" . }}-config
    Fix: Begin the name with the named template of the full name, which contains the release name. Names that come from
        a value, and kinds that exist once per cluster, are not reported.
    Source: Helm chart best practices, Templates; the chart that `helm create` writes
    """
    if rendering.scenario != "defaults":
        return
    given: set[str] | None = None
    for manifest in rendering.manifests:
        name = manifest.get("metadata", "name")
        if not manifest.name or rendering.release_name in manifest.name or manifest.kind in _ONE_PER_CLUSTER:
            continue
        # system:…, kubedb:core:view: roles that every installation of a component shares by design
        if not name.string() or ":" in manifest.name or manifest.is_left_out or subject.given_by_values(manifest):
            continue
        if given is None:
            given = _words(subject)
        if manifest.name not in given and not any(manifest.name.startswith(f"{word}-") for word in given):
            message = (
                f"{manifest.kind} has the same name ({manifest.name}) in every release; begin it with the full name"
            )
            yield Violation(message, at=name, group=_same_cause(manifest))


def _same_cause(manifest: Manifest) -> Group:
    """The other objects whose names lack the release name: one named template, or one habit, is the usual cause."""
    message = "{count} objects have the same name in every release; begin their names with the full name: {items}"
    return Group(("release-collision", manifest.dependency or ""), message, str(manifest))


@rule(
    "helm/keep-in-list",
    scope=Rendering,
    default=MUST,
    enforces=forbid(r"\bannotations?\b.{0,60}\blists?\b"),
    umbrella=BEST_PRACTICES,
)
def keep_in_list(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Helm annotation in a List is ignored.

    Why: helm reads neither a List's own annotations nor those of its items: an object to keep is deleted with the
        release, and a hook is installed with everything else.
    Bad:
        kind: List
        metadata:
          annotations:
            helm.sh/resource-policy: keep
        items: []
    Good:
        kind: PersistentVolumeClaim
        metadata:
          annotations:
            helm.sh/resource-policy: keep
    Fix: Render the objects one by one, each with the annotation.
    Source: Helm documentation, Chart Development Tips and Tricks: Tell Helm Not To Uninstall a Resource; helm lint
    """
    lists = {id(manifest.view.document): manifest.view.document.view for manifest in rendering.manifests}
    for view in lists.values():
        # An element of a list is a manifest of its own, below the document's root.
        if not view.get("items").is_list or not (view.get("kind").string() or "").endswith("List"):
            continue
        places = [view, *view.get("items").items()]
        for place in places:
            for name, value in place.get("metadata", "annotations").entries():
                if name in ("helm.sh/resource-policy", "helm.sh/hook"):
                    yield Violation(
                        f"helm ignores the annotation {name} in a List; render the objects one by one", at=value
                    )


def _words(subject: Subject) -> set[str]:
    """Every key and text of the values: a name that contains one comes from it."""
    words: set[str] = set()
    pending: list[Json] = [subject.chart.values.data] if subject.chart.values is not None else []
    pending += [chart.values.data for chart in subject.chart.subcharts.values() if chart.values is not None]
    while pending:
        data = pending.pop()
        if isinstance(data, dict):
            words.update(data)
            pending.extend(data.values())
        elif isinstance(data, list):
            pending.extend(data)
        elif isinstance(data, str) and data:
            words.add(data)
    return words


_GUARDS = frozenset(
    {
        "and",
        "coalesce",
        "default",
        "dig",
        "empty",
        "get",
        "hasKey",
        "len",
        "merge",
        "mustMerge",
        "not",
        "or",
        "ternary",
    }
)


@rule(
    "helm/lookup-unguarded",
    default=MUST,
    needs={TEMPLATES},
    enforces=require(r"\blookup\b"),
    umbrella=BEST_PRACTICES,
)
def lookup_unguarded(subject: Subject) -> Iterator[Violation]:
    """Result of lookup is used without a check.

    Why: `lookup` returns nothing in `helm template`, `--dry-run` and the first installation: the template fails there,
        or its output differs from what is installed.
    Bad:
        {{- $secret := lookup "v1" "Secret" .Release.Namespace "web" }}
        password: {{ $secret.data.password }}
    Good:
        {{- $secret := lookup "v1" "Secret" .Release.Namespace "web" }}
        {{- if $secret }}
        password: {{ $secret.data.password }}
        {{- else }}
        password: {{ randAlphaNum 32 | b64enc }}
        {{- end }}
    Fix: Check the result with `if`, `with`, `default` or `dig`, and define a fallback.
        `fix --unsafe` adds an empty default to the fields that are read.
    Source: Helm documentation, Template Functions: Using the lookup function
    """
    for template in subject.templates:
        if template.tree is not None and "lookup" in template.text:
            for command, variables in _unguarded(template):
                message = (
                    "result of lookup is used without a check, but it is empty in helm template and at installation;"
                    " check it with if, or add a default"
                )
                fix = with_defaults(template.path, template.text, variables)
                yield Violation(message, at=TextPlace(template.path, template.span(command)), fix=fix)


def _unguarded(template: TemplateFile) -> Iterator[tuple[Command, Sequence[str]]]:
    """The calls of lookup, with the variables that contain their results."""
    asked = _asked(template)
    for node in contents(template.tree or ()):
        if isinstance(node, Control):
            continue  # if, with and range are checks themselves
        for pipeline in pipelines(node):
            found = [
                command
                for command in commands(pipeline)
                if _calls(command, "lookup") and not _is_tested_around(template, command)
            ]
            if not found or any(_calls(command, *_GUARDS) for command in commands(pipeline)):
                continue
            if isinstance(node, Action) and pipeline.variables and asked & set(pipeline.variables):
                continue
            variables = pipeline.variables if isinstance(node, Action) else ()
            yield from ((command, variables) for command in found)


def _is_tested_around(template: TemplateFile, lookup: Command) -> bool:
    """Whether a branch around a call of lookup tests the result of the same call."""
    for control, _ in template.controls:
        if control.start <= lookup.start < control.end:
            branch = [each for each in control.branches if each.start <= lookup.start][-1]
            if branch.pipeline is not None and template.source(lookup) in template.source(branch.pipeline):
                return True
    return False


def _calls(command: Command, *names: str) -> bool:
    return bool(command.args) and isinstance(command.args[0], Identifier) and command.args[0].name in names


def _asked(template: TemplateFile) -> set[str]:
    """The variables that a condition, or a function that accepts an empty value, tests."""
    asked: set[str] = set()
    for node in contents(template.tree or ()):
        for pipeline in pipelines(node):
            if isinstance(node, Control) or any(_calls(command, *_GUARDS) for command in commands(pipeline)):
                asked.update(_variables(pipeline))
    return asked


def _variables(pipeline: Pipeline) -> Iterator[str]:
    for command in commands(pipeline):
        for argument in command.args:
            if isinstance(argument, Variable):
                yield argument.name
