"""The privileges of a container's processes: users, capabilities, the root file system."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    Applicability,
    Container,
    Manifest,
    Parameter,
    SetField,
    Subject,
    Urgency,
    Violation,
    forbid,
    require,
    rule,
)

from .hardening import hardening, is_told
from .statements import BASELINE, LEAST_PRIVILEGE, NON_ROOT, RESTRICTED


def is_privileged(container: Container) -> bool:
    """Whether the container requests all privileges of the host."""
    return container.field("securityContext", "privileged").boolean() is True


def is_moot(container: Container, subject: Subject, rule: str) -> bool:
    """Whether a container's limit has no effect because it runs privileged, which security/privileged reports in this
    check as severely as the limit's rule would."""
    return is_privileged(container) and is_told(subject, "security/privileged", rule)


@rule(
    "security/privileged",
    scope=Container,
    default=MUST,
    enforces=(BASELINE, forbid(r"\bprivileged\b"), require(r"\b(?:un|non-?)privileged\b")),
    umbrella=LEAST_PRIVILEGE,
    evidence="containers run without the host's privileges",
    tests=True,
    urgency=Urgency.EXPOSED,
)
def privileged(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container runs privileged.

    Why: A privileged container has every capability and device of its node. An attacker who breaks into it controls
        the node and every other pod on it.
    Bad:
        securityContext:
          privileged: true
    Good:
        securityContext:
          privileged: false
          capabilities:
            drop: [ALL]
            add: [NET_BIND_SERVICE]
    Fix: Remove privileged from the container's securityContext and add only the capabilities that it needs.
    Source: Kubernetes Pod Security Standards, baseline: Privileged Containers
    """
    if is_privileged(container):
        yield Violation(
            f'container "{container.name}" runs privileged, with every capability and device of its node;'
            " remove privileged: true",
            at=container.field("securityContext", "privileged"),
            group=hardening(container, "privileged: false", privileged=False),
            fix=SetField(False, Applicability.DISPLAY),
        )


@rule(
    "security/privileged-constraint",
    scope=Manifest,
    default=MUST,
    enforces=forbid(r"\bprivileged\b.{0,40}\b(?:security ?context ?constraints?|SCCs?)\b"),
    umbrella=LEAST_PRIVILEGE,
)
def privileged_constraint(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """SecurityContextConstraints allow privileged pods.

    Why: Everyone who may use the constraint, through a role or its list of users and groups, can take over every node.
    Bad:
        kind: SecurityContextConstraints
        allowPrivilegedContainer: true
    Good:
        kind: SecurityContextConstraints
        allowPrivilegedContainer: false
        allowedCapabilities: [NET_BIND_SERVICE]
    Fix: Set allowPrivilegedContainer: false, and list the capabilities that the pods need in
        allowedCapabilities.
        `fix --unsafe` sets it.
    Source: OpenShift documentation, Managing security context constraints; kube-linter scc-deny-privileged-container
    """
    allowed = manifest.get("allowPrivilegedContainer")
    if manifest.kind == "SecurityContextConstraints" and allowed.boolean() is True:
        yield Violation(
            "SecurityContextConstraints allow privileged pods; set allowPrivilegedContainer: false and list the needed"
            " capabilities in allowedCapabilities",
            at=allowed,
            fix=SetField(False),
        )


@rule(
    "security/privilege-escalation",
    scope=Container,
    default=MUST,
    enforces=(
        RESTRICTED,
        forbid(
            r"privilege[- ]escalation(?! (?:vectors?|attacks?|paths?|risks?))"
            r"|escalate (?:their |its )?privileges|allowPrivilegeEscalation"
        ),
        require(
            r"\b(?:(?:disable|prevent|forbid|deny|disallow)\w*|no)\b.{0,30}\bprivilege[- ]escalation"
            r"|allowPrivilegeEscalation"
            r"|\bprivilege[- ]escalation\b.{0,30}\b(?:disabled|prevented|forbidden|impossible|off)\b"
        ),
    ),
    umbrella=LEAST_PRIVILEGE,
    evidence="containers can't gain privileges",
    tests=True,
)
def privilege_escalation(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container allows privilege escalation.

    Why: Without allowPrivilegeEscalation: false, a set-user-ID program in the image can turn any user into root.
    Bad:
        securityContext:
          runAsNonRoot: true
    Good:
        securityContext:
          runAsNonRoot: true
          allowPrivilegeEscalation: false
    Fix: Set allowPrivilegeEscalation: false in the container's securityContext; the pod's securityContext does not have
        the field.
        `fix --unsafe` sets it.
    Source: Kubernetes Pod Security Standards, restricted: Privilege Escalation
    """
    field = container.field("securityContext", "allowPrivilegeEscalation")
    allowed = field.boolean()
    if allowed is False or container.pod.is_windows or is_moot(container, subject, "security/privilege-escalation"):
        return
    group = hardening(container, "allowPrivilegeEscalation: false", allowPrivilegeEscalation=False)
    if allowed is True:
        message = f'container "{container.name}" allows privilege escalation; set allowPrivilegeEscalation: false'
        yield Violation(message, at=field, group=group, fix=SetField(False))
    else:  # a privileged container can't even prevent it
        remedy = " remove privileged: true, and" if is_privileged(container) else ""
        yield Violation(
            f'container "{container.name}" does not prevent privilege escalation;{remedy}'
            " set securityContext.allowPrivilegeEscalation: false",
            at=field,
            group=group,
            fix=SetField(False),
        )


@rule(
    "security/root-user",
    scope=Container,
    default=MUST,
    enforces=(
        RESTRICTED,
        NON_ROOT,
        forbid(r"\b(?:as|under|with) (?:the )?root\b(?! ca\b)|\broot (?:user|containers?)\b|\brun\w* (?:as )?UID 0\b"),
    ),
    umbrella=LEAST_PRIVILEGE,
    evidence="containers can't run as root",
    tests=True,
)
def root_user(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container may run as root.

    Why: A process that escapes the container keeps its user: root in the container is then root on the node. Most known
        escapes need root.
    Bad:
        securityContext: {}
    Good:
        securityContext:
          runAsNonRoot: true
          runAsUser: 10001
    Fix: Set runAsNonRoot: true in the pod's or the container's securityContext, and a non-zero runAsUser if the
        image does not set its user by number.
        `fix --unsafe` sets runAsNonRoot if runAsUser is set to a user other than root. Otherwise decide yourself: a
        container whose image runs as root, or as a user without a number, would no longer start.
    Source: Kubernetes Pod Security Standards, restricted: Running as Non-root, Running as Non-root user (v1.23+);
        a pod in a user namespace of its own (hostUsers: false) is exempt (v1.35+)
    """
    pod = container.pod
    if pod.get("hostUsers").boolean() is False:
        return
    pod_user, pod_non_root = pod.security_context.get("runAsUser"), pod.security_context.get("runAsNonRoot")
    user, non_root = container.effective("runAsUser"), container.effective("runAsNonRoot")
    group = hardening(container, "runAsNonRoot: true", runAsNonRoot=True)
    other_user = hardening(container, "a non-zero runAsUser and runAsNonRoot: true", runAsNonRoot=True, runAsUser=10001)
    if user.integer() == 0:
        message = f'container "{container.name}" runs as user 0 (root); set a non-zero runAsUser and runAsNonRoot: true'
        yield Violation(message, at=user, group=other_user)
    elif non_root.boolean() is False:
        how = Applicability.DISPLAY if user.integer() is None else Applicability.UNSAFE
        message = f'container "{container.name}" may run as root; set runAsNonRoot: true'
        yield Violation(message, at=non_root, group=group, fix=SetField(True, how))
    elif non_root.boolean() is None and user.integer() is None:
        yield Violation(
            f'container "{container.name}" runs as root unless the image sets another user;'
            " set securityContext.runAsNonRoot: true, and runAsUser if the image's user is root or not numeric",
            at=non_root,
            group=group,
            fix=SetField(True, Applicability.DISPLAY),
        )
    elif non_root.boolean() is None:
        yield Violation(
            f'container "{container.name}" runs as user {user.integer()} but does not set runAsNonRoot, which the'
            " restricted profile requires; set securityContext.runAsNonRoot: true",
            at=non_root,
            group=group,
            fix=SetField(True),
        )
    # The standard rejects the pod's own settings even where each container overrides them.
    if user.path != pod_user.path and pod_user.integer() == 0:
        message = "pod runs as user 0 (root) by default; set a non-zero runAsUser in the pod's securityContext"
        of_pod = hardening(container, "a non-zero runAsUser in the pod's securityContext")
        yield Violation(message, at=pod_user, group=of_pod)
    if non_root.path != pod_non_root.path and pod_non_root.boolean() is False:
        message = "pod may run as root; set runAsNonRoot: true in the pod's securityContext"
        of_pod = hardening(container, "runAsNonRoot: true in the pod's securityContext")
        yield Violation(message, at=pod_non_root, group=of_pod, fix=SetField(True))


@rule(
    "security/low-user-id",
    scope=Container,
    default=SHOULD,
    enforces=require(
        r"\b(?:user[- ]?ids?|group[- ]?ids?|uids?|gids?)\b.{0,40}\b(?:above|over|at least|from|of) (?P<minimum>\d{4,})"
        r"|\bhigh (?:user|u)[- ]?ids?\b"
    ),
    umbrella=LEAST_PRIVILEGE,
    parameters={
        "minimum": Parameter(10000, "lower IDs are likely to exist on the node"),
        "strict": Parameter(0, "without an ID the image's user applies, which may be fine; 1 requires both IDs"),
    },
    tests=True,
)
def low_user_id(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container runs with a user or group ID that may exist on the node.

    Why: Without user namespaces, user 1000 in a container is user 1000 on the node: an escaped process, or a file on a
        shared volume, has the rights of that user. An unused ID has no rights outside the container.
    Bad:
        securityContext:
          runAsUser: 1000
    Good:
        securityContext:
          runAsUser: 10001
          runAsGroup: 10001
    Fix: Set runAsUser and runAsGroup to 10000 or more. Missing IDs are reported only if `strict` is 1; ID 0 only
        where security/root-user does not report it.
    Source: kube-score container-security-context-user-group-id
    """
    if container.pod.is_windows or container.pod.get("hostUsers").boolean() is False:
        return
    minimum = subject.number("minimum")
    user, group = container.effective("runAsUser"), container.effective("runAsGroup")
    root_is_told = is_told(subject, "security/root-user", "security/low-user-id")
    numbers = [(name, view, view.integer()) for name, view in (("user", user), ("group", group))]
    low = [(name, view) for name, view, number in numbers if number is not None and root_is_told <= number < minimum]
    if low:
        names = " and ".join(f"{name} {view.integer()}" for name, view in low)
        message = (
            f'container "{container.name}" runs as {names}, which may exist on the node; use an ID of {minimum} or more'
        )
        fields = {f"runAs{name.capitalize()}": minimum + 1 for name, _ in low}
        wanted = hardening(container, f"{' and '.join(fields)} of {minimum} or more", **fields)
        yield Violation(message, at=low[0][1], group=wanted)
    elif subject.number("strict"):
        for field, view in (("runAsUser", user), ("runAsGroup", group)):
            if view.integer() is None:
                wanted = hardening(container, f"{field} of {minimum} or more", **{field: minimum + 1})
                message = f'container "{container.name}" does not set {field}; set it to {minimum} or more'
                yield Violation(message, at=view, group=wanted)


@rule(
    "security/capabilities",
    scope=Container,
    default=MUST,
    enforces=(
        RESTRICTED,
        require(
            r"\b(?:drop|remov|restrict|limit|minim)\w*\b.{0,40}\bcapabilit|\bcapabilit\w*\b.{0,40}\b(?:drop(?:ped)?|removed|minimal)\b"
        ),
        forbid(
            r"\b(?:add|grant|gain|request|retain|keep|additional|extra|unnecessary|needless|unneeded)\w*\b.{0,40}\bcapabilit"
        ),
    ),
    umbrella=LEAST_PRIVILEGE,
    evidence="containers drop all capabilities",
    tests=True,
)
def capabilities(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container keeps or adds Linux capabilities.

    Why: Each capability grants a part of root's privileges. A container starts with fourteen of them (raw sockets,
        changing file owners …) unless it drops them.
    Bad:
        securityContext:
          capabilities:
            drop: [NET_RAW]
    Good:
        securityContext:
          capabilities:
            drop: [ALL]
    Fix: Set capabilities.drop: [ALL] in the container's securityContext; only NET_BIND_SERVICE may be added
        back.
        `fix --unsafe` sets drop: [ALL].
    Source: Kubernetes Pod Security Standards, restricted: Capabilities (v1.22+)
    """
    if container.pod.is_windows or is_moot(container, subject, "security/capabilities"):
        return
    dropped = container.field("securityContext", "capabilities", "drop")
    names = [item.string() or "" for item in dropped.items()]
    if "ALL" not in names:
        group = hardening(container, "capabilities.drop: [ALL]", capabilities={"drop": ["ALL"]})
        if any(name.upper() == "ALL" for name in names):
            message = (
                f'container "{container.name}" drops "all", but only ALL drops every capability; write it in upper case'
            )
        elif names:
            message = f'container "{container.name}" keeps some default capabilities; set capabilities.drop: [ALL]'
        else:
            message = (
                f'container "{container.name}" keeps the default capabilities;'
                " set securityContext.capabilities.drop: [ALL]"
            )
        yield Violation(message, at=dropped, group=group, fix=SetField(["ALL"]))
    added = container.field("securityContext", "capabilities", "add")
    forbidden = [str(item.data) for item in added.items() if item.data != "NET_BIND_SERVICE"]
    if forbidden:
        noun = "capability" if len(forbidden) == 1 else "capabilities"
        yield Violation(
            f'container "{container.name}" adds the {noun} {_listed(forbidden)}; remove all but NET_BIND_SERVICE',
            at=added,
            group=hardening(container, f"no added {_listed(forbidden)}"),
        )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


@rule(
    "security/writable-root",
    scope=Container,
    default=SHOULD,
    enforces=(
        require(
            r"\bread-?only\b.{0,20}\b(?:file ?systems?|root-?fs)\b"
            r"|\b(?:root ?file ?systems?|root-?fs)\b.{0,30}\bread-?only\b"
            r"|\breadOnlyRootFilesystem\b"
            r"|\bimmutable (?:root )?file ?systems?\b"
        ),
        forbid(r"\bwritable\b.{0,20}\b(?:file ?systems?|root-?fs)\b|\bwrite\b.{0,20}\broot ?(?:file ?system|fs)\b"),
    ),
    umbrella=LEAST_PRIVILEGE,
    evidence="containers have a read-only root file system",
    tests=True,
)
def writable_root(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container has a writable root file system.

    Why: A read-only root file system keeps an attacker from changing programs or installing tools, and reveals which
        paths the application writes to.
    Bad:
        securityContext:
          runAsNonRoot: true
    Good:
        securityContext:
          readOnlyRootFilesystem: true
    Fix: Set readOnlyRootFilesystem: true in the container's securityContext and mount an emptyDir where the application
        writes.
        `fix --unsafe` sets the field and adds no volume.
    Source: NSA/CISA Kubernetes Hardening Guide; kube-linter no-read-only-root-fs
    """
    field = container.field("securityContext", "readOnlyRootFilesystem")
    # Windows has no read-only root: its registry and system processes write to it.
    if field.boolean() is not True and not container.pod.is_windows:
        yield Violation(
            f'container "{container.name}" has a writable root file system;'
            " set securityContext.readOnlyRootFilesystem: true",
            at=field,
            group=hardening(container, "readOnlyRootFilesystem: true", readOnlyRootFilesystem=True),
            fix=SetField(True),
        )
