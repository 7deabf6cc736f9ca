"""What a pod may reach of its node: namespaces, paths, mounts, volumes, addresses."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import MUST, Container, PodSpec, Related, Subject, View, Violation, forbid, require, rule

from .statements import BASELINE, LEAST_PRIVILEGE, RESTRICTED

_NAMESPACES = {
    "hostNetwork": "shares the node's network and so bypasses network policies",
    "hostPID": "sees the node's processes",
    "hostIPC": "shares the node's inter-process memory",
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

# kube-linter's sensitive-host-mounts and what else holds the node's own programs, keys and state.
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
    "/etc/kubernetes",
    "/proc/",
    "/root/",
    "/sys/",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
)
_RUNTIME_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock", "dockershim.sock")


def _or_waive(pod: PodSpec) -> str:
    """What a DaemonSet's author may do instead: reading its node may be what an agent is for."""
    return ", or waive this for an agent of the node" if pod.workload.kind == "DaemonSet" else ""


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
    evidence="pods keep to namespaces of their own",
    tests=True,
)
def host_namespace(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """A pod shares its node's network, process or IPC namespace.

    Why: In the node's namespaces a pod listens on the node's addresses, sees and signals its processes, or reads their
        memory; network policies don't reach it.
    Bad:
        spec:
          hostNetwork: true
    Good:
        spec:
          hostNetwork: false
    Fix: Drop hostNetwork, hostPID and hostIPC; publish ports by a Service. Waive the rule for an agent that watches its
        node.
    Source: Kubernetes Pod Security Standards, baseline: Host Namespaces
    """
    for name, effect in _NAMESPACES.items():
        if pod.get(name).boolean() is True:
            yield Violation(f"{effect}; drop {name}: true{_or_waive(pod)}", at=pod.get(name))


@rule(
    "security/host-path",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, forbid(r"\bhost ?paths?\b|\bhost'?s? (?:file ?system|directories|paths?)\b")),
    umbrella=LEAST_PRIVILEGE,
    evidence="pods mount nothing of their node",
    tests=True,
)
def host_path(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """A pod has a volume that is a path of its node.

    Why: A hostPath volume ties the pod to one node, survives it there, and hands it files that belong to the node or
        to other pods.
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
    Fix: Take an emptyDir, a persistentVolumeClaim or a projected volume. Waive the rule for an agent that reads its
        node's files (logs, say), and mount them read-only.
    Source: Kubernetes Pod Security Standards, baseline: HostPath Volumes
    """
    for volume in pod.get("volumes").items():
        host = volume.get("hostPath")
        if host.data is not None:
            name, path = volume.get("name").data, host.get("path")
            waiver = _or_waive(pod)
            advice = f"drop it{waiver}" if waiver else "take an emptyDir or a persistentVolumeClaim"
            yield Violation(f"volume {name} is the node's {path.data}; {advice}", at=path)


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
    """A container mounts a directory of the node's own, or the container runtime's socket.

    Why: Through the runtime's socket, /proc, /etc or the kubelet's directory a container takes over the node; even
        read-only they give away keys and the secrets of other pods.
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
    Fix: Drop the mount; build images by a tool that needs no daemon, read node metrics from the kubelet's API.
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
        clean = path.rstrip("/") or "/"
        if clean.endswith(_RUNTIME_SOCKETS):
            message = f"mounts the container runtime's socket {path}, which makes it root on the node; drop the mount"
        elif clean in _SENSITIVE_DIRECTORIES or clean.startswith(_SENSITIVE_TREES):
            writable = "" if mount.get("readOnly").boolean() is True else ", writable"
            message = f"mounts the node's {path}{writable}; drop the mount{_or_waive(container.pod)}"
        else:
            continue
        yield Violation(message, at=mount, related=(Related(mounted.get("hostPath"), "the volume"),))


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
    """A pod has a volume of a type that the restricted profile doesn't allow.

    Why: Inline network volumes (nfs, iscsi, rbd …) carry addresses and credentials past the storage administrator, and
        most of these in-tree types are gone from Kubernetes.
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
    Fix: Reach the storage through a persistentVolumeClaim or a csi volume. hostPath is security/host-path's.
    Source: Kubernetes Pod Security Standards, restricted: Volume Types
    """
    for volume in pod.get("volumes").items():
        for kind, source in volume.entries():
            if kind in ("name", "hostPath") or kind in _ALLOWED_VOLUMES or source.data is None:
                continue
            name = volume.get("name").data
            yield Violation(f"volume {name} is of type {kind}; take a persistentVolumeClaim or a csi volume", at=source)


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
    """A probe or lifecycle hook names a host of its own.

    Why: The kubelet makes the call from the node's network, so a host there reaches what the pod itself can't: other
        pods past network policies, the node's own services, the cloud's metadata.
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
    Fix: Drop host: the kubelet then asks the pod's own address. A process that listens on 127.0.0.1 only wants an exec
        probe.
    Source: Kubernetes Pod Security Standards, baseline: Host Probes / Lifecycle Hooks (v1.34+)
    """
    handlers = [container.field(name) for name in _PROBES]
    handlers += [container.field("lifecycle", name) for name in _HOOKS]
    for handler in handlers:
        for action in ("httpGet", "tcpSocket"):
            host = handler.get(action, "host")
            if host.data:
                yield Violation(f"the kubelet calls {host.data} from the node's network; drop host", at=host)
