"""Values that no longer do what they did for whoever set them for the last release."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    BASELINE,
    MUST,
    OLD_VALUES,
    SHOULD,
    Related,
    Severity,
    Subject,
    Urgency,
    Violation,
    forbid,
    require,
    rule,
)

from .comparing import BREAKING, group_of, told


@rule(
    "compat/value-removed",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def value_removed(subject: Subject) -> Iterator[Violation]:
    """A value is gone, or read by nothing any more, that templates of the last release read.

    Why: Helm ignores what no template reads: whoever set the value gets something else, without a word.
    Bad:
        # the last release had
        image:
          pullSecret: registry
    Good:
        image:
          # -- Deprecated, use image.pullSecrets; removed in 2.0.0
          pullSecret: ""
          pullSecrets: []
    Fix: Go on reading the old value beside the new one and mark it as deprecated; remove it with the next MAJOR
        version. A value that no template of the last release read, or NOTES.txt and tests alone, breaks nobody
        and is not reported. One that values.yaml only shows, commented out, counts as well, and so does one that
        templates refuse by `fail`, which is found by giving it.
    Source: Semantic Versioning 2.0.0, 8, and How should I handle deprecating functionality?
    """
    yield from told(subject, "compat/value-removed")


@rule(
    "compat/value-renamed",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def value_renamed(subject: Subject) -> Iterator[Violation]:
    """A value has another name than in the last release.

    Why: The old name is ignored without a word, and the new one's default takes its place.
    Bad:
        # the last release had `replicas: 1`, read by the same line
        replicaCount: 1
    Good:
        replicas: {{ .Values.replicas | default .Values.replicaCount }}
    Fix: Read the old name too, until the next MAJOR version. A renamed value is known by its use, default and name.
    Source: Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/value-renamed")


@rule(
    "compat/value-retyped",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def value_retyped(subject: Subject) -> Iterator[Violation]:
    """A value is of another type than in the last release, and templates read it otherwise.

    Why: What users wrote in the old form renders to something else, or not at all.
    Bad:
        # the last release had `hosts: [web.acme.test]`
        hosts:
          - host: web.acme.test
    Good:
        hosts: [web.acme.test]
        hostRules: []
    Fix: Take both forms (`kindIs "string"`), give the new form a new name, or raise the MAJOR version.
    Source: Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/value-retyped")


@rule(
    "compat/value-newly-required",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def value_newly_required(subject: Subject) -> Iterator[Violation]:
    """A value must be given that could be left out in the last release.

    Why: The upgrade stops with a message for everybody who hasn't set it.
    Bad:
        host: {{ required "ingress.host is required" .Values.ingress.host }}
    Good:
        host: {{ .Values.ingress.host | default "*" | quote }}
    Fix: Give the value a default that keeps what was, or raise the MAJOR version.
    Source: Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/value-newly-required")


@rule(
    "compat/schema-tightened",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def schema_tightened(subject: Subject) -> Iterator[Violation]:
    """The schema of the values rejects what that of the last release accepted.

    Why: Helm refuses to upgrade with values that worked.
    Bad:
        # the last release had {"type": ["integer", "string"]}
        "port": {"type": "integer"}
    Good:
        "port": {"type": ["integer", "string"]}
    Fix: Accept the old form until the next MAJOR version. Both schemas are tried with values of every kind; of a schema
        that is new, only what it says to the defaults of the last release counts.
    Source: Helm documentation, Charts, Schema Files; Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/schema-tightened")


@rule("compat/image-replaced", default=MUST, needs={BASELINE}, enforces=BREAKING)
def image_replaced(subject: Subject) -> Iterator[Violation]:
    """A default image is another program than in the last release, or its variant without a shell.

    Why: The arguments, volumes and settings that users gave were meant for another program; exec probes, hooks and
        scripts that they run in it, for an image with a shell.
    Bad:
        # the last release had `repository: acme/config-reload`, and the version is a MINOR
        image:
          repository: acme/watcher
    Good:
        image:
          repository: registry.acme.test/config-reload
    Fix: Raise the MAJOR version and say what has to change. Another registry or owner alone doesn't count. An image
        without a shell is recognised by its name (distroless, scratch, chiseled, chainguard, static).
    Source: Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/image-replaced")


@rule(
    "compat/feature-off",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def feature_off(subject: Subject) -> Iterator[Violation]:
    """A feature that was on by default is off.

    Why: Whoever relied on it never had to write it into a values file, and loses it with the upgrade.
    Bad:
        # the last release had `enabled: true`, and the version is a MINOR
        metrics:
          enabled: false
    Good:
        metrics:
          enabled: true
    Fix: Leave it on, or raise the MAJOR version and say how it is turned on. Only keys named `enabled` and `create`
        count.
    Source: Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/feature-off")


@rule(
    "compat/password-changed",
    default=MUST,
    needs={BASELINE},
    enforces=BREAKING,
    urgency=Urgency.UPGRADE,
)
def password_changed(subject: Subject) -> Iterator[Violation]:
    """The default password of an administrator is another one, or is gone.

    Why: Whoever logs in with the earlier one, people and programs, is refused after the upgrade.
    Bad:
        # the last release had `adminPassword: welcome-aboard`, and the version is a MINOR
        adminPassword: ""
    Good:
        # the same, in a MAJOR version that says where the new password is found
        adminPassword: ""
    Fix: Taking a default password away is right; raise the MAJOR version for it, and say how users get in.
    Source: Semantic Versioning 2.0.0, 8; OWASP, Use of Default Credentials
    """
    yield from told(subject, "compat/password-changed")


@rule("compat/connection-refused", default=MUST, needs={BASELINE}, enforces=BREAKING)
def connection_refused(subject: Subject) -> Iterator[Violation]:
    """A connection on which certificates weren't verified by default now has them verified.

    Why: What shows a certificate of its own making, or none, is no longer reached after the upgrade.
    Bad:
        # the last release had `insecure_skip_verify: true`, and the version is a MINOR
        tls_config:
          ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    Good:
        # the same, in a MAJOR version that says how to go on without
        tls_config:
          ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    Fix: Verifying is right; raise the MAJOR version for it, and say what users set where they can't.
    Source: Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/connection-refused")


@rule(
    "compat/default-changed",
    default=SHOULD,
    needs={BASELINE},
    enforces=require(
        r"^(?!.*\bhelm (?:lint|template)\b).*\bdefaults?\b.{0,60}\b(?:chang|stable|stay|backwards?[- ]compatib)"
    ),
)
def default_changed(subject: Subject) -> Iterator[Violation]:
    """A default is another than in the last release.

    Why: Whoever never set the value gets the new one with the upgrade.
    Bad:
        # the last release had `type: ClusterIP`, and the version is a PATCH
        service:
          type: LoadBalancer
    Good:
        # the same, in a MINOR version that tells of it
        service:
          type: LoadBalancer
    Fix: Change defaults with a MINOR version at least. In one it is only noted; tags and versions of images are left
        out. A default that takes something away (a feature, a password, a MAJOR version of an image) is reported by the
        rule for that.
    Source: Semantic Versioning 2.0.0, 6 and 7
    """
    comparison = subject.comparison
    allowed = comparison.allows_features
    for problem in told(subject, "compat/default-changed"):
        yield problem._replace(at_most=Severity.NOTE if allowed else None)


@rule(
    "compat/removed-without-notice",
    default=SHOULD,
    needs={BASELINE},
    enforces=(
        require(
            r"\bdeprecat\w+\b.{0,120}\b(?:before|until|for)\b.{0,40}\b(?:MINOR|release|version|remov)"
            r"|\bremov\w+\b.{0,60}\bdeprecat"
        ),
        forbid(r"\bremov\w+\b.{0,60}\bwithout\b.{0,40}\b(?:deprecat|notice|warning)"),
    ),
)
def removed_without_notice(subject: Subject) -> Iterator[Violation]:
    """A value is removed that the last release didn't call deprecated.

    Why: Users have no release in which both the old and the new value work, and move in one step or not at all.
    Bad:
        # the last release
        # -- Number of pods
        replicas: 1
    Good:
        # the last release
        # -- Deprecated, use replicaCount; removed in 2.0.0
        replicas: 1
    Fix: Keep the value for one MINOR version with a comment that calls it deprecated, then remove it with the next
        MAJOR.
    Source: Semantic Versioning 2.0.0, How should I handle deprecating functionality?
    """
    comparison = subject.comparison
    for change in comparison.changes:
        is_removal = change.rule in ("compat/value-removed", "compat/value-renamed")
        if is_removal and change.old is not None and not change.announced:
            name = change.names[0]
            message = (
                f"{name} goes without a deprecation: mark it as deprecated for one MINOR version before removal; "
                f"its comment in {comparison.origin} doesn't"
            )
            at = change.new if change.new is not None else change.old
            related = (Related(change.old, f"in {comparison.origin}"),)
            yield Violation(message, at, related, group=group_of(change, "it was never marked as deprecated"))


@rule(
    "compat/old-value-lost",
    default=MUST,
    needs={OLD_VALUES},
    enforces=require(r"\b(?:old|existing|users'?) values?\b.{0,80}\b(?:keep|still|continue|work|mean|understood)"),
)
def old_value_lost(subject: Subject) -> Iterator[Violation]:
    """A values file for the last release is ignored, refused or misunderstood by this one.

    Why: A migration path is one only if what users have can follow it.
    Bad:
        # --old-values prod.yaml; nothing reads replicas any more
        replicas: 3
    Good:
        replicaCount: 3
    Fix: Change the file as the message says, or the chart, so that it takes the old values too. Give the file by
        `--old-values` together with `--baseline`. What a key decides is found by rendering both releases without it;
        of texts that programs read (configuration, arguments, variables) only that it decides nothing any more.
    Source: Helm documentation, Charts, Schema Files; Semantic Versioning 2.0.0, 8
    """
    comparison, old_values = subject.comparison, subject.comparison.old_values
    assert old_values is not None
    for lost in comparison.lost_values:
        change = lost.change
        related = tuple(
            Related(place, change.what + (f" (in {comparison.origin})" if place is change.old else ""))
            for place in ((change.new, change.old) if change is not None else ())
            if place is not None and change is not None
        )
        yield Violation(lost.message, lost.at, related)
    for change in comparison.changes:
        if change.is_of_old_values and change.rule in ("compat/value-newly-required", "compat/value-retyped"):
            yield Violation(change.what, old_values.view, () if change.new is None else (Related(change.new, "here"),))
