"""Values that no longer do what they did in the last release."""

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
    """Value was removed since the last release.

    Why: Helm ignores values that no template reads: the user's setting is dropped without a warning.
    Bad:
        # the last release had
        image:
          pullSecret: registry
    Good:
        image:
          # -- Deprecated, use image.pullSecrets; removed in 2.0.0
          pullSecret: ""
          pullSecrets: []
    Fix: Keep reading the old value beside the new one and mark it as deprecated; remove it with the next MAJOR version.
        Removing a value that no template of the last release read, or only NOTES.txt and tests, is not reported. A
        value that values.yaml only shows in a comment is reported, and so is one that templates reject with `fail`.
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
    """Value was renamed since the last release.

    Why: Helm ignores the old name without a warning, and the default of the new one applies.
    Bad:
        # the last release had `replicas: 1`, read by the same line
        replicaCount: 1
    Good:
        replicas: {{ .Values.replicas | default .Values.replicaCount }}
    Fix: Read the old name too, until the next MAJOR version. Renamed values are recognised by use, default and name.
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
    """Value changed its type or its effect since the last release.

    Why: A value in the old form renders to something else, elsewhere, or not at all.
    Bad:
        # the last release had `hosts: [web.acme.test]`
        hosts:
          - host: web.acme.test
    Good:
        hosts: [web.acme.test]
        hostRules: []
    Fix: Accept both forms (`kindIs "string"`), give the new form a new name, or raise the MAJOR version. Empty values
        whose template lines changed are filled in both releases: one that sets other fields than before (annotations
        instead of labels), nothing, or a text field without quotes is reported too.
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
    """Optional value became required.

    Why: The upgrade fails for every user who has not set it.
    Bad:
        host: {{ required "ingress.host is required" .Values.ingress.host }}
    Good:
        host: {{ .Values.ingress.host | default "*" | quote }}
    Fix: Give the value a default that keeps the old behaviour, or raise the MAJOR version.
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
    """Schema rejects values that the last release accepted.

    Why: Helm refuses to upgrade with values that worked before.
    Bad:
        # the last release had {"type": ["integer", "string"]}
        "port": {"type": "integer"}
    Good:
        "port": {"type": ["integer", "string"]}
    Fix: Accept the old form until the next MAJOR version. Both schemas are tried with values of every type; a new
        schema is only tried with the defaults of the last release.
    Source: Helm documentation, Charts, Schema Files; Semantic Versioning 2.0.0, 8
    """
    yield from told(subject, "compat/schema-tightened")


@rule("compat/image-replaced", default=MUST, needs={BASELINE}, enforces=BREAKING)
def image_replaced(subject: Subject) -> Iterator[Violation]:
    """Default image was replaced by another program or by a variant without a shell.

    Why: The user's arguments, volumes and settings are meant for the old program; their exec probes, hooks and scripts
        need a shell.
    Bad:
        # the last release had `repository: acme/config-reload`, and the version is a MINOR
        image:
          repository: acme/watcher
    Good:
        image:
          repository: registry.acme.test/config-reload
    Fix: Raise the MAJOR version and document what has to change. A change of registry or owner alone is not reported.
        An image without a shell is recognised by its name (distroless, scratch, chiseled, chainguard, static).
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
    """Feature that was enabled by default is now disabled.

    Why: Users who rely on it never had to set it in a values file, and lose it with the upgrade.
    Bad:
        # the last release had `enabled: true`, and the version is a MINOR
        metrics:
          enabled: false
    Good:
        metrics:
          enabled: true
    Fix: Leave it enabled, or raise the MAJOR version and document how to enable it. Only keys named `enabled` and
        `create` are compared.
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
    """Default administrator password was changed or removed.

    Why: People and programs that log in with the old password are rejected after the upgrade.
    Bad:
        # the last release had `adminPassword: welcome-aboard`, and the version is a MINOR
        adminPassword: ""
    Good:
        # the same, in a MAJOR version that documents where to find the new password
        adminPassword: ""
    Fix: Removing a default password is right; raise the MAJOR version for it, and document how users log in.
    Source: Semantic Versioning 2.0.0, 8; OWASP, Use of Default Credentials
    """
    yield from told(subject, "compat/password-changed")


@rule("compat/connection-refused", default=MUST, needs={BASELINE}, enforces=BREAKING)
def connection_refused(subject: Subject) -> Iterator[Violation]:
    """Certificates that were not verified by default are now verified.

    Why: Servers with a self-signed certificate, or none, are no longer reached after the upgrade.
    Bad:
        # the last release had `insecure_skip_verify: true`, and the version is a MINOR
        tls_config:
          ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    Good:
        # the same, in a MAJOR version that documents how to turn verification off
        tls_config:
          ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    Fix: Verifying is right; raise the MAJOR version for it, and document how users turn it off where they have to.
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
    """Default value changed since the last release.

    Why: Users who never set the value get the new default with the upgrade.
    Bad:
        # the last release had `type: ClusterIP`, and the version is a PATCH
        service:
          type: LoadBalancer
    Good:
        # the same, in a MINOR version that announces it
        service:
          type: LoadBalancer
    Fix: Change defaults in a MINOR version at least; there the finding is only a note. Image tags and versions are not
        compared. A default that takes something away (a feature, a password, a MAJOR version of an image) has its own
        rule.
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
    """Value was removed without prior deprecation.

    Why: There is no release in which both the old and the new value work, so users have to migrate during the upgrade.
    Bad:
        # the last release
        # -- Number of pods
        replicas: 1
    Good:
        # the last release
        # -- Deprecated, use replicaCount; removed in 2.0.0
        replicas: 1
    Fix: Keep the value for one MINOR version with a comment that marks it as deprecated, then remove it in the next
        MAJOR version.
    Source: Semantic Versioning 2.0.0, How should I handle deprecating functionality?
    """
    comparison = subject.comparison
    for change in comparison.changes:
        is_removal = change.rule in ("compat/value-removed", "compat/value-renamed")
        if is_removal and change.old is not None and not change.announced:
            name = change.names[0]
            message = (
                f"value {name} was removed without prior deprecation; "
                'keep it for one MINOR version with "Deprecated" in its comment'
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
    """Values file of the last release no longer works.

    Why: A migration path has to work with the values that users have.
    Bad:
        # --old-values prod.yaml; nothing reads replicas any more
        replicas: 3
    Good:
        replicaCount: 3
    Fix: Change the file as the message says, or make the chart accept the old values too. Pass the file as
        `--old-values` together with `--baseline`. The effect of a key is found by rendering both releases without it;
        for texts that programs read (configuration, arguments, variables), only that the key no longer has any effect.
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
            related = () if change.new is None else (Related(change.new, "changed here"),)
            yield Violation(change.what, old_values.view, related)
