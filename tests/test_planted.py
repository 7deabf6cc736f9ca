"""Every planted defect is found at the line that was made wrong, in charts of every style and with every engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.protocol import HelmEngine, Limits
from tests.planted import HIDDEN, STYLES, Operation, Planter, Site, Tally, shown, sites

PRINTED = "image: .*{{.*"
OPERATIONS = (
    Operation("privileged", "security/privileged", "privileged: false", ("privileged: true",)),
    Operation(
        "gains privileges",
        "security/privilege-escalation",
        "allowPrivilegeEscalation: false",
        ("allowPrivilegeEscalation: true",),
    ),
    Operation(
        "privileges not spoken of",
        "security/privilege-escalation",
        "allowPrivilegeEscalation: false",
        wrong=None,
        missing=True,
    ),
    Operation(
        "writable root", "security/writable-root", "readOnlyRootFilesystem: true", ("readOnlyRootFilesystem: false",)
    ),
    Operation("root not spoken of", "security/writable-root", "readOnlyRootFilesystem: true", wrong=None, missing=True),
    Operation("root user", "security/root-user", "runAsNonRoot: true", ("runAsNonRoot: false",)),
    Operation("no seccomp", "security/no-seccomp", "type: RuntimeDefault", ("type: Unconfined",)),
    Operation("capability", "security/capabilities", "capabilities:", ("capabilities:", "  add: [SYS_ADMIN]"), wrong=1),
    Operation("low user", "security/low-user-id", "(runAsUser|user): .*", (r"\1: 100",)),
    Operation(
        "open /proc",
        "security/proc-mount",
        "(readOnlyRootFilesystem: true)",
        (r"\1", "procMount: Unmasked"),
        wrong=1,
    ),
    Operation(
        "kernel parameter",
        "security/unsafe-sysctl",
        "(runAsNonRoot: true)",
        (r"\1", "sysctls:", "  - name: kernel.msgmax", '    value: "65536"'),
        wrong=2,
    ),
    Operation("host network", "security/host-namespace", "hostNetwork: false", ("hostNetwork: true",)),
    Operation("host path", "security/host-path", r"emptyDir: \{\}", ("hostPath: {path: /etc}",)),
    Operation("host port", "portability/host-port", "(containerPort: .*)", (r"\1", "hostPort: 8443"), wrong=1),
    Operation("ssh", "security/ssh-port", "containerPort: .*", ("containerPort: 22",)),
    Operation("latest image", "security/latest-tag", r'image: ("?[^{}]*):[\d.]+("?)', (r"image: \1:latest\2",)),
    Operation("written-out image", "security/latest-tag", PRINTED, ("image: mirror.internal.net/any:latest",)),
    Operation(
        "plain password",
        "security/secret-in-env",
        "name: LOG_LEVEL",
        ("name: DB_PASSWORD", "value: Vq7-kd02-LmPz", "- name: LOG_LEVEL"),
        wrong=1,
    ),
    Operation(
        "token",
        "security/token-mounted",
        "automountServiceAccountToken: false",
        ("automountServiceAccountToken: true",),
        under="spec:",
    ),
    Operation("token by value", "security/token-mounted", "token: false", ("token: true",)),
    Operation("any verb", "security/wildcard-role", r"verbs: \[.*", ('verbs: ["*"]',)),
    Operation("any resource", "security/wildcard-role", r"resources: \[.*", ('resources: ["*"]',)),
    Operation("no TLS", "security/no-tls", "tls:", wrong=None, missing=True),
    Operation(
        "no liveness probe",
        "observability/no-liveness-probe",
        "livenessProbe:.*",
        wrong=None,
        missing=True,
        file="/templates/|^tpl/values",
    ),
    Operation(
        "no readiness probe",
        "observability/no-readiness-probe",
        "readinessProbe:.*",
        wrong=None,
        missing=True,
        file="/templates/|^tpl/values",
    ),
    Operation(
        "unknown probe port",
        "observability/probe-port-unknown",
        "port: .*",
        ("port: nowhere",),
        under="httpGet:|tcpSocket:",
    ),
    Operation("no cpu limit", "observability/no-cpu-limit", "cpu: .*", wrong=None, missing=True, under="limits:"),
    Operation(
        "no cpu limit in a line",
        "observability/no-cpu-limit",
        r"limits: \{cpu: [^,]*, (.*)\}",
        (r"limits: {\1}",),
        missing=True,
    ),
    Operation(
        "no memory limit", "observability/no-memory-limit", "memory: .*", wrong=None, missing=True, under="limits:"
    ),
    Operation("request above limit", "observability/request-above-limit", "cpu: .*", ("cpu: 64",), under="requests:"),
    Operation("no chart label", "helm/missing-label", r"helm\.sh/chart: .*", wrong=None, file="/templates/"),
    Operation(
        "no manager label", "helm/missing-label", r"app\.kubernetes\.io/managed-by: .*", wrong=None, file="/templates/"
    ),
    Operation("target port", "helm/target-port-unknown", "targetPort: .*", ("targetPort: nowhere",)),
    Operation("single replica", "helm/single-replica", "(replicas|replicaCount): .*", (r"\1: 1",)),
    Operation("restarted job", "helm/restart-policy", "restartPolicy: (?!Always).*", ("restartPolicy: Always",)),
    Operation("no deadline", "helm/cronjob-no-deadline", "startingDeadlineSeconds: .*", wrong=None, missing=True),
    Operation("recreated", "compat/update-strategy", "type: RollingUpdate", ("type: Recreate",)),
    Operation(
        "removed API",
        "compat/removed-api",
        r"apiVersion: (apps|networking\.k8s\.io|rbac\.authorization\.k8s\.io)/v1",
        (r"apiVersion: \1/v1beta1",),
    ),
    Operation(
        "chart version selected",
        "compat/unstable-selector",
        r"(app\.kubernetes\.io/instance: .*)",
        (r"\1", "chart: v{{ .Chart.Version }}"),
        wrong=1,
        under="matchLabels:",
        file="^(flat|multi|tpl)/templates",
    ),
    Operation(
        "fixed namespace",
        "portability/fixed-namespace",
        "(name: .*)",
        (r"\1", "namespace: shop"),
        wrong=1,
        under="metadata:",
        file="^(flat|ranged|tpl|woven)/templates/[^_]|^multi/templates/[^a]",
    ),
    Operation(
        "missing value printed",
        "templates/no-value",
        "path: .*",
        ('path: {{ printf "/%s" .Values.nowhere }}',),
        under="httpGet:",
        file="^(flat|multi|tpl)/templates",
    ),
    Operation(
        "same key twice",
        "templates/duplicate-key",
        "(kind: (Deployment|Service|CronJob))",
        (r"\1", r"\1"),
        wrong=1,
    ),
)
CHARTS = sorted(path for path in STYLES.iterdir() if path.is_dir())
ALL = {chart.name: list(sites(chart, OPERATIONS)) for chart in CHARTS}


def test_there_is_enough_to_plant() -> None:
    planted = [site for sites_of_chart in ALL.values() for site in sites_of_chart]
    assert len(CHARTS) >= 6
    assert sum(not site.decoy for site in planted) >= 400
    assert sum(site.decoy for site in planted) >= 3
    assert {site.operation.name for site in planted} == {operation.name for operation in OPERATIONS}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_planted_defects_are_found_where_they_are(chart: Path, tmp_path: Path, embedded: HelmEngine) -> None:
    tally = planted(chart, ALL[chart.name], tmp_path, embedded)
    print(f"{chart.name}: {tally}")  # noqa: T201 - the numbers, with pytest -s
    assert (tally.missed, tally.wrong) == ([], [])
    assert tally.exact >= 0.95 * tally.planted, tally.by_file


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_the_users_own_helm_gives_the_same_places(chart: Path, tmp_path: Path, helm: Path) -> None:
    engine = CliEngine(str(helm), Limits())
    some = ALL[chart.name][:: len(ALL[chart.name]) // 3]
    tally = planted(chart, some, tmp_path, engine)
    engine.close()
    assert (tally.missed, tally.wrong, tally.by_file) == ([], [], [])


BEHIND = [one for one in OPERATIONS if one.rule.startswith("security/") and not one.missing and one.wrong is not None]
"""Defects that are there, not such as are missing: of what a flag turns off, nothing is missed."""
BEHIND_FLAGS = list(sites(HIDDEN, BEHIND))


def test_there_is_enough_to_plant_behind_flags() -> None:
    assert len(BEHIND_FLAGS) >= 60
    assert {Path(site.place.file).stem for site in BEHIND_FLAGS} == {
        "worker",
        "reports",
        "migration",
        "tenant",
        "cache",
    }


def test_defects_behind_flags_are_found_with_all_scenarios(tmp_path: Path, embedded: HelmEngine) -> None:
    tally = planted(HIDDEN, BEHIND_FLAGS, tmp_path, embedded, BEHIND, "full")
    print(f"hidden: {tally}")  # noqa: T201 - the numbers, with pytest -s
    assert (tally.missed, tally.wrong, tally.by_file) == ([], [], [])


def test_the_users_own_helm_finds_what_is_behind_flags(tmp_path: Path, helm: Path) -> None:
    engine = CliEngine(str(helm), Limits())
    tally = planted(HIDDEN, BEHIND_FLAGS[:: len(BEHIND_FLAGS) // 5], tmp_path, engine, BEHIND, "full")
    engine.close()
    assert (tally.missed, tally.wrong, tally.by_file) == ([], [], [])


def test_the_defaults_alone_show_none_of_it(tmp_path: Path, embedded: HelmEngine) -> None:
    tally = planted(HIDDEN, BEHIND_FLAGS[::5], tmp_path, embedded, BEHIND)
    assert len(tally.missed) == tally.planted > 0


def planted(
    chart: Path,
    some: Sequence[Site],
    folder: Path,
    engine: HelmEngine,
    operations: Sequence[Operation] = OPERATIONS,
    scenarios: str = "defaults",
) -> Tally:
    """Plants these defects, one after the other; the chart as it stands has none."""
    planter = Planter(chart, folder, operations, engine, scenarios)
    assert [f"{finding.rule}: {shown(finding)}" for finding in planter.findings()] == []
    tally = Tally()
    for site in some:
        planter.plant(site, tally)
    return tally
