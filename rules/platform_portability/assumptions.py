"""What a chart assumes of the cluster that it is installed on: its domain, its nodes, its ports, its rights."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MAY,
    MUST,
    OFF,
    SHOULD,
    TEMPLATES,
    Container,
    Fix,
    LazyPattern,
    Manifest,
    Parameter,
    PodSpec,
    Span,
    Subject,
    TextPlace,
    View,
    Violation,
    forbid,
    replaced,
    require,
    rule,
)

from .objects import STANDARD_KUBERNETES

_DOMAIN = ".svc.cluster.local"


@rule(
    "portability/cluster-domain",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        forbid(r"\bhard-?cod\w*\b.*\b(?:cluster (?:names?|domains?)|environment[- ]specific)|\bcluster\.local\b"),
        require(r"\bwithout\b.{0,20}\bcluster\.local\b|\bcluster domains?\b.{0,40}\b(?:configurable|overrid)"),
    ),
    umbrella=STANDARD_KUBERNETES,
)
def cluster_domain(subject: Subject) -> Iterator[Violation]:
    """A template writes the cluster's domain out.

    Why: cluster.local is kubeadm's default; on clusters with another domain the name doesn't resolve.
    Bad:
        value: http://{{ include "web.fullname" . }}.{{ .Release.Namespace }}.svc.cluster.local
    Good:
        value: http://{{ include "web.fullname" . }}.{{ .Release.Namespace }}.svc
    Fix: End the name at `.svc`, which resolves in every cluster, or take the domain from a value.
        `fix --unsafe` ends the name at .svc.
    Source: Kubernetes documentation, DNS for Services and Pods
    """
    for template in subject.templates:
        if _DOMAIN not in template.text or template.path == "templates/NOTES.txt":
            continue
        for number, line in enumerate(template.text.split("\n"), 1):
            start = line.find(_DOMAIN)
            if start >= 0 and not line.lstrip().startswith("#"):
                place = TextPlace(template.path, Span(number, start + 1, number, start + 1 + len(_DOMAIN)))
                yield Violation(
                    "writes out the cluster's domain; end the name at .svc or take it from a value",
                    at=place,
                    fix=Fix("end the name at .svc", (replaced(place, _DOMAIN.partition(".cluster")[0]),)),
                )


_NODE_KEYS = ("kubernetes.io/os", "kubernetes.io/arch")


@rule(
    "portability/node-affinity",
    scope=PodSpec,
    default=MAY,
    enforces=require(
        r"\bnode ?(?:affinit|selector)|\boperating system\b|\bmixed[- ](?:os|arch)"
        r"|^(?!.*\b(?:images?|registr(?:y|ies))\b).*\bmulti[- ]arch"
    ),
    evidence="pods say what nodes they need",
    parameters={"strict": Parameter(0, "a nodeSelector says it in one line; 1 takes nodeAffinity only")},
)
def node_affinity(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pods don't say what nodes they can run on.

    Why: In a cluster with Windows nodes, or nodes of another architecture, they may be put where their image can't run.
    Bad:
        spec:
          containers: …
    Good:
        spec:
          nodeSelector:
            kubernetes.io/os: linux
    Fix: Set nodeSelector or nodeAffinity on kubernetes.io/os (and kubernetes.io/arch where the image is for one only),
        best as the default of a value.
    Source: Kubernetes documentation, Assigning Pods to Nodes; kube-linter no-node-affinity
    """
    if pod.manifest.scenario != "defaults":
        return  # somebody's own affinity
    affinity = pod.get("affinity", "nodeAffinity")
    if affinity:
        return
    if subject.number("strict"):
        yield Violation("doesn't say which nodes it can run on; set affinity.nodeAffinity", at=affinity)
    elif not (pod.get("os", "name") or any(pod.get("nodeSelector", key) for key in _NODE_KEYS)):
        yield Violation(
            "doesn't say which nodes it can run on; set nodeSelector kubernetes.io/os: linux",
            at=pod.get("nodeSelector"),
        )


@rule(
    "portability/dns-options",
    scope=PodSpec,
    default=OFF,
    enforces=require(r"\bdns ?config|\bndots\b"),
    parameters={"ndots": Parameter("", "any number was somebody's decision; else the one that is wanted")},
    evidence="pods limit the search of names",
)
def dns_options(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pods leave the resolver's ndots at Kubernetes' default of 5.

    Why: A name of another host with fewer than five dots is first looked up in each search domain of the cluster.
    Bad:
        spec:
          containers: …
    Good:
        spec:
          dnsConfig:
            options:
              - name: ndots
                value: "2"
    Fix: Set dnsConfig.options from a value.
    Source: Kubernetes documentation, DNS for Services and Pods: Pod's DNS Config; kube-linter dnsconfig-options
    """
    options, wanted = pod.get("dnsConfig", "options"), subject.text("ndots")
    numbers = [option.get("value") for option in options.items() if option.get("name").data == "ndots"]
    if numbers and wanted and numbers[0].data != wanted:
        yield Violation(f'ndots is {numbers[0].data}; set "{wanted}"', at=numbers[0])
    elif not numbers:
        yield Violation(
            "sets no ndots, so other hosts' names are searched in every domain of the cluster first;"
            " add it to dnsConfig.options",
            at=options,
        )


_SERVICE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_TYPE = "(?:ClusterIP|NodePort|LoadBalancer|ExternalName)"
_TYPES = rf"{_TYPE}(?:(?:,? (?:and|or) |, |/){_TYPE})*"
# "ClusterIP for internal communication" leaves open what the others are.
_INSIDE = r"^(?!.*\bfor (?:internal|db|backend)\b).*?"


@rule(
    "portability/exposed-service",
    scope=Manifest,
    default=OFF,
    enforces=(
        forbid(
            r"\b(?:expose[ds]?|public|external)\b.{0,40}\bservices?\b"
            r"|\b(?:cloud|public|external|create|use|provision) load[- ]?balancers?\b"
            r"|(?-i:\bLoadBalancers?\b)|\bload[- ]?balancer services?\b|\bnode ?ports?\b"
        ),
        require(rf"{_INSIDE}\bservices?\b(?: types?)?\b.{{0,30}}?\b(?P<allowed>{_TYPES})"),
        require(rf"{_INSIDE}\bonly (?P<allowed_2>{_TYPES}) services?\b"),
    ),
    evidence="Services stay inside the cluster",
    parameters={"allowed": Parameter("ClusterIP", "reached from inside only; else the types that are, with commas")},
)
def exposed_service(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A Service can be reached from outside the cluster.

    Why: A LoadBalancer costs money and is open to the world on most platforms before anybody has thought of access.
    Bad:
        kind: Service
        spec:
          type: LoadBalancer
    Good:
        kind: Service
        spec:
          type: {{ .Values.service.type }}      # ClusterIP by default
    Fix: Make ClusterIP the default, and let users ask for more.
    Source: Kubernetes documentation, Service: Publishing Services; kube-linter exposed-services
    """
    service_type = manifest.get("spec", "type")
    allowed = [name for name in _SERVICE_TYPES if name.lower() in subject.text("allowed").lower()]
    if not _is_service(manifest) or manifest.scenario != "defaults" or service_type.scalar() in allowed:
        return
    if service_type.scalar() in ("LoadBalancer", "NodePort"):
        advice = " or ".join(allowed) or "ClusterIP"
        yield Violation(f"type {service_type.data} opens it to the outside by default; use {advice}", at=service_type)


@rule(
    "portability/service-type",
    scope=Manifest,
    default=SHOULD,
    enforces=(
        forbid(r"\bnode ?ports?\b"),
        require(r"\bservices?\b.{0,20}\b(?:use|be|have|default to|of type|type:?) (?:type )?ClusterIP\b"),
    ),
    umbrella=STANDARD_KUBERNETES,
    evidence="Services need no port of the nodes",
)
def service_type(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A Service takes a port of every node by default.

    Why: Node ports are few, often closed by a firewall or forbidden by policy, and a fixed one clashes with the next
        release.
    Bad:
        kind: Service
        spec:
          type: NodePort
    Good:
        kind: Service
        spec:
          type: {{ .Values.service.type }}      # ClusterIP by default
    Fix: Make ClusterIP the default, and leave nodePort to values.
    Source: Kubernetes documentation, Service: type NodePort; kube-score service-type
    """
    service_type = manifest.get("spec", "type")
    if _is_service(manifest) and manifest.scenario == "defaults" and service_type.data == "NodePort":
        yield Violation("type NodePort takes a port of every node by default; use ClusterIP", at=service_type)


def _is_service(manifest: Manifest) -> bool:
    return manifest.kind == "Service" and manifest.api_version == "v1"


@rule(
    "portability/privileged-port",
    scope=Container,
    default=SHOULD,
    enforces=forbid(r"\b(?:privileged|low|well-known) ports?\b|\bports? (?:below|under) 1024\b"),
    umbrella=STANDARD_KUBERNETES,
    evidence="containers listen above port 1023",
)
def privileged_port(container: Container, subject: Subject) -> Iterator[Violation]:
    """A container listens on a port below 1024.

    Why: A process that isn't root needs a capability for that, or a kernel setting that not every platform has; the
        container that runs at home fails on a hardened cluster.
    Bad:
        ports:
          - containerPort: 80
    Good:
        ports:
          - containerPort: 8080
    Fix: Listen above 1023; the Service can still have port 80.
    Source: Linux capabilities(7), CAP_NET_BIND_SERVICE; kube-linter privileged-ports
    """
    for port in container.field("ports").items():
        number = port.get("containerPort")
        if 0 < (number.integer() or 0) < 1024:
            advice = "let it listen above 1023, on a port of its own, to which a Service maps this one by targetPort"
            yield Violation(f"listens on port {number.data}, which needs a privilege; {advice}", at=number)


_CSI_KINDS = frozenset({"CSIDriver", "CSINode", "CSIStorageCapacity", "VolumeAttachment"})


@rule(
    "portability/csi-object",
    scope=Manifest,
    default=MUST,
    enforces=forbid(r"\bCSI (?:drivers?|objects?|resources?)\b|\bstorage drivers?\b"),
    umbrella=STANDARD_KUBERNETES,
)
def csi_object(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """An application's chart installs a storage driver's objects.

    Why: Drivers belong to the cluster and to one platform; a second release replaces them under every volume.
    Bad:
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
    Good:
        kind: PersistentVolumeClaim
        spec:
          storageClassName: {{ .Values.persistence.storageClass }}
    Fix: Leave the driver to its own chart, and take the storage class from a value.
    Source: chart-verifier not-contain-csi-objects; Kubernetes documentation, Storage Classes
    """
    chart = subject.chart_of(manifest)
    if manifest.group == "storage.k8s.io" and manifest.kind in _CSI_KINDS and not (chart and "csi" in chart.name):
        yield Violation(
            f"a {manifest.kind} belongs to a storage driver, not to an application; leave it out", at=manifest.view
        )


_LABEL_NAME = LazyPattern(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
_LABEL_VALUE = LazyPattern(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")
_LABEL_PREFIX = LazyPattern(r"(?=.{1,253}\Z)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\Z")


@rule(
    "portability/label-value",
    scope=Manifest,
    default=MUST,
    enforces=require(r"\bvalid (?:kubernetes )?labels?\b|\blabels? (?:values? )?(?:must|should) be valid\b"),
    umbrella=STANDARD_KUBERNETES + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
    evidence="objects' labels are valid",
)
def label_value(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A label's key or value is none that Kubernetes takes.

    Why: The API server rejects the whole object.
    Bad:
        labels:
          app.kubernetes.io/version: 1.2.0+build.5
          replicas: 3
    Good:
        labels:
          app.kubernetes.io/version: 1.2.0_build.5
          replicas: "3"
    Fix: Quote what isn't text, replace "+" by "_", and cut values to 63 characters (`trunc 63 | trimSuffix "-"`).
    Source: Kubernetes documentation, Labels and Selectors: Syntax and character set; kube-score label-values
    """
    places = [manifest.get("metadata", "labels"), manifest.get("spec", "selector", "matchLabels")]
    if manifest.kind != "Pod":
        places.extend(workload.pod_metadata.get("labels") for workload in manifest.workloads)
    if _is_service(manifest):
        places.append(manifest.get("spec", "selector"))
    for place in places:
        for key, value in place.entries():
            fault = _label_fault(key, value)
            if fault is not None:
                yield Violation(fault, at=value)


def _label_fault(key: str, value: View) -> str | None:
    prefix, slash, name = key.rpartition("/")
    if not _LABEL_NAME.match(name) or (slash and not _LABEL_PREFIX.match(prefix)):
        return f"{key} is no key for a label"
    text = value.string()
    if text is None:
        if value.data is None:
            return None  # kept as an empty value
        return f"the label {key} is not text but {str(value.data).lower()}; put it in quotes"
    if len(text) > 63:
        return f"the label {key} has {len(text)} characters, more than 63"
    if not _LABEL_VALUE.match(text):
        return f'"{text}" is no value for a label ({key}): letters, digits, "-", "_" and "." only, not at the ends'
    return None
