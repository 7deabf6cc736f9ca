"""What a container's processes may do: privileges, users, capabilities, the root file system."""

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

from .hardening import hardening
from .statements import BASELINE, LEAST_PRIVILEGE, RESTRICTED


def is_privileged(container: Container) -> bool:
    """Whether the container asks for all of the host's privileges."""
    return container.field("securityContext", "privileged").boolean() is True


def is_moot(container: Container, subject: Subject) -> bool:
    """Whether a container's other limits are without effect because it runs privileged, which security/privileged
    reports in this check."""
    return is_privileged(container) and subject.severity_of("security/privileged") is not None


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
    """A container runs privileged.

    Why: A privileged container has every capability and device of its node; who breaks into it owns the node, and
        with it every other pod there.
    Bad:
        securityContext:
          privileged: true
    Good:
        securityContext:
          privileged: false
          capabilities:
            drop: [ALL]
            add: [NET_BIND_SERVICE]
    Fix: Drop privileged from the container's securityContext and add only the capability that it needs.
    Source: Kubernetes Pod Security Standards, baseline: Privileged Containers
    """
    if is_privileged(container):
        yield Violation(
            "runs privileged, with every capability and device of its node; drop privileged: true",
            at=container.field("securityContext", "privileged"),
            group=hardening("privileged: false", privileged=False),
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
    """A SecurityContextConstraints object of OpenShift lets pods run privileged.

    Why: Whoever may use the constraint, by a role or by its list of users and groups, may own every node.
    Bad:
        kind: SecurityContextConstraints
        allowPrivilegedContainer: true
    Good:
        kind: SecurityContextConstraints
        allowPrivilegedContainer: false
        allowedCapabilities: [NET_BIND_SERVICE]
    Fix: Set allowPrivilegedContainer: false, and name the capabilities that the pods need in allowedCapabilities.
        `fix --unsafe` sets it.
    Source: OpenShift documentation, Managing security context constraints; kube-linter scc-deny-privileged-container
    """
    allowed = manifest.get("allowPrivilegedContainer")
    if manifest.kind == "SecurityContextConstraints" and allowed.boolean() is True:
        yield Violation(
            "lets pods run privileged; set allowPrivilegedContainer: false and name capabilities instead",
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
    """A container's processes may gain more privileges than they were started with.

    Why: Without allowPrivilegeEscalation: false, a set-user-ID program in the image makes root of any user.
    Bad:
        securityContext:
          runAsNonRoot: true
    Good:
        securityContext:
          runAsNonRoot: true
          allowPrivilegeEscalation: false
    Fix: Set allowPrivilegeEscalation: false in the container's securityContext; the pod's has no such field.
        `fix --unsafe` sets it.
    Source: Kubernetes Pod Security Standards, restricted: Privilege Escalation
    """
    field = container.field("securityContext", "allowPrivilegeEscalation")
    allowed = field.boolean()
    if allowed is False or container.pod.is_windows or is_moot(container, subject):
        return
    group = hardening("allowPrivilegeEscalation: false", allowPrivilegeEscalation=False)
    if allowed is True:
        message = "its processes may gain privileges; set allowPrivilegeEscalation: false"
        yield Violation(message, at=field, group=group, fix=SetField(False))
    elif not is_privileged(container):  # there Kubernetes forces it: security/privileged names what is to be mended
        yield Violation(
            "its processes may gain privileges; set securityContext.allowPrivilegeEscalation: false",
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
        require(
            r"\bnon-?root\b|\brootless containers?\b|\brunAsNonRoot\b|\b(?:unprivileged|dedicated|regular) user\b"
            r"|\bnon-?zero (?:runAsUser|uids?|user ?ids?)\b"
        ),
        forbid(r"\b(?:as|under|with) (?:the )?root\b(?! ca\b)|\broot (?:user|containers?)\b|\brun\w* (?:as )?UID 0\b"),
    ),
    umbrella=LEAST_PRIVILEGE,
    evidence="containers can't run as root",
    tests=True,
)
def root_user(container: Container, subject: Subject) -> Iterator[Violation]:
    """A container may run as root.

    Why: Root in the container is root on the node as soon as anything lets it out; most known escapes need it.
    Bad:
        securityContext: {}
    Good:
        securityContext:
          runAsNonRoot: true
          runAsUser: 10001
    Fix: Set runAsNonRoot: true in the pod's or the container's securityContext, and a non-zero runAsUser where the
        image doesn't name its user by number.
        `fix --unsafe` sets runAsNonRoot where runAsUser names another user than root. Elsewhere it is for a person to
        set: a container whose image runs as root, or as a user without a number, no longer starts with it.
    Source: Kubernetes Pod Security Standards, restricted: Running as Non-root, Running as Non-root user (v1.23+);
        a pod in a user namespace of its own (hostUsers: false) is exempt (v1.35+)
    """
    pod = container.pod
    if pod.get("hostUsers").boolean() is False:
        return
    pod_user, pod_non_root = pod.security_context.get("runAsUser"), pod.security_context.get("runAsNonRoot")
    user, non_root = container.effective("runAsUser"), container.effective("runAsNonRoot")
    group = hardening("runAsNonRoot: true", runAsNonRoot=True)
    other_user = hardening("a non-zero runAsUser and runAsNonRoot: true", runAsNonRoot=True, runAsUser=10001)
    if user.integer() == 0:
        message = "runs as user 0, which is root; set a non-zero runAsUser and runAsNonRoot: true"
        yield Violation(message, at=user, group=other_user)
    elif non_root.boolean() is False:
        how = Applicability.DISPLAY if user.integer() is None else Applicability.UNSAFE
        fix = SetField(True, how)
        yield Violation("may run as root; set runAsNonRoot: true", at=non_root, group=group, fix=fix)
    elif non_root.boolean() is None and user.integer() is None:
        yield Violation(
            "runs as root unless the image says otherwise; set securityContext.runAsNonRoot: true, and runAsUser where"
            " the image's own user is root or has no number",
            at=non_root,
            group=group,
            fix=SetField(True, Applicability.DISPLAY),
        )
    elif non_root.boolean() is None:
        yield Violation(
            f"runs as user {user.integer()}, but the restricted profile wants it said that this is not root;"
            " set securityContext.runAsNonRoot: true",
            at=non_root,
            group=group,
            fix=SetField(True),
        )
    # The standard rejects the pod's own settings even where each container overrides them.
    if user.path != pod_user.path and pod_user.integer() == 0:
        message = "the pod's user is 0, which is root; set a non-zero runAsUser"
        yield Violation(message, at=pod_user, group=hardening("a non-zero runAsUser of the pod"))
    if non_root.path != pod_non_root.path and pod_non_root.boolean() is False:
        message = "the pod may run as root; set runAsNonRoot: true"
        of_pod = hardening("runAsNonRoot: true of the pod")
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
        "minimum": Parameter(10000, "below that, IDs are likely to be those of users on the node"),
        "strict": Parameter(0, "where no ID is set the image decides, and may decide well; 1 wants both written out"),
    },
    tests=True,
)
def low_user_id(container: Container, subject: Subject) -> Iterator[Violation]:
    """A container runs under a user or group ID that a user of the node may have.

    Why: Without user namespaces a container's user 1000 is the node's user 1000: what leaks out (a volume, an escape)
        belongs to that user. An ID that nobody has is worth nothing outside.
    Bad:
        securityContext:
          runAsUser: 1000
    Good:
        securityContext:
          runAsUser: 10001
          runAsGroup: 10001
    Fix: Take a runAsUser and runAsGroup of 10000 or more. Where none is set the image decides, and this rule is silent,
        unless `strict` is 1; user 0 is security/root-user's.
    Source: kube-score container-security-context-user-group-id
    """
    if container.pod.is_windows or container.pod.get("hostUsers").boolean() is False:
        return
    minimum = subject.number("minimum")
    user, group = container.effective("runAsUser"), container.effective("runAsGroup")
    low = [(name, view) for name, view in (("user", user), ("group", group)) if 0 < (view.integer() or 0) < minimum]
    if low:
        names = " and ".join(f"{name} {view.integer()}" for name, view in low)
        message = f"runs as {names}, which the node may have too; take an ID of {minimum} or more"
        fields = {f"runAs{name.capitalize()}": minimum + 1 for name, _ in low}
        wanted = hardening(f"{' and '.join(fields)} of {minimum} or more", **fields)
        yield Violation(message, at=low[0][1], group=wanted)
    elif subject.number("strict"):
        for field, view in (("runAsUser", user), ("runAsGroup", group)):
            if view.integer() is None:
                wanted = hardening(f"{field} of {minimum} or more", **{field: minimum + 1})
                yield Violation(f"leaves {field} to the image; set an ID of {minimum} or more", at=view, group=wanted)


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
    """A container keeps or adds Linux capabilities.

    Why: Each capability is a part of root's power. A container starts with fourteen of them (raw sockets, changing
        owners …) unless it drops them.
    Bad:
        securityContext:
          capabilities:
            drop: [NET_RAW]
    Good:
        securityContext:
          capabilities:
            drop: [ALL]
    Fix: Set capabilities.drop: [ALL] in the container's securityContext; NET_BIND_SERVICE is the only one that may be
        added back.
        `fix --unsafe` drops them.
    Source: Kubernetes Pod Security Standards, restricted: Capabilities (v1.22+)
    """
    if container.pod.is_windows or is_moot(container, subject):
        return
    dropped = container.field("securityContext", "capabilities", "drop")
    names = [item.string() or "" for item in dropped.items()]
    if "ALL" not in names:
        group = hardening("capabilities.drop: [ALL]", capabilities={"drop": ["ALL"]})
        if any(name.upper() == "ALL" for name in names):
            message = "drops 'all'; only ALL, in capitals, counts as dropping every capability"
        elif names:
            message = "keeps capabilities; set capabilities.drop: [ALL]"
        else:
            message = "keeps the default capabilities; set securityContext.capabilities.drop: [ALL]"
        yield Violation(message, at=dropped, group=group, fix=SetField(["ALL"]))
    added = container.field("securityContext", "capabilities", "add")
    forbidden = [str(item.data) for item in added.items() if item.data != "NET_BIND_SERVICE"]
    if forbidden:
        yield Violation(
            f"adds {_listed(forbidden)}; only the capability NET_BIND_SERVICE may be added",
            at=added,
            group=hardening(f"no added {_listed(forbidden)}"),
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
    """A container's root file system can be written.

    Why: A read-only root file system keeps an intruder from changing programs or leaving tools behind, and shows which
        paths the application really writes.
    Bad:
        securityContext:
          runAsNonRoot: true
    Good:
        securityContext:
          readOnlyRootFilesystem: true
    Fix: Set readOnlyRootFilesystem: true in the container's securityContext and mount an emptyDir where it writes.
        `fix --unsafe` sets it, without the volume.
    Source: NSA/CISA Kubernetes Hardening Guide; kube-linter no-read-only-root-fs
    """
    field = container.field("securityContext", "readOnlyRootFilesystem")
    # Windows has no such thing: its registry and system processes need to write.
    if field.boolean() is not True and not container.pod.is_windows:
        yield Violation(
            "its root file system can be written; set securityContext.readOnlyRootFilesystem: true",
            at=field,
            group=hardening("readOnlyRootFilesystem: true", readOnlyRootFilesystem=True),
            fix=SetField(True),
        )
