"""The pairs of policies and objects in ``testdata/admission``, and what is answered to each.

A folder holds ``policy.yaml`` (policies, bindings, parameters), ``objects.yaml`` and ``expect.txt``: a line for each
answer, ``Deployment web: allowed`` or ``Deployment web: denied: what is said``, in the order of the objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from helm_constitution.admission.evaluation import Applied, Denial, Unknown, evaluate
from helm_constitution.admission.matching import CREATE
from helm_constitution.admission.reading import read_policies
from helm_constitution.admission.requests import GivenParameters, KnownNamespaces, request_of
from helm_constitution.core.model import Severity
from helm_constitution.kubernetes.documents import manifests_of
from helm_constitution.text.yaml import load_documents

FOLDER = Path(__file__).parents[2] / "testdata" / "admission"
NAMES = sorted(path.name for path in FOLDER.iterdir())
_WORDS = {Severity.ERROR: "denied", Severity.WARNING: "warned", Severity.NOTE: "noted"}


def expected(name: str) -> list[str]:
    """The answers that a case expects."""
    return (FOLDER / name / "expect.txt").read_text("utf-8").splitlines()


def answers(folder: Path) -> Iterator[str]:
    """What the policies of a folder answer to its objects."""
    known = read_policies([folder / "policy.yaml"])
    parameters, namespaces = GivenParameters(known.objects), KnownNamespaces(known.objects)
    documents = load_documents((folder / "objects.yaml").read_text("utf-8"), "objects.yaml")
    for manifest in manifests_of(documents):
        request = request_of(manifest, CREATE, namespaces)
        found = [
            outcome
            for policy in known.policies
            for outcome in evaluate(policy, request, parameters.of, namespaces.labels)
            if not isinstance(outcome, Applied)
        ]
        yield from (f"{manifest}: {_words(outcome)}" for outcome in found)
        if not found:
            yield f"{manifest}: allowed"


def _words(outcome: Denial | Unknown) -> str:
    if isinstance(outcome, Unknown):
        return f"unknown: {outcome.reason}"
    return f"{_WORDS[outcome.severity]}: {outcome.message}"
