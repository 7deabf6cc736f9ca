"""What template files are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helm_constitution.api import (
    MUST,
    RESULTS,
    SHOULD,
    TEMPLATES,
    Applicability,
    Fix,
    LazyPattern,
    Subject,
    Tally,
    TextPlace,
    Violation,
    forbid,
    require,
    rule,
)

from .files import rendered_kinds, written_kinds
from .statements import BEST_PRACTICES

_FILE_NAMES = (
    r"\b(?:template )?files? ?names?\b|\bnames? of (?:template )?files?\b|\b(?:template )?files?\b.{0,20}\bnamed?\b"
)

_SHORT: Mapping[str, tuple[str, ...]] = {
    "APIService": ("api",),
    "ClusterRole": ("rbac", "cr", "permission", "access"),
    "ClusterRoleBinding": ("rbac", "crb", "permission", "access"),
    "ConfigMap": ("cm", "conf", "dashboard", "script", "setting"),
    "CronJob": ("cj", "schedule"),
    "CustomResourceDefinition": ("crd",),
    "DaemonSet": ("ds",),
    "Deployment": ("deploy", "dep", "depl", "dpl"),
    "HorizontalPodAutoscaler": ("hpa", "autoscal"),
    "Ingress": ("ing",),
    "LimitRange": ("limit",),
    "Namespace": ("ns",),
    "NetworkPolicy": ("netpol", "np"),
    "PersistentVolume": ("pv",),
    "PersistentVolumeClaim": ("pvc", "volume", "storage"),
    "PodDisruptionBudget": ("pdb", "disruption"),
    "PodMonitor": ("podmon",),
    "PodSecurityPolicy": ("psp",),
    "PriorityClass": ("pc",),
    "PrometheusRule": ("alert", "rules"),
    "ReplicaSet": ("rs",),
    "Role": ("rbac", "permission", "access"),
    "RoleBinding": ("rbac", "rb", "permission", "access"),
    "ScaledObject": ("keda", "autoscal"),
    "Secret": ("cred", "password", "token", "tls", "cert"),
    "SecurityContextConstraints": ("scc",),
    "Service": ("svc",),
    "ServiceAccount": ("sa", "rbac"),
    "ServiceMonitor": ("sm", "svcmon"),
    "StatefulSet": ("sts",),
    "StorageClass": ("sc",),
    "ValidatingWebhookConfiguration": ("vwc", "webhook"),
    "MutatingWebhookConfiguration": ("mwc", "webhook"),
    "VerticalPodAutoscaler": ("vpa", "autoscal"),
}
"""Short names of kinds in file names: kubectl's, and those usual in public charts."""

_GENERATED = LazyPattern(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+_[a-z0-9]+")
"""controller-gen's file names of definitions: group and plural name."""
_PART = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*")
_TOLD_APART = LazyPattern(r"[^a-z0-9]+")


@rule(
    "templates/file-name",
    default=SHOULD,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(
            rf"(?:{_FILE_NAMES}).{{0,60}}\b(?:lower-?case|dash\w*|hyphen\w*|kebab\W?case|kinds?|resource types?)\b"
        ),
        forbid(rf"(?:{_FILE_NAMES}).{{0,60}}\b(?:camel\W?case|underscores?|upper-?case)\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def file_name(subject: Subject) -> Iterator[Violation | Tally]:
    """Template file name does not follow the naming convention.

    Why: Readers look for the Service in service.yaml; under another name they have to search for it.
    Bad:
        templates/my_Stuff.yaml         (kind: Service)
    Good:
        templates/metrics-service.yaml
    Fix: Rename the file after its purpose and kind, in lower case with dashes. The folder may name the kind
        (deployments/server.yaml), and short names are accepted (svc.yaml, pvc.yaml, rbac.yaml). Partials, tests, files
        that print objects from values, files with several kinds (templates/mixed-kinds), and definitions with
        controller-gen's names (acme.io_webs.yaml) are not checked.
        `fix` renames it if that does not change the rendered output.
    Source: Helm chart best practices, Templates ("file names should use dashed notation", "reflect the resource kind")
    """
    rendered = rendered_kinds(subject)
    good = total = 0
    for template in subject.templates:
        path = template.path.removeprefix("templates/")
        name = path.rpartition("/")[2]
        if template.is_partial or template.tree is None or name == "NOTES.txt":
            continue
        total += 1
        stem = name.rpartition(".")[0] or name
        kinds = dict.fromkeys([kind for kind, _ in subject.derived_from(template, written_kinds)])
        kinds.update(dict.fromkeys(sorted(rendered.get(template.path, ()))))
        generated = list(kinds) == ["CustomResourceDefinition"] and _GENERATED.fullmatch(stem) is not None
        if stem != stem.lower() or " " in stem or ("_" in stem and not generated):
            better = f"{_dashed(stem)}{name[len(stem) :]}"
            message = f"file name has capitals, underscores or spaces; rename it to {better}"
            yield Violation(message, TextPlace(template.path), fix=_renamed(template.path, name, better))
        elif len(kinds) == 1 and not generated and "test" not in path and not _names(path, kind := next(iter(kinds))):
            better = f"{stem}-{kind.lower()}.yaml"
            message = f"file name does not mention the kind {kind}; rename it, for example to {better}"
            yield Violation(message, TextPlace(template.path), fix=_renamed(template.path, name, better))
        else:
            good += 1
    yield Tally(good, total, "template files named after their kind")


def _dashed(stem: str) -> str:
    words = LazyPattern(r"(?<=[a-z0-9])(?=[A-Z])|[_\s]+").sub("-", stem)
    return words.lower()


def _names(path: str, kind: str) -> bool:
    """Whether a path says a kind: as a whole, by its last word, its initials or a usual short name."""
    lower = path.lower()
    plain = _TOLD_APART.sub("", lower)
    words = _TOLD_APART.split(lower)
    parts = [part.lower() for part in _PART.findall(kind)] or [kind.lower()]
    if kind.lower() in plain or any(len(word) > 4 and kind.lower().startswith(word) for word in words):
        return True
    if len(parts) > 1 and "".join(part[0] for part in parts) in words:
        return True
    told = [part for part in (parts[-1], parts[-1].removesuffix("s"), parts[-1].removesuffix("y")) if len(part) > 3]
    if any(part in plain for part in told):
        return True
    if len(parts) > 1 and len(parts[0]) > 4 and parts[0] in plain and parts[0] not in ("cluster", "service"):
        return True
    words = [*words, *(word.removesuffix("s") for word in words if len(word) > 3)]  # crds.yaml, pvcs.yaml
    return any(short in (plain if len(short) > 3 else words) for short in _SHORT.get(kind, ()))


EXTENSIONS = (".yaml", ".yml", ".tpl", ".txt")
"""The extensions that helm lint accepts (validateAllowedExtension)."""


@rule(
    "templates/extension",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(rf"\b(?:templates?|{_FILE_NAMES})\b.{{0,60}}(?:\bextensions?\b|\.ya?ml\b.{{0,20}}\bextension)"),
        forbid(r"\b(?:file )?extensions?\b.{0,40}\btemplates?\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def extension(subject: Subject) -> Iterator[Violation]:
    """File in templates/ does not have a template extension.

    Why: Helm renders every file in templates/ whatever its name: a JSON file, a script or an editor's backup is
        rendered as a template and sent to the cluster, and helm lint fails.
    Bad:
        templates/dashboard.json
        templates/service.yaml.orig
    Good:
        files/dashboard.json          (read with .Files.Get)
    Fix: Move files that are not templates to another folder, delete leftovers, or rename the file to .yaml (.tpl if it
        only has named templates). If this rule is an error, testing/lint-error does not repeat it.
    Source: helm lint (validateAllowedExtension); Helm chart best practices, Templates
    """
    for template in subject.templates:
        name = template.path.rpartition("/")[2]
        if not name.endswith(EXTENSIONS):
            dot = name.rfind(".")
            shown = f"extension {name[dot:]}" if dot > 0 else "no extension"
            what = f"file has {shown}, but helm renders it as a template"
            yield Violation(f"{what}; rename it to .yaml or move it out of templates/", TextPlace(template.path))


def _renamed(path: str, name: str, better: str) -> Fix:
    new = f"{path.removesuffix(name)}{better}"
    return Fix(f"rename it to {better}", (), Applicability.SAFE, ((path, new),))
