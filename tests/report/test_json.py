"""The JSON report, version 1: the contract's keys, in full."""

from __future__ import annotations

import json
from typing import Any

from helm_constitution import __version__
from helm_constitution.core.fixes import Applicability, Edit, Fix
from helm_constitution.core.model import Debt, Severity, Trouble
from helm_constitution.report.jsonreport import render
from tests.report.support import STALE, WAIVED, chart, finding, run


def report(*charts: Any) -> Any:
    return json.loads(render(run(*charts)))


def test_the_whole_shape() -> None:
    document = report(chart(finding()))
    assert document["version"] == 1
    assert document["tool"] == {"name": "helm-constitution", "version": __version__}
    assert document["engine"] == {"name": "cli", "helm": "v4.3.1", "kube": "v1.36.0"}
    counts = {"charts": 1, "errors": 1, "warnings": 0, "notes": 0, "waived": 0, "debt": 0}
    assert document["summary"] == {"gate": "fail", **counts}
    (judged,) = document["charts"]
    assert {
        key: judged[key] for key in ("name", "version", "path", "gate", "verdict", "constitution", "scenarios")
    } == {
        "name": "web",
        "version": "1.2.3",
        "path": "charts/web",
        "gate": "fail",
        "verdict": "fail",
        "constitution": {"file": "constitution.md", "version": "1.0.0", "not_understood": []},
        "scenarios": [{"name": "defaults", "status": "rendered", "message": None}],
    }
    assert judged["principles"][0] == {
        "key": "security",
        "title": "Security by Default",
        "verdict": "fail",
        "evidence": "1 of 2 containers",
        "statements": [
            {
                "text": "Containers run as non-root.",
                "lead": None,
                "obligation": "MUST",
                "forbids": False,
                "line": 61,
                "rules": ["security/root-user"],
                "verdict": "fail",
                "reason": None,
                "open": [],
            }
        ],
    }
    assert judged["findings"] == [
        {
            "rule": "security/root-user",
            "principle": "security",
            "statements": [{"principle": "security", "line": 61}],
            "severity": "error",
            "message": "runs as root unless the image says otherwise",
            "base": "chart",
            "file": "templates/deployment.yaml",
            "line": 31,
            "column": 11,
            "end_line": 31,
            "end_column": 27,
            "precision": "exact",
            "related": [{"base": "chart", "file": "values.yaml", "line": 44, "message": "set by `securityContext`"}],
            "object": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": "web",
                "namespace": None,
                "container": "web",
                "field": "spec.template.spec.containers[0].securityContext",
            },
            "scenarios": ["defaults"],
            "waived": None,
            "debt": None,
            "fingerprint": "f" * 32,
            "fix": None,
        }
    ]


def test_a_fix_is_its_title_its_edits_and_the_files_that_get_another_name() -> None:
    fix = Fix("name it web.yaml", (Edit("a.yaml", 1, 2, 3, 4, "x\n"),), Applicability.SAFE, (("a.yaml", "web.yaml"),))
    (shown,) = report(chart(finding(fix=fix)))["charts"][0]["findings"]
    assert shown["fix"] == {
        "title": "name it web.yaml",
        "applicability": "safe",
        "edits": [{"file": "a.yaml", "line": 1, "column": 2, "end_line": 3, "end_column": 4, "text": "x\n"}],
        "moves": [{"from": "a.yaml", "to": "web.yaml"}],
    }


def test_what_is_waived_or_debt_says_so_and_counts_as_that_alone() -> None:
    document = report(chart(finding(waived=WAIVED), finding(debt=Debt("2026-01-02")), finding(severity=Severity.NOTE)))
    waived, debt, _ = document["charts"][0]["findings"]
    assert waived["waived"] == {
        "why_needed": "the vendor's image",
        "simpler_alternative_rejected_because": "there is no other",
        "expires": "2027-01-31",
        "approved_by": None,
        "base": "repo",
        "file": ".helm-constitution.yaml",
        "line": 12,
    }
    assert (waived["debt"], debt["waived"], debt["debt"]) == (None, None, {"since": "2026-01-02"})
    counts = {"charts": 1, "errors": 0, "warnings": 0, "notes": 1, "waived": 1, "debt": 1}
    assert document["summary"] == {"gate": "pass", **counts}


def test_stale_waivers_are_named() -> None:
    assert report(chart())["charts"][0]["stale_waivers"] == []
    assert report(chart(stale=(STALE,)))["charts"][0]["stale_waivers"] == [
        {
            "waives": "security/root-user",
            "reason": "it expired on 2026-01-31",
            "base": "repo",
            "file": ".helm-constitution.yaml",
            "line": 12,
        }
    ]


def test_a_problem_has_its_traceback_only_where_it_was_kept() -> None:
    trouble = Trouble("crash", "rule x crashed", rule="x")
    kept = Trouble("crash", "rule x crashed", rule="x", traceback="Traceback …")
    first, second = report(chart(troubles=(trouble, kept)))["charts"][0]["problems"]
    assert first == {
        "kind": "crash",
        "rule": "x",
        "scenario": None,
        "message": "rule x crashed",
        "file": None,
        "line": None,
    }
    assert second["traceback"] == "Traceback …"


def test_counts_are_over_all_charts() -> None:
    note = finding(severity=Severity.NOTE)
    document = report(chart(finding(), note), chart(note), chart())
    assert document["summary"]["charts"] == 3
    assert (document["summary"]["errors"], document["summary"]["notes"]) == (1, 2)


def test_the_same_report_is_the_same_text() -> None:
    assert render(run(chart(finding()))) == render(run(chart(finding())))
