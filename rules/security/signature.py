"""Whether a chart's packages are signed."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import OFF, Subject, Violation, require, rule

_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_KEY = "artifacthub.io/signKey"


@rule(
    "security/unsigned",
    default=OFF,
    enforces=require(r"\b(?:charts?|packages?|releases?)\b.{0,40}\bsign(?:ed|atures?)\b|\bprovenance\b"),
)
def unsigned(subject: Subject) -> Iterator[Violation]:
    """Chart package is not signed, or Chart.yaml names no signing key.

    Why: Anyone with write access to the repository, or to a mirror of it, can publish another chart with the same name
        and version; only a signature reveals it.
    Bad:
        annotations: {}
    Good:
        annotations:
          artifacthub.io/signKey: |
            fingerprint: C874011F0AB405110D02105534365D9472D7468F
            url: https://charts.acme.test/signing-key.asc
    Fix: Package with `helm package --sign`, publish the .prov file beside the package, and name the key in Chart.yaml.
        `helm verify` checks the signature against the keys that its user trusts.
    Source: Helm documentation, Helm Provenance and Integrity; chart-verifier signature-is-valid
    """
    chart = subject.chart
    metadata = chart.metadata.view
    if chart.package is None:
        key = metadata.get("annotations", _KEY)
        if not key:
            yield Violation(f"Chart.yaml names no signing key for the packages; set the annotation {_KEY}", at=key)
    elif chart.package.provenance is None:
        yield Violation("chart package has no .prov file; sign it with helm package --sign", at=None)
    elif _SIGNED not in chart.package.provenance:
        yield Violation("the package's .prov file has no signature; sign the chart with helm package --sign", at=None)
    elif chart.package.digest not in chart.package.provenance:
        yield Violation(
            "the package's .prov file belongs to another package; sign this one with helm package --sign", at=None
        )
