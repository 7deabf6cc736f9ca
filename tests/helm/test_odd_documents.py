"""Odd documents: the engines agree on what helm or a cluster refuses, and on the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.charts import check_alone
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.model import Verdict
from helm_constitution.helm import documents
from helm_constitution.helm.protocol import HelmEngine, RenderRequest, SetArgument
from tests.helm.support import CHART, write_chart

HEAD = "apiVersion: v1\nkind: ConfigMap\n"
NAMED = f"{HEAD}metadata:\n  name: a\n"
ANNOTATED = f"{NAMED}  annotations:\n    "

TEMPLATE = '{{ .Files.Get (printf "documents/%s" .Values.document) }}'

REFUSED = {
    "annotations-empty": f'{NAMED}  annotations: ""\n',
    "annotations-number": f"{NAMED}  annotations: 5\n",
    "annotations-boolean": f"{NAMED}  annotations: true\n",
    "annotations-list": f"{NAMED}  annotations: [a]\n",
    "annotations-infinite": f"{NAMED}  annotations: .inf\n",
    "annotations-tagged": f"{NAMED}  annotations: !!binary aGVsbG8=\n",
    "annotations-printed-by-go": f"{ANNOTATED}map[a:b]\n",
    "annotations-printed-by-go-below-one": f"{ANNOTATED}a: b\n    map[c:d e:f]\n",
    "annotations-text-with-colon": f'{ANNOTATED}"a: b"\n',
    "annotation-is-a-set": f"{ANNOTATED}foo: !!set {{a}}\n",
    "annotation-is-a-map-by-alias": f"{NAMED}  labels: &x {{a: b}}\n  annotations:\n    foo: *x\n",
    "annotation-has-a-null-key": f"{ANNOTATED}null: a\n",
    "hook-is-a-list": f"{ANNOTATED}helm.sh/hook: [pre-install]\n",
    "hook-is-a-map": f"{ANNOTATED}helm.sh/hook: {{}}\n",
    "unknown-hook-with-a-bad-annotation": f"{ANNOTATED}helm.sh/hook: before-lunch\n    x: [1]\n",
    "unknown-hook-with-broken-data": f"{ANNOTATED}helm.sh/hook: before-lunch\ndata: y: z\n",
    "api-version-is-a-list": "apiVersion: [v1]\nkind: ConfigMap\nmetadata:\n  name: a\n",
    "api-version-is-a-map": "apiVersion: {a: b}\nkind: ConfigMap\nmetadata:\n  name: a\n",
    "api-version-is-a-list-below": "apiVersion:\n- v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
    "kind-in-capitals-is-a-list": f"{NAMED}KIND: []\n",
    "metadata-in-capitals": f"{HEAD}METADATA: 5\n",
    "annotations-in-capitals": f"{NAMED}  Annotations: 5\n",
    "metadata-twice": f"{NAMED}metadata: 5\n",
    "metadata-merged": f"x: &x {{annotations: 5}}\n{HEAD}metadata:\n  <<: *x\n  name: a\n",
    "merge-of-a-number": f"{NAMED}more: {{<<: 5, c: d}}\n",
    "null-key": f"{NAMED}data: {{null: c}}\n",
    "empty-key": f"{NAMED}? \n: b\n",
    "list-as-key": f"{NAMED}data:\n  ? [a]\n  : b\n",
    "map-as-key": f"{NAMED}data:\n  {{a: b}}: c\n",
    "unrendered-braces-as-key": f"{NAMED}data:\n  {{{{ x }}}}: c\n",
    "infinity": f"{NAMED}data: {{a: .inf}}\n",
    "not-a-number": f"{NAMED}data:\n  a: .NaN\n",
    "no-base64": f"{NAMED}data: {{a: !!binary 'x y z!'}}\n",
    "no-integer": f"{NAMED}data: {{a: !!int foo}}\n",
    "no-timestamp": f"{NAMED}data: {{a: !!timestamp foo}}\n",
    "no-such-day": f"{NAMED}data: {{a: !!timestamp 2023-02-29}}\n",
    "no-such-hour": f"{NAMED}data: {{a: !!timestamp '2023-02-28 25:00:00'}}\n",
    "timestamp-without-a-zone": f"{NAMED}data: {{a: !!timestamp '2023-02-28T10:00:00'}}\n",
    "slash-escaped-as-in-json": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\\/a"}}\n',
    "document-is-a-list": "- a\n",
    "document-is-a-text": "hello\nworld\n",
    "no-kind": "apiVersion: v1\nmetadata:\n  name: a\n",
    "kind-null": "apiVersion: v1\nkind: null\nmetadata:\n  name: a\n",
    "kind-empty": 'apiVersion: v1\nkind: ""\nmetadata:\n  name: a\n',
    "no-api-version": "kind: ConfigMap\nmetadata:\n  name: a\n",
    "empty-map": "{}\n",
    "kind-in-lower-case": "apiVersion: v1\nkind: configmap\nmetadata:\n  name: a\n",
    "kind-is-a-number": "apiVersion: apps/v1\nkind: 5\nmetadata:\n  name: a\n",
    "kind-in-lower-case-of-a-group": "apiVersion: networking.k8s.io/v1\nkind: ingress\nmetadata:\n  name: a\n",
    "kind-in-capitals": "apiVersion: v1\nKind: ConfigMap\nmetadata:\n  name: a\n",
    "api-version-in-lower-case": "apiversion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
    "element-of-a-list-without-kind": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n",
    "element-of-a-list-in-a-list": "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{}]}]\n",
    "element-of-another-kind-of-list": "apiVersion: v1\nkind: PodList\nitems:\n- kind: Pod\n",
    "unknown-alias": f"{NAMED}data: *x\n",
    "control-character": f"{NAMED}# \x07\n",
}

ACCEPTED = {
    "annotations-null": f"{NAMED}  annotations: null\n",
    "annotation-values": f"{ANNOTATED}a: yes\n    b: 5\n    c: null\n    5: d\n    e: 2020-01-01\n    f: |\n      x\n",
    "labels-are-a-number": f"{NAMED}  labels: 5\n",
    "name-is-a-number": f"{HEAD}metadata:\n  name: 5\n",
    "hook-null-is-never-installed": f"{ANNOTATED}helm.sh/hook: null\n",
    "hook-unknown-is-never-installed": f"{ANNOTATED}helm.sh/hook: before-lunch\n",
    "hook-number-is-never-installed": f"{ANNOTATED}helm.sh/hook: 5\n",
    "hook-in-capitals": f"{ANNOTATED}helm.sh/hook: Pre-Install\n",
    "no-metadata": HEAD,
    "list-that-gives-its-elements-their-kind": "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}]\n",
    "list-of-nothing": "apiVersion: v1\nkind: List\nitems: []\n",
    "kind-of-somebody-elses": "apiVersion: example.com/v1\nkind: widget\nmetadata:\n  name: a\n",
    "only-a-comment": "# nothing\n",
    "duplicate-key": f"{NAMED}data: {{}}\ndata: {{}}\n",
    "what-follows-the-end": f"{NAMED}...\nfoo: [\n",
    "two-json-objects-on-two-lines": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}\n{"a":1}\n',
    "merge": f"{NAMED}data: &x {{a: b}}\nmore: {{<<: *x, c: d}}\n",
    "set": f"{NAMED}data: !!set {{a, b}}\n",
    "unknown-tag": f"{NAMED}data: {{a: !foo bar}}\n",
    "slash-in-a-block": f"{NAMED}data:\n  a: |\n    \\/ ! : << .inf\n",
    "slash-behind-a-backslash": f'{NAMED}data:\n  a: "\\\\/"\n',
    "bare-equals-sign": f"{NAMED}data:\n  - =\n",
}


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {f"documents/{name}": text for name, text in (REFUSED | ACCEPTED).items()}
    return write_chart(tmp_path_factory.mktemp("odd") / "web", {"templates/a.yaml": TEMPLATE, **files})


def test_every_engine_refuses_what_can_not_be_installed(chart: Path, engine: HelmEngine) -> None:
    pending = {
        name: engine.render(chart, RenderRequest(set_arguments=(SetArgument("--set-string", f"document={name}"),)))
        for name in REFUSED
    }
    assert [name for name, render in pending.items() if not render.result().errors] == []


def test_the_engines_agree_on_what_helm_reads(tmp_path: Path, engines: tuple[HelmEngine, ...]) -> None:
    files = {f"templates/{name}.yaml": f"{{{{ `{text}` }}}}" for name, text in ACCEPTED.items()}
    outputs = [engine.render(write_chart(tmp_path / "web", files), RenderRequest()).result() for engine in engines]
    assert [output.errors for output in outputs] == [()] * len(engines)
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(outputs[0].documents) == len([name for name in ACCEPTED if not name.endswith("never-installed")])


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_the_look_for_odd_things_is_quick(size: int) -> None:
    from time import process_time

    for filler in (" ", ": ", "null ", "<", "! ", "]", "\\/", "? ", "a: b\n  "):
        text = f"{NAMED}data:\n  a: |\n    {filler * size}x\n"
        began = process_time()
        documents.of_files({"web/templates/a.yaml": text})
        assert process_time() - began < 10


UNREADABLE = {
    "library": {"Chart.yaml": f"{CHART}type: library\n", "templates/_a.tpl": '{{ define "a" }}{{ if }}{{ end }}'},
    "version": {"Chart.yaml": CHART.replace("v2", "v9")},
    "template": {"templates/a.yaml": "{{ if }}"},
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("ignored", [(), ("testing",)])
def test_what_can_not_be_read_is_never_a_pass(
    tmp_path: Path, engines: tuple[HelmEngine, ...], kind: str, ignored: tuple[str, ...]
) -> None:
    """With the rules on helm's own words left out as well, whatever the engine."""
    chart = write_chart(tmp_path / "web", {**UNREADABLE[kind], "README.md": "# web\n"})
    (tmp_path / "c.md").write_text("# C\n\n## Docs\n\nThere MUST be a README. <!-- rules: docs/no-readme -->\n")
    options = CheckOptions(constitution=tmp_path / "c.md", ignore=ignored)
    for engine in engines:
        report = check_alone(CheckRequest(chart, engine, options))
        assert report.verdict is Verdict.ERROR, engine.name


@pytest.mark.parametrize("version", ["v9", "V2", "2"])
def test_an_unknown_version_of_charts_is_refused_as_helm_4_does(
    tmp_path: Path, engines: tuple[HelmEngine, ...], version: str
) -> None:
    chart = write_chart(tmp_path, {"Chart.yaml": f"apiVersion: {version}\nname: web\nversion: 0.1.0\n"})
    outputs = [engine.render(chart, RenderRequest()).result() for engine in engines]
    assert [[error.text for error in output.errors] for output in outputs] == [["unsupported chart version"]] * 3
