"""A check with a baseline, from git to the report, with each engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.errors import BaselineError, ConfigurationError
from helm_constitution.core.model import Base, Severity, Verdict
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.report import jsonreport, text
from helm_constitution.report.model import ChartReport, RunReport
from tests.compare.test_baseline import Repository
from tests.helm.support import write_chart

RULES = (
    "compat/version-unchanged, compat/version-too-small, compat/version-backwards, compat/value-renamed, "
    "compat/immutable-changed, compat/object-renamed, compat/object-removed"
)
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: acme/web:1.0.0
"""
SECRET = """apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-web
immutable: true
stringData:
  password: {{ randAlphaNum 20 }}
"""
METADATA = "apiVersion: v2\nname: web\nversion: {}\n"


def old_chart(folder: Path) -> None:
    write_chart(
        folder,
        {
            "Chart.yaml": METADATA.format("1.0.0"),
            "values.yaml": "# -- Number of pods\nreplicas: 1\n",
            "templates/deployment.yaml": DEPLOYMENT,
            "templates/secret.yaml": SECRET,
        },
    )


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart whose values and selector changed since its only release, with a constitution beside it."""
    repository = Repository(tmp_path / "repository")
    folder = repository.folder / "web"
    old_chart(folder)
    repository.commit("web-1.0.0")
    (folder / "Chart.yaml").write_text(METADATA.format("1.0.1"))
    (folder / "values.yaml").write_text("# -- Number of pods\nreplicaCount: 1\n")
    deployment = DEPLOYMENT.replace(".replicas", ".replicaCount").replace(
        "app: web\n", "app: web\n      tier: front\n", 1
    )
    (folder / "templates" / "deployment.yaml").write_text(deployment)
    (repository.folder / "constitution.md").write_text(f"# C\n\n**MUST**: Versions.\n<!-- rules: {RULES} -->\n")
    return folder


def check(chart: Path, engine: HelmEngine, **options: object) -> ChartReport:
    return pipeline.run(CheckRequest(chart, engine, CheckOptions(**{"baseline": "auto", **options})))  # type: ignore[arg-type]


def test_both_places_of_each_change(chart: Path, engine: HelmEngine) -> None:
    report = check(chart, engine)
    found = {finding.rule: finding for finding in report.singles}
    assert sorted(found) == ["compat/immutable-changed", "compat/value-renamed", "compat/version-too-small"]
    renamed, selector = found["compat/value-renamed"], found["compat/immutable-changed"]
    assert (renamed.location.file, renamed.location.line) == ("values.yaml", 2)
    assert [(one.location.base, one.location.file, one.location.line) for one in renamed.related] == [
        (Base.BASELINE, "values.yaml", 2)
    ]
    assert (selector.location.file, selector.location.line) == ("templates/deployment.yaml", 10)
    assert [(one.location.base, one.location.file, one.location.line) for one in selector.related] == [
        (Base.BASELINE, "templates/deployment.yaml", 8)
    ]
    assert found["compat/version-too-small"].message == (
        "version 1.0.1 is only a PATCH increment over 1.0.0, but the change breaks users in 2 "
        "places; set version to 2.0.0"
    )
    assert report.baseline is not None
    assert (report.baseline.origin, report.baseline.required_version, report.baseline.enough) == (
        "tag web-1.0.0",
        "2.0.0",
        False,
    )


def test_a_major_version_makes_notes_of_it(chart: Path, engine: HelmEngine) -> None:
    (chart / "Chart.yaml").write_text(METADATA.format("2.0.0"))
    report = check(chart, engine)
    assert {finding.severity for finding in report.singles} == {Severity.NOTE}
    assert report.verdict is Verdict.PASS


def test_a_robot_sets_the_version(chart: Path, embedded: HelmEngine) -> None:
    (chart / "Chart.yaml").write_text(METADATA.format("1.0.0"))
    (chart / ".helm-constitution.yaml").write_text("release: bot\n")
    report = check(chart, embedded)
    assert {finding.severity for finding in report.singles} == {Severity.NOTE}
    (statement,) = report.principles[0].statements
    assert statement.verdict is Verdict.UNCHECKED
    assert statement.reason is not None
    assert "release: bot" in statement.reason
    assert report.baseline is not None
    assert report.baseline.required_version == "2.0.0"
    message = report.baseline.commit_message
    assert message is not None
    assert message.startswith("feat(web)!: ")
    assert "BREAKING CHANGE: value replicas was probably renamed" in message
    shown = " ".join(text.render(RunReport("embedded", "v4", "v1.36.0", (report,))).split())
    assert "for the commit message:" in shown
    assert "requires version 2.0.0 or later, which the release sets" in shown


def test_with_a_release_robot_a_guide_to_the_next_version_is_only_noted(chart: Path, embedded: HelmEngine) -> None:
    (chart / ".helm-constitution.yaml").write_text("release: bot\n")
    (chart / "README.md").write_text("# web\n")
    (chart.parent / "constitution.md").write_text("# C\n\n**MUST**: Guides.\n<!-- rules: docs/no-upgrade-guide -->\n")
    (chart / "Chart.yaml").write_text(METADATA.format("1.0.0"))
    (finding,) = check(chart, embedded).findings
    assert (finding.rule, finding.severity) == ("docs/no-upgrade-guide", Severity.NOTE)
    assert "the upgrade to 2.0.0" in finding.message


def test_a_new_chart_is_said_to_be_new(chart: Path, embedded: HelmEngine) -> None:
    repository = chart.parent
    other = write_chart(repository / "api", {"Chart.yaml": "apiVersion: v2\nname: api\nversion: 0.1.0\n"})
    report = check(other, embedded, baseline="web-1.0.0")
    assert report.findings == ()
    (statement,) = report.principles[0].statements
    assert statement.reason is not None
    assert statement.reason.startswith("the chart is new: web-1.0.0 (")
    document = json.loads(jsonreport.render(RunReport("embedded", "v4", "v1.36.0", (report,))))
    assert document["charts"][0]["baseline"]["version"] is None
    assert "does not contain api" in document["charts"][0]["baseline"]["origin"]


def test_the_same_chart_again_is_no_change(chart: Path, embedded: HelmEngine, tmp_path: Path) -> None:
    """Also where a value is another with each rendering."""
    old_chart(tmp_path / "old" / "web")
    old_chart(tmp_path / "new" / "web")
    (tmp_path / "new" / "constitution.md").write_text((chart.parent / "constitution.md").read_text())
    report = check(tmp_path / "new" / "web", embedded, baseline=str(tmp_path / "old" / "web"))
    assert report.findings == ()
    (tmp_path / "new" / "web" / "README.md").write_text("# web\n")
    report = check(tmp_path / "new" / "web", embedded, baseline=str(tmp_path / "old" / "web"))
    assert [finding.rule for finding in report.findings] == ["compat/version-unchanged"]


def test_old_values_on_the_new_chart(chart: Path, engine: HelmEngine, tmp_path: Path) -> None:
    values = tmp_path / "prod.yaml"
    values.write_text("replicas: 5\n")
    report = check(chart, engine, old_values=values)
    (lost,) = [finding for finding in report.singles if finding.rule == "compat/old-value-lost"]
    assert (lost.location.base, lost.location.file, lost.location.line) == (Base.ABSOLUTE, str(values), 1)
    assert lost.severity is Severity.ERROR
    assert lost.message.startswith("replicas is now ignored")
    assert lost.message.endswith("set replicaCount instead of replicas")


def test_an_old_value_that_decides_another_field(chart: Path, engine: HelmEngine, tmp_path: Path) -> None:
    values = tmp_path / "prod.yaml"
    values.write_text("replicas: 5\n")
    (chart / "values.yaml").write_text("# -- Number of pods\nreplicas: 1\n")
    template = chart / "templates" / "deployment.yaml"
    old = DEPLOYMENT.replace(
        "replicas: {{ .Values.replicas }}", "replicas: 1\n  minReadySeconds: {{ .Values.replicas }}"
    )
    template.write_text(old)
    report = check(chart, engine, old_values=values)
    (lost,) = [finding for finding in report.singles if finding.rule == "compat/old-value-lost"]
    assert lost.location.line == 1
    assert lost.message == (
        "replicas has another effect now: it used to set spec.replicas of Deployment release-name-web and now sets "
        "spec.minReadySeconds of Deployment release-name-web"
    )


def test_an_old_value_that_another_one_overrides(chart: Path, embedded: HelmEngine, tmp_path: Path) -> None:
    values = tmp_path / "prod.yaml"
    values.write_text("replicas: 5\n")
    (chart / "values.yaml").write_text("# -- Number of pods\nreplicas: 1\n# -- Rather this\npods: 2\n")
    old = DEPLOYMENT.replace("{{ .Values.replicas }}", "{{ .Values.pods | default .Values.replicas }}")
    (chart / "templates" / "deployment.yaml").write_text(old)
    report = check(chart, embedded, old_values=values)
    (lost,) = [finding for finding in report.singles if finding.rule == "compat/old-value-lost"]
    assert lost.message == (
        "replicas is now ignored: it used to set spec.replicas of Deployment release-name-web "
        "and no longer sets anything"
    )


def test_an_old_repository_that_held_its_registry(tmp_path: Path, embedded: HelmEngine) -> None:
    values = tmp_path / "prod.yaml"
    values.write_text("image:\n  repository: mirror.acme.test/web\n")
    for side, image, prints in (
        ("old", "  repository: quay.io/acme/web\n", "{{ .Values.image.repository }}"),
        (
            "new",
            "  registry: quay.io\n  repository: acme/web\n",
            "{{ .Values.image.registry }}/{{ .Values.image.repository }}",
        ),
    ):
        old_chart(tmp_path / side / "web")
        (tmp_path / side / "web" / "values.yaml").write_text(f"replicas: 1\nimage:\n{image}")
        (tmp_path / side / "web" / "templates" / "deployment.yaml").write_text(
            DEPLOYMENT.replace("acme/web:1.0.0", prints)
        )
    (tmp_path / "new" / "constitution.md").write_text("# C\n\n**MUST**: Old.\n<!-- rules: compat/old-value-lost -->\n")
    report = check(tmp_path / "new" / "web", embedded, baseline=str(tmp_path / "old" / "web"), old_values=values)
    (lost,) = report.findings
    assert lost.location.line == 2
    assert lost.message == (
        "image.repository has to change: value image.repository no longer contains the registry, which is now "
        "image.registry; split your image.repository into image.registry and image.repository"
    )


def test_old_values_that_the_chart_refuses(chart: Path, engine: HelmEngine, tmp_path: Path) -> None:
    values = tmp_path / "prod.yaml"
    values.write_text("replicas: 5\n")
    template = chart / "templates" / "deployment.yaml"
    template.write_text('{{- if .Values.replicas }}{{ fail "replicas is gone" }}{{ end }}\n' + template.read_text())
    report = check(chart, engine, old_values=values)
    lost = [finding.message for finding in report.singles if finding.rule == "compat/old-value-lost"]
    assert any("the values of old values no longer render" in message for message in lost)


@pytest.mark.parametrize(
    ("content", "message"), [(None, "can't be read"), (b"a: \xff\n", "not UTF-8"), (b"- a\n", "must be a map")]
)
def test_old_values_that_are_none(
    chart: Path, embedded: HelmEngine, tmp_path: Path, content: bytes | None, message: str
) -> None:
    values = tmp_path / "prod.yaml"
    if content is not None:
        values.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        check(chart, embedded, old_values=values)


def test_old_values_without_a_baseline(chart: Path, embedded: HelmEngine, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--old-values requires --baseline"):
        check(chart, embedded, baseline=None, old_values=tmp_path / "prod.yaml")


def test_an_unknown_baseline(chart: Path, embedded: HelmEngine) -> None:
    with pytest.raises(BaselineError, match="'v9' is not a folder, a package or a git revision"):
        check(chart, embedded, baseline="v9")


def test_the_values_of_a_scenario_stay_those_of_the_old_chart(chart: Path, engine: HelmEngine) -> None:
    """Who moved their ci values along with a rename doesn't hide what the old ones meet."""
    repository = Repository(chart.parent)
    repository("checkout", "--quiet", "--", ".")
    (chart / "ci").mkdir()
    (chart / "ci" / "big-values.yaml").write_text("replicas: 9\n")
    repository.commit("web-1.0.1")
    (chart / "Chart.yaml").write_text(METADATA.format("1.1.0"))
    (chart / "ci" / "big-values.yaml").write_text("replicas: 9\nhost: a\n")
    service = "{{- if .Values.host }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\n{{- end }}\n"
    (chart / "templates" / "service.yaml").write_text(service)
    report = check(chart, engine)
    assert report.baseline is not None
    assert [change.what for change in report.baseline.changes] == ["chart files changed"]


class Counting:
    """An engine that counts what it is asked for."""

    def __init__(self, engine: HelmEngine) -> None:
        self._engine = engine
        self.renders = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def render(self, chart: Path, request: RenderRequest) -> object:
        self.renders += 1
        return self._engine.render(chart, request)


def test_helm_renders_each_side_once_more_at_most_for_each_purpose(chart: Path, embedded: HelmEngine) -> None:
    counting = Counting(embedded)
    check(chart, counting, lines=False)  # type: ignore[arg-type]
    # New, old, and old again because of the random password.
    assert counting.renders == 3
    counting.renders = 0
    check(chart, counting)  # type: ignore[arg-type]
    # Both once more with their lines marked.
    assert counting.renders <= 6


def released(folder: Path, old: dict[str, str], new: dict[str, str]) -> None:
    """Writes two releases of a chart, 1.0.0 and 1.1.0, and a constitution on their compatibility."""
    more = ("value-removed", "value-retyped", "value-newly-required", "removed-without-notice")
    rules = ", ".join((RULES, *(f"compat/{name}" for name in more)))
    (folder / "constitution.md").write_text(f"# C\n\n**MUST**: Versions.\n<!-- rules: {rules} -->\n")
    for version, files in (("1.0.0", old), ("1.1.0", new)):
        write_chart(folder / version, {"Chart.yaml": METADATA.format(version), "values.yaml": "", **files})


def said(folder: Path, engine: HelmEngine) -> list[str]:
    """What is said of the newer one beside the older, but for the version."""
    report = check(folder / "1.1.0", engine, baseline=str(folder / "1.0.0"))
    other = "compat/version-too-small"
    return [one.message for one in report.singles if one.rule.startswith("compat/") and one.rule != other]


JOB = """apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-init
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: init
          image: acme/init:1.0.0
"""


@pytest.mark.parametrize(
    ("job", "rules"),
    [
        (JOB, ["compat/immutable-changed"]),
        ("{{- if .Release.IsInstall }}\n" + JOB + "{{- end }}\n", []),
        # Nobody upgrades without the password, so no upgrade can be rendered; installations can.
        ('{{- if .Release.IsUpgrade }}{{ fail "give the password" }}{{ end }}\n' + JOB, ["compat/immutable-changed"]),
    ],
    ids=["always", "at installation", "no upgrade without a value"],
)
def test_what_is_there_at_the_first_installation_alone(
    tmp_path: Path, engine: HelmEngine, job: str, rules: list[str]
) -> None:
    old, new = ({"templates/job.yaml": job.replace("init:1.0.0", f"init:{version}")} for version in ("1.0.0", "1.1.0"))
    released(tmp_path, old, new)
    report = check(tmp_path / "1.1.0", engine, baseline=str(tmp_path / "1.0.0"))
    found = {finding.rule for finding in report.singles} - {"compat/version-too-small"}
    assert sorted(found) == rules
    assert report.baseline is not None
    assert report.baseline.objects_compared


READS = """kind: ConfigMap
apiVersion: v1
metadata: {name: web}
data: {kind: "{{ .Values.driver.kind }}", ebpf: "{{ if .Values.driver.ebpf.on }}yes{{ end }}"}
"""
REFUSES = """{{- range $key := list "ebpf" "gvisor" }}
{{- if hasKey $.Values.driver $key }}{{ fail (printf "driver.%s is not supported any more" $key) }}{{ end }}
{{- end }}
kind: ConfigMap
apiVersion: v1
metadata: {name: web}
data: {kind: "{{ .Values.driver.kind }}"}
"""


@pytest.mark.parametrize("is_announced", [False, True])
def test_a_value_that_is_gone_and_refused(tmp_path: Path, engine: HelmEngine, is_announced: bool) -> None:
    values = "driver:\n  kind: auto\n"
    gone = f"  # {'Deprecated' if is_announced else 'Where it is'}\n  ebpf:\n    on: false\n"
    old = {"values.yaml": values + gone, "templates/x.yaml": READS}
    released(tmp_path, old, {"values.yaml": values, "templates/x.yaml": REFUSES})
    report = check(tmp_path / "1.1.0", engine, baseline=str(tmp_path / "1.0.0"))
    found = {finding.rule: finding.message for finding in report.singles}
    assert ("compat/removed-without-notice" in found) is not is_announced
    assert found["compat/value-removed"].startswith(
        "a removed value is rejected: driver.ebpf is not supported any more"
    )


def test_a_password_that_an_upgrade_looks_up(tmp_path: Path, engine: HelmEngine) -> None:
    head = "kind: Secret\napiVersion: v1\nmetadata: {name: web}\nstringData:\n"
    made = head + "  password: {{ randAlphaNum 8 }}\n"
    kept = (
        '{{- $found := lookup "v1" "Secret" "default" "web" }}\n'
        '{{- if and .Release.IsUpgrade (not $found) }}{{ fail "give the password" }}{{ end }}\n' + made
    )
    released(tmp_path, {"templates/x.yaml": made}, {"templates/x.yaml": kept})
    assert said(tmp_path, engine) == []


def test_what_fails_by_the_charts_own_fault_breaks_no_values(tmp_path: Path, engine: HelmEngine) -> None:
    old = "{{ if .Release.IsUpgrade }}{{ end }}kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\n"
    released(tmp_path, {"templates/x.yaml": old}, {"templates/x.yaml": old + "data: {{ .Values.a.b.c }}\n"})
    assert said(tmp_path, engine) == []


def test_a_renamed_value_is_told_once_though_it_is_refused(tmp_path: Path, engine: HelmEngine) -> None:
    text = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\ndata:\n  name: {{ .Values.%s }}\n"
    released(
        tmp_path,
        {"values.yaml": "# -- Deprecated, use app.name\nappName: web\n", "templates/x.yaml": text % "appName"},
        {
            "values.yaml": "app:\n  name: web\n",
            "templates/x.yaml": '{{ if .Values.appName }}{{ fail "please use app.name" }}{{ end }}\n'
            + text % "app.name",
        },
    )
    messages = said(tmp_path, engine)
    assert len(messages) == 1
    assert "appName" in messages[0] or "app.name" in messages[0]


def test_a_job_of_the_installation_alone_though_no_upgrade_renders(tmp_path: Path, engine: HelmEngine) -> None:
    refusing = '{{ if .Release.IsUpgrade }}{{ fail "give the password" }}{{ end }}\n'
    job = "{{- if .Release.IsInstall }}\n" + JOB + "{{- end }}\n"
    old, new = ({"templates/job.yaml": job.replace("1.0.0", image), "templates/x.yaml": refusing} for image in "12")
    released(tmp_path, old, new)
    assert said(tmp_path, engine) == []


@pytest.mark.parametrize(
    ("values", "condition", "count"),
    [
        ("secrets: {create: true}\n", ".Values.secrets.create", 1),
        ("secrets: {create: true, existingSecret: ''}\n", ".Values.secrets.create", 0),
        ("secrets: {on: true}\n", ".Values.secrets.on", 0),
    ],
)
def test_a_secret_that_users_may_make_instead(
    tmp_path: Path, embedded: HelmEngine, values: str, condition: str, count: int
) -> None:
    secret = "kind: Secret\napiVersion: v1\nmetadata: {name: NAME}\nstringData: {a: b}\n"
    pods = DEPLOYMENT.replace(".Values.replicas", "1") + "          envFrom: [{secretRef: {name: NAME}}]\n"
    files = {
        "templates/secret.yaml": f"{{{{- if {condition} }}}}\n{secret}{{{{- end }}}}\n",
        "templates/pods.yaml": pods,
    }
    old, new = (
        {"values.yaml": values, **{path: text.replace("NAME", name) for path, text in files.items()}}
        for name in ("web", "web-login")
    )
    released(tmp_path, old, new)
    assert len(said(tmp_path, embedded)) == count
