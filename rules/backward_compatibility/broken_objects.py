"""Objects and requirements of a chart that an upgrade from the last release stumbles over."""

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
    """A field differs from the last release's that Kubernetes doesn't let change.

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
    Fix: Keep selectors, volume claim templates, service names and the like as they were, or raise the MAJOR version and
        say which objects to delete first. Values that differ with every rendering don't count, nor do hooks and Jobs
        with `ttlSecondsAfterFinished`, which are gone before the next upgrade.
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
    """An object has another name than in the last release, or a port of a Service another name or number.

    Why: Helm deletes the old object and makes a new one: what it held is gone, and whoever calls it by its name no
        longer reaches it.
    Bad:
        # the last release had `name: {{ .Release.Name }}-web`
        name: {{ .Release.Name }}-frontend
    Good:
        name: {{ .Release.Name }}-web
    Fix: Keep the name, or raise the MAJOR version and say what has to move. Kinds that nobody calls by their name
        (ConfigMaps, roles, budgets) don't count. A default that puts objects into another namespace does.
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
    """An object of the last release is gone or of another API group, or a key of a Secret or ConfigMap is gone.

    Why: Helm deletes it with the upgrade, a claim with its data, a definition with all objects of its kind. A container
        that reads a key of a ConfigMap which is gone goes by a default of its own.
    Bad:
        # the last release rendered a PersistentVolumeClaim by default
        persistence:
          enabled: false
    Good:
        persistence:
          enabled: true
    Fix: Keep the object, annotate it with `helm.sh/resource-policy: keep`, or raise the MAJOR version and say what to
        save first. Kinds that nobody outside of the chart depends on don't count, nor do empty Secrets and those
        of values that users gave, where the chart's own pods read them and move along; those with random words, and
        those that NOTES.txt shows, do.
    Source: Helm documentation, Charts Tips and Tricks, Tell Helm Not To Uninstall a Resource
    """
    yield from told(subject, "compat/object-removed", of_objects=True)


@rule("compat/traffic-refused", default=MUST, needs={BASELINE}, enforces=BREAKING)
def traffic_refused(subject: Subject) -> Iterator[Violation]:
    """A network policy that the last release didn't have selects pods that it had.

    Why: From the upgrade on nobody reaches these pods but whom the policy names.
    Bad:
        # the last release had `enabled: false`
        networkPolicy:
          enabled: true
    Good:
        networkPolicy:
          enabled: false
    Fix: Let users switch the policy on, or raise the MAJOR version and say whom it lets in.
    Source: Kubernetes documentation, Network Policies, Two Sorts of Pod Isolation
    """
    yield from told(subject, "compat/traffic-refused", of_objects=True)


@rule("compat/metrics-dropped", default=MUST, needs={BASELINE}, enforces=BREAKING)
def metrics_dropped(subject: Subject) -> Iterator[Violation]:
    """A ServiceMonitor or PodMonitor throws metrics away that it collected in the last release.

    Why: Dashboards stay empty without a word, and alerts on these metrics never fire again.
    Bad:
        # the last release had no metricRelabelings, and the version is a MINOR
        metricRelabelings:
          - sourceLabels: [__name__]
            regex: http_request_duration_seconds_bucket
            action: drop
    Good:
        metricRelabelings: []
    Fix: Leave it to users which metrics to drop, or raise the MAJOR version and name them. A rule that is only written
        otherwise doesn't count.
    Source: Semantic Versioning 2.0.0, 8; Prometheus documentation, metric_relabel_configs
    """
    yield from told(subject, "compat/metrics-dropped", of_objects=True)


@rule("compat/definition-changed", default=MUST, needs={BASELINE}, enforces=BREAKING)
def definition_changed(subject: Subject) -> Iterator[Violation]:
    """A definition of custom resources in `crds/` differs from the last release's.

    Why: Helm installs what is in `crds/` once, and never upgrades it: the new version of the application runs with the
        old definitions until somebody applies the new ones.
    Bad:
        # crds/backup.yaml has new fields, and the version is a MINOR
        version: 1.3.0
    Good:
        version: 2.0.0
    Fix: Raise the MAJOR version and say how to apply the definitions. Words for people, columns and how lists are
        merged don't count; nor does anything where application and images stay, or move a PATCH, and no object is
        of the kind.
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
    """Chart.yaml's kubeVersion leaves out clusters that the last release accepted.

    Why: Helm refuses the upgrade there.
    Bad:
        # the last release had ">=1.25.0-0"
        kubeVersion: ">=1.29.0-0"
    Good:
        kubeVersion: ">=1.25.0-0"
    Fix: Leave the range as wide as the templates allow, or raise the MAJOR version. Where the last release had no
        kubeVersion, only versions count that Kubernetes' own project still supports.
    Source: Helm documentation, Charts, The kubeVersion field; Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/kube-floor-raised")


@rule("compat/dependency-changed", default=MUST, needs={BASELINE}, enforces=BREAKING)
def dependency_changed(subject: Subject) -> Iterator[Violation]:
    """A dependency is gone, is another chart under its alias, or has moved to a MAJOR version of its own.

    Why: Its values are a part of this chart's, and its authors say that they break.
    Bad:
        # the last release had `version: 17.x.x`
        - name: redis
          version: 18.x.x
    Good:
        - name: redis
          version: 17.x.x
    Fix: Raise the MAJOR version, and say in the notes on upgrading what the dependency's ask for.
    Source: Semantic Versioning 2.0.0, What should I do if I update my own dependencies?
    """
    yield from told(subject, "compat/dependency-changed")


@rule("compat/application-major", default=MUST, needs={BASELINE}, enforces=BREAKING)
def application_major(subject: Subject) -> Iterator[Violation]:
    """appVersion, or the tag of an image, has moved to another MAJOR version of the application.

    Why: The upgrade of the chart is one of the application, whose authors say that it breaks.
    Bad:
        # the last release had appVersion: 2.54.1, and the version is a MINOR
        appVersion: 3.0.0
        version: 25.28.0
    Good:
        appVersion: 3.0.0
        version: 26.0.0
    Fix: Raise the MAJOR version of the chart with that of the application. Of images, those count that share a
        word with the chart's name and don't run in init containers and hooks alone; tags that are dates don't.
    Source: Helm documentation, Charts, The appVersion field; Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/application-major")
