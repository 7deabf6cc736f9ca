"""Findings in the objects of dependencies: at their own files and lines, or at the parent's value."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Finding, Severity
from helm_constitution.helm.protocol import HelmEngine
from tests.support import check_chart, write

POD = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: {{ .Release.Name }}-{{ .Chart.Name }}
    spec:
      containers:
        - name: db
          image: db:1.2.3
          securityContext:
            privileged: {{ .Values.privileged }}
            procMount: Unmasked
    """
DB = {
    "web/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "web/charts/db/values.yaml": "privileged: false\n",
    "web/charts/db/templates/pod.yaml": POD,
}
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
REPOSITORY = "    repository: https://acme.test\n"
ENTRY = "dependencies:\n  - name: db\n    version: 1.0.0\n"


def found(root: Path, engine: HelmEngine, rule: str, *, subcharts: bool = False) -> list[Finding]:
    report = check_chart(root / "web", engine, CheckOptions(subcharts=subcharts))
    return [finding for finding in report.singles if finding.rule == rule]


def test_a_local_subchart_is_the_authors_own(tmp_path: Path, engine: HelmEngine) -> None:
    write(tmp_path, {**DB, "web/Chart.yaml": CHART + ENTRY, "web/values.yaml": "{}\n"})
    (one,) = found(tmp_path, engine, "security/proc-mount")
    assert (one.location.file, one.location.line, one.severity) == ("charts/db/templates/pod.yaml", 11, Severity.ERROR)


def test_one_that_is_only_in_the_folder(tmp_path: Path, engine: HelmEngine) -> None:
    write(tmp_path, {**DB, "web/Chart.yaml": CHART})
    (one,) = found(tmp_path, engine, "security/proc-mount")
    assert (one.location.file, one.location.line, one.severity) == ("charts/db/templates/pod.yaml", 11, Severity.ERROR)


def test_one_with_a_repository_is_somebody_elses(tmp_path: Path, engine: HelmEngine) -> None:
    write(tmp_path, {**DB, "web/Chart.yaml": CHART + ENTRY + REPOSITORY, "web/values.yaml": "{}\n"})
    (one,) = found(tmp_path, engine, "security/proc-mount")
    assert (one.location.file, one.location.line, one.severity) == ("Chart.yaml", 5, Severity.NOTE)


@pytest.mark.parametrize("repository", ["", REPOSITORY])
def test_an_alias(repository: str, tmp_path: Path, engine: HelmEngine) -> None:
    both = f"{ENTRY}{repository}    alias: primary\n  - name: db\n    version: 1.0.0\n{repository}    alias: replica\n"
    values = "primary:\n  privileged: false\nreplica:\n  privileged: true\n"
    write(tmp_path, {**DB, "web/Chart.yaml": CHART + both, "web/values.yaml": values})
    for one in found(tmp_path, engine, "security/proc-mount", subcharts=True):
        assert (one.location.file, one.location.line) == ("charts/db/templates/pod.yaml", 11)
    (one,) = found(tmp_path, engine, "security/privileged")
    assert (one.location.file, one.location.line, one.severity) == ("values.yaml", 4, Severity.ERROR)
    assert [(each.location.file, each.location.line) for each in one.related] == [("charts/db/templates/pod.yaml", 10)]


def _pack(root: Path) -> None:
    folder = root / "web/charts/db"
    with tarfile.open(root / "web/charts/db-1.0.0.tgz", "w:gz") as archive:
        archive.add(folder, "db")
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    folder.rmdir()


def test_a_package(tmp_path: Path, engine: HelmEngine) -> None:
    values = "db:\n  privileged: true\n"
    write(tmp_path, {**DB, "web/Chart.yaml": CHART + ENTRY + REPOSITORY, "web/values.yaml": values})
    _pack(tmp_path)
    (one,) = found(tmp_path, engine, "security/proc-mount")
    assert (one.location.file, one.severity) == ("Chart.yaml", Severity.NOTE)
    assert [(each.location.file, each.location.line) for each in one.related] == [("charts/db/templates/pod.yaml", 11)]
    (one,) = found(tmp_path, engine, "security/privileged")
    assert (one.location.file, one.location.line, one.severity) == ("values.yaml", 2, Severity.ERROR)


def test_a_global_value(tmp_path: Path, engine: HelmEngine) -> None:
    pod = POD.replace(".Values.privileged", ".Values.global.privileged")
    values = "global:\n  privileged: true\ndb:\n  other: 1\n"
    files = {**DB, "web/charts/db/templates/pod.yaml": pod, "web/values.yaml": values}
    write(tmp_path, {**files, "web/Chart.yaml": CHART + ENTRY + REPOSITORY})
    (one,) = found(tmp_path, engine, "security/privileged")
    assert (one.location.file, one.location.line, one.severity) == ("values.yaml", 2, Severity.ERROR)
