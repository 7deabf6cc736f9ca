"""What a pod can access on its node: namespaces, paths, mounts, volumes, addresses."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from helm_constitution.api import MUST, Container, PodSpec, Related, Subject, View, Violation, forbid, require, rule

from .hardening import is_told
from .statements import BASELINE, LEAST_PRIVILEGE, RESTRICTED

_NAMESPACES = {
    "hostNetwork": "pod shares the node's network and bypasses network policies",
    "hostPID": "pod shares the node's process namespace",
    "hostIPC": "pod shares the node's IPC namespace",
}

_ALLOWED_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)

# kube-linter's sensitive-host-mounts, and other directories with the node's own programs, keys and state.
_SENSITIVE_DIRECTORIES = frozenset(
    {
        "/",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib64",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/sys",
        "/usr",
        "/var",
        "/var/lib",
        "/var/run",
    }
)
_SENSITIVE_TREES = (
    "/boot/",
    "/dev/mem",
    "/etc/kubernetes",
    "/etc/passwd",
    "/etc/shadow",
    "/proc/",
    "/root/",
    "/run/containerd",
    "/run/crio",
    "/run/docker",
    "/sys/",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
)
_RUNTIME_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock", "dockershim.sock")


def _or_waive(pod: PodSpec) -> str:
    """The alternative for a DaemonSet: an agent may need access to its node."""
    return ", or add a waiver for a node agent" if pod.workload.kind == "DaemonSet" else ""


@rule(
    "security/host-namespace",
    scope=PodSpec,
    default=MUST,
    enforces=(
        BASELINE,
        forbid(
            r"\bhost ?(?:network(?:ing)?|pid|ipc|namespaces?)\b"
            r"|\bhost'?s? (?:network|pid|ipc|process) namespaces?\b"
        ),
    ),
    umbrella=LEAST_PRIVILEGE,
    evidence="pods use no host namespace",
    tests=True,
)
def host_namespace(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pod shares a namespace of its node.

    Why: In the node's namespaces a pod listens on the node's addresses, sees and signals the node's processes, or reads
        their memory; network policies don't apply to it.
    Bad:
        spec:
          hostNetwork: true
    Good:
        spec:
          hostNetwork: false
    Fix: Remove hostNetwork, hostPID and hostIPC; publish ports through a Service. Add a waiver for an agent that
        monitors its node.
    Source: Kubernetes Pod Security Standards, baseline: Host Namespaces
    """
    for name, effect in _NAMESPACES.items():
        if pod.get(name).boolean() is True:
            yield Violation(f"{effect}; remove {name}: true{_or_waive(pod)}", at=pod.get(name))


@rule(
    "security/host-path",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, forbid(r"\bhost ?paths?\b|\bhost'?s? (?:file ?system|directories|paths?)\b")),
    umbrella=LEAST_PRIVILEGE,
    evidence="pods use no hostPath volume",
    tests=True,
)
def host_path(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pod uses a hostPath volume.

    Why: A hostPath volume ties the pod to one node, outlives the pod there, and gives it access to files of the node or
        of other pods.
    Bad:
        volumes:
          - name: data
            hostPath:
              path: /var/data
    Good:
        volumes:
          - name: data
            persistentVolumeClaim:
              claimName: web-data
    Fix: Use an emptyDir, a persistentVolumeClaim or a projected volume. Add a waiver for an agent that reads files of
        its node (logs, for example), and mount them read-only.
    Source: Kubernetes Pod Security Standards, baseline: HostPath Volumes
    """
    for volume in pod.get("volumes").items():
        host = volume.get("hostPath")
        if host.data is not None:
            name, path = volume.get("name").data, host.get("path")
            waiver = _or_waive(pod)
            advice = f"remove it{waiver}" if waiver else "use an emptyDir or a persistentVolumeClaim"
            yield Violation(f'volume "{name}" mounts {path.data} of the node (hostPath); {advice}', at=path)


@rule(
    "security/sensitive-mount",
    scope=Container,
    default=MUST,
    enforces=forbid(
        r"\b(?:docker|containerd|cri-?o|container runtime)\b.{0,10}\bsock(?:et)?s?\b"
        r"|\bsensitive (?:host )?(?:mounts?|paths?|directories|directory)\b"
    ),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def sensitive_mount(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container mounts a sensitive host path or the container runtime's socket.

    Why: The runtime's socket, /proc, /etc or the kubelet's directory let a container take over the node; even
        read-only, they expose keys and the secrets of other pods.
    Bad:
        volumeMounts:
          - name: docker
            mountPath: /var/run/docker.sock
        volumes:
          - name: docker
            hostPath:
              path: /var/run/docker.sock
    Good:
        volumeMounts:
          - name: builds
            mountPath: /builds
        volumes:
          - name: builds
            emptyDir: {}
    Fix: Remove the mount. Build images with a tool that needs no daemon; read node metrics from the kubelet's API.
    Source: kube-linter docker-sock and sensitive-host-mounts; NSA/CISA Kubernetes Hardening Guide
    """
    volumes: dict[str | None, View] = {}
    for volume in container.pod.get("volumes").items():
        volumes.setdefault(volume.get("name").string(), volume)
    for mount in container.field("volumeMounts").items():
        mounted = volumes.get(mount.get("name").string())
        path = mounted.get("hostPath", "path").string() if mounted is not None else None
        if mounted is None or path is None:
            continue
        clean = _clean(path)
        if clean.endswith(_RUNTIME_SOCKETS):
            message = (
                f'container "{container.name}" mounts the container runtime socket {path},'
                " which grants root on the node; remove the mount"
            )
        elif clean in _SENSITIVE_DIRECTORIES or clean.startswith(_SENSITIVE_TREES):
            writable = "" if mount.get("readOnly").boolean() is True else ", writable"
            message = (
                f'container "{container.name}" mounts the sensitive host path {path}{writable};'
                f" remove the mount{_or_waive(container.pod)}"
            )
        else:
            continue
        yield Violation(message, at=mount, related=(Related(mounted.get("hostPath"), "the volume"),))


def _clean(path: str) -> str:
    """The path that the kernel opens: `//etc/./` is /etc, and /var/run is a link to /run.

    >>> _clean("//etc/./"), _clean("/var/run/docker/")
    ('/etc', '/run/docker')
    """
    clean = "/" + posixpath.normpath(path).lstrip("/")
    return clean.removeprefix("/var") if clean.startswith("/var/run/") else clean


@rule(
    "security/volume-type",
    scope=PodSpec,
    default=MUST,
    enforces=(
        RESTRICTED,
        require(r"\bvolume types?\b|\bvolumes?\b.{0,40}\bpersistent ?volume ?claims?\b"),
        forbid(r"\bvolume types?\b|\bin-?tree volumes?\b"),
    ),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def volume_type(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Volume type is not allowed by the restricted profile.

    Why: Inline network volumes (nfs, iscsi, rbd …) bypass the storage administrator with addresses and credentials of
        their own, and Kubernetes has removed most of these in-tree types.
    Bad:
        volumes:
          - name: data
            nfs:
              server: nfs.internal
              path: /exports/data
    Good:
        volumes:
          - name: data
            persistentVolumeClaim:
              claimName: web-data
    Fix: Use a persistentVolumeClaim or a csi volume. A hostPath is left to security/host-path where that rule
        runs.
    Source: Kubernetes Pod Security Standards, restricted: Volume Types
    """
    for volume in pod.get("volumes").items():
        for kind, source in volume.entries():
            if kind == "name" or kind in _ALLOWED_VOLUMES or source.data is None:
                continue
            if kind == "hostPath" and is_told(subject, "security/host-path", "security/volume-type"):
                continue
            name = volume.get("name").data
            message = (
                f'volume "{name}" has the type {kind}, which the restricted profile does not allow;'
                " use a persistentVolumeClaim or a csi volume"
            )
            yield Violation(message, at=source)


_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")


@rule(
    "security/probe-host",
    scope=Container,
    default=MUST,
    enforces=(BASELINE, forbid(r"\bprobes?\b.{0,30}\bhosts?\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def probe_host(container: Container, subject: Subject) -> Iterator[Violation]:
    """Probe or lifecycle hook sets a host.

    Why: The kubelet makes the request from the node's network, so the host can be one that the pod itself can't reach:
        other pods past network policies, the node's own services, the cloud's metadata.
    Bad:
        livenessProbe:
          httpGet:
            host: 127.0.0.1
            path: /healthz
            port: 8080
    Good:
        livenessProbe:
          httpGet:
            path: /healthz
            port: 8080
    Fix: Remove host: the kubelet then uses the pod's own address. Use an exec probe for a process that listens only on
        127.0.0.1.
    Source: Kubernetes Pod Security Standards, baseline: Host Probes / Lifecycle Hooks (v1.34+)
    """
    handlers = [container.field(name) for name in _PROBES]
    handlers += [container.field("lifecycle", name) for name in _HOOKS]
    for handler in handlers:
        for action in ("httpGet", "tcpSocket"):
            host = handler.get(action, "host")
            if host.data:
                message = (
                    f'{action} of container "{container.name}" sends requests to {host.data} from the node\'s network;'
                    " remove host"
                )
                yield Violation(message, at=host)
