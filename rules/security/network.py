"""Who can reach the chart's pods, and whether the traffic is encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    RESULTS,
    SHOULD,
    Container,
    LabelSelector,
    LazyPattern,
    Manifest,
    Parameter,
    Rendering,
    Subject,
    View,
    Violation,
    Workload,
    forbid,
    require,
    rule,
    walk,
)

from .statements import SECURE_DEFAULTS

_TLS = r"(?<!e\.g\., )\b(?:tls|https|ssl)\b"


def _is_isolated(workload: Workload, policies: list[Manifest]) -> bool:
    namespace, labels = workload.manifest.effective_namespace, dict(workload.pod_labels)
    for policy in policies:
        if policy.kind == "CiliumClusterwideNetworkPolicy" or policy.effective_namespace == namespace:
            if policy.group == "crd.projectcalico.org" or policy.group == "projectcalico.org":
                return True  # its selectors have a syntax of their own
            selector = policy.get("spec", "podSelector" if policy.kind == "NetworkPolicy" else "endpointSelector")
            if LabelSelector(selector).matches(labels):
                return True
    return False


@rule(
    "security/no-network-policy",
    scope=Rendering,
    default=SHOULD,
    enforces=require(
        r"^(?!.*\bCNI\b).*?(?:\bnetwork ?polic(?:y|ies)\b|\bnetwork (?:isolation|segmentation)\b"
        r"|\b(?:default[- ]deny|deny[- ](?:all|by[- ]default))\b(?=.*\b(?:traffic|ingress|egress|network\w*)\b)"
        r"|\b(?:traffic|ingress|egress|network\w*)\b.{0,60}\b(?:default[- ]deny|deny[- ](?:all|by[- ]default))\b"
        r"|^\W*(?:(?:start with|apply|use|enforce) )?(?:a )?default[- ]deny\W*$)"
    ),
    umbrella=SECURE_DEFAULTS,
    parameters={
        "strict": Parameter(
            0,
            "hooks are short-lived, policies don't apply to pods in the node's network, and a chart can often not know"
            " what its pods call; 1 requires policies in both directions for all pods",
        )
    },
)
def no_network_policy(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Pod is not selected by any NetworkPolicy.

    Why: Without a NetworkPolicy that selects them, pods accept connections from anywhere: one compromised pod in the
        cluster can reach all of them.
    Bad:
        networkPolicy:
          enabled: false
    Good:
        kind: NetworkPolicy
        spec:
          podSelector:
            matchLabels:
              app.kubernetes.io/name: web
          ingress:
            - ports:
                - port: http
    Fix: Add a NetworkPolicy whose podSelector matches the pods, and let values extend it.
    Source: Kubernetes documentation, Network Policies; kube-linter non-isolated-pod; kube-score pod-networkpolicy
    """
    policies = list(
        rendering.of_kind(
            "NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"
        )
    )
    strict = bool(subject.number("strict"))
    for workload in rendering.workloads:
        is_excused = bool(workload.manifest.hooks) or workload.pod.get("hostNetwork").boolean() is True
        if workload.manifest.is_left_out or (is_excused and not strict):
            continue
        labels = workload.pod_metadata.get("labels")
        if not _is_isolated(workload, policies):
            yield Violation(
                "no NetworkPolicy selects the pods, so every pod in the cluster can reach them;"
                " add a NetworkPolicy whose podSelector matches their labels",
                at=labels,
            )
        elif strict:
            for direction, which in (("Ingress", "incoming"), ("Egress", "outgoing")):
                if not _is_isolated(workload, [policy for policy in policies if _rules(policy, direction)]):
                    yield Violation(
                        f"no NetworkPolicy restricts {which} traffic of the pods;"
                        f" add {direction} to policyTypes, with its rules",
                        at=labels,
                    )


def _rules(policy: Manifest, direction: str) -> bool:
    """Whether a policy covers a direction: by its types, or by its rules, from which Kubernetes derives the types."""
    if policy.kind != "NetworkPolicy":
        return True
    types = policy.get("spec", "policyTypes")
    if types:
        return any(part.data == direction for part in types.items())
    return direction == "Ingress" or bool(policy.get("spec", "egress"))


# Annotations of controllers that terminate TLS in front of the cluster.
_TLS_ANNOTATIONS = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
)


def _covers(pattern: str, host: str) -> bool:
    return pattern == host or (pattern.startswith("*.") and host.partition(".")[2] == pattern[2:])


@rule(
    "security/no-tls",
    scope=Manifest,
    default=SHOULD,
    enforces=(
        require(
            rf"\b(?:ingress(?:es)?|gateways?|routes?|endpoints?|traffic|connections?|communication)\b[^.;]{{0,60}}{_TLS}"
            rf"|{_TLS}.{{0,40}}\b(?:enabled|required|mandatory|everywhere|for (?:all|every|external))\b"
            r"|\bencrypt\w*\b.{0,30}\b(?:in transit|traffic)\b"
        ),
        forbid(r"\b(?:plain|plain ?text|unencrypted|clear ?text)\b.{0,20}\b(?:http|traffic|connections?)\b"),
    ),
    umbrella=SECURE_DEFAULTS,
)
def no_tls(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Ingress, Gateway or Route serves a host without TLS.

    Why: Passwords, cookies and data cross the network in plain text, and clients can't tell the real server from an
        imposter.
    Bad:
        kind: Ingress
        spec:
          rules:
            - host: web.example.com
    Good:
        kind: Ingress
        spec:
          tls:
            - hosts: [web.example.com]
              secretName: web-tls
          rules:
            - host: web.example.com
    Fix: Render spec.tls, and require the Secret's name (or a certificate issuer) if the Ingress is enabled.
    Source: Kubernetes documentation, Ingress, TLS; polaris tlsSettingsMissing
    """
    if manifest.kind == "Ingress" and manifest.group in ("networking.k8s.io", "extensions"):
        yield from _ingress(manifest)
    elif manifest.kind == "Gateway" and manifest.group == "gateway.networking.k8s.io":
        listeners = list(manifest.get("spec", "listeners").items())
        secure = {
            listener.get("hostname").data
            for listener in listeners
            if listener.get("protocol").scalar() in ("HTTPS", "TLS")
        }
        for listener in listeners:
            # Plain HTTP beside HTTPS for the same host only redirects.
            if listener.get("protocol").string() == "HTTP" and listener.get("hostname").scalar() not in secure:
                yield Violation(
                    f'listener "{listener.get("name").data}" serves plain HTTP; add an HTTPS listener for its host',
                    at=listener.get("protocol"),
                )
    elif manifest.kind == "Route" and manifest.group == "route.openshift.io" and not manifest.get("spec", "tls"):
        yield Violation("Route serves plain HTTP; set spec.tls", at=manifest.get("spec", "tls"))


def _ingress(manifest: Manifest) -> Iterator[Violation]:
    if any(name in manifest.annotations for name in _TLS_ANNOTATIONS):
        return
    if "HTTPS" in manifest.annotations.get("alb.ingress.kubernetes.io/listen-ports", ""):
        return
    tls = manifest.get("spec", "tls")
    entries = list(tls.items())
    if not entries:
        yield Violation("Ingress serves its hosts without TLS; set spec.tls", at=tls)
        return
    hosts = [host for entry in entries for item in entry.get("hosts").items() if (host := item.string())]
    if any(not entry.get("hosts") for entry in entries):
        return  # an entry without hosts is for all of them
    for item in manifest.get("spec", "rules").items():
        host = item.get("host").string()
        if host and not any(_covers(pattern, host) for pattern in hosts):
            yield Violation(f"Ingress serves {host} without TLS; add the host to spec.tls", at=item.get("host"))


_WEAK_PROTOCOL = LazyPattern(
    r"(?i)(?<![-!+\w.])(?:SSL ?v?[23](?:\.0)?|(?:Version)?TLS[ _]?v?_?1(?:[._]?[01])?)(?![._]?\d)(?!\w)"
)
_WEAK_CIPHER = LazyPattern(
    r"(?i)(?<![!\-\w])(?:[A-Z0-9_-]*(?:RC4|3DES|DES-CBC3?|_DES_|NULL|EXPORT|ADH|AECDH|anon)[A-Z0-9_-]*|[A-Z0-9_-]+-MD5"
    r"|[A-Z0-9_]+_MD5)(?!\w)"
)
_SPEAKS_OF_PROTOCOLS = LazyPattern(
    r"(?i)ssl[-_. ]?protocols?|(?:tls|ssl)[-_. ]?(?:min\w*[-_. ]?)?(?:version|protocol)|min(?:imum)?[-_. ]?(?:tls|ssl)?"
    r"[-_. ]?(?:version|protocol)|protocols?[\"']?\s*[:=]|secureoptions|tls-min"
)
_SPEAKS_OF_CIPHERS = LazyPattern(r"(?i)cipher")
_BARE_VERSION = LazyPattern(r"(?i)[\"']?1[._][01][\"']?")
_TLS_NAME = LazyPattern(r"(?i)(?:tls|ssl).{0,12}(?:version|protocol)|min\w*(?:tls|ssl)")


def _weak(name: str, text: str) -> Iterator[str]:
    """The weak protocols and ciphers in a setting, or in a text of settings: each line is read by itself."""
    for whole in text.splitlines() or [text]:
        line = whole.partition(" #")[0]
        if line.lstrip().startswith(("#", "//", ";")):
            continue
        about = f"{name} {line}"
        if _SPEAKS_OF_PROTOCOLS.search(about):
            yield from (match.group() for match in _WEAK_PROTOCOL.finditer(line))
            if _TLS_NAME.search(name) and _BARE_VERSION.fullmatch(line.strip()):
                yield f"TLS {line.strip()}"
        if _SPEAKS_OF_CIPHERS.search(about):
            yield from (match.group() for match in _WEAK_CIPHER.finditer(line))


def _weak_settings(view: View, name: str) -> Iterator[tuple[View, list[str]]]:
    """The scalars below a view that allow weak TLS, each with the weak parts. ``name`` is the view's own."""
    above = len(view.path)
    for path, data in walk(view.data, view.path):
        if isinstance(data, str | float):
            text = str(data)
            keys = [step for step in path[above:] if isinstance(step, str)]
            key = ".".join(keys[-2:]) or name  # tls.minVersion
            if _may_be_weak(key, text) and (found := list(dict.fromkeys(_weak(key, text)))):
                yield view.document.view.get(*path), found


def _may_be_weak(name: str, text: str) -> bool:
    """A quick test before the patterns."""
    lower = f"{name} {text}".lower()
    return any(word in lower for word in ("tls", "ssl", "cipher", "minversion", "min_version", "min-version"))


@rule(
    "security/weak-tls",
    default=MUST,
    needs={RESULTS},
    enforces=(
        require(r"\b(?:TLS|SSL) ?v?1\.[23]\b|\b(?:modern|strong|current|secure) (?:TLS|SSL|ciphers?)\b"),
        forbid(
            r"\b(?:TLS|SSL) ?v?(?:1\.[01]|[23](?:\.0)?)\b"
            r"|\b(?:weak|legacy|old|insecure|deprecated)\b.{0,20}\b(?:TLS|SSL|ciphers?)\b"
        ),
    ),
    umbrella=SECURE_DEFAULTS,
)
def weak_tls(subject: Subject) -> Iterator[Violation]:
    """Setting allows SSL, TLS 1.0, TLS 1.1 or a weak cipher.

    Why: These protocols and ciphers are broken; an attacker in the middle can force a client to fall back to them.
    Bad:
        tls:
          minVersion: TLSv1.1
          ciphers: ECDHE-RSA-AES128-GCM-SHA256:DES-CBC3-SHA
    Good:
        tls:
          minVersion: TLSv1.2
          ciphers: ECDHE-RSA-AES128-GCM-SHA256:!RC4:!MD5
    Fix: Allow TLS 1.2 and 1.3 only, and remove the cipher from the list.
    Source: RFC 8996, Deprecating TLS 1.0 and TLS 1.1; RFC 9325, Recommendations for Secure Use of TLS
    """
    said: set[str] = set()
    if subject.chart.values is not None:
        for view, weak in _weak_settings(subject.chart.values.document.view, ""):
            said.update(weak)
            yield Violation(
                f"setting allows {', '.join(weak)}; allow only TLS 1.2 and 1.3 with current ciphers", at=view
            )
    for rendering in subject.renderings:
        for manifest in rendering.manifests:
            for view, weak in _weak_of(manifest):
                # What a value sets has been reported there.
                fresh = [word for word in weak if word not in said]
                if fresh:
                    yield Violation(
                        f"setting allows {', '.join(fresh)}; allow only TLS 1.2 and 1.3 with current ciphers", at=view
                    )


def _weak_of(manifest: Manifest) -> Iterator[tuple[View, list[str]]]:
    """The weak settings of an object: in the data of a ConfigMap, annotations, environment and arguments."""
    if manifest.kind == "ConfigMap":
        yield from _weak_settings(manifest.get("data"), "")
    yield from _weak_settings(manifest.get("metadata", "annotations"), "")
    if manifest.kind in ("Gateway", "Ingress", "IngressRoute", "TLSOption", "DestinationRule", "HTTPProxy"):
        yield from _weak_settings(manifest.get("spec"), "")
    for workload in manifest.workloads:
        for container in workload.pod.all_containers:
            for variable in container.field("env").items():
                yield from _weak_settings(variable.get("value"), variable.get("name").string() or "")
            for field in ("command", "args"):
                yield from _weak_settings(container.field(field), "")


@rule(
    "security/ssh-port",
    scope=Container,
    default=MUST,
    enforces=forbid(r"\bssh\b(?!-| keys?\b|[^()]*\))|\bport 22\b"),
    umbrella=SECURE_DEFAULTS,
)
def ssh_port(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container exposes SSH.

    Why: SSH bypasses the access control and audit log of Kubernetes, which kubectl exec uses.
    Bad:
        ports:
          - containerPort: 22
    Good:
        ports:
          - containerPort: 8080
    Fix: Remove the SSH server; if SSH is what the software serves (a Git server), listen on a port above 1024.
    Source: kube-linter ssh-port
    """
    for port in container.field("ports").items():
        number = port.get("containerPort")
        if number.integer() == 22 and (port.get("protocol").string() or "TCP") == "TCP":
            message = f'container "{container.name}" exposes SSH on port 22; remove the port'
            yield Violation(message, at=number)
