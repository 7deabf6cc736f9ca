"""Objects and requirements of a chart that break an upgrade from the last release."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import BASELINE, MUST, Applicability, Fix, Subject, Urgency, Violation, forbid, require, rule

from .comparing import BREAKING, told


@rule(
    "compat/immutable-changed",
    default=MUST,
    needs={BASELINE},
    enforces=(BREAKING, forbid(r"\bimmutable\b|\bselectors?\b.{0,40}\bchang")),
    urgency=Urgency.UPGRADE,
)
def immutable_changed(subject: Subject) -> Iterator[Violation]:
    """Immutable field changed since the last release.

    Why: `helm upgrade` fails: "field is immutable".
    Bad:
        # the last release selected by app.kubernetes.io/name alone
        selector:
          matchLabels:
            app.kubernetes.io/name: web
            app.kubernetes.io/component: server
    Good:
        selector:
          matchLabels:
            app.kubernetes.io/name: web
    Fix: Keep selectors, volume claim templates, service names and other immutable fields as they were, or raise the
        MAJOR version and document which objects to delete first. Values that differ with every rendering are not
        reported, nor are hooks and Jobs with `ttlSecondsAfterFinished`, which are gone before the next upgrade.
    Source: Kubernetes' API, validation of updates (pkg/apis/*/validation)
    """
    title = f"put back what {subject.comparison.origin} has, not applied because the change may be meant"
    by_hand = Fix(title, (), Applicability.DISPLAY)
    for violation in told(subject, "compat/immutable-changed", of_objects=True):
        yield violation._replace(fix=by_hand)


@rule(
    "compat/object-renamed",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def object_renamed(subject: Subject) -> Iterator[Violation]:
    """Object name or Service port changed since the last release.

    Why: Helm deletes the old object and creates a new one: its data is lost, and clients that use the old name no
        longer reach it.
    Bad:
        # the last release had `name: {{ .Release.Name }}-web`
        name: {{ .Release.Name }}-frontend
    Good:
        name: {{ .Release.Name }}-web
    Fix: Keep the name, or raise the MAJOR version and document what has to move. Kinds that clients do not address by
        name (ConfigMaps, roles, budgets) are not reported. A default that moves objects to another namespace is.
    Source: Helm documentation, Using Helm, `helm upgrade`; Kubernetes documentation, Object Names and IDs
    """
    yield from told(subject, "compat/object-renamed", of_objects=True)


@rule(
    "compat/object-removed",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def object_removed(subject: Subject) -> Iterator[Violation]:
    """Object or key of the last release was removed.

    Why: The upgrade deletes the object: a claim with its data, a custom resource definition with all objects of its
        kind. A container that reads a removed key of a ConfigMap falls back to its own default.
    Bad:
        # the last release rendered a PersistentVolumeClaim by default
        persistence:
          enabled: false
    Good:
        persistence:
          enabled: true
    Fix: Keep the object, annotate it with `helm.sh/resource-policy: keep`, or raise the MAJOR version and document what
        to save first. Objects that moved to another API group, and removed keys of Secrets and ConfigMaps, are reported
        as well. Kinds that only the chart itself depends on are not, nor are empty Secrets and Secrets of user-supplied
        values that the chart's own pods read; Secrets with random values, and those that NOTES.txt shows, are.
    Source: Helm documentation, Charts Tips and Tricks, Tell Helm Not To Uninstall a Resource
    """
    yield from told(subject, "compat/object-removed", of_objects=True)


@rule("compat/traffic-refused", default=MUST, needs={BASELINE}, enforces=BREAKING)
def traffic_refused(subject: Subject) -> Iterator[Violation]:
    """New network policy restricts traffic to existing pods.

    Why: After the upgrade only the peers that the policy allows can reach these pods.
    Bad:
        # the last release had `enabled: false`
        networkPolicy:
          enabled: true
    Good:
        networkPolicy:
          enabled: false
    Fix: Disable the policy by default, or raise the MAJOR version and document which traffic it allows.
    Source: Kubernetes documentation, Network Policies, Two Sorts of Pod Isolation
    """
    yield from told(subject, "compat/traffic-refused", of_objects=True)


@rule("compat/metrics-dropped", default=MUST, needs={BASELINE}, enforces=BREAKING)
def metrics_dropped(subject: Subject) -> Iterator[Violation]:
    """ServiceMonitor or PodMonitor drops metrics that the last release collected.

    Why: Dashboards go blank without a warning, and alerts on these metrics never fire again.
    Bad:
        # the last release had no metricRelabelings, and the version is a MINOR
        metricRelabelings:
          - sourceLabels: [__name__]
            regex: http_request_duration_seconds_bucket
            action: drop
    Good:
        metricRelabelings: []
    Fix: Let users choose which metrics to drop, or raise the MAJOR version and list them. A rule that is only worded
        differently is not reported.
    Source: Semantic Versioning 2.0.0, 8; Prometheus documentation, metric_relabel_configs
    """
    yield from told(subject, "compat/metrics-dropped", of_objects=True)


@rule("compat/definition-changed", default=MUST, needs={BASELINE}, enforces=BREAKING)
def definition_changed(subject: Subject) -> Iterator[Violation]:
    """Custom resource definition in `crds/` changed since the last release.

    Why: Helm installs the files in `crds/` once and never upgrades them: the new version of the application runs with
        the old definitions until somebody applies the new ones.
    Bad:
        # crds/backup.yaml has new fields, and the version is a MINOR
        version: 1.3.0
    Good:
        version: 2.0.0
    Fix: Raise the MAJOR version and document how to apply the definitions. Descriptions, printer columns and list merge
        keys are not compared; nor are definitions of which the chart renders no object, if the application and its
        images stay or move by a PATCH.
    Source: Helm documentation, Custom Resource Definitions, Limitations
    """
    yield from told(subject, "compat/definition-changed")


@rule(
    "compat/kube-floor-raised",
    default=MUST,
    needs={BASELINE},
    enforces=(BREAKING, require(r"\bkube-?version\b.{0,60}\b(?:chang|rais|stable)")),
)
def kube_floor_raised(subject: Subject) -> Iterator[Violation]:
    """kubeVersion excludes clusters that the last release accepted.

    Why: Helm refuses the upgrade on these clusters.
    Bad:
        # the last release had ">=1.25.0-0"
        kubeVersion: ">=1.29.0-0"
    Good:
        kubeVersion: ">=1.25.0-0"
    Fix: Keep the range as wide as the templates allow, or raise the MAJOR version. If the last release had no
        kubeVersion, only versions that the Kubernetes project still supports are compared.
    Source: Helm documentation, Charts, The kubeVersion field; Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/kube-floor-raised")


@rule("compat/dependency-changed", default=MUST, needs={BASELINE}, enforces=BREAKING)
def dependency_changed(subject: Subject) -> Iterator[Violation]:
    """Dependency was removed, replaced or moved to another MAJOR version.

    Why: The values of a dependency are part of this chart's values, and its new MAJOR version announces that they
        break.
    Bad:
        # the last release had `version: 17.x.x`
        - name: redis
          version: 18.x.x
    Good:
        - name: redis
          version: 17.x.x
    Fix: Raise the MAJOR version, and repeat the dependency's migration steps in the upgrade notes.
    Source: Semantic Versioning 2.0.0, What should I do if I update my own dependencies?
    """
    yield from told(subject, "compat/dependency-changed")


@rule("compat/application-major", default=MUST, needs={BASELINE}, enforces=BREAKING)
def application_major(subject: Subject) -> Iterator[Violation]:
    """Application moved to another MAJOR version.

    Why: Upgrading the chart upgrades the application, and its new MAJOR version announces breaking changes.
    Bad:
        # the last release had appVersion: 2.54.1, and the version is a MINOR
        appVersion: 3.0.0
        version: 25.28.0
    Good:
        appVersion: 3.0.0
        version: 26.0.0
    Fix: Raise the MAJOR version of the chart together with that of the application. Both appVersion and image tags are
        compared: tags of images that share a word with the chart's name and run outside of init containers and hooks;
        tags that are dates are not.
    Source: Helm documentation, Charts, The appVersion field; Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/application-major")
