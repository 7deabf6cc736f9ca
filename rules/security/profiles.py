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

# Those that are namespaced and don't affect other pods, as of Kubernetes v1.37 (policy/check_sysctls.go of
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
    """Container runs without a seccomp profile.

    Why: An unconfined process may make every system call of the node's kernel, including the rarely used ones that most
        kernel exploits need. Kubernetes sets no profile by default.
    Bad:
        securityContext:
          runAsNonRoot: true
    Good:
        securityContext:
          runAsNonRoot: true
          seccompProfile:
            type: RuntimeDefault
    Fix: Set seccompProfile.type: RuntimeDefault in the pod's securityContext, or in that of each container.
        `fix --unsafe` sets RuntimeDefault.
    Source: Kubernetes Pod Security Standards, restricted: Seccomp (v1.19+)
    """
    pod = container.pod
    if pod.is_windows:
        return
    profile = container.effective("seccompProfile")
    field = profile.get("type")
    group = hardening(container, "seccompProfile.type: RuntimeDefault", seccompProfile={"type": "RuntimeDefault"})
    if is_moot(container, subject, "security/no-seccomp"):
        pass  # a privileged container always runs unconfined
    elif profile.data is None:
        message = (
            f'container "{container.name}" has no seccomp profile;'
            " set securityContext.seccompProfile.type: RuntimeDefault"
        )
        yield Violation(message, at=field, group=group, fix=SetField("RuntimeDefault"))
    elif field.scalar() not in _SECCOMP_TYPES:
        message = (
            f'container "{container.name}" uses the seccomp profile {field.data};'
            " set seccompProfile.type to RuntimeDefault or Localhost"
        )
        yield Violation(message, at=field, group=group, fix=SetField("RuntimeDefault"))
    # The standard rejects the pod's own setting even where each container overrides it.
    pod_profile = pod.security_context.get("seccompProfile")
    if (
        profile.path != pod_profile.path
        and pod_profile.data is not None
        and pod_profile.get("type").scalar() not in _SECCOMP_TYPES
    ):
        yield Violation(
            f"pod uses the seccomp profile {pod_profile.get('type').data};"
            " set seccompProfile.type to RuntimeDefault or Localhost",
            at=pod_profile.get("type"),
            group=hardening(container, "seccompProfile.type: RuntimeDefault in the pod's securityContext"),
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
    """Pod disables its AppArmor profile.

    Why: On nodes with AppArmor, the runtime's profile applies by default; Unconfined removes this protection.
    Bad:
        securityContext:
          appArmorProfile:
            type: Unconfined
    Good:
        securityContext:
          appArmorProfile:
            type: RuntimeDefault
    Fix: Remove appArmorProfile (or the annotation container.apparmor.security.beta.kubernetes.io/…), or set it to
        RuntimeDefault or a Localhost profile.
    Source: Kubernetes Pod Security Standards, baseline: AppArmor
    """
    for context in _security_contexts(pod):
        profile = context.get("appArmorProfile")
        if profile.data is not None and profile.get("type").scalar() not in _APPARMOR_TYPES:
            yield Violation(
                f"AppArmor profile {profile.get('type').data} is not allowed; set RuntimeDefault or Localhost",
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
                f"AppArmor profile {value} is not allowed; set runtime/default or localhost/…",
                at=annotation,
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
    """Pod weakens its SELinux confinement.

    Why: A type like spc_t, or a custom user or role, releases the process from the confinement that SELinux applies to
        containers on the node.
    Bad:
        securityContext:
          seLinuxOptions:
            type: spc_t
    Good:
        securityContext:
          seLinuxOptions:
            type: container_t
            level: s0:c123,c456
    Fix: Remove seLinuxOptions.user and .role, and set the type to container_t, container_init_t, container_kvm_t or
        container_engine_t, or remove it.
    Source: Kubernetes Pod Security Standards, baseline: SELinux
    """
    for context in _security_contexts(pod):
        options = context.get("seLinuxOptions")
        kind = options.get("type")
        if (kind.scalar() or "") not in _SELINUX_TYPES:
            yield Violation(
                f"SELinux type {kind.data} is not allowed; set container_t, container_init_t, container_kvm_t or"
                " container_engine_t, or remove it",
                at=kind,
            )
        for name in ("user", "role"):
            if options.get(name).data:
                yield Violation(
                    f"SELinux {name} {options.get(name).data} is not allowed; remove seLinuxOptions.{name}",
                    at=options.get(name),
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
    """Container mounts /proc unmasked.

    Why: Masked paths keep a container from reading kernel memory and changing kernel settings through /proc.
    Bad:
        securityContext:
          procMount: Unmasked
    Good:
        securityContext:
          procMount: Default
    Fix: Remove procMount.
    Source: Kubernetes Pod Security Standards, baseline and restricted: /proc Mount Type
    """
    field = container.field("securityContext", "procMount")
    if field.scalar() not in (None, "Default"):
        message = f'container "{container.name}" mounts /proc as {field.data}; remove procMount'
        yield Violation(message, at=field, group=hardening(container, "no procMount"))


@rule(
    "security/unsafe-sysctl",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, require(r"\bsysctls?\b"), forbid(r"\bsysctls?\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def unsafe_sysctl(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pod sets an unsafe sysctl.

    Why: Unsafe sysctls can disturb other pods or disable protections of the whole node, and the kubelet rejects the pod
        unless an administrator has allowed each of them.
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
    Fix: Remove the sysctl, or let users add it through a value that is empty by default.
    Source: Kubernetes Pod Security Standards, baseline: Sysctls
    """
    for item in pod.security_context.get("sysctls").items():
        name = item.get("name")
        if name.scalar() not in _SAFE_SYSCTLS:
            yield Violation(f"pod sets the unsafe sysctl {name.data}; remove it, or make it an optional value", at=name)


@rule(
    "security/windows-host-process",
    scope=PodSpec,
    default=MUST,
    enforces=(BASELINE, forbid(r"\bhost ?process(?:es)?\b")),
    umbrella=LEAST_PRIVILEGE,
    tests=True,
)
def windows_host_process(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Windows pod runs as a host process.

    Why: A host process container has access to the node's file system, registry and network: it is the privileged
        container of Windows.
    Bad:
        securityContext:
          windowsOptions:
            hostProcess: true
    Good:
        securityContext:
          windowsOptions:
            runAsUserName: ContainerUser
    Fix: Remove windowsOptions.hostProcess.
    Source: Kubernetes Pod Security Standards, baseline: HostProcess
    """
    for context in _security_contexts(pod):
        field = context.get("windowsOptions", "hostProcess")
        if field.boolean() is True:
            yield Violation(
                "pod runs as a host process of the Windows node; remove windowsOptions.hostProcess", at=field
            )
