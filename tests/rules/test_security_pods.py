"""The Pod Security Standards' rules: inputs that Kubernetes' own admission accepts and rejects."""

from __future__ import annotations

import pytest

from helm_constitution.lint.rule import Rule
from helm_constitution.rules.security import host_access as h
from helm_constitution.rules.security import privileges as p
from helm_constitution.rules.security import profiles as f
from tests.rules.support import fields, judge


def pod(context: str = "{}", container: str = "{}", **more: str) -> str:
    """A pod with one container: their security contexts, and fields of the pod."""
    lines = [
        "apiVersion: v1",
        "kind: Pod",
        "metadata: {name: web}",
        "spec:",
        f"  securityContext: {context}",
        *(f"  {name}: {value}" for name, value in more.items()),
        "  containers:",
        f"    - {{name: web, securityContext: {container}}}",
    ]
    return "\n".join(lines) + "\n"


WINDOWS = "{name: windows}"
OWN = "spec.containers[0].securityContext"


def test_privileged() -> None:
    assert judge(p.privileged, pod(container="{privileged: true}")) == [
        'container "web" runs privileged, with every capability and device of its node; remove privileged: true'
    ]
    assert judge(p.privileged, pod(container="{privileged: false}")) == []
    # The field exists only on containers.
    assert judge(p.privileged, pod(context="{privileged: true}")) == []


@pytest.mark.parametrize("role", ["initContainers", "ephemeralContainers"])
def test_init_and_ephemeral_containers_count(role: str) -> None:
    text = f"kind: Pod\nspec: {{{role}: [{{name: a, securityContext: {{privileged: true}}}}]}}"
    assert fields(p.privileged, text) == [f"spec.{role}[0].securityContext.privileged"]
    for rule in (p.root_user, p.privilege_escalation, p.capabilities, f.no_seccomp):
        assert fields(rule, f"kind: Pod\nspec: {{{role}: [{{name: a}}]}}") != []


@pytest.mark.parametrize(
    ("container", "bad"),
    [
        ("{}", True),
        ("{allowPrivilegeEscalation: true}", True),
        ("{allowPrivilegeEscalation: false}", False),
        # Kubernetes rejects false beside privileged: security/privileged tells it where it runs.
        ("{privileged: true}", True),
        ("{privileged: true, allowPrivilegeEscalation: true}", True),
    ],
)
def test_privilege_escalation(container: str, bad: bool) -> None:
    assert bool(judge(p.privilege_escalation, pod(container=container))) is bad


def test_privilege_escalation_is_not_inherited_from_the_pod() -> None:
    assert fields(p.privilege_escalation, pod(context="{allowPrivilegeEscalation: false}")) == [
        f"{OWN}.allowPrivilegeEscalation"
    ]


@pytest.mark.parametrize(
    ("context", "container", "found"),
    [
        ("{}", "{}", [f"{OWN}.runAsNonRoot"]),
        ("{runAsNonRoot: true}", "{}", []),
        ("{}", "{runAsNonRoot: true}", []),
        ("{runAsNonRoot: true}", "{runAsNonRoot: false}", [f"{OWN}.runAsNonRoot"]),
        ("{runAsNonRoot: true}", "{runAsNonRoot: null}", []),
        ("{runAsNonRoot: false}", "{}", ["spec.securityContext.runAsNonRoot"]),
        ("{runAsNonRoot: false}", "{runAsNonRoot: true}", ["spec.securityContext.runAsNonRoot"]),
        ("{runAsUser: 0}", "{}", ["spec.securityContext.runAsUser"]),
        ("{runAsUser: 0}", "{runAsNonRoot: true}", ["spec.securityContext.runAsUser"]),
        ("{runAsNonRoot: true}", "{runAsUser: 0}", [f"{OWN}.runAsUser"]),
        ("{runAsNonRoot: true, runAsUser: 0}", "{runAsUser: 1000}", ["spec.securityContext.runAsUser"]),
        ("{runAsUser: 10001}", "{}", [f"{OWN}.runAsNonRoot"]),
    ],
)
def test_root_user(context: str, container: str, found: list[str]) -> None:
    assert fields(p.root_user, pod(context, container)) == found


def test_root_user_of_a_pod_is_one_place_for_all_its_containers() -> None:
    text = "kind: Pod\nspec: {securityContext: {runAsUser: 0}, containers: [{name: a}, {name: b}]}"
    assert set(fields(p.root_user, text)) == {"spec.securityContext.runAsUser"}


def test_root_user_says_what_is_there() -> None:
    assert judge(p.root_user, pod()) == [
        (
            'container "web" runs as root unless the image sets another user; set securityContext.runAsNonRoot: true,'
            " and runAsUser if the image's user is root or not numeric"
        )
    ]
    assert judge(p.root_user, pod("{runAsUser: 10001}")) == [
        (
            'container "web" runs as user 10001 but does not set runAsNonRoot, which the restricted profile requires;'
            " set securityContext.runAsNonRoot: true"
        )
    ]


def test_root_in_a_user_namespace_is_nobody_outside() -> None:
    assert judge(p.root_user, pod("{runAsUser: 0}", hostUsers="false")) == []
    assert judge(p.root_user, pod("{runAsUser: 0}", hostUsers="true")) != []


@pytest.mark.parametrize(
    ("container", "messages"),
    [
        ("{}", ['container "web" keeps the default capabilities; set securityContext.capabilities.drop: [ALL]']),
        (
            "{capabilities: {drop: [NET_RAW]}}",
            ['container "web" keeps some default capabilities; set capabilities.drop: [ALL]'],
        ),
        (
            "{capabilities: {drop: [all]}}",
            ['container "web" drops "all", but only ALL drops every capability; write it in upper case'],
        ),
        ("{capabilities: {drop: [ALL]}}", []),
        ("{capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}", []),
        (
            "{capabilities: {drop: [ALL], add: [NET_ADMIN]}}",
            ['container "web" adds the capability NET_ADMIN; remove all but NET_BIND_SERVICE'],
        ),
        (
            "{capabilities: {drop: [ALL], add: [CHOWN, NET_BIND_SERVICE, KILL]}}",
            ['container "web" adds the capabilities CHOWN and KILL; remove all but NET_BIND_SERVICE'],
        ),
    ],
)
def test_capabilities(container: str, messages: list[str]) -> None:
    assert judge(p.capabilities, pod(container=container)) == messages


@pytest.mark.parametrize(
    ("context", "container", "message"),
    [
        (
            "{runAsUser: 1000}",
            "{}",
            'container "web" runs as user 1000, which may exist on the node; use an ID of 10000 or more',
        ),
        (
            "{runAsUser: 1000, runAsGroup: 2000}",
            "{}",
            'container "web" runs as user 1000 and group 2000, which may exist on the node; use an ID of 10000 or more',
        ),
        ("{runAsUser: 1000}", "{runAsUser: 10000}", None),
        ("{runAsNonRoot: true}", "{}", None),
    ],
)
def test_low_user_id(context: str, container: str, message: str | None) -> None:
    assert judge(p.low_user_id, pod(context, container)) == ([message] if message else [])


def test_low_user_id_takes_the_statement_s_number() -> None:
    statement = "User IDs MUST be at least 2000"
    match = next(found for matcher in p.low_user_id.enforces if (found := matcher.search(statement)))
    assert match["minimum"] == "2000"
    assert judge(p.low_user_id, pod("{runAsUser: 3000}"), {"minimum": 2000}) == []


def test_writable_root() -> None:
    assert fields(p.writable_root, pod()) == [f"{OWN}.readOnlyRootFilesystem"]
    assert judge(p.writable_root, pod(container="{readOnlyRootFilesystem: true}")) == []


@pytest.mark.parametrize(
    ("context", "container", "found"),
    [
        ("{}", "{}", [f"{OWN}.seccompProfile.type"]),
        ("{seccompProfile: {type: RuntimeDefault}}", "{}", []),
        ("{}", "{seccompProfile: {type: Localhost, localhostProfile: x.json}}", []),
        (
            "{seccompProfile: {type: RuntimeDefault}}",
            "{seccompProfile: {type: Unconfined}}",
            [f"{OWN}.seccompProfile.type"],
        ),
        ("{seccompProfile: {type: Unconfined}}", "{}", ["spec.securityContext.seccompProfile.type"]),
        (
            "{seccompProfile: {type: Unconfined}}",
            "{seccompProfile: {type: RuntimeDefault}}",
            ["spec.securityContext.seccompProfile.type"],
        ),
    ],
)
def test_no_seccomp(context: str, container: str, found: list[str]) -> None:
    assert fields(f.no_seccomp, pod(context, container)) == found


@pytest.mark.parametrize(
    "rule",
    [p.privilege_escalation, p.capabilities, f.no_seccomp, p.writable_root, p.low_user_id],
    ids=lambda r: str(r.id),
)
def test_windows_pods_are_exempt_from_what_only_linux_has(rule: Rule) -> None:
    assert judge(rule, pod("{runAsUser: 1000}", os=WINDOWS)) == []
    assert judge(rule, pod("{runAsUser: 1000}", nodeSelector="{kubernetes.io/os: windows}")) == []
    assert judge(rule, pod("{runAsUser: 1000}", nodeSelector="{kubernetes.io/os: linux}")) != []


def test_windows_pods_are_not_exempt_from_running_as_root() -> None:
    assert judge(p.root_user, pod(os=WINDOWS)) != []


@pytest.mark.parametrize("profile", ["RuntimeDefault", "Localhost"])
def test_apparmor_profiles_that_are_allowed(profile: str) -> None:
    assert judge(f.apparmor, pod(f"{{appArmorProfile: {{type: {profile}}}}}")) == []
    assert judge(f.apparmor, pod()) == []


def test_apparmor() -> None:
    unconfined = "{appArmorProfile: {type: Unconfined}}"
    assert fields(f.apparmor, pod(unconfined, unconfined)) == [
        "spec.securityContext.appArmorProfile.type",
        f"{OWN}.appArmorProfile.type",
    ]


@pytest.mark.parametrize(("value", "bad"), [("unconfined", True), ("runtime/default", False), ("localhost/x", False)])
def test_apparmor_annotation_of_the_pod_template(value: str, bad: bool) -> None:
    key = "container.apparmor.security.beta.kubernetes.io/web"
    text = f"""
kind: Deployment
spec:
  template:
    metadata: {{annotations: {{{key}: {value}}}}}
    spec: {{containers: [{{name: web}}]}}
"""
    expected = [f'spec.template.metadata.annotations["{key}"]'] if bad else []
    assert fields(f.apparmor, text) == expected


@pytest.mark.parametrize("kind", ["''", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"])
def test_selinux_types_that_are_allowed(kind: str) -> None:
    assert judge(f.selinux, pod(f"{{seLinuxOptions: {{type: {kind}, level: 's0:c1'}}}}")) == []


def test_selinux() -> None:
    options = "{seLinuxOptions: {type: spc_t, user: system_u, role: system_r}}"
    assert judge(f.selinux, pod(container=options)) == [
        (
            "SELinux type spc_t is not allowed;"
            " set container_t, container_init_t, container_kvm_t or container_engine_t, or remove it"
        ),
        "SELinux user system_u is not allowed; remove seLinuxOptions.user",
        "SELinux role system_r is not allowed; remove seLinuxOptions.role",
    ]


def test_proc_mount() -> None:
    assert judge(f.proc_mount, pod(container="{procMount: Unmasked}")) == [
        'container "web" mounts /proc as Unmasked; remove procMount'
    ]
    assert judge(f.proc_mount, pod(container="{procMount: Unmasked}", hostUsers="false")) != []
    assert judge(f.proc_mount, pod(container="{procMount: Default}")) == []


def test_unsafe_sysctl() -> None:
    context = "{sysctls: [{name: kernel.msgmax, value: '1'}, {name: net.ipv4.tcp_syncookies, value: '1'}]}"
    assert fields(f.unsafe_sysctl, pod(context)) == ["spec.securityContext.sysctls[0].name"]


def test_windows_host_process() -> None:
    options = "{windowsOptions: {hostProcess: true}}"
    assert fields(f.windows_host_process, pod(options, options)) == [
        "spec.securityContext.windowsOptions.hostProcess",
        f"{OWN}.windowsOptions.hostProcess",
    ]
    assert judge(f.windows_host_process, pod("{windowsOptions: {hostProcess: false}}")) == []


def test_host_namespace() -> None:
    text = pod(hostNetwork="true", hostPID="true", hostIPC="true")
    assert judge(h.host_namespace, text) == [
        "pod shares the node's network and bypasses network policies; remove hostNetwork: true",
        "pod shares the node's process namespace; remove hostPID: true",
        "pod shares the node's IPC namespace; remove hostIPC: true",
    ]
    assert judge(h.host_namespace, pod(hostNetwork="false", shareProcessNamespace="true")) == []


def test_host_path() -> None:
    text = pod(volumes="[{name: data, hostPath: {path: /data}}, {name: tmp, emptyDir: {}}]")
    assert judge(h.host_path, text) == [
        'volume "data" mounts /data of the node (hostPath); use an emptyDir or a persistentVolumeClaim'
    ]
    assert fields(h.host_path, text) == ["spec.volumes[0].hostPath.path"]


def test_an_agent_of_the_node_may_be_waived() -> None:
    text = """
kind: DaemonSet
spec:
  template:
    spec:
      hostPID: true
      containers: [{name: a, volumeMounts: [{name: root, mountPath: /host, readOnly: true}]}]
      volumes: [{name: root, hostPath: {path: /}}]
"""
    waiver = ", or add a waiver for a node agent"
    assert judge(h.host_namespace, text) == [f"pod shares the node's process namespace; remove hostPID: true{waiver}"]
    assert judge(h.host_path, text) == [f'volume "root" mounts / of the node (hostPath); remove it{waiver}']
    assert judge(h.sensitive_mount, text) == [
        f'container "a" mounts the sensitive host path /; remove the mount{waiver}'
    ]


@pytest.mark.parametrize(
    ("path", "read_only", "message"),
    [
        ("/", True, 'container "web" mounts the sensitive host path /; remove the mount'),
        ("/proc/", True, 'container "web" mounts the sensitive host path /proc/; remove the mount'),
        ("/etc", False, 'container "web" mounts the sensitive host path /etc, writable; remove the mount'),
        (
            "/var/lib/kubelet/pods",
            True,
            'container "web" mounts the sensitive host path /var/lib/kubelet/pods; remove the mount',
        ),
        ("/etc/ssl/certs", True, None),
        ("//etc/./", True, 'container "web" mounts the sensitive host path //etc/./; remove the mount'),
        (
            "/var/run/containerd",
            True,
            'container "web" mounts the sensitive host path /var/run/containerd; remove the mount',
        ),
        ("/etc/shadow", True, 'container "web" mounts the sensitive host path /etc/shadow; remove the mount'),
        ("/runner", True, None),
        ("/var/running", True, None),
        ("/procedures", False, None),
        ("/data", False, None),
    ],
)
def test_sensitive_mount(path: str, read_only: bool, message: str | None) -> None:
    text = f"""
kind: Pod
spec:
  containers:
    - name: web
      volumeMounts: [{{name: x, mountPath: /x, readOnly: {str(read_only).lower()}}}]
  volumes: [{{name: x, hostPath: {{path: {path}}}}}]
"""
    assert judge(h.sensitive_mount, text) == ([message] if message else [])


@pytest.mark.parametrize("path", ["/var/run/docker.sock", "/run/k3s/containerd/containerd.sock", "/x/crio.sock"])
def test_the_runtime_s_socket_is_sensitive_wherever_it_is(path: str) -> None:
    text = f"""
kind: Pod
spec:
  containers: [{{name: web, volumeMounts: [{{name: x, mountPath: /x, readOnly: true}}]}}]
  volumes: [{{name: x, hostPath: {{path: {path}}}}}]
"""
    assert judge(h.sensitive_mount, text) == [
        f'container "web" mounts the container runtime socket {path}, which grants root on the node; remove the mount'
    ]


def test_sensitive_mount_stands_at_the_mount_and_needs_one() -> None:
    volumes = "[{name: x, hostPath: {path: /proc}}]"
    assert judge(h.sensitive_mount, pod(volumes=volumes)) == []
    text = "kind: Pod\nspec: {containers: [{name: a, volumeMounts: [{name: x}]}], volumes: " + volumes + "}"
    assert fields(h.sensitive_mount, text) == ["spec.containers[0].volumeMounts[0]"]


@pytest.mark.parametrize(
    "kind",
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ],
)
def test_volume_types_that_are_allowed(kind: str) -> None:
    assert judge(h.volume_type, pod(volumes=f"[{{name: data, {kind}: {{}}}}]")) == []


def test_volume_type() -> None:
    assert judge(h.volume_type, pod(volumes="[{name: data, nfs: {server: a, path: /}}]")) == [
        (
            'volume "data" has the type nfs, which the restricted profile does not allow;'
            " use a persistentVolumeClaim or a csi volume"
        )
    ]
    # A null is no source.
    assert judge(h.volume_type, pod(volumes="[{name: b, nfs: null}]")) == []


@pytest.mark.parametrize(
    "handler",
    [
        "livenessProbe: {httpGet: {host: 127.0.0.1, port: 1}}",
        "readinessProbe: {tcpSocket: {host: db, port: 1}}",
        "startupProbe: {httpGet: {host: a, port: 1}}",
        "lifecycle: {preStop: {httpGet: {host: a, port: 1}}}",
        "lifecycle: {postStart: {tcpSocket: {host: a, port: 1}}}",
    ],
)
def test_probe_host(handler: str) -> None:
    text = f"kind: Pod\nspec: {{containers: [{{name: a, {handler}}}]}}"
    assert len(judge(h.probe_host, text)) == 1
    assert judge(h.probe_host, text.replace("host:", "path:")) == []


def test_probe_host_that_is_empty_is_none() -> None:
    text = "kind: Pod\nspec: {containers: [{name: a, livenessProbe: {httpGet: {host: '', port: 1}}}]}"
    assert judge(h.probe_host, text) == []
