"""A run with everything in it that a report can say, and the reports of it that stand in ``testdata/reports``.

``python -m tests.report.sample`` writes them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from helm_constitution.api import Subject
from helm_constitution.check.grouping import grouped
from helm_constitution.core.fixes import Edit, Fix
from helm_constitution.core.model import (
    NOWHERE,
    Base,
    Debt,
    Finding,
    Group,
    Location,
    ObjectRef,
    Precision,
    RelatedLocation,
    Severity,
    Status,
    Trouble,
    Verdict,
    Waived,
)
from helm_constitution.lint.rule import MUST, Violation, rule
from helm_constitution.report import FORMATS, renderer
from helm_constitution.report.model import (
    BaselineReport,
    ChangeReport,
    PrincipleReport,
    RuleReport,
    RunReport,
    ScenarioReport,
)
from tests.report.support import STALE, WAIVED, chart, finding, run, statement

REPORTS = Path(__file__).parent.parent.parent / "testdata" / "reports"
ENDINGS = {
    "text": "txt",
    "json": "json",
    "sarif": "sarif",
    "junit": "xml",
    "github": "txt",
    "gitlab": "json",
    "html": "html",
    "badge": "svg",
    "concise": "txt",
}


@rule("security/root-user", default=MUST)
def root_user(subject: Subject) -> Iterator[Violation]:
    """A container may run as root.

    Why: who breaks out of it is root on the node.
    Bad:
        securityContext: {}
    Good:
        securityContext:
          runAsNonRoot: true
    Fix: Set `runAsNonRoot`.
    Source: Pod Security Standards, restricted.
    """
    yield Violation(f"{subject.chart.name} runs as root", at=None)


@contextmanager
def settled() -> Iterator[None]:
    """While it lasts, the program's version and the pages of its rules are fixed."""
    with (
        mock.patch("helm_constitution.lint.registry.rules", return_value=(root_user,)),
        mock.patch("helm_constitution.report.sarif.__version__", "1.0.0"),
        mock.patch("helm_constitution.report.jsonreport.__version__", "1.0.0"),
    ):
        yield


BASELINE = BaselineReport(
    "tag web-1.2.0",
    "1.2.0",
    "2.0.0",
    "MAJOR",
    (
        ChangeReport(
            "compat/value-renamed",
            "MAJOR",
            "value replicas was probably renamed to replicaCount",
            "set replicaCount instead of replicas",
            Location(Base.BASELINE, "values.yaml", 7, 1, 7, 12, Precision.EXACT),
            Location(Base.CHART, "values.yaml", 9, 1, 9, 16, Precision.EXACT),
            {"replicas": 3},
            {"replicaCount": 3},
        ),
        ChangeReport("", "MINOR", "value log.format is new", "", None, Location(Base.CHART, "values.yaml", 20)),
        ChangeReport(
            "compat/default-changed",
            "PATCH",
            'default of service.type changed from "ClusterIP" to "LoadBalancer"',
            'set service.type to "ClusterIP" where the old default is wanted',
            Location(Base.BASELINE, "values.yaml", 30),
            Location(Base.CHART, "values.yaml", 32),
            {"service": {"type": "ClusterIP"}},
            {"service": {"type": "LoadBalancer"}},
        ),
    ),
    enough=False,
)


SET = Fix(
    "set runAsNonRoot: true",
    (Edit("templates/deployment.yaml", 31, 27, 31, 27, "\n            runAsNonRoot: true"),),
)


def _part(rule: str, item: str, line: int, settings: dict[str, object]) -> Finding:
    return finding(
        rule=f"security/{rule}",
        message=f"lacks {item}",
        location=Location(Base.CHART, "templates/job.yaml", line, 11, line, 27, Precision.EXACT),
        object=ObjectRef("batch/v1", "Job", "migrate", None, "migrate"),
        related=(),
        fingerprint=rule,
        group=Group(("hardening",), "is too weak; set {items}", item, {"securityContext": settings}, by_object=True),
    )


HARDENING, *_ = grouped(
    [
        _part("privilege-escalation", "allowPrivilegeEscalation: false", 20, {"allowPrivilegeEscalation": False}),
        _part("capabilities", "capabilities.drop: [ALL]", 21, {"capabilities": {"drop": ["ALL"]}}),
    ]
)


def sample() -> RunReport:
    """Two charts: one with findings of every sort, and a package of which not everything could be judged."""
    web = chart(
        finding(fix=SET),
        finding(
            rule="docs/no-readme",
            principle="docs",
            severity=Severity.WARNING,
            statements=(("testing", 70),),
            message="there is no README.md | write one",
            location=NOWHERE,
            related=(),
            object=None,
            scenarios=(),
            fingerprint="a" * 32,
            source_line=None,
        ),
        finding(
            severity=Severity.NOTE,
            message="`runAsUser` is 0 in {{ .Values.user }}, 100% of the time",
            location=Location(Base.ABSOLUTE, "/home/user/repository/prod values.yaml", 3, 1, 4, 2, Precision.PARENT),
            related=(RelatedLocation(Location(Base.REPO, "constitution.md", 61), "demanded here"),),
            statements=(),
            scenarios=("ci/a-values.yaml", "ci/b-values.yaml", "ci/c-values.yaml"),
            fingerprint="b" * 32,
            source_line=None,
        ),
        finding(message="runs as root in the job", waived=WAIVED, fingerprint="c" * 32),
        finding(
            message="runs as root in the test",
            waived=Waived("it only tests", None, None, Location(Base.CHART, "templates/deployment.yaml", 30)),
            fingerprint="d" * 32,
        ),
        finding(message="runs as root in the hook", debt=Debt("2026-11-01"), fingerprint="e" * 32),
        HARDENING,
        stale=(STALE,),
        baseline=BASELINE,
        notices=("the values are not validated: the schema refers to an address",),
    )
    rendered = ScenarioReport("ci/big-values.yaml", Status.RENDERED, None)
    package = chart(
        finding(location=Location(Base.CHART, "templates/deployment.yaml", precision=Precision.FILE)),
        name="api",
        version="2.0.0",
        path="dist/api-2.0.0.tgz",
        place="dist/api-2.0.0.tgz",
        verdict=Verdict.ERROR,
        scenarios=(ScenarioReport("defaults", Status.FAILED, "undefined function"), rendered),
        principles=(
            PrincipleReport(
                "security",
                "Security by Default",
                Verdict.FAIL,
                "0 of 1 containers",
                (statement("Containers run as non-root.", 61, Verdict.FAIL, "security/root-user"),),
            ),
        ),
        troubles=(
            Trouble("scenario", 'undefined function "frob"', scenario="defaults", file="templates/a.yaml", line=3),
            Trouble("crash", "rule security/latest-tag crashed", rule="security/latest-tag"),
        ),
        rules=(RuleReport("security/root-user"), RuleReport("values/unused", "there is no values.yaml")),
    )
    return run(web, package)


def file_of(form: str) -> Path:
    """Where the report in a format is kept."""
    return REPORTS / f"{form}.{ENDINGS.get(form, 'md')}"


def main() -> None:
    """Writes every report."""
    REPORTS.mkdir(exist_ok=True)
    with settled():
        for form in FORMATS:
            file_of(form).write_text(renderer(form)(sample()), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
