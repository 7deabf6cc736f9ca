"""Rules of the module helm on availability and jobs."""

from __future__ import annotations

import pytest

from helm_constitution.rules.helm_best_practices import availability as a
from helm_constitution.rules.helm_best_practices import budgets, lifetimes, placement
from tests.rules.support import fields, judge, judge_in


def workload(spec: str = "", pod: str = "", *, kind: str = "Deployment", name: str = "web", app: str = "web") -> str:
    return f"""---
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}}}
spec: {{{spec}template: {{metadata: {{labels: {{app: {app}}}}}, spec: {{containers: [{{name: web}}]{pod}}}}}}}
"""


def scaler(spec: str, *, kind: str = "HorizontalPodAutoscaler", target: str = "{kind: Deployment, name: web}") -> str:
    head = f"---\napiVersion: autoscaling/v2\nkind: {kind}\nmetadata: {{name: web}}\n"
    return f"{head}spec: {{scaleTargetRef: {target}{spec}}}\n"


def budget(spec: str, *, app: str = "web") -> str:
    head = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
    return f"{head}spec: {{{spec}selector: {{matchLabels: {{app: {app}}}}}}}\n"


@pytest.mark.parametrize(
    ("spec", "pod", "count"),
    [
        ("", "", 1),
        ("replicas: 1, ", "", 1),
        ("replicas: 2, ", "", 0),
        ("replicas: 0, ", "", 0),
        ("replicas: 1, strategy: {type: Recreate}, ", "", 0),
        ("", ", volumes: [{name: a, persistentVolumeClaim: {claimName: a}}]", 0),
        ("", ", volumes: [{name: a, emptyDir: {}}]", 1),
    ],
)
def test_a_single_pod(spec: str, pod: str, count: int) -> None:
    assert len(judge(a.single_replica, workload(spec, pod))) == count


def test_more_pods_may_be_asked_for() -> None:
    text = workload("replicas: 2, ")
    assert judge(a.single_replica, text, {"minimum": 3}) == [
        "Deployment runs 2 pods by default; set replicas to 3 or more"
    ]


def test_an_autoscaler_decides() -> None:
    assert judge(a.single_replica, workload() + scaler(", minReplicas: 1")) == []


def test_one_pod_in_a_scenario_is_a_choice() -> None:
    assert judge_in(a.single_replica, workload(), scenario="ci/small-values.yaml") == []


def test_daemon_sets_and_jobs_have_no_replicas() -> None:
    assert judge(a.single_replica, workload(kind="DaemonSet") + workload(kind="Job")) == []


def test_replicas_beside_an_autoscaler() -> None:
    text = workload("replicas: 3, ") + scaler("")
    assert judge(a.hpa_replicas_fixed, text) == [
        "Deployment sets replicas although an autoscaler scales it; omit it if autoscaling is on"
    ]
    assert fields(a.hpa_replicas_fixed, text) == ["spec.replicas"]
    assert judge(a.hpa_replicas_fixed, workload() + scaler("")) == []
    assert judge(a.hpa_replicas_fixed, workload("replicas: 3, ", name="api") + scaler("")) == []
    keda = scaler("", kind="ScaledObject", target="{name: web}")
    assert len(judge(a.hpa_replicas_fixed, workload("replicas: 3, ") + keda)) == 1


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        (", minReplicas: 2, maxReplicas: 5", []),
        (", maxReplicas: 5", ["autoscaler may scale down to 1 pod; set minReplicas to 2 or more"]),
        (", minReplicas: 1, maxReplicas: 5", ["autoscaler may scale down to 1 pod; set minReplicas to 2 or more"]),
        (
            ", minReplicas: 4, maxReplicas: 4",
            ["autoscaler cannot scale: maxReplicas 4 is not above minReplicas 4; raise maxReplicas"],
        ),
    ],
)
def test_the_bounds_of_an_autoscaler(spec: str, messages: list[str]) -> None:
    assert judge(a.hpa_single_replica, scaler(spec)) == messages


def test_several_pods_want_a_budget() -> None:
    missing = [
        "Deployment has several pods and no PodDisruptionBudget; add one that selects the pods, with maxUnavailable: 1"
    ]
    assert judge_in(budgets.no_disruption_budget, workload("replicas: 2, ")) == missing
    assert judge_in(budgets.no_disruption_budget, workload() + scaler(", minReplicas: 2")) == missing
    assert judge_in(budgets.no_disruption_budget, workload("replicas: 2, ") + budget("", app="api")) == missing
    assert judge_in(budgets.no_disruption_budget, workload("replicas: 2, ") + budget("")) == []
    assert judge_in(budgets.no_disruption_budget, workload("replicas: 1, ")) == []
    off = {"templates/pdb.yaml": "{{ if .Values.pdb }}\nkind: PodDisruptionBudget\n{{ end }}\n"}
    assert judge_in(budgets.no_disruption_budget, workload("replicas: 2, "), off) == [
        "Deployment has several pods and no PodDisruptionBudget; enable the chart's own, with maxUnavailable: 1"
    ]


@pytest.mark.parametrize(
    ("spec", "replicas", "blocks"),
    [
        ("maxUnavailable: 0, ", 3, True),
        ("maxUnavailable: 0%, ", 3, True),
        ("maxUnavailable: 1, ", 1, False),
        ("minAvailable: 100%, ", 3, True),
        ("minAvailable: 1, ", 1, True),
        ("minAvailable: 1, ", 2, False),
        ("minAvailable: 3, ", 3, True),
        ("minAvailable: 51%, ", 2, True),
        ("minAvailable: 50%, ", 2, False),
        ("minAvailable: 1, ", 0, False),
        ("minAvailable: many, ", 1, False),
        ("", 1, False),
    ],
)
def test_budgets_that_let_no_pod_go(spec: str, replicas: int, blocks: bool) -> None:
    text = workload(f"replicas: {replicas}, ") + budget(spec)
    assert bool(judge(budgets.budget_blocks, text)) is blocks


def test_a_budget_counts_the_autoscalers_least() -> None:
    text = workload() + scaler(", minReplicas: 2") + budget("minAvailable: 2, ")
    assert judge(budgets.budget_blocks, text) == [
        "minAvailable 2 blocks every eviction of Deployment web, which has 2 pods; set maxUnavailable: 1 instead",
    ]


def test_what_a_budget_should_say() -> None:
    unhealthy = "PodDisruptionBudget has no policy for unhealthy pods; set unhealthyPodEvictionPolicy: AlwaysAllow"
    assert judge(budgets.budget_policy, budget("")) == [
        "PodDisruptionBudget sets neither maxUnavailable nor minAvailable; set maxUnavailable: 1",
        unhealthy,
    ]
    assert judge(budgets.budget_policy, budget("minAvailable: 1, ")) == [unhealthy]
    assert judge(budgets.budget_policy, budget("minAvailable: 0, ")) == []  # it holds back no pod
    assert judge(budgets.budget_policy, budget("maxUnavailable: 100%, ")) == []
    assert judge(budgets.budget_policy, budget("maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, ")) == []


SPREAD = (
    ", topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway,"
    " labelSelector: {matchLabels: {app: web}}}]"
)
APART = ", affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}"


@pytest.mark.parametrize(
    ("replicas", "pod", "may_share_a_node", "may_share_a_zone"),
    [(2, "", 1, 1), (1, "", 0, 0), (2, APART, 0, 1), (2, SPREAD, 0, 0), (2, ", affinity: {}", 1, 1)],
)
def test_where_pods_go(replicas: int, pod: str, may_share_a_node: int, may_share_a_zone: int) -> None:
    text = workload(f"replicas: {replicas}, ", pod)
    assert len(judge(placement.no_anti_affinity, text)) == may_share_a_node
    assert len(judge(placement.no_topology_spread, text)) == may_share_a_zone


def test_several_pods_are_those_that_an_autoscaler_may_add() -> None:
    text = workload("") + scaler(", minReplicas: 1, maxReplicas: 5")
    assert len(judge(placement.no_anti_affinity, text)) == 1
    assert len(judge(placement.no_topology_spread, text)) == 1
    assert judge_in(budgets.no_disruption_budget, text) == [], (
        "a budget for the one pod of a quiet night would block drains"
    )


def test_a_constraint_that_spreads_nothing() -> None:
    text = workload("replicas: 2, ", ", topologySpreadConstraints: [{maxSkew: 1, whenUnsatisfiable: Perhaps}]")
    assert judge(placement.no_topology_spread, text) == [
        "topology spread constraint has no labelSelector and spreads no pods; set it to the pods' labels",
        "topology spread constraint has no topologyKey, which Kubernetes requires; set topologyKey",
        "whenUnsatisfiable Perhaps is invalid; set it to DoNotSchedule or ScheduleAnyway",
    ]
    assert len(judge(placement.no_anti_affinity, text)) == 1


def test_priority_classes() -> None:
    assert judge(placement.no_priority_class, workload()) == ["pod has no priorityClassName; set it from a value"]
    high = workload(pod=", priorityClassName: high")
    assert judge(placement.no_priority_class, high) == []
    assert judge(placement.no_priority_class, high, {"accepted": "low, high"}) == []
    assert judge(placement.no_priority_class, high, {"accepted": "low"}) == [
        "priorityClassName high is not accepted; use low"
    ]


@pytest.mark.parametrize(
    ("kind", "policy", "is_bad"),
    [
        ("Deployment", None, False),
        ("Deployment", "Always", False),
        ("Deployment", "Never", True),
        ("DaemonSet", "OnFailure", True),
        ("Job", None, True),
        ("Job", "Always", True),
        ("Job", "OnFailure", False),
        ("Job", "Never", False),
    ],
)
def test_restart_policies(kind: str, policy: str | None, is_bad: bool) -> None:
    text = workload(pod=f", restartPolicy: {policy}" if policy else "", kind=kind)
    assert bool(judge(lifetimes.restart_policy, text)) is is_bad


def test_a_bare_pod_may_run_once_unless_strict() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {restartPolicy: Never, containers: [{name: web}]}\n"
    assert judge(lifetimes.restart_policy, pod) == []
    assert judge(lifetimes.restart_policy, pod, {"strict": 1}) == [
        "Pod is not restarted after a failure (restartPolicy Never); set restartPolicy: OnFailure"
    ]


def job(spec: str, *, kind: str = "Job", annotations: str = "{}") -> str:
    return (
        f"apiVersion: batch/v1\nkind: {kind}\nmetadata: {{name: web, annotations: {annotations}}}\nspec: {{{spec}}}\n"
    )


def test_jobs_that_stay() -> None:
    assert judge(lifetimes.job_no_ttl, job("")) == [
        "Job is never deleted after it finishes; set ttlSecondsAfterFinished, for example 86400"
    ]
    assert judge(lifetimes.job_no_ttl, job("ttlSecondsAfterFinished: 0")) == []
    assert judge(lifetimes.job_no_ttl, job("", annotations="{helm.sh/hook: post-install}")) == []
    assert judge(lifetimes.job_no_ttl, job("jobTemplate: {spec: {}}", kind="CronJob")) == []
    assert (
        len(judge(lifetimes.job_no_ttl, job("jobTemplate: {spec: {ttlSecondsAfterFinished: 9}}", kind="CronJob"))) == 1
    )


def test_missed_starts() -> None:
    assert judge(lifetimes.cronjob_no_deadline, job("", kind="CronJob")) == [
        "CronJob has no deadline for missed starts; set startingDeadlineSeconds, for example 300"
    ]
    assert judge(lifetimes.cronjob_no_deadline, job("startingDeadlineSeconds: 0", kind="CronJob")) == []
    assert judge(lifetimes.cronjob_no_deadline, job("")) == []
