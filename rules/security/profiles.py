"""The kernel's own fences around a pod: seccomp, AppArmor, SELinux, /proc, sysctls, Windows' host process."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    Container,
    PodSpec,
    SetField,
    Subject,
    View,
    Violation,
    forbid,
    require,
    rule,
)

from .hardening import hardening
from .privileges import is_moot
from .statements import BASELINE, LEAST_PRIVILEGE, RESTRICTED

_SECCOMP_TYPES = frozenset({"RuntimeDefault", "Localhost"})
_APPARMOR_TYPES = frozenset({"RuntimeDefault", "Localhost"})
_APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})

# Those that are namespaced and don't reach other pods, as of Kubernetes v1.37 (policy/check_sysctls.go of
# k8s.io/pod-security-admission).
_SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_notsent_lowat",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_slow_start_after_idle",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)


def _security_contexts(pod: PodSpec) -> Iterator[View]:
    """The pod's securityContext, then each container's."""
    yield pod.security_context
    for container in pod.all_containers:
        yield container.security_context


@rule(
    "security/no-seccomp",
    scope=Container,
    default=MUST,
    enforces=(RESTRICTED, require(r"\bseccomp"), forbid(r"\bunconfined\b")),
    umbrella=LEAST_PRIVILEGE,
    evidence="containers have a seccomp profile",
    tests=True,
)
def no_seccomp(container: Container, subject: Subject) -> Iterator[Violation]:
    """A container runs without a seccomp profile.

    Why: Unconfined, a process may make every system call of the node's kernel, also the rarely used ones that most
        kernel exploits need. Kubernetes sets no profile by itself.
    Bad:
        securityContext:
          runAsNonRoot: true
    Good:
        securityContext:
          runAsNonRoot: true
          seccompProfile:
            type: RuntimeDefault
    Fix: Set seccompProfile.type: RuntimeDefault in the pod's securityContext, or in each container's.
        `fix --unsafe` sets RuntimeDefault.
    Source: Kubernetes Pod Security Standards, restricted: Seccomp (v1.19+)
    """
    pod = container.pod
    if pod.is_windows:
        return
    profile = container.effective("seccompProfile")
    field = profile.get("type")
    group = hardening("seccompProfile.type: RuntimeDefault", seccompProfile={"type": "RuntimeDefault"})
    if is_moot(container, subject):
        pass  # a privileged container always runs unconfined
    elif profile.data is None:
        message = "has no seccomp profile; set securityContext.seccompProfile.type: RuntimeDefault"
        yield Violation(message, at=field, group=group, fix=SetField("RuntimeDefault"))
    elif field.scalar() not in _SECCOMP_TYPES:
        message = f"has the seccomp profile {field.data}; set RuntimeDefault or Localhost"
        yield Violation(message, at=field, group=group, fix=SetField("RuntimeDefault"))
    # The standard rejects the pod's own setting even where each container overrides it.
    pod_profile = pod.security_context.get("seccompProfile")
    if (
        profile.path != pod_profile.path
        and pod_profile.data is not None
        and pod_profile.get("type").scalar() not in _SECCOMP_TYPES
    ):
        yield Violation(
            f"the pod has the seccomp profile {pod_profile.get('type').data}; set RuntimeDefault or Localhost",
            at=pod_profile.get("type"),
            group=hardening("seccompProfile.type: RuntimeDefault of the pod"),
            fix=SetField("RuntimeDefault"),
        )


@rule(
    "security/apparmor",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, require(r"\bapp ?armor\b"), forbid(r"\bapp ?armor\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def apparmor(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """A pod or container switches its AppArmor profile off.

    Why: The runtime's AppArmor profile is on by default where the node has AppArmor; Unconfined takes that fence away.
    Bad:
        securityContext:
          appArmorProfile:
            type: Unconfined
    Good:
        securityContext:
          appArmorProfile:
            type: RuntimeDefault
    Fix: Drop appArmorProfile (or the annotation container.apparmor.security.beta.kubernetes.io/…), or name
        RuntimeDefault or a Localhost profile.
    Source: Kubernetes Pod Security Standards, baseline: AppArmor
    """
    for context in _security_contexts(pod):
        profile = context.get("appArmorProfile")
        if profile.data is not None and profile.get("type").scalar() not in _APPARMOR_TYPES:
            yield Violation(
                f"has the AppArmor profile {profile.get('type').data}; set RuntimeDefault or Localhost, or nothing",
                at=profile.get("type"),
            )
    for name, annotation in pod.workload.pod_metadata.get("annotations").entries():
        value = annotation.string() or ""
        if (
            name.startswith(_APPARMOR_ANNOTATION)
            and value not in ("", "runtime/default")
            and not value.startswith("localhost/")
        ):
            yield Violation(
                f"has the AppArmor profile {value}; set runtime/default or localhost/…, or nothing", at=annotation
            )


@rule(
    "security/selinux",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, require(r"\bselinux\b"), forbid(r"\bselinux\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def selinux(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """A pod or container asks for SELinux options that weaken its confinement.

    Why: A type such as spc_t, or a user or role of one's own, lets the process out of the confinement that SELinux
        gives containers on the node.
    Bad:
        securityContext:
          seLinuxOptions:
            type: spc_t
    Good:
        securityContext:
          seLinuxOptions:
            type: container_t
            level: s0:c123,c456
    Fix: Drop seLinuxOptions.user and .role, and take the type container_t, container_init_t, container_kvm_t or
        container_engine_t, or none.
    Source: Kubernetes Pod Security Standards, baseline: SELinux
    """
    for context in _security_contexts(pod):
        options = context.get("seLinuxOptions")
        kind = options.get("type")
        if (kind.scalar() or "") not in _SELINUX_TYPES:
            yield Violation(
                f"has the SELinux type {kind.data}; set container_t, container_init_t, container_kvm_t,"
                " container_engine_t or none",
                at=kind,
            )
        for name in ("user", "role"):
            if options.get(name).data:
                yield Violation(
                    f"sets an SELinux {name} of its own, {options.get(name).data}; drop it", at=options.get(name)
                )


@rule(
    "security/proc-mount",
    scope=Container,
    default=MUST,
    enforces=(BASELINE, require(r"\bproc ?mounts?\b"), forbid(r"\bproc ?mounts?\b|\bunmasked\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def proc_mount(container: Container, subject: Subject) -> Iterator[Violation]:
    """A container sees the node's /proc without the usual masks.

    Why: The masks keep a container from reading kernel memory and changing kernel settings through /proc.
    Bad:
        securityContext:
          procMount: Unmasked
    Good:
        securityContext:
          procMount: Default
    Fix: Drop procMount.
    Source: Kubernetes Pod Security Standards, baseline and restricted: /proc Mount Type
    """
    field = container.field("securityContext", "procMount")
    if field.scalar() not in (None, "Default"):
        yield Violation(f"mounts /proc {field.data}; drop procMount", at=field, group=hardening("no procMount"))


@rule(
    "security/unsafe-sysctl",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, require(r"\bsysctls?\b"), forbid(r"\bsysctls?\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def unsafe_sysctl(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """A pod sets a kernel parameter that is not known to be safe.

    Why: Unsafe sysctls can disturb other pods or switch off protection on the whole node, and the kubelet rejects the
        pod unless its administrator allowed each of them.
    Bad:
        securityContext:
          sysctls:
            - name: kernel.msgmax
              value: "65536"
    Good:
        securityContext:
          sysctls:
            - name: net.ipv4.ip_unprivileged_port_start
              value: "0"
    Fix: Drop the sysctl, or let the user add it by a value that is empty by default.
    Source: Kubernetes Pod Security Standards, baseline: Sysctls
    """
    for item in pod.security_context.get("sysctls").items():
        name = item.get("name")
        if name.scalar() not in _SAFE_SYSCTLS:
            yield Violation(
                f"sets the kernel parameter {name.data}, which is not one of the safe ones; drop it", at=name
            )


@rule(
    "security/windows-host-process",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, forbid(r"\bhost ?process(?:es)?\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def windows_host_process(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """A Windows pod or container runs as a process of its node.

    Why: A host process container has the node's file system, registry and network: it is the privileged container of
        Windows.
    Bad:
        securityContext:
          windowsOptions:
            hostProcess: true
    Good:
        securityContext:
          windowsOptions:
            runAsUserName: ContainerUser
    Fix: Drop windowsOptions.hostProcess.
    Source: Kubernetes Pod Security Standards, baseline: HostProcess
    """
    for context in _security_contexts(pod):
        field = context.get("windowsOptions", "hostProcess")
        if field.boolean() is True:
            yield Violation("runs as a process of the Windows node; drop windowsOptions.hostProcess", at=field)
