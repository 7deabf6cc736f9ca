"""The engines on charts written here: real Helm 3, real Helm 4 and the embedded library say the same."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helm_constitution.core.errors import ConfigurationError, EngineError
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import (
    DEFAULT_KUBE_VERSION,
    FailureKind,
    HelmEngine,
    Limits,
    MessageLevel,
    RenderRequest,
    SetArgument,
)
from tests.helm.support import CHART, CONFIG_MAP, SUBCHART, WITH_DEPENDENCY, run, write_chart

HELPER = '{{- define "web.name" -}}\n{{ .Values.x.y.z }}\n{{- end }}\n'
HOOK = (
    CONFIG_MAP.replace("name: a", "name: h") + "---\n" + CONFIG_MAP.replace("name: a", "name: t\n  annotations:\n"
    "    helm.sh/hook: test")
)  # fmt: skip
JOB = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n  annotations:\n    helm.sh/hook: pre-install\nspec: {}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n"

CHARTS: dict[str, dict[str, str | bytes]] = {
    "plain": {},
    "several": {
        "templates/a.yaml": f"{SERVICE}---\n{CONFIG_MAP}---\n{JOB}---\n# nothing\n",
        "templates/hooks.yaml": HOOK,
        "templates/z/deep.yaml": "{{ if true }}\n---\n" + CONFIG_MAP + "{{ end }}\n",
        "templates/NOTES.txt": "Thank you for {{ .Release.Name }}",
        "templates/empty.yaml": "{{ if false }}x{{ end }}",
        "templates/_helpers.tpl": '{{ define "a" }}{{ end }}',
        "crds/crd.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: c\n",
    },
    "source-of-its-own": {
        "templates/a.yaml": "# Source: web/templates/fake.yaml\n" + CONFIG_MAP + "  s: |\n    ---\n    # Source: x\n"
    },
    "unknown-hook": {
        "templates/a.yaml": CONFIG_MAP + "---\n" + JOB.replace("pre-install", "pre-install,pre-lunch"),
    },
    "json": {"templates/a.yaml": '{{ dict "apiVersion" "v1" "kind" "Secret" "metadata" (dict "name" "j") | toJson }}'},
    "crlf": {"templates/a.yaml": (CONFIG_MAP + "---\n" + SERVICE).replace("\n", "\r\n")},
    "bom": {"templates/a.yaml": b"\xef\xbb\xbf" + CONFIG_MAP.encode()},
    "subchart": {
        "Chart.yaml": WITH_DEPENDENCY,
        **SUBCHART,
        "charts/dep/templates/b.yaml": CONFIG_MAP + "  p: {{ .Values.p | quote }}\n",
        "values.yaml": "dep:\n  p: 2\n",
    },
    "subchart-switched-off": {
        "Chart.yaml": CHART + "dependencies: [{name: dep, version: 0.1.0, condition: dep.on}]\n",
        **SUBCHART,
        "charts/dep/templates/b.yaml": CONFIG_MAP,
        "values.yaml": "dep:\n  on: false\n",
    },
    "subchart-alias": {
        "Chart.yaml": CHART + "dependencies: [{name: dep, version: 0.1.0, alias: other}]\n",
        **SUBCHART,
        "charts/dep/templates/b.yaml": CONFIG_MAP,
    },
    "no-values": {"values.yaml": ""},
    "no-newline-at-the-end": {"templates/a.yaml": CONFIG_MAP.rstrip()},
    "release": {
        "templates/a.yaml": CONFIG_MAP + "  r: {{ .Release.Name }}-{{ .Release.Namespace }}-{{ .Release.IsUpgrade }}-"
        "{{ .Release.IsInstall }}-{{ .Release.Revision }}-{{ .Capabilities.KubeVersion }}\n"
    },
    "parse-error": {"templates/a.yaml": "a: b\nx: {{ if }}\n"},
    "unclosed": {"templates/a.yaml": "a: b\nx: {{ .Values.a \n"},
    "no-function": {"templates/a.yaml": "a: b\n\nx: {{ foo .Values.a }}\n"},
    "parse-error-in-subchart": {
        "Chart.yaml": WITH_DEPENDENCY,
        **SUBCHART,
        "charts/dep/templates/b.yaml": "x:\n  - {{ end }}\n",
    },
    "required": {"templates/a.yaml": 'a: b\nb: {{ required "image.tag: must be set\\nsee: README" .Values.image }}\n'},
    "fail-in-a-helper": {
        "templates/a.yaml": 'b: {{ include "web.check" . }}\n',
        "templates/_h.tpl": '{{ define "web.check" }}\n{{ fail "bad thing" }}\n{{ end }}',
    },
    "nil": {"templates/a.yaml": "a: b\nb: {{ .Values.x.y.z }}\n"},
    "nil-in-a-helper": {
        "templates/a.yaml": 'a: b\nb: {{ include "web.full" . | quote }}\n',
        "templates/_helpers.tpl": HELPER + '{{- define "web.full" -}}\n\n{{ include "web.name" . }}{{ end }}',
    },
    "nil-in-tpl": {"templates/a.yaml": "b: {{ tpl .Values.t . }}\n", "values.yaml": "t: '{{ .Values.q.r.s }}'\n"},
    "no-template": {"templates/a.yaml": 'a: b\nb: {{ include "web.nope" . }}\n'},
    "index": {"templates/a.yaml": "b: {{ index .Values.l 3 }}\n", "values.yaml": "l: [1]\n"},
    "recursion": {
        "templates/a.yaml": 'a: {{ include "web.loop" . }}\n',
        "templates/_h.tpl": '{{ define "web.loop" }}\n{{ include "web.loop" . }}{{ end }}',
    },
    "no-yaml": {
        "templates/a.yaml": CONFIG_MAP + "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  x: y: z\n",
        "templates/b.yaml": "a: [1,\nb: }\n",
        "templates/c.yaml": HOOK,
    },
    "no-yaml-in-subchart": {"Chart.yaml": WITH_DEPENDENCY, **SUBCHART, "charts/dep/templates/b.yaml": "x: y: z\n"},
    "no-object": {"templates/a.yaml": "- a\n- b\n"},
    "annotation-that-is-a-map": {
        "templates/a.yaml": CONFIG_MAP.replace("name: a", "name: a\n  annotations:\n    foo:\n      bar: baz")
    },
    "missing-dependencies": {
        "Chart.yaml": CHART + "dependencies:\n - {name: redis, version: 1.x, repository: 'https://example.com'}\n"
        " - {name: pg, version: 1.x, repository: 'https://example.com', condition: pg.enabled}\n"
    },
    "dependency-not-named": SUBCHART,  # type: ignore[dict-item]
    "kube-version": {"Chart.yaml": CHART + "kubeVersion: '<1.20'\n"},
    "kube-version-kept": {"Chart.yaml": CHART + "kubeVersion: '>=1.20-0'\n"},
    "library": {"Chart.yaml": CHART + "type: library\n", "templates/_a.tpl": '{{ define "x" }}{{ end }}'},
    "chart-file-no-yaml": {"Chart.yaml": "apiVersion: v2\nname: web\n  version: 0.1.0\n"},
    "chart-file-of-wrong-type": {"Chart.yaml": CHART + "keywords: foo\n"},
    "chart-file-missing": {"Chart.yaml": "", "templates/a.yaml": CONFIG_MAP},
    "values-no-yaml": {"values.yaml": "a: b\nc: d: e\n"},
    "values-list": {"values.yaml": "- a\n"},
    "values-of-subchart-no-map": {"Chart.yaml": WITH_DEPENDENCY, **SUBCHART, "values.yaml": "dep: foo\n"},
    "subchart-without-chart-file": {"Chart.yaml": WITH_DEPENDENCY, "charts/dep/values.yaml": "a: 1\n"},
    "corrupt-package": {"Chart.yaml": WITH_DEPENDENCY, "charts/dep-0.1.0.tgz": b"nope"},
    "schema-no-json": {"values.schema.json": '{"type": '},
}
"""Charts on which all engines say the very same."""

FAILURES: dict[str, tuple[FailureKind, str | None, int | None]] = {
    "parse-error": (FailureKind.TEMPLATE, "templates/a.yaml", 2),
    "unclosed": (FailureKind.TEMPLATE, "templates/a.yaml", 2),
    "no-function": (FailureKind.TEMPLATE, "templates/a.yaml", 3),
    "parse-error-in-subchart": (FailureKind.TEMPLATE, "charts/dep/templates/b.yaml", 2),
    "required": (FailureKind.REQUIRED, "templates/a.yaml", 2),
    "fail-in-a-helper": (FailureKind.REQUIRED, "templates/a.yaml", 1),
    "nil": (FailureKind.TEMPLATE, "templates/a.yaml", 2),
    "nil-in-a-helper": (FailureKind.TEMPLATE, "templates/_helpers.tpl", 2),
    "nil-in-tpl": (FailureKind.TEMPLATE, "templates/a.yaml", 1),
    "no-template": (FailureKind.TEMPLATE, "templates/a.yaml", 2),
    "index": (FailureKind.TEMPLATE, "templates/a.yaml", 1),
    "recursion": (FailureKind.TEMPLATE, "templates/_h.tpl", 2),
    "no-yaml": (FailureKind.YAML, "templates/a.yaml", None),
    "no-yaml-in-subchart": (FailureKind.YAML, "charts/dep/templates/b.yaml", None),
    "no-object": (FailureKind.YAML, "templates/a.yaml", None),
    "annotation-that-is-a-map": (FailureKind.YAML, "templates/a.yaml", None),
    "missing-dependencies": (FailureKind.DEPENDENCY, "Chart.yaml", None),
    "kube-version": (FailureKind.KUBE_VERSION, "Chart.yaml", None),
    "library": (FailureKind.OTHER, "Chart.yaml", None),
    "chart-file-no-yaml": (FailureKind.OTHER, "Chart.yaml", 3),
    "chart-file-of-wrong-type": (FailureKind.OTHER, "Chart.yaml", None),
    "chart-file-missing": (FailureKind.OTHER, "Chart.yaml", None),
    "values-no-yaml": (FailureKind.OTHER, "values.yaml", 2),
    "values-list": (FailureKind.OTHER, "values.yaml", None),
    "values-of-subchart-no-map": (FailureKind.OTHER, "values.yaml", None),
    "subchart-without-chart-file": (FailureKind.OTHER, "charts/dep/Chart.yaml", None),
    "corrupt-package": (FailureKind.OTHER, "charts/dep-0.1.0.tgz", None),
    "schema-no-json": (FailureKind.SCHEMA, "values.schema.json", None),
}


@pytest.mark.parametrize("name", CHARTS)
def test_all_engines_say_the_same(name: str, engines: tuple[HelmEngine, ...], tmp_path: Path) -> None:
    chart = write_chart(tmp_path, CHARTS[name])
    (lint, render), *others = [run(engine, chart) for engine in engines]
    for other_lint, other_render in others:
        assert other_render == render
        assert other_lint == lint
    assert not lint.failed
    if name in FAILURES:
        first = render.errors[0]
        assert (first.kind, first.file, first.line) == FAILURES[name]
        assert first.level is MessageLevel.ERROR
    else:
        assert render.ok
        assert render.documents


def test_documents_stand_by_source_then_as_helm_installs_them(engine: HelmEngine, tmp_path: Path) -> None:
    _, render = run(engine, write_chart(tmp_path, CHARTS["several"]))
    assert [(text.source, text.text.partition("\nmetadata")[0].rpartition(": ")[2]) for text in render.documents] == [
        ("web/templates/a.yaml", "ConfigMap"),
        ("web/templates/a.yaml", "Service"),
        ("web/templates/a.yaml", "# nothing\n"),
        ("web/templates/a.yaml", "Job"),
        ("web/templates/hooks.yaml", "ConfigMap"),
        ("web/templates/hooks.yaml", "ConfigMap"),
        ("web/templates/z/deep.yaml", "ConfigMap"),
    ]


def test_every_broken_document_is_told(engine: HelmEngine, tmp_path: Path) -> None:
    _, render = run(engine, write_chart(tmp_path, CHARTS["no-yaml"]))
    assert [(error.file, error.rendered_line) for error in render.errors] == [
        ("templates/a.yaml", 5),
        ("templates/b.yaml", 2),
    ]
    assert len(render.documents) == 5


SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "required": ["zip"],
    "properties": {
        "a": {"properties": {"b": {"type": "string"}, "l": {"items": {"enum": ["x"]}}}, "required": ["k"]},
    },
}


def test_schema_complaints_have_pointers(engine: HelmEngine, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "values.schema.json": json.dumps(SCHEMA),
        "values.yaml": "a:\n  b: 1\n  l: [x, y]\n",
        "Chart.yaml": WITH_DEPENDENCY,
        **SUBCHART,
        "charts/dep/values.schema.json": '{"properties": {"p": {"type": "string"}}}',
    }
    lint, render = run(engine, write_chart(tmp_path, files))
    expected = [("a",), ("a", "b"), ("a", "l", 1), (), ("dep", "p")]
    assert sorted((error.pointer for error in render.errors), key=str) == sorted(expected, key=str)
    assert {(error.kind, error.file) for error in render.errors} == {(FailureKind.SCHEMA, "values.yaml")}
    assert {message.pointer for message in lint.messages if message.kind is FailureKind.SCHEMA} == set(expected)
    assert sum("zip" in error.text for error in render.errors) == 1


def test_lint_reads_on_where_required_stops_the_rendering(engine: HelmEngine, tmp_path: Path) -> None:
    template = CONFIG_MAP.replace("name: a", 'name: A_{{ required "give it" .Values.image }}')
    lint, render = run(engine, write_chart(tmp_path, {"templates/a.yaml": template}))
    assert [error.kind for error in render.errors] == [FailureKind.REQUIRED]
    assert [(message.level, message.file) for message in lint.messages] == [(MessageLevel.WARNING, "templates/a.yaml")]
    assert "naming requirements" in lint.messages[0].text


SHOWN = CONFIG_MAP + "  values: {{ .Values | toJson | quote }}\n"


def shown_values(engine: HelmEngine, folder: Path, request: RenderRequest) -> object:
    render = engine.render(write_chart(folder, {"templates/a.yaml": SHOWN}), request).result()
    assert render.errors == ()
    line = render.documents[0].text.partition("values: ")[2].strip()
    return json.loads(json.loads(line))


def test_values_files_and_set_options(engine: HelmEngine, tmp_path: Path) -> None:
    (tmp_path / "one, two.yaml").write_text("l: [1, 2, 3]\nm: {k: 1, o: 2}\nd: first\n")
    (tmp_path / "more.yaml").write_text("m: {k: 3}\nd: second\n")
    (tmp_path / "text").write_text("line: [1\nline 2\n")
    arguments = [
        ("--set-literal", "e=a,b={c}"),
        ("--set-file", f"m.f={tmp_path / 'text'}"),
        ("--set-string", "m.s=1,l[0]=zero"),
        ("--set", "l[1]=one,m.k=null,q={x,y}"),
        ("--set-json", 'j={"a":[1,{"b":null}]}'),
    ]
    request = RenderRequest(
        values_files=(tmp_path / "one, two.yaml", tmp_path / "more.yaml"),
        set_arguments=tuple(SetArgument(flag, value) for flag, value in arguments),
    )
    assert shown_values(engine, tmp_path / "chart", request) == {
        "a": {"b": 1},
        "d": "second",
        "e": "a,b={c}",
        "j": {"a": [1, {"b": None}]},
        "l": ["zero", "one", 3],
        "m": {"f": "line: [1\nline 2\n", "k": None, "o": 2, "s": "1"},
        "q": ["x", "y"],
    }


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--set", r"a.b\.c=1\,2,d[0].e=x,d[0].f=,g=-3,h=1.5,i=007,j=true"),
        ("--set", "a={},b={1,null,x y},c[1][0]=z"),
        ("--set-json", 'a.b[1]={"c":1},d="x",e='),
        ("--set-string", "a.b=null,c={1,2},=x"),
        ("--set-literal", r"a.c=x\,y=[1]"),
    ],
)
def test_the_embedded_engine_reads_options_as_helm_does(
    flag: str, text: str, cli4: CliEngine, embedded: EmbeddedEngine, tmp_path: Path
) -> None:
    request = RenderRequest(set_arguments=(SetArgument(flag, text),))
    assert shown_values(embedded, tmp_path, request) == shown_values(cli4, tmp_path, request)


@pytest.mark.parametrize(("flag", "text"), [("--set", "a"), ("--set-json", "a={"), ("--set-file", "a=/no/such")])
def test_options_that_can_not_be_read(flag: str, text: str, engine: HelmEngine, tmp_path: Path) -> None:
    request = RenderRequest(set_arguments=(SetArgument(flag, text),))
    for pending in (engine.lint(write_chart(tmp_path, {}), request), engine.render(tmp_path, request)):
        with pytest.raises(ConfigurationError, match=f"failed parsing {flag} data"):
            pending.result()


def test_a_values_file_that_is_no_yaml(engine: HelmEngine, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "chart", {"ci/bad-values.yaml": "a: b\nc: d: e\n"})
    lint, render = run(engine, chart, RenderRequest(values_files=(chart / "ci" / "bad-values.yaml",)))
    for message in (*lint.messages, *render.errors):
        assert (message.file, message.line) == ("ci/bad-values.yaml", 2)
    assert lint.failed


def test_release_namespace_and_upgrade(engine: HelmEngine, tmp_path: Path) -> None:
    chart = write_chart(tmp_path, CHARTS["release"])
    request = RenderRequest(release_name="mine", namespace="theirs", is_upgrade=True)
    (document,) = engine.render(chart, request).result().documents
    # helm template has no option for the revision.
    revision = 2 if engine.name == "embedded" else 1
    assert f"r: mine-theirs-true-false-{revision}-{DEFAULT_KUBE_VERSION}\n" in document.text


CAPABILITIES = CONFIG_MAP + (
    "  kube: {{ .Capabilities.KubeVersion.Version }}\n"
    '  api: {{ .Capabilities.APIVersions.Has "example.com/v1/Thing" | quote }}\n'
)


@pytest.mark.parametrize("name", ["cli3", "cli4"])
def test_kubernetes_version_and_apis(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    engine: CliEngine = request.getfixturevalue(name)
    asked = RenderRequest(kube_version="1.29", api_versions=("example.com/v1/Thing", "a,b"))
    assert engine.kube_version(asked) == "v1.29.0"
    (document,) = engine.render(write_chart(tmp_path, {"templates/a.yaml": CAPABILITIES}), asked).result().documents
    assert 'kube: v1.29.0\n  api: "true"\n' in document.text


@pytest.mark.parametrize(
    "asked", [RenderRequest(kube_version="v1.29.0"), RenderRequest(api_versions=("example.com/v1/Thing",))]
)
def test_the_embedded_engine_says_what_it_does_not_take(
    asked: RenderRequest, embedded: EmbeddedEngine, tmp_path: Path
) -> None:
    for ask in (embedded.lint, embedded.render):
        with pytest.raises(EngineError, match="--engine cli"):
            ask(write_chart(tmp_path, {}), asked)


def test_the_embedded_engine_takes_its_own_version(embedded: EmbeddedEngine, tmp_path: Path) -> None:
    asked = RenderRequest(kube_version="1.36")
    assert embedded.render(write_chart(tmp_path, {"templates/a.yaml": CAPABILITIES}), asked).result().ok


def test_lint_knows_the_kubernetes_version(engine: HelmEngine, tmp_path: Path) -> None:
    template = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: a\n"
    lint, _ = run(engine, write_chart(tmp_path, {"templates/a.yaml": template}))
    assert ["deprecated" in message.text for message in lint.messages] == [True]


def test_versions(engine: HelmEngine) -> None:
    assert engine.version().startswith("v3." if engine.version().startswith("v3") else "v4.")
    assert engine.kube_version(RenderRequest()) == DEFAULT_KUBE_VERSION


def test_results_may_be_taken_twice_and_in_any_order(engine: HelmEngine, tmp_path: Path) -> None:
    charts = [
        write_chart(tmp_path / str(number), {"templates/a.yaml": CONFIG_MAP.replace("name: a", f"name: n{number}")})
        for number in range(5)
    ]
    pending = [engine.render(chart, RenderRequest()) for chart in charts]
    for number in reversed(range(5)):
        assert f"name: n{number}\n" in pending[number].result().documents[0].text
        assert pending[number].result() is pending[number].result()


def test_a_relative_folder_and_spaces(engine: HelmEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_chart(tmp_path / "my charts" / "-web", {})
    monkeypatch.chdir(tmp_path / "my charts")
    lint, render = run(engine, Path("-web"))
    assert render.ok
    assert lint.messages == ()


def test_missing_dependencies_name_the_folder_as_it_was_given(
    engine: HelmEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_chart(tmp_path / "web", CHARTS["missing-dependencies"])
    monkeypatch.chdir(tmp_path)
    lint, render = run(engine, Path("web"))
    for message in (*lint.messages, *render.errors):
        words = "dependencies missing in charts/: redis, pg; run `helm dependency build` in the chart's folder"
        assert message.text == words


class _Proxy(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = b'{"type": "string"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A proxy that a user's environment may name: it sees every request that leaves."""
    handler = type("Handler", (_Proxy,), {"asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    yield handler.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", ["cli3", "cli4", "embedded"])
def test_remote_schemas_are_not_fetched(name: str, helm3: Path, helm4: Path, proxy: list[str], tmp_path: Path) -> None:
    remote = {"properties": {"a": {"$ref": "http://schemas.example.com/a.json"}}}
    local = {"required": ["zip"], "properties": {"b": {"$ref": "http://schemas.example.com/b.json"}}}
    files: dict[str, str | bytes] = {
        "Chart.yaml": WITH_DEPENDENCY,
        **SUBCHART,
        "values.schema.json": json.dumps(local),
        "charts/dep/values.schema.json": json.dumps(remote),
        "charts/dep/templates/b.yaml": CONFIG_MAP,
    }
    chart = write_chart(tmp_path, files)
    engine: HelmEngine = (
        EmbeddedEngine(Limits()) if name == "embedded" else CliEngine(str(helm3 if name == "cli3" else helm4), Limits())
    )
    lint, render = run(engine, chart)
    remotes = engine.remote_schemas(chart)
    engine.close()
    assert remotes == (
        "values.schema.json: http://schemas.example.com/b.json",
        "charts/dep/values.schema.json: http://schemas.example.com/a.json",
    )
    assert render.errors == ()
    assert len(render.documents) == 2
    assert lint.messages == ()
    assert proxy == []


def test_schemas_are_skipped_on_demand_in_packages_too(
    engine: HelmEngine, embedded: EmbeddedEngine, helm4: Path, tmp_path: Path
) -> None:
    import subprocess

    dependency = write_chart(
        tmp_path / "dep",
        {"Chart.yaml": CHART.replace("name: web", "name: dep"), "values.schema.json": '{"required": ["zip"]}'},
    )
    chart = write_chart(tmp_path / "web", {"Chart.yaml": WITH_DEPENDENCY, "values.schema.json": '{"required": ["q"]}'})
    subprocess.run([helm4, "package", dependency, "-d", chart / "charts"], check=True, capture_output=True)
    assert {error.kind for error in engine.render(chart, RenderRequest()).result().errors} == {FailureKind.SCHEMA}
    lint, render = run(engine, chart, RenderRequest(skip_schema=True))
    assert render.errors == ()
    assert [text.source for text in render.documents] == ["web/charts/dep/templates/a.yaml", "web/templates/a.yaml"]
    assert lint.messages == ()
    assert (chart / "values.schema.json").is_file()


def test_an_unknown_option_means_an_old_helm(tmp_path: Path) -> None:
    old = tmp_path / "helm"
    old.write_text("#!/bin/sh\necho 'Error: unknown flag: --kube-version' >&2\nexit 1\n")
    old.chmod(0o755)
    engine = CliEngine(str(old), Limits())
    with pytest.raises(EngineError, match=r"too old.*3\.14"):
        engine.lint(write_chart(tmp_path / "chart", {}), RenderRequest()).result()
    engine.close()


def test_a_helm_that_can_not_be_run(tmp_path: Path) -> None:
    broken = tmp_path / "helm"
    broken.write_bytes(b"\x7fELF nothing more")
    broken.chmod(0o755)
    engine = CliEngine(str(broken), Limits())
    with pytest.raises(EngineError, match="can't be run"):
        engine.render(write_chart(tmp_path / "chart", {}), RenderRequest()).result()
    engine.close()


def test_no_plugin_of_the_user_is_loaded(helm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = tmp_path / "plugins" / "bad"
    plugin.mkdir(parents=True)
    (plugin / "plugin.yaml").write_text("name: [\n")
    monkeypatch.setenv("HELM_PLUGINS", str(plugin.parent))
    monkeypatch.setenv("HELM_DEBUG", "true")
    engine = CliEngine(str(helm), Limits())
    lint, render = run(engine, write_chart(tmp_path / "chart", {}))
    engine.close()
    assert render.ok
    assert lint.messages == ()


# --- charts that are held ---------------------------------------------------------------------------------------------

HELD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: y\n"


def test_a_chart_that_is_held_renders_as_ever(tmp_path: Path, engine: HelmEngine) -> None:
    changing = """\
  a: {{ .Values.map | toJson }}
  b: {{ keys . | len }}
{{- $_ := set .Values.map "k" "changed" }}
{{- $_ := set $ "More" 1 }}
"""
    chart = write_chart(tmp_path / "web", {"values.yaml": "map: {k: v}\n", "templates/a.yaml": HELD + changing})
    other = RenderRequest(set_arguments=(SetArgument("--set-json", "map.k=null"),))
    alone = [engine.render(chart, request).result() for request in (RenderRequest(), other)]
    with engine.hold(chart), engine.hold(chart):
        pending = [engine.render(chart, request) for _ in range(4) for request in (RenderRequest(), other)]
        assert [render.result() for render in pending] == alone * 4
    (chart / "templates/a.yaml").write_text(HELD + "  c: d\n")
    assert "c: d" in engine.render(chart, RenderRequest()).result().documents[0].text


def test_what_one_rendering_turns_off_stands_in_the_next(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"
        "dependencies:\n- {name: sub, version: 1.0.0, condition: sub.enabled}\n",
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/templates/b.yaml": HELD,
    }
    chart = write_chart(tmp_path / "web", files)
    off = RenderRequest(set_arguments=(SetArgument("--set", "sub.enabled=false"),))
    with engine.hold(chart):
        for _ in range(2):
            assert [one.source for one in engine.render(chart, off).result().documents] == ["web/templates/a.yaml"]
            assert len(engine.render(chart, RenderRequest()).result().documents) == 2


def test_more_charts_than_are_kept_may_be_held(tmp_path: Path, embedded: HelmEngine) -> None:
    texts = [f"{HELD}  a: '{number}'\n" for number in range(7)]
    charts = [write_chart(tmp_path / f"c{number}", {"templates/a.yaml": text}) for number, text in enumerate(texts)]
    with ExitStack() as stack:
        for chart in charts:
            stack.enter_context(embedded.hold(chart))
        for text, chart in zip(texts * 2, charts * 2, strict=True):
            assert embedded.render(chart, RenderRequest()).result().documents[0].text == text
