"""A finding is the same tomorrow: what a chart gives otherwise each time is no part of its identity."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.cli.accept import accept_findings
from helm_constitution.core.model import Gate
from helm_constitution.helm.embedded import EmbeddedEngine
from tests.support import check_chart, write

CHARTS = Path(__file__).parents[2] / "testdata" / "charts"
POD = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: {name}
      annotations:
        helm.sh/hook: post-install
    spec:
      serviceAccountName: {{{{ .Release.Name }}}}-none
      containers:
        - name: {container}
          image: nginx:latest
    """
RANDOM = {
    "direct": ("{{ .Release.Name }}-ui-{{ randAlphaNum 5 | lower }}", "test"),
    "by a named template": ('{{ include "web.outer" . }}', "test"),
    "and its container's": ("ui-{{ randAlphaNum 5 | lower }}", "test-{{ randAlphaNum 5 | lower }}"),
    "by the time": ("ui-{{ now | unixEpoch }}-{{ uuidv4 }}", "{{ uuidv4 }}"),
}


@pytest.mark.parametrize("name", RANDOM.values(), ids=RANDOM)
def test_a_random_name_is_no_part_of_a_fingerprint(
    tmp_path: Path, embedded: EmbeddedEngine, name: tuple[str, str]
) -> None:
    chart = write(
        tmp_path,
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "web/templates/pod.yaml": POD.format(name=name[0], container=name[1]),
            "web/templates/_helpers.tpl": (
                '{{- define "web.inner" }}ui-{{ uuidv4 }}{{ end }}\n'
                '{{- define "web.outer" }}{{ include "web.inner" . }}{{ end }}\n'
            ),
            "web/ci/other-values.yaml": "other: true\n",
        },
    )
    options = CheckOptions(cache=False)
    first, second = (check_chart(chart / "web", embedded, options) for _ in range(2))
    names = [{one.object.name for one in report.findings if one.object} for report in (first, second)]
    assert names[0].isdisjoint(names[1])
    assert sorted(one.fingerprint for one in first.findings) == sorted(one.fingerprint for one in second.findings)
    assert sum(one.rule == "security/latest-tag" for one in first.findings) == 1
    moved = tmp_path / "web" / "templates" / "pod.yaml"
    moved.write_text("# one line more\n\n" + moved.read_text("utf-8"), "utf-8")
    third = check_chart(chart / "web", embedded, options)
    assert sorted(one.fingerprint for one in third.findings) == sorted(one.fingerprint for one in first.findings)


def test_random_texts_in_messages_are_no_part_of_a_fingerprint(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    write(
        tmp_path,
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "web/ci/other-values.yaml": "other: true\n",
            "web/templates/pod.yaml": """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
              labels: {build: "{{ uuidv4 }}_"}
            spec:
              volumes: [{name: v-{{ randAlpha 4 | lower }}, hostPath: {path: /etc}}]
              containers:
                - name: web
                  image: nginx:1.27.0
                  volumeMounts: [{name: m-{{ randAlpha 4 | lower }}, mountPath: /m}]
            """,
        },
    )
    options = CheckOptions(cache=False)
    first, second = (check_chart(tmp_path / "web", embedded, options) for _ in range(2))
    rules = ["helm/dangling-volume", "portability/label-value", "security/host-path"]
    for rule in rules:
        told = [[one for one in report.findings if one.rule == rule] for report in (first, second)]
        assert [len(those) for those in told] == [1, 1], rule
        assert told[0][0].message != told[1][0].message
        assert told[0][0].fingerprint == told[1][0].fingerprint


@pytest.mark.parametrize("name", ["base", "demo"])
def test_what_is_accepted_passes_at_once(tmp_path: Path, embedded: EmbeddedEngine, name: str) -> None:
    files = {
        f"web/{file.relative_to(CHARTS / name)}": file.read_text("utf-8")
        for file in (CHARTS / name).rglob("*")
        if file.is_file()
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    options = CheckOptions(cache=False)
    accept_findings([check_chart(tmp_path / "web", embedded, options)], None, "2026-01-01")
    assert check_chart(tmp_path / "web", embedded, options).gate is Gate.PASS
