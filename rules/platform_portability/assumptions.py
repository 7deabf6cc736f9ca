"""Assumptions of a chart about its cluster: domain, nodes, ports, permissions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    DNS_SUBDOMAIN,
    LABEL_KEY,
    LABEL_VALUE,
    LONGEST_LABEL,
    LONGEST_SUBDOMAIN,
    MAY,
    MUST,
    OFF,
    SHOULD,
    TEMPLATES,
    Comment,
    Container,
    Fix,
    LazyPattern,
    Manifest,
    Parameter,
    PodSpec,
    Subject,
    TextPlace,
    View,
    Violation,
    contents,
    forbid,
    replaced,
    require,
    rule,
)

from .objects import STANDARD_KUBERNETES

_DOMAIN = ".svc.cluster.local"
_HARD_CODED = LazyPattern(rf"^(?![ \t]*#)(?:(?![ \t]#).)*?({re.escape(_DOMAIN)})", re.MULTILINE)
"""The first one of a line, before its comment."""


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
    """Cluster domain is hard-coded.

    Why: cluster.local is only kubeadm's default; on clusters with another domain the name doesn't resolve.
    Bad:
        value: http://{{ include "web.fullname" . }}.{{ .Release.Namespace }}.svc.cluster.local
    Good:
        value: http://{{ include "web.fullname" . }}.{{ .Release.Namespace }}.svc
    Fix: End the name with `.svc`, which resolves in every cluster, or read the domain from a value.
        `fix --unsafe` ends the name with .svc.
    Source: Kubernetes documentation, DNS for Services and Pods
    """
    for template in subject.templates:
        if _DOMAIN not in template.text or template.path == "templates/NOTES.txt":
            continue
        comments = [node for node in contents(template.tree or ()) if isinstance(node, Comment)]
        for found in _HARD_CODED.finditer(template.text):
            start, end = found.span(1)
            if any(comment.start <= start < comment.end for comment in comments):
                continue
            place = TextPlace(template.path, template.span_between(start, end))
            yield Violation(
                "template hard-codes the cluster domain; end the name with .svc, or read the domain from a value",
                at=place,
                fix=Fix("end the name with .svc", (replaced(place, _DOMAIN.partition(".cluster")[0]),)),
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
    evidence="pods restrict the nodes that they run on",
    parameters={"strict": Parameter(0, "a nodeSelector is enough; 1 requires nodeAffinity")},
)
def node_affinity(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pod does not restrict the nodes that it runs on.

    Why: In a cluster with Windows nodes, or nodes of another architecture, the pod may be scheduled where its image
        can't run.
    Bad:
        spec:
          containers: …
    Good:
        spec:
          nodeSelector:
            kubernetes.io/os: linux
    Fix: Set nodeSelector or nodeAffinity on kubernetes.io/os (and on kubernetes.io/arch if the image supports only
        one), preferably as the default of a value.
    Source: Kubernetes documentation, Assigning Pods to Nodes; kube-linter no-node-affinity
    """
    if pod.manifest.scenario != "defaults":
        return  # the scenario's own affinity
    affinity = pod.get("affinity", "nodeAffinity")
    if affinity:
        return
    if subject.number("strict"):
        yield Violation("pod does not restrict the nodes that it runs on; set affinity.nodeAffinity", at=affinity)
    elif not (pod.get("os", "name") or any(pod.get("nodeSelector", key) for key in _NODE_KEYS)):
        yield Violation(
            "pod does not restrict the nodes that it runs on; set nodeSelector kubernetes.io/os: linux",
            at=pod.get("nodeSelector"),
        )


@rule(
    "portability/dns-options",
    scope=PodSpec,
    default=OFF,
    enforces=require(r"\bdns ?config|\bndots\b"),
    parameters={"ndots": Parameter("", "any number is accepted; set one to require it")},
    evidence="pods set ndots",
)
def dns_options(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pod does not set the DNS option ndots.

    Why: With the default of 5, an external host name with fewer than five dots is first looked up in each search domain
        of the cluster.
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
        yield Violation(f'ndots is {numbers[0].data}; set it to "{wanted}"', at=numbers[0])
    elif not numbers:
        yield Violation(
            "pod does not set ndots, so external names are first looked up in every search domain of the cluster;"
            " add ndots to dnsConfig.options",
            at=options,
        )


_SERVICE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_TYPE = "(?:ClusterIP|NodePort|LoadBalancer|ExternalName)"
_TYPES = rf"{_TYPE}(?:(?:,? (?:and|or) |, |/){_TYPE})*"
# "ClusterIP for internal communication" does not restrict other Services.
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
    parameters={
        "allowed": Parameter("ClusterIP", "reachable from inside only; the allowed types, separated by commas")
    },
)
def exposed_service(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Service is exposed outside the cluster by default.

    Why: A LoadBalancer costs money and is open to the internet on most platforms before anybody has restricted access.
    Bad:
        kind: Service
        spec:
          type: LoadBalancer
    Good:
        kind: Service
        spec:
          type: {{ .Values.service.type }}      # ClusterIP by default
    Fix: Default the type to ClusterIP, and let users choose another one.
    Source: Kubernetes documentation, Service: Publishing Services; kube-linter exposed-services
    """
    service_type = manifest.get("spec", "type")
    allowed = [name for name in _SERVICE_TYPES if name.lower() in subject.text("allowed").lower()]
    if not _is_service(manifest) or manifest.scenario != "defaults" or service_type.scalar() in allowed:
        return
    if service_type.scalar() in ("LoadBalancer", "NodePort"):
        advice = " or ".join(allowed) or "ClusterIP"
        yield Violation(
            f"type {service_type.data} exposes the Service outside the cluster by default; set spec.type to {advice}",
            at=service_type,
        )


@rule(
    "portability/service-type",
    scope=Manifest,
    default=SHOULD,
    enforces=(
        forbid(r"\bnode ?ports?\b"),
        require(r"\bservices?\b.{0,20}\b(?:use|be|have|default to|of type|type:?) (?:type )?ClusterIP\b"),
    ),
    umbrella=STANDARD_KUBERNETES,
    evidence="Services use no node port",
)
def service_type(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Service uses a node port by default.

    Why: Node ports are scarce, often closed by a firewall or forbidden by policy, and a fixed one conflicts with the
        next release.
    Bad:
        kind: Service
        spec:
          type: NodePort
    Good:
        kind: Service
        spec:
          type: {{ .Values.service.type }}      # ClusterIP by default
    Fix: Default the type to ClusterIP, and set nodePort only from values.
    Source: Kubernetes documentation, Service: type NodePort; kube-score service-type
    """
    service_type = manifest.get("spec", "type")
    if _is_service(manifest) and manifest.scenario == "defaults" and service_type.data == "NodePort":
        yield Violation(
            "type NodePort opens a port for the Service on every node by default; set spec.type to ClusterIP",
            at=service_type,
        )


def _is_service(manifest: Manifest) -> bool:
    return manifest.kind == "Service" and manifest.api_version == "v1"


@rule(
    "portability/privileged-port",
    scope=Container,
    default=SHOULD,
    enforces=forbid(r"\b(?:privileged|low|well-known) ports?\b|\bports? (?:below|under) 1024\b"),
    umbrella=STANDARD_KUBERNETES,
    evidence="containers listen on ports above 1023",
)
def privileged_port(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container listens on a privileged port.

    Why: A non-root process needs a capability for a port below 1024, or a kernel setting that not every platform has:
        the container runs on a test cluster and fails on a hardened one.
    Bad:
        ports:
          - containerPort: 80
    Good:
        ports:
          - containerPort: 8080
    Fix: Listen on a port above 1023; the Service can still have port 80.
    Source: Linux capabilities(7), CAP_NET_BIND_SERVICE; kube-linter privileged-ports
    """
    known: set[int] = set()
    for port in container.field("ports").items():
        number = port.get("containerPort")
        value = number.integer() or 0
        if 0 < value < 1024 and value not in known:  # one port may have two protocols
            known.add(value)
            message = (
                f'container "{container.name}" listens on the privileged port {number.data};'
                f" use a port above 1023, and map {number.data} to it with the Service's targetPort"
            )
            yield Violation(message, at=number)


_CSI_KINDS = frozenset({"CSIDriver", "CSINode", "CSIStorageCapacity", "VolumeAttachment"})


@rule(
    "portability/csi-object",
    scope=Manifest,
    default=MUST,
    enforces=forbid(r"\bCSI (?:drivers?|objects?|resources?)\b|\bstorage drivers?\b"),
    umbrella=STANDARD_KUBERNETES,
)
def csi_object(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Chart installs objects of a storage driver.

    Why: Drivers belong to the cluster and to one platform; a second release replaces the driver of every volume.
    Bad:
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
    Good:
        kind: PersistentVolumeClaim
        spec:
          storageClassName: {{ .Values.persistence.storageClass }}
    Fix: Leave the driver to its own chart, and read the storage class from a value.
    Source: chart-verifier not-contain-csi-objects; Kubernetes documentation, Storage Classes
    """
    if manifest.group != "storage.k8s.io" or manifest.kind not in _CSI_KINDS:
        return
    chart = subject.chart_of(manifest)
    if chart is None or "csi" not in chart.name:
        yield Violation(
            f"{manifest.kind} belongs to a storage driver, not to an application; remove it from the chart",
            at=manifest.view,
        )


@rule(
    "portability/label-value",
    scope=Manifest,
    default=MUST,
    enforces=require(r"\bvalid (?:kubernetes )?labels?\b|\blabels? (?:values? )?(?:must|should) be valid\b"),
    umbrella=STANDARD_KUBERNETES + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
    evidence="objects' labels are valid",
)
def label_value(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Label key or value is not valid.

    Why: The API server rejects the whole object.
    Bad:
        labels:
          app.kubernetes.io/version: 1.2.0+build.5
          replicas: 3
    Good:
        labels:
          app.kubernetes.io/version: 1.2.0_build.5
          replicas: "3"
    Fix: Quote numbers and booleans, replace "+" with "_", and truncate values to 63 characters
        (`trunc 63 | trimSuffix "-"`).
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
    is_key = len(name) <= LONGEST_LABEL and LABEL_KEY.fullmatch(name)
    if not is_key or (slash and not (len(prefix) <= LONGEST_SUBDOMAIN and DNS_SUBDOMAIN.fullmatch(prefix))):
        return f'"{key}" is not a valid label key; use letters, digits, "-", "_" and ".", and at most one prefix/'
    text = value.string()
    if text is None:
        if value.data is None:
            return None  # kept as an empty value
        return f"label {key} is {str(value.data).lower()}, not a string; quote it"
    if len(text) > LONGEST_LABEL:
        return f"label {key} has {len(text)} characters; truncate it to at most {LONGEST_LABEL}"
    if not LABEL_VALUE.fullmatch(text):
        return (
            f'label {key} has the invalid value "{text}";'
            ' use letters, digits, "-", "_" and "." only, with a letter or digit at both ends'
        )
    return None
