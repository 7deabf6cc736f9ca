"""Rendered objects as Kubernetes' API names them: typed views of manifests, workloads, pod specs and containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from helm_constitution.core.model import ObjectRef
from helm_constitution.core.records import record
from helm_constitution.kubernetes.pod_templates import UNKNOWN, PodTemplate, parts_at, pod_specs_in, pod_template_of
from helm_constitution.text.yaml_document import Path, View, YamlDocument, dotted

_T = TypeVar("_T")
_P = ParamSpec("_P")

Identity: TypeAlias = tuple[str, str, str]
"""What an object is called in a cluster: its kind, namespace and name."""


_TESTS = frozenset({"test", "test-success", "test-failure"})


@record
class Rendering:
    """One rendering of a chart: the objects of one scenario.

    ``scenario`` is the scenario's name, ``chart_name`` the chart's; ``release_name`` and ``namespace`` are those that
    it was rendered with. ``manifests`` are its objects in helm's order; documents that are not YAML are left out.
    """

    scenario: str
    chart_name: str
    release_name: str
    namespace: str
    manifests: tuple[Manifest, ...]
    _derived: dict[tuple[object, ...], Any] = field(default_factory=dict)

    def derived(self, make: Callable[Concatenate[Rendering, _P], _T], *args: _P.args, **named: _P.kwargs) -> _T:
        """``make(rendering, *args, **named)``, made once and kept as long as the rendering; see ``Subject.derived``."""
        key = (make, args, *named.items())
        if key not in self._derived:
            self._derived[key] = make(self, *args, **named)
        found: _T = self._derived[key]
        return found

    def of_kind(self, *kinds: str) -> Iterator[Manifest]:
        """The objects of these kinds."""
        if len(kinds) == 1:
            return iter(self._by_kind.get(kinds[0], ()))
        return (manifest for manifest in self.manifests if manifest.kind in kinds)

    def find(self, kind: str, name: str, namespace: str) -> Manifest | None:
        """The object of this kind and name in this namespace; the first where there are several."""
        return self._by_name.get((kind, name, namespace))

    def object_of(self, view: View) -> Manifest | None:
        """The object that a view of one of its documents is a part of."""
        for manifest in self._by_document.get(view.document, ()):
            if view.path[: len(manifest.view.path)] == manifest.view.path:
                return manifest
        return None

    @cached_property
    def _by_document(self) -> dict[YamlDocument, list[Manifest]]:
        found: dict[YamlDocument, list[Manifest]] = {}
        for manifest in self.manifests:
            found.setdefault(manifest.view.document, []).append(manifest)
        return found

    @cached_property
    def _by_kind(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = {}
        for manifest in self.manifests:
            found.setdefault(manifest.kind, []).append(manifest)
        return found

    @cached_property
    def _by_name(self) -> dict[tuple[str, str, str], Manifest]:
        found: dict[tuple[str, str, str], Manifest] = {}
        for manifest in self.manifests:
            found.setdefault((manifest.kind, manifest.name, manifest.effective_namespace), manifest)
        return found

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Every object that makes pods, with its pod spec."""
        return tuple(workload for manifest in self.manifests for workload in manifest.workloads)


@record
class Manifest:
    """One rendered object. An element of a list is a manifest of its own.

    ``view`` is the object within its document; ``template`` the file that renders it, relative to the chart
    (``templates/x.yaml`` or ``charts/dep/templates/y.yaml``); ``dependency`` the path of the dependency that it comes
    from (``dep``, ``dep/charts/inner``), None for the chart's own. ``release_namespace`` is the namespace and
    ``scenario`` the scenario that it was rendered with. ``tests_count``: test hooks are checked like other objects.
    ``listed_version`` and ``listed_kind`` are what a list like ``PodList`` makes of an element without a head.
    """

    view: View
    template: str
    dependency: str | None
    release_namespace: str = "default"
    scenario: str = "defaults"
    tests_count: bool = False
    listed_version: str = ""
    listed_kind: str = ""

    @cached_property
    def kind(self) -> str:
        """The object's kind; empty if it has none."""
        return self.view.get("kind").string() or self.listed_kind

    @cached_property
    def api_version(self) -> str:
        """The object's apiVersion; empty if it has none."""
        return self.view.get("apiVersion").string() or self.listed_version

    @cached_property
    def group(self) -> str:
        """The API group; empty for the core group."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @cached_property
    def name(self) -> str:
        """metadata.name, else metadata.generateName, else empty."""
        metadata = self.view.get("metadata")
        return metadata.get("name").string() or metadata.get("generateName").string() or ""

    @cached_property
    def namespace(self) -> str | None:
        """metadata.namespace as rendered; None where the chart leaves it to the release."""
        return self.view.get("metadata", "namespace").string()

    @cached_property
    def effective_namespace(self) -> str:
        """The namespace that the object is installed into (the release's if it names none)."""
        return self.namespace or self.release_namespace

    @cached_property
    def identity(self) -> Identity:
        """What the object is called in a cluster: its kind, namespace and name."""
        return self.kind, self.effective_namespace, self.name

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """metadata.labels; values that are not text are left out."""
        return _strings(self.view.get("metadata", "labels"))

    @cached_property
    def annotations(self) -> Mapping[str, str]:
        """metadata.annotations; values that are not text are left out."""
        return _strings(self.view.get("metadata", "annotations"))

    @cached_property
    def hooks(self) -> tuple[str, ...]:
        """The helm hooks that the document is for (never a list's element), in lower case; empty for no hook."""
        written = self.view.document.view.get("metadata", "annotations", "helm.sh/hook").string() or ""
        return tuple(part.strip().lower() for part in written.split(",") if part.strip())

    @cached_property
    def is_test(self) -> bool:
        """Whether it is a test hook."""
        return not _TESTS.isdisjoint(self.hooks)

    @property
    def is_left_out(self) -> bool:
        """Whether only rules with ``tests=True`` check it: nothing but a test hook, without ``judge_tests: true``."""
        return not self.tests_count and self.is_test and _TESTS.issuperset(self.hooks)

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """One workload for each pod template in the object; none if it creates no pods."""
        template = pod_template_of(self.group, self.kind)
        if template is None:
            return ()
        if template is UNKNOWN:
            specs = pod_specs_in(self.view)
        else:
            specs = (spec for path in template.specs for spec in parts_at(self.view, path))
        return tuple(Workload(self, PodSpec(spec, self, template), template) for spec in specs)

    def get(self, *steps: str | int) -> View:
        """A part of the object."""
        return self.view.get(*steps)

    def reference(self, view: View | None = None) -> ObjectRef:
        """The object's identity, with the container and the field that ``view`` (a part of it) is in."""
        field = container = None
        if view is not None:
            relative = view.path[len(self.view.path) :]
            field = dotted(relative) or None
            container = self._container_of(relative)
        return ObjectRef(self.api_version, self.kind, self.name, self.namespace, container, field)

    def _container_of(self, path: Path) -> str | None:
        for index, step in enumerate(path[:-1]):
            if step in ("containers", "initContainers", "ephemeralContainers") and isinstance(path[index + 1], int):
                return self.view.get(*path[: index + 2], "name").string()
        return None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@record
class Workload:
    """An object that makes pods, with one of its pod templates. ``manifest`` is the object, ``pod`` the spec of its
    pods; ``made_by`` says how its kind makes pods."""

    manifest: Manifest
    pod: PodSpec
    made_by: PodTemplate

    @property
    def kind(self) -> str:
        """The object's kind."""
        return self.manifest.kind

    @property
    def runs_to_completion(self) -> bool:
        """Whether its pods end by themselves (Job, CronJob, a Pod that is a hook), or may (a custom kind that isn't
        known)."""
        return self.made_by.ends or (self.kind == "Pod" and bool(self.manifest.hooks))

    @property
    def is_replicated(self) -> bool:
        """Whether it keeps several equal pods: a Deployment or a StatefulSet, for example."""
        return self.made_by.replicated

    @property
    def unknown_mounts(self) -> Iterator[View]:
        """The names of mounted volumes that its pods don't have: Kubernetes rejects these pods."""
        if self.pod.merged:
            return  # an operator adds volumes of its own
        claims = self.manifest.get("spec", "volumeClaimTemplates").items()
        names = {claim.get("metadata", "name").scalar() for claim in claims}
        names |= {volume.get("name").scalar() for volume in self.pod.get("volumes").items()}
        for container in self.pod.all_containers:
            for key in ("volumeMounts", "volumeDevices"):
                for mount in container.field(key).items():
                    name = mount.get("name")
                    if name.string() and name.scalar() not in names:
                        yield name

    @property
    def pod_metadata(self) -> View:
        """The metadata that its pods get: its pod template's, the object's own for a Pod."""
        if self.made_by.metadata is not None:
            return self.manifest.view.get(*self.made_by.metadata)
        view = self.pod.view
        return view.document.view.get(*view.path[:-1], "metadata")

    @cached_property
    def pod_labels(self) -> Mapping[str, Any]:
        """The labels that its pods carry, as written: a wrong one may be no text."""
        written = self.pod_metadata.get("labels").data
        labels = written if isinstance(written, dict) else {}
        if not self.made_by.labels:
            return labels
        return {**{key: text.format(name=self.manifest.name) for key, text in self.made_by.labels}, **labels}

    @property
    def selector(self) -> View:
        """spec.selector; missing for kinds without one."""
        return self.manifest.get("spec", "selector")


@record
class PodSpec:
    """The spec of the pods that an object makes: ``view`` is its map, ``manifest`` the object, ``made_by`` says how its
    kind makes pods."""

    view: View
    manifest: Manifest
    made_by: PodTemplate

    @property
    def merged(self) -> bool:
        """Whether an operator merges it into its own pods; containers that only change one of these are left
        out."""
        return self.made_by.merged

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The ordinary containers."""
        return self._containers("containers")

    @cached_property
    def init_containers(self) -> tuple[Container, ...]:
        """The init containers, native sidecars among them."""
        return self._containers("initContainers")

    @cached_property
    def ephemeral_containers(self) -> tuple[Container, ...]:
        """The ephemeral containers."""
        return self._containers("ephemeralContainers")

    def _containers(self, role: str) -> tuple[Container, ...]:
        views, made_by = self.view.get(role).items(), self.made_by
        return tuple(
            Container(view, self, role)
            for view in views
            if not made_by.merged or (view.get("image") and view.get("name").scalar() not in made_by.own)
        )

    @cached_property
    def all_containers(self) -> tuple[Container, ...]:
        """Init, ordinary and ephemeral containers, in this order."""
        return self.init_containers + self.containers + self.ephemeral_containers

    @property
    def workload(self) -> Workload:
        """The workload that this spec belongs to."""
        return next(workload for workload in self.manifest.workloads if workload.pod is self)

    @property
    def security_context(self) -> View:
        """The pod's securityContext."""
        return self.view.get("securityContext")

    @property
    def is_windows(self) -> bool:
        """Whether the pods ask for a Windows node."""
        return (
            self.view.get("os", "name").string() == "windows"
            or self.view.get("nodeSelector", "kubernetes.io/os").string() == "windows"
        )

    @property
    def service_account(self) -> str:
        """The service account's name; ``default`` if none is named."""
        return self.view.get("serviceAccountName").string() or self.view.get("serviceAccount").string() or "default"

    def get(self, *steps: str | int) -> View:
        """A part of the spec."""
        return self.view.get(*steps)


@record
class Container:
    """One container of a pod. ``view`` is its map, ``pod`` the spec that it belongs to, ``role`` one of ``containers``,
    ``initContainers`` and ``ephemeralContainers``."""

    view: View
    pod: PodSpec
    role: str

    @property
    def manifest(self) -> Manifest:
        """The object that the container belongs to."""
        return self.pod.manifest

    @property
    def name(self) -> str:
        """The container's name; its index in the list if it has none."""
        return self.view.get("name").string() or f"{self.role}[{self.view.path[-1]}]"

    @property
    def image(self) -> str:
        """The image reference; empty if there is none."""
        return self.view.get("image").string() or ""

    @property
    def is_init(self) -> bool:
        """Whether it is an init container that ends before the others start."""
        return self.role == "initContainers" and not self.is_sidecar

    @property
    def is_sidecar(self) -> bool:
        """Whether it is a native sidecar: an init container that is always restarted."""
        return self.role == "initContainers" and self.view.get("restartPolicy").string() == "Always"

    @property
    def security_context(self) -> View:
        """The container's own securityContext."""
        return self.view.get("securityContext")

    def effective(self, name: str) -> View:
        """A field of the security context: the container's if it is set there, else the pod's.

        If neither sets it, the (missing) field of the container.
        """
        own = self.security_context.get(name)
        if own.exists and own.data is not None:
            return own
        pod = self.pod.security_context.get(name)
        return pod if pod.exists and pod.data is not None else own

    def field(self, *steps: str | int) -> View:
        """A part of the container, there or missing."""
        return self.view.get(*steps)


def _strings(view: View) -> Mapping[str, str]:
    return {key: value for key, part in view.entries() if (value := part.string()) is not None}
