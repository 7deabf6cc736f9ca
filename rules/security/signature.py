"""Whether a chart can be told from a forged one."""

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
    """A packaged chart has no signature of its own, or a chart doesn't say by which key its packages are signed.

    Why: Whoever can write to the repository, or to a mirror of it, can put another chart under the same name and
        version; only a signature tells them apart.
    Bad:
        annotations: {}
    Good:
        annotations:
          artifacthub.io/signKey: |
            fingerprint: C874011F0AB405110D02105534365D9472D7468F
            url: https://charts.acme.test/signing-key.asc
    Fix: Package with `helm package --sign`, publish the .prov file beside the package, and name the key in Chart.yaml.
        Whose signature it is, `helm verify` says: that needs the keys that its user trusts.
    Source: Helm documentation, Helm Provenance and Integrity; chart-verifier signature-is-valid
    """
    chart = subject.chart
    metadata = chart.metadata.view
    if chart.package is None:
        key = metadata.get("annotations", _KEY)
        if not key:
            yield Violation(f"nothing says by which key the packages are signed; name it in {_KEY}", at=key)
    elif chart.package.provenance is None:
        yield Violation("the package has no .prov file beside it; sign it by helm package --sign", at=None)
    elif _SIGNED not in chart.package.provenance:
        yield Violation("the .prov file beside the package holds no signature; sign it by helm package --sign", at=None)
    elif chart.package.digest not in chart.package.provenance:
        yield Violation("the .prov file beside the package is of another package; sign this one", at=None)
