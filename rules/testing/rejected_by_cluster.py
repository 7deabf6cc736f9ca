"""What a real API server says of the chart: a dry run of each object, and a test deployment."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    CLUSTER,
    DEPLOYMENT,
    MUST,
    Manifest,
    Subject,
    Unchecked,
    Violation,
    require,
    rule,
)


@rule(
    "testing/rejected-by-cluster",
    scope=Manifest,
    default=MUST,
    needs={CLUSTER},
    enforces=require(
        r"\bserver[- ]side dry[- ]?runs?\b|--dry-run=server\b|\bdry[- ]?runs?\b.{0,40}\b(?:API server|cluster)\b"
        r"|\bAPI servers?\b.{0,30}\b(?:accepts?|rejects?|validat\w+)\b|\b(?:accepted|validated) by (?:an? |the )?"
        r"(?:real |Kubernetes )*API server\b"
    ),
    evidence="objects are accepted by the API server",
    tests=True,
)
def rejected_by_cluster(manifest: Manifest, subject: Subject) -> Iterator[Violation | Unchecked]:
    """API server rejects an object.

    Why: Schemas know types and names; ranges, formats, references between fields, immutable fields and admission
        policies are known to the API server alone. What it rejects stops the release half installed.
    Bad:
        ports:
          - port: 80800
    Good:
        ports:
          - port: 8080
    Fix: Follow the server's message at the template line or the value. Run `check --cluster CONTEXT --cluster-namespace
        NAMESPACE`: each object of each scenario is sent as a dry run. With `--cluster-upgrade` and a baseline, the
        update of each object too. Without a cluster this is unchecked.
    Source: Kubernetes API concepts, dry-run and field validation; kubectl apply --dry-run=server
    """
    for answer in subject.cluster.of(manifest):
        if answer.unchecked is not None:
            yield Unchecked(answer.unchecked)
        does = "rejects the update of" if answer.is_update else "rejects"
        hook = f" (a hook: {', '.join(manifest.hooks)})" if manifest.hooks else ""
        for refusal in answer.refusals:
            yield Violation(
                f"the API server {does} {refusal.field or 'it'}{hook}: {refusal.message}",
                at=manifest.get(*refusal.path),
                of_key=refusal.is_of_key,
            )


@rule(
    "testing/failed-deployment",
    default=MUST,
    needs={DEPLOYMENT},
    enforces=require(
        r"\bdeploy\w*\b.{0,40}\btest (?:cluster|environment|namespace)s?\b|\btest (?:deployment|installation)s?\b"
        r"|\binstall\w*\b.{0,30}\btest cluster\b"
    ),
)
def failed_deployment(subject: Subject) -> Iterator[Violation | Unchecked]:
    """Test deployment fails.

    Why: A chart can render and be accepted and still not run: a pod that never becomes ready, a hook that fails, an
        update that the server refuses. Only a deployment shows it.
    Bad:
        readinessProbe:
          httpGet:
            path: /nowhere
            port: http
    Good:
        readinessProbe:
          httpGet:
            path: /ready
            port: http
    Fix: Follow helm's message. Run `check --cluster CONTEXT --cluster-namespace NAMESPACE --cluster-install
        --cluster-allow-writes`: helm installs the chart with its default values in a namespace of its own, waits, runs
        the chart's tests, upgrades the baseline to it and uninstalls it. Without that this is unchecked.
    Source: Helm documentation, helm install --wait and Chart Tests; chart-testing install --upgrade
    """
    deployment = subject.cluster.deployment
    if deployment is None:
        raise Unchecked("the cluster was gone before the test deployment ended")
    for reason in deployment.unchecked:
        yield Unchecked(reason)
    for failure in deployment.failures:
        yield Violation(failure, at=subject.chart.metadata.view.get("name"))
