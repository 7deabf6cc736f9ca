"""What ``fix`` keeps and what it takes back, and that files stay as they are but for the edits."""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ChartError, ConfigurationError
from helm_constitution.core.fixes import Applicability
from helm_constitution.fix.files import ChangedMeanwhile
from helm_constitution.fix.session import Fixed, fix_chart
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine, Limits
from tests.support import write

pytestmark = pytest.mark.helm

ALL = (Applicability.SAFE, Applicability.UNSAFE)

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "# The image.\nimage: web:1.2.3\n# The pods' user.\nsecurityContext: {}\n",
    "templates/pod.yaml": """
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{ .Release.Name }}
        spec:
          containers:
            - name: web  # the program
              image: {{ .Values.image }}
            - name: proxy
              image: {{ .Values.image }}
              securityContext:
                {{- toYaml .Values.securityContext | nindent 8 }}
        """,
    "constitution.md": """
        # Ours

        ## Security

        Containers MUST NOT gain rights. <!-- rules: security/privilege-escalation -->

        Containers MUST drop all capabilities. <!-- rules: security/capabilities -->
        """,
}


@pytest.fixture(scope="module")
def library() -> Iterator[HelmEngine]:
    engine = EmbeddedEngine(Limits())
    yield engine
    engine.close()


def fixed(chart: Path, engine: HelmEngine, *only: str) -> Fixed:
    return fix_chart(CheckRequest(chart, engine, CheckOptions()), ALL, only)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_fields_are_set_where_values_or_templates_set_them(tmp_path: Path, library: HelmEngine) -> None:
    write(tmp_path, CHART)
    result = fixed(tmp_path, library)
    assert (len(result.applied), result.taken_back, result.after.findings) == (4, (), ())
    assert result.source.write(result.files) == ["templates/pod.yaml", "values.yaml"]
    assert (tmp_path / "values.yaml").read_text() == (
        "# The image.\nimage: web:1.2.3\n# The pods' user.\nsecurityContext:\n"
        "  capabilities:\n    drop: [ALL]\n  allowPrivilegeEscalation: false\n"
    )
    assert (
        "    - name: web  # the program\n      securityContext:\n        capabilities:\n          drop: [ALL]\n"
        "        allowPrivilegeEscalation: false\n      image: {{ .Values.image }}\n"
    ) in (tmp_path / "templates/pod.yaml").read_text()


def test_twice_changes_nothing(tmp_path: Path, library: HelmEngine) -> None:
    write(tmp_path, CHART)
    result = fixed(tmp_path, library)
    result.source.write(result.files)
    again = fixed(tmp_path, library)
    assert (again.applied, again.files) == ((), {})


def test_line_ends_mark_and_missing_last_line_end_stay(tmp_path: Path, library: HelmEngine) -> None:
    write(tmp_path, CHART)
    values = tmp_path / "values.yaml"
    values.write_bytes(b"\xef\xbb\xbfimage: web:1.2.3\r\nsecurityContext: {}")
    result = fixed(tmp_path, library, "security/privilege-escalation")
    result.source.write(result.files)
    after = b"\xef\xbb\xbfimage: web:1.2.3\r\nsecurityContext:\r\n  allowPrivilegeEscalation: false"
    assert values.read_bytes() == after


def test_what_does_not_help_is_taken_back_with_the_reason(tmp_path: Path, library: HelmEngine) -> None:
    template = (
        CHART["templates/pod.yaml"]
        .replace("toYaml .Values.s", "omit .Values.s")
        .replace("securityContext | n", 'securityContext "allowPrivilegeEscalation" | toYaml | n')
    )
    write(tmp_path, {**CHART, "templates/pod.yaml": template, "values.yaml": "image: web:1.2.3\nsecurityContext: {}\n"})
    result = fixed(tmp_path, library, "security/privilege-escalation")
    assert [one.candidate.fix.title for one in result.taken_back] == ["set allowPrivilegeEscalation: false"]
    assert [one.reason for one in result.taken_back] == ["its finding remains"]
    assert list(result.files) == ["templates/pod.yaml"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path, library: HelmEngine) -> None:
    write(tmp_path, CHART)
    result = fixed(tmp_path, library)
    (tmp_path / "values.yaml").write_text("image: other\n")
    before = files(tmp_path)
    with pytest.raises(ChangedMeanwhile, match="changed meanwhile; nothing was written"):
        result.source.write(result.files)
    assert files(tmp_path) == before


def test_a_safe_fix_is_proved_with_values_filled_by_maps(tmp_path: Path, library: HelmEngine) -> None:
    template = """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{.Release.Name}}
          {{- with .Values.labels }}
          labels: {{- toYaml . | nindent 4 }}
          {{- end }}
        """
    files = {"Chart.yaml": CHART["Chart.yaml"], "values.yaml": "labels: {}\n", "templates/a.yaml": template}
    write(tmp_path, files)
    request = CheckRequest(tmp_path, library, CheckOptions(scenarios="full"))
    assert len(fix_chart(request, (Applicability.SAFE,), ["templates/spacing"]).applied) == 1


def test_a_package_is_refused(tmp_path: Path, library: HelmEngine) -> None:
    package = tmp_path / "web-1.0.0.tgz"
    package.write_bytes(b"")
    with pytest.raises(ChartError, match="a packaged chart can't be fixed; unpack it first"):
        fixed(package, library)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["fix", "--engine", "embedded", *arguments], standalone_mode=False)
    assert result.exception is None, result.exception
    return result.return_value, result.stdout, result.stderr


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    write(tmp_path, CHART)
    chart = str(tmp_path)
    assert run(chart)[1] == (
        f"{chart}: 0 fixes applied, 0 reverted, 4 more with --unsafe; 4 findings before, 4 after\n"
    )
    status, out, _ = run(chart, "--unsafe", "--only", "security/capabilities")
    assert status == 0
    assert out.splitlines()[-1] == f"{chart}: 2 fixes applied, 0 reverted; 4 findings before, 2 after"
    assert out.startswith(f"fixed: {chart}{os.sep}templates/pod.yaml:7: security/capabilities: set securityContext")


def test_a_difference_can_be_applied_and_changes_nothing_by_itself(tmp_path: Path) -> None:
    write(tmp_path, CHART)
    before = files(tmp_path)
    status, out, err = run(str(tmp_path), "--unsafe", "--diff")
    assert (status, files(tmp_path)) == (1, before)
    assert "+  allowPrivilegeEscalation: false\n" in out
    assert "4 fixes applied" in err


def test_changed_files_stand_for_their_chart(tmp_path: Path) -> None:
    write(tmp_path, {**CHART, ".git/HEAD": ""})
    (tmp_path / "notes.md").write_text("Notes.\n")
    status, out, _ = run(
        "--changed", "--unsafe", str(tmp_path / "values.yaml"), str(tmp_path / "templates" / "pod.yaml")
    )
    assert (status, out.count("fixed: "), out.count(" fixes applied")) == (0, 4, 1)


def test_what_is_immutable_is_told_with_the_reason_and_left(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "templates/cache.yaml": """
                apiVersion: apps/v1
                kind: StatefulSet
                metadata:
                  name: {{ .Release.Name }}
                spec:
                  selector:
                    matchLabels:
                      app: web
                      helm.sh/chart: web-{{ .Chart.Version }}
                  template:
                    metadata:
                      labels:
                        app: web
                        helm.sh/chart: web-{{ .Chart.Version }}
                  volumeClaimTemplates:
                    - metadata:
                        name: data
                        labels:
                          chart: web-{{ .Chart.Version }}
                """,
            "constitution.md": """
                # Ours

                ## Upgrades

                Selectors MUST NOT hold versions. <!-- rules: compat/unstable-selector -->
                """,
        },
    )
    before = files(tmp_path)
    status, out, _ = run(str(tmp_path), "--unsafe")
    template = f"manual: {tmp_path / 'templates' / 'cache.yaml'}"
    assert (status, files(tmp_path)) == (0, before)
    reason = "are immutable: the next upgrade will fail"
    rule = "compat/unstable-selector"
    assert out.splitlines() == [
        f"{template}:9: {rule}: remove helm.sh/chart from the selector, not applied because selectors {reason}",
        (
            f"{template}:19: {rule}: remove chart from the volume claim template, not applied because claim templates"
            f" {reason}"
        ),
        f"{tmp_path}: 0 fixes applied, 0 reverted; 2 findings before, 2 after",
    ]


def test_large_files_that_no_template_reads_are_left_out(tmp_path: Path, library: HelmEngine) -> None:
    """The case has no file of more than a megabyte that hardly gets smaller."""
    picture = Random(1).randbytes(800_000).hex()
    constitution = "# Ours\n\n## Size\n\nReleases MUST be small. <!-- rules: helm/too-large -->\n"
    write(tmp_path, {**CHART, "constitution.md": constitution, "docs/picture.svg": picture, ".helmignore": "*.tmp"})
    result = fix_chart(CheckRequest(tmp_path, library, CheckOptions()), (Applicability.SAFE,))
    assert ([one.fix.title for one in result.applied], result.taken_back, result.after.findings) == (
        ["exclude docs/picture.svg in .helmignore"],
        (),
        (),
    )
    assert result.files == {".helmignore": b"*.tmp\n/docs/picture.svg"}


def test_safe_fixes_and_others_are_tried_together(tmp_path: Path, library: HelmEngine) -> None:
    """That costs one check less than one after the other."""
    tidy = "\n        Templates MUST be tidy. <!-- rules: templates/spacing -->\n"
    template = CHART["templates/pod.yaml"].replace(".Values.image }}", ".Values.image}}", 1)
    write(tmp_path, {**CHART, "constitution.md": CHART["constitution.md"] + tidy, "templates/pod.yaml": template})
    result = fixed(tmp_path, library)
    kinds = Counter(one.fix.applicability.value for one in result.applied)
    assert (kinds, result.taken_back, result.after.findings) == ({"safe": 1, "unsafe": 4}, (), ())
    assert result.checks == 2


OWN_RULE = '''
from helm_constitution.api import MUST, Applicability, Edit, Fix, RuleModule, Subject, TextPlace, Violation, rule


@rule("own/name", default=MUST)
def name(subject: Subject):
    """A container is called proxy."""
    lines = subject.chart.files["templates/pod.yaml"].split("\\n")
    for number, line in enumerate(lines, 1):
        if line.endswith("name: proxy"):
            edit = Edit("templates/pod.yaml", number, len(line) - 4, number, len(line) + 1, "sidecar")
            fix = Fix("call it sidecar", (edit,), Applicability.SAFE)
            yield Violation("called proxy", TextPlace("templates/pod.yaml"), fix=fix)


MODULE = RuleModule("own", "Own", (), (name,))
'''


def test_what_is_called_safe_and_is_not_is_taken_back_whatever_is_fixed_with_it(
    tmp_path: Path, library: HelmEngine
) -> None:
    write(tmp_path / "web", CHART)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.py").write_text(OWN_RULE)
    options = CheckOptions(rules=(tmp_path / "rules",), select=("own/name",))
    result = fix_chart(CheckRequest(tmp_path / "web", library, options), ALL)
    assert [(one.candidate.fix.title, one.reason) for one in result.taken_back] == [
        ("call it sidecar", "changes what templates/pod.yaml renders")
    ]
    assert len(result.applied) == 4
    assert b"name: proxy" in (result.files["templates/pod.yaml"] or b"")


def test_where_one_file_cannot_be_written_none_is_changed(tmp_path: Path, library: HelmEngine) -> None:
    """As on a full disk: the template, which is written first, fits, and the values do not."""
    write(tmp_path, {**CHART, "values.yaml": f"{CHART['values.yaml']}# {'x' * 5000}\n"})
    result = fixed(tmp_path, library)
    before = files(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(ConfigurationError, match=r"values\.yaml: the fixed file can't be written: File too large"):
            result.source.write(result.files)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(tmp_path) == before


def test_what_cannot_be_copied_or_rendered_is_told(tmp_path: Path) -> None:
    write(tmp_path, {**CHART, "templates/broken.yaml": "{{ if }}\n"})
    status, out, err = run(str(tmp_path), "--unsafe")
    assert (status, out.splitlines()) == (
        2,
        [f"{tmp_path}: 0 fixes applied, 0 reverted; 1 finding before, 1 after"],
    )
    assert err == f"{tmp_path}: could not be checked: missing value for if\n"
    os.mkfifo(tmp_path / "templates" / "pipe.yaml")
    assert run(str(tmp_path))[2].endswith("is a named pipe\n")


RENAMING_RULES = '''
from helm_constitution.api import MUST, Edit, Fix, RuleModule, Span, Subject, TextPlace, Violation, rule

NAMES = {"web": "main", "proxy": "sidecar"}


@rule("own/name", default=MUST)
def name(subject: Subject):
    """A container has an old name."""
    for number, line in enumerate(subject.chart.files["templates/pod.yaml"].split("\\n"), 1):
        head, found, name = line.partition("- name: ")
        if found and name in NAMES:
            text = f"# New.\\n          {NAMES[name]}"
            edit = Edit("templates/pod.yaml", number, len(head) + 9, number, len(line) + 1, text)
            yield Violation(f"called {name}", TextPlace("templates/pod.yaml"), fix=Fix("call it otherwise", (edit,)))


@rule("own/sidecar", default=MUST)
def sidecar(subject: Subject):
    """A container is called sidecar."""
    for number, line in enumerate(subject.chart.files["templates/pod.yaml"].split("\\n"), 1):
        if line.strip() == "sidecar":
            yield Violation("called sidecar", TextPlace("templates/pod.yaml", Span(number, 11, number, 18)))


MODULE = RuleModule("own", "Own", (), (name, sidecar))
'''


def test_the_fix_that_wrote_the_lines_of_a_new_finding_is_taken_back_at_once(
    tmp_path: Path, library: HelmEngine
) -> None:
    plain = CHART["templates/pod.yaml"].replace("web  # the program", "web")
    write(tmp_path / "web", {**CHART, "templates/pod.yaml": plain})
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.py").write_text(RENAMING_RULES)
    options = CheckOptions(rules=(tmp_path / "rules",), select=("own/name", "own/sidecar"), ignore=("security",))
    result = fix_chart(CheckRequest(tmp_path / "web", library, options), ALL)
    assert [(one.candidate.findings[0].message, one.reason) for one in result.taken_back] == [
        ("called proxy", "causes a new finding: own/sidecar: called sidecar")
    ]
    assert [one.findings[0].message for one in result.applied] == ["called web"]
    assert result.checks == 3


def test_a_named_template_of_labels_that_takes_more_than_the_root_is_not_included(
    tmp_path: Path, library: HelmEngine
) -> None:
    helper = """
        {{- define "web.labels" -}}
        helm.sh/chart: {{ .context.Chart.Name }}
        app.kubernetes.io/name: {{ .name }}
        app.kubernetes.io/instance: {{ .context.Release.Name }}
        app.kubernetes.io/managed-by: {{ .context.Release.Service }}
        {{- end }}
        """
    service = """
        apiVersion: v1
        kind: Service
        metadata:
          name: web
          labels:
            {{- include "web.labels" (dict "context" . "name" "web") | nindent 4 }}
        """
    write(tmp_path, {**CHART, "templates/_helpers.tpl": helper, "templates/service.yaml": service})
    options = CheckOptions(select=("helm/missing-label",), ignore=("security",))
    result = fix_chart(CheckRequest(tmp_path, library, options), ALL)
    assert [finding.rule for finding in result.before.findings] == ["helm/missing-label"]
    assert (result.applied, result.taken_back, result.checks) == ((), (), 1)
