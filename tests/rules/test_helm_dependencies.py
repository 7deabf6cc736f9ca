"""Rules of the module helm on dependencies, on the application's version, on releases and on lookup."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.lint.rule import Rule, Violation
from helm_constitution.locate.resolve import locate
from helm_constitution.rules.helm_best_practices import dependencies as d
from helm_constitution.rules.helm_best_practices import releases as r
from tests.rules.support import chart_subject, checked, found, judge_in, subject_of

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


def drift(values: str, app_version: str = "2.8.1") -> list[str]:
    return found(d.app_version_drift, {"Chart.yaml": f'{CHART}appVersion: "{app_version}"\n', "values.yaml": values})


@pytest.mark.parametrize(
    ("tag", "app_version"),
    [
        ("2.8.1", "2.8.1"),
        ("v2.8.1", "2.8.1"),
        ("2.8.1-alpine", "v2.8.1"),
        ("2.8", "2.8.1"),
        ("''", "2.8.1"),
        ("latest", "2.8.1"),
    ],
)
def test_a_tag_of_the_same_release(tag: str, app_version: str) -> None:
    assert drift(f"image:\n  repository: acme/web\n  tag: {tag}\n", app_version) == []


def test_a_tag_of_another_release() -> None:
    assert drift("image:\n  repository: acme/web\n  tag: 2.7.0\n") == [
        (
            "values.yaml:3 default image tag 2.7.0 does not match appVersion 2.8.1 in Chart.yaml;"
            " leave the tag empty and default it to .Chart.AppVersion"
        )
    ]


def test_images_of_helpers_have_versions_of_their_own() -> None:
    values = "image:\n  repository: acme/web\n  tag: ''\ntest:\n  image:\n    repository: busybox\n    tag: 1.37.0\n"
    assert drift(values) == []


def test_the_image_that_is_named_after_the_chart() -> None:
    values = "a:\n  image: {repository: acme/web, tag: 1.0.0}\nb:\n  image: {repository: nginx, tag: 1.27.0}\n"
    assert len(drift(values)) == 1


class Depends(Protocol):
    """Judges a chart with one dependency."""

    def __call__(self, rule: Rule, entry: str, files: dict[str, str] | None = None) -> list[str]: ...


@pytest.fixture
def depends(tmp_path: Path) -> Depends:
    def judged(rule: Rule, entry: str, files: dict[str, str] | None = None) -> list[str]:
        chart = f"{CHART}dependencies:\n  - {{name: redis, repository: https://acme.test, {entry}}}\n"
        texts = {"Chart.yaml": chart, "templates/x.yaml": "kind: ConfigMap\n", **(files or {})}
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        problems = rule.check(subject_of(rule, checked(load_chart(tmp_path))))
        places = [(locate(problem.at), problem.message) for problem in problems if isinstance(problem, Violation)]
        return [f"{place.file}:{place.line} {message}" for place, message in places]

    return judged


@pytest.mark.parametrize("version", [">=17.0.0", "*", "x.x.x", ">1", "", "!=17.1.0"])
def test_open_ranges(depends: Depends, version: str) -> None:
    (message,) = depends(d.dependency_unpinned, f'version: "{version}"')
    assert message.endswith("allows any later major version; limit it, for example ~1.2.3")


@pytest.mark.parametrize(
    "version", ["17.3.2", "~17.3.2", "^17.3.2", "17.x.x", "17", ">=17.0.0 <18.0.0", "1 - 1.9", "no range"]
)
def test_bounded_ranges(depends: Depends, version: str) -> None:
    assert depends(d.dependency_unpinned, f'version: "{version}"') == []


def test_a_lock(depends: Depends) -> None:
    lock = "dependencies:\n- name: redis\n  version: 17.3.2\n"
    old = "dependencies:\n- name: redis\n  version: 16.0.0\n"
    entry = "version: ~17"
    assert depends(d.dependency_unlocked, entry) == [
        "Chart.yaml:5 chart has no Chart.lock; run helm dependency update and commit Chart.lock"
    ]
    assert depends(d.dependency_unlocked, entry, {"Chart.lock": lock}) == []
    assert depends(d.dependency_unlocked, entry, {"Chart.lock": "dependencies: []\n"}) == [
        'Chart.yaml:5 dependency "redis" is not in Chart.lock; run helm dependency update'
    ]
    assert depends(d.dependency_unlocked, entry, {"Chart.lock": old}) == [
        "Chart.yaml:5 Chart.lock locks redis 16.0.0, which ~17 in Chart.yaml does not allow; run helm dependency update"
    ]
    (message,) = depends(d.dependency_unlocked, entry, {"Chart.lock": "a: [\n"})
    assert message.startswith("Chart.lock:None Chart.lock is not valid YAML: ")


@pytest.mark.parametrize(
    ("more", "is_bad"),
    [("version: 1", True), ("version: 1, condition: redis.enabled", False), ("version: 1, tags: [cache]", False)],
)
def test_conditions(depends: Depends, more: str, is_bad: bool) -> None:
    assert bool(depends(d.dependency_not_optional, more)) is is_bad


def test_a_chart_that_is_its_dependency(depends: Depends) -> None:
    assert depends(d.dependency_not_optional, "version: 1", {"templates/x.yaml": ""}) == []


def test_encryption(depends: Depends) -> None:
    assert depends(d.dependency_http, "version: 1") == []
    chart = f"{CHART}dependencies:\n  - {{name: redis, version: 1, repository: HTTP://acme.test}}\n"
    assert depends(d.dependency_http, "", {"Chart.yaml": chart}) == [
        'Chart.yaml:5 dependency "redis" is downloaded without encryption; use https:// or oci://'
    ]


def thing(name: str, kind: str = "ConfigMap") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"


@pytest.mark.parametrize(
    ("name", "kind", "collides"),
    [
        ("web", "ConfigMap", True),
        ("web-config", "Secret", True),
        ("release-name-web", "ConfigMap", False),
        ("my-release-name", "ConfigMap", False),
        ("web", "IngressClass", False),
        ("'web:core:view'", "ClusterRole", False),
        ("given", "ConfigMap", False),
        ("given-config", "ConfigMap", False),
        ("listed", "ConfigMap", False),
        ("keyed", "ConfigMap", False),
    ],
)
def test_names_that_two_releases_share(name: str, kind: str, collides: bool) -> None:
    files = {"values.yaml": "name: given\nnames: [listed]\nkeyed: {}\n", "templates/x.yaml": f"kind: {kind}\n"}
    assert bool(judge_in(r.release_collision, thing(name, kind), files)) is collides
    assert judge_in(r.release_collision, thing(name, kind), files, scenario="ci/name-values.yaml") == []


def lookups(template: str) -> int:
    subject = chart_subject(r.lookup_unguarded, {"templates/x.yaml": template})
    return len(list(r.lookup_unguarded.check(subject)))


LOOKUP = 'lookup "v1" "Secret" "shop" "web"'


@pytest.mark.parametrize(
    "template",
    [
        f"{{{{ ({LOOKUP}).data.a }}}}",
        f"{{{{ {LOOKUP} | toYaml }}}}",
        f"{{{{ $s := {LOOKUP} }}}}{{{{ $s.data.a }}}}",
        f"{{{{ $s := {LOOKUP} }}}}{{{{ range .Values.others }}}}{{{{ $s.data.a }}}}{{{{ end }}}}",
        f'{{{{ define "a" }}}}{{{{ ({LOOKUP}).data }}}}{{{{ end }}}}',
        f"{{{{ if {LOOKUP} }}}}a{{{{ else }}}}{{{{ ({LOOKUP}).data.a }}}}{{{{ end }}}}",
    ],
)
def test_lookups_that_count_on_a_cluster(template: str) -> None:
    assert lookups(template) == 1


@pytest.mark.parametrize(
    "template",
    [
        f"{{{{ if {LOOKUP} }}}}a{{{{ end }}}}",
        f"{{{{ if ({LOOKUP}).data }}}}{{{{ $d := ({LOOKUP}).data }}}}{{{{ $d.a }}}}{{{{ end }}}}",
        f"{{{{ if .x }}}}x{{{{ else if {LOOKUP} }}}}{{{{ ({LOOKUP}).data.a }}}}{{{{ end }}}}",
        f"{{{{ with {LOOKUP} }}}}{{{{ .data.a }}}}{{{{ end }}}}",
        f"{{{{ range ({LOOKUP}).items }}}}{{{{ . }}}}{{{{ end }}}}",
        f"{{{{ $s := {LOOKUP} }}}}{{{{ if $s }}}}{{{{ $s.data.a }}}}{{{{ end }}}}",
        f"{{{{ $s := {LOOKUP} }}}}{{{{ if and $s (hasKey $s.data `a`) }}}}{{{{ $s.data.a }}}}{{{{ end }}}}",
        f"{{{{ $s := {LOOKUP} | default dict }}}}{{{{ $s.data }}}}",
        f"{{{{ dig `data` `a` `none` ({LOOKUP}) }}}}",
        f"{{{{ $s := {LOOKUP} }}}}{{{{ get $s.data `a` | default `b` }}}}",
        "{{/* lookup finds nothing here */}}",
    ],
)
def test_lookups_with_care(template: str) -> None:
    assert lookups(template) == 0
