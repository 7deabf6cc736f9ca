"""README, values table and changelog."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.api import Subject
from helm_constitution.lint import registry
from helm_constitution.lint.rule import NotApplicable, Tally, Unchecked, Violation
from helm_constitution.locate.resolve import locate
from helm_constitution.text.markdown_tables import read_markdown
from tests.rules.support import chart_subject, found

RULES = {rule.id: rule for rule in registry.rules()}
DRIFT = RULES["docs/readme-values-drift"]


def docs(name: str, files: dict[str, str]) -> list[str]:
    return found(RULES[f"docs/{name}"], files)


def values_drift(values: str, readme: str, files: dict[str, str] | None = None) -> list[str]:
    return docs("readme-values-drift", {"values.yaml": values, "README.md": readme, **(files or {})})


def helm_docs(*rows: str) -> str:
    header = "## Values\n\n| Key | Type | Default | Description |\n|-----|------|---------|-------------|\n"
    return header + "".join(f"{row}\n" for row in rows)


def by_hand(*rows: str, default: str = "Default") -> str:
    return f"| Parameter | Description | {default} |\n|---|---|---|\n" + "".join(f"{row}\n" for row in rows)


@pytest.mark.parametrize("name", ["README.md", "readme.md", "README", "readme.txt"])
def test_readme_of_any_name_that_helm_shows(name: str) -> None:
    assert docs("no-readme", {name: "# web\n"}) == []


@pytest.mark.parametrize("name", ["docs/README.md", "README.md.gotmpl", "README.rst"])
def test_other_files_are_no_readme(name: str) -> None:
    assert docs("no-readme", {name: "# web\n"}) == [
        "Chart.yaml:None chart has no README.md; add one with installation and values"
    ]


@pytest.mark.parametrize("rule", ["readme-no-installing", "readme-no-upgrading", "readme-values-drift"])
def test_without_a_readme_its_parts_are_not_judged(rule: str) -> None:
    with pytest.raises(NotApplicable, match="there is no README"):
        docs(rule, {"values.yaml": "a: 1\n"})


@pytest.mark.parametrize(
    "heading",
    [
        "Install Chart",
        "Installing the Chart",
        "🛠 Installation",
        "Usage",
        "TL;DR",
        "Quick Start",
        "Deploy",
        "How to use",
    ],
)
def test_headings_that_tell_how_to_install(heading: str) -> None:
    assert docs("readme-no-installing", {"README.md": f"# web\n\n## {heading}\n"}) == []


@pytest.mark.parametrize("heading", ["Uninstall Chart", "Uninstalling", "Overview", "Prerequisites"])
def test_headings_that_do_not(heading: str) -> None:
    assert len(docs("readme-no-installing", {"README.md": f"# web\n\n## {heading}\n"})) == 1


def test_a_command_tells_how_to_install() -> None:
    command = "```console\n$ helm repo add acme https://charts.acme.test\n$ helm upgrade --install web acme/web\n```\n"
    assert docs("readme-no-installing", {"README.md": command}) == []
    assert len(docs("readme-no-installing", {"README.md": "```console\n$ helm upgrade web acme/web\n```\n"})) == 1


@pytest.mark.parametrize("heading", ["Values", "Key values", "Chart Values", "Parameters", "Configuring", "Options"])
def test_headings_of_values(heading: str) -> None:
    assert docs("readme-no-values", {"README.md": f"# web\n\n## {heading}\n", "values.yaml": "a: 1\n"}) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Please see the many options supported in the `values.yaml` file.", 0),
        ("For all available parameters, check [VALUES.md](./VALUES.md).", 0),
        ("All settings are described in values.yaml.", 0),
        ("Values can be given in a file, see `helm install -f values.yaml`.", 1),
        ("The chart has a values.yaml.", 1),
    ],
)
def test_a_readme_may_lead_to_where_the_values_are_explained(line: str, expected: int) -> None:
    files = {"README.md": f"# web\n\n{line}\n", "values.yaml": "a: 1\n"}
    assert len(docs("readme-no-values", files)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("There is an installation guide at [web.acme.test](https://web.acme.test).", 0),
        ("See https://web.acme.test/docs for how to install the chart.", 0),
        ("See https://web.acme.test/docs.", 1),
        ("There is an installation guide.", 1),
    ],
)
def test_a_readme_may_lead_to_an_installation_guide(line: str, expected: int) -> None:
    assert len(docs("readme-no-installing", {"README.md": f"# web\n\n{line}\n"})) == expected


@pytest.mark.parametrize(
    "heading", ["Upgrading", "Upgrading Chart", "To 2.0.0", "From 0.5.x to 1.0.0", "Migrating from v1"]
)
def test_headings_of_upgrading(heading: str) -> None:
    assert docs("readme-no-upgrading", {"README.md": f"# web\n\n## {heading}\n"}) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Highlighted versions name steps that are needed when upgrading to a newer version.", True),
        ("Before you upgrade, save the data.", True),
        ("Run `helm upgrade --install web acme/web`.", False),
        ("```console\n# before upgrading\nhelm upgrade web acme/web\n```", False),
    ],
)
def test_words_on_upgrading_below_another_heading(words: str, told: bool) -> None:
    assert (docs("readme-no-upgrading", {"README.md": f"# web\n\n## Changelog\n\n{words}\n"}) == []) is told


@pytest.mark.parametrize("heading", ["Troubleshooting", "FAQ", "Known issues", "Common problems", "Getting help"])
def test_headings_of_troubleshooting(heading: str) -> None:
    assert docs("readme-no-troubleshooting", {"README.md": f"# web\n\n## {heading}\n"}) == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("3", "`3`"),
        ('"3"', '`"3"`'),
        ("3", '`"3"`'),
        ("", "`nil`"),
        ("", "`null`"),
        ('""', '`""`'),
        ("{}", "`{}`"),
        ("[]", "`[]`"),
        ("yes", "`true`"),
        ("1e6", "`1e+06`"),
        ("1.50", "`1.5`"),
        ("0o14", "`12`"),
        ("a: b", '`"a: b"`'),
        ("'a \"b\"'", '`"a \\"b\\""`'),
        ("[1, 2]", "`[1,2]`"),
        ("{a: {b: [x]}}", '`{"a":{"b":["x"]}}`'),
        ("2001-01-01", '`"2001-01-01"`'),
    ],
)
def test_helm_docs_prints_the_same_default(value: str, shown: str) -> None:
    value = "'a: b'" if value == "a: b" else value
    assert values_drift(f"key: {value}\n", helm_docs(f"| key | x | {shown} | Text |")) == []


@pytest.mark.parametrize(
    ("value", "shown", "printed"),
    [
        ("3", "`2`", "3"),
        ("true", "`false`", "true"),
        ("x", "`nil`", '"x"'),
        ("[1]", "`[]`", "[1]"),
        ("{a: 1}", '`{"a":2}`', '{"a":1}'),
        ('""', '`"x"`', '""'),
    ],
)
def test_another_default(value: str, shown: str, printed: str) -> None:
    text = shown.strip("`")
    assert values_drift(f"key: {value}\n", helm_docs(f"| key | x | {shown} | Text |")) == [
        f"README.md:5 README shows {text} as the default of key, but values.yaml has {printed}; correct the row"
    ]


@pytest.mark.parametrize("shown", ["See [values.yaml]", "`{}` (see values.yaml)", "defaults to `1`", "", "object"])
def test_prose_is_no_default(shown: str) -> None:
    assert values_drift("key: {a: 1}\n", helm_docs(f"| key | x | {shown} | Text |")) == []


def test_a_default_comment_stands_for_the_value() -> None:
    values = "# -- Text\n# @default -- `.Release.Namespace`\nkey: x\n"
    assert values_drift(values, helm_docs("| key | x | `.Release.Namespace` | Text |")) == []


def test_keys_with_dots_in_each_way_of_writing_them() -> None:
    values = "a:\n  b.c/d: 1\n  e: 2\n"
    for key in ('a."b.c/d"', "a.'b.c/d'", "a.b.c/d", "a.b\\.c/d", "`a.b.c/d`"):
        assert values_drift(values, helm_docs(f"| {key} | int | `2` | Text |", "| a.e | int | `2` | Text |")) == [
            "README.md:5 README shows 2 as the default of "
            + key.strip("`").replace("\\", "" if "`" not in key else "\\")
            + ", but values.yaml has 1; correct the row"
        ]


def test_removed_keys_are_named_but_not_below_what_is_open() -> None:
    values = "a: 1\nb: 2\nresources: {}\nhosts: []\nname:\n# old: 3\n"
    rows = [
        "| a | | `1` | x |",
        "| b | | `2` | x |",
        "| resources.limits.cpu | | `1` | x |",
        "| hosts[0].name | | `x` | x |",
    ]
    rows += ["| name.first | | `x` | x |", "| old | | `3` | x |", "| hosts | | `[]` | x |", "| gone | | `4` | x |"]
    rows += ["| resources | | `{}` | x |", "| name | | `nil` | x |"]
    assert values_drift(values, helm_docs(*rows)) == [
        "README.md:12 README documents gone, which is not in values.yaml; remove the row"
    ]


def test_a_key_that_a_template_reads_is_not_gone() -> None:
    template = {"templates/a.yaml": "a: {{ .Values.a }}\nb: {{ .Values.extra | default 2 }}\n"}
    assert values_drift("a: 1\n", helm_docs("| a | | `1` | x |", "| extra | | `2` | x |"), template) == []


def test_a_row_for_a_map_covers_what_is_below_and_a_missing_map_is_one_finding() -> None:
    values = "a:\n  b: 1\n  c: 2\nd:\n  e: 3\n  f:\n    g: 4\nh: 5\n"
    missing = values_drift(values, helm_docs('| a | object | `{"b":1,"c":2}` | |', "| h | int | `5` | |"))
    place = 'README\'s values table below "Values"'
    assert missing == [f"values.yaml:4 {place} has no row for d (nor for the 2 values below it); run helm-docs"]


def test_helm_docs_may_leave_out_what_has_no_description() -> None:
    values = "# -- Text\na: 1\nb: 2\n# -- New\nc: 3\n"
    assert values_drift(values, helm_docs("| a | int | `1` | Text |")) == [
        'values.yaml:5 README\'s values table below "Values" has no row for c; run helm-docs'
    ]


def test_a_hand_written_table_need_not_be_complete() -> None:
    values = "".join(f"key{number}: 1\n" for number in range(10))
    some = by_hand(*(f"| key{number} | x | 1 |" for number in range(6)))
    most = by_hand(*(f"| key{number} | x | 1 |" for number in range(9)))
    assert values_drift(values, some) == []
    assert values_drift(values, most) == ["values.yaml:10 README's values table has no row for key9; add it"]


def test_a_table_of_the_charts_parts_is_no_list_of_values() -> None:
    values = "".join(f"part{number}: {{a: 1, b: 2, c: 3}}\n" for number in range(9)) + "nameOverride: a\n"
    rows = "".join(f"| `part{number}` | Pod | yes |\n" for number in range(9))
    assert values_drift(values, f"| key | type | enabled by default |\n|---|---|---|\n{rows}") == []
    gone = "README.md:12 README documents part9, which is not in values.yaml; remove the row"
    assert values_drift(values, f"| key | type | enabled |\n|---|---|---|\n{rows}| `part9` | Pod | yes |\n") == [gone]


@pytest.mark.parametrize(
    ("value", "shown", "default"),
    [
        ('""', "the chart's version", "Default"),
        ('""', "1.2.3", "Default"),
        ("{a: 1}", "{}", "Default"),
        ("web", "my-app", "Default / Example"),
        ("a long text", "another text", "Default"),
        ("real", "`<your-name>`", "Default"),
        ("abcdefgh", "`abc...`", "Default"),
    ],
)
def test_a_hand_written_table_is_given_the_benefit_of_the_doubt(value: str, shown: str, default: str) -> None:
    assert values_drift(f"key: {value}\nother: 1\n", by_hand(f"| `key` | x | {shown} |", default=default)) == []


def test_a_hand_written_example_column_still_tells_the_truth_about_flags() -> None:
    readme = by_hand("| `enabled` | x | `true` |", "| `service.type` | x | `ClusterIP` |", default="Default / Example")
    assert [line.partition(" ")[0] for line in values_drift("enabled: false\nservice: {type: NodePort}\n", readme)] == [
        "README.md:3",
        "README.md:4",
    ]


def test_a_pipe_that_is_not_escaped_hides_the_default() -> None:
    assert values_drift("key: a|b\n", helm_docs('| key | string | `"a|c"` | Text |')) == []


def test_tables_of_other_things_are_no_values_tables() -> None:
    readme = "| Name | Email | Url |\n|---|---|---|\n| acme | a@acme.test | |\n\n" + by_hand("| net.port | x | 1 |")
    with pytest.raises(NotApplicable, match="no table of values"):
        values_drift("replicas: 1\n", readme)


def test_the_share_of_described_values_is_told() -> None:
    files = {"values.yaml": "a: 1\nb: {c: 2, d: 3}\n", "README.md": helm_docs("| b | | `{}` | |")}
    tallies = [outcome for outcome in DRIFT.check(chart_subject(DRIFT, files)) if isinstance(outcome, Tally)]
    assert tallies == [Tally(2, 3, "values in the README's table")]


@given(st.text(alphabet='|`-ab."{}[]:\\ \n', max_size=120))
def test_any_readme_can_be_compared(text: str) -> None:
    table = helm_docs("| a | int | `1` | Text |") + text
    subject = chart_subject(DRIFT, {"values.yaml": "a: 1\nb: {c: [1]}\n", "README.md": table})
    assert list(_judged(subject)) is not None
    assert read_markdown(table).headings


def _judged(subject: Subject) -> list[object]:
    try:
        return list(DRIFT.check(subject))
    except NotApplicable:
        return []


@pytest.mark.parametrize(
    "file", ["CHANGELOG.md", "changelog.md", "CHANGES", "HISTORY.md", "RELEASE_NOTES.md", "changelog/web-1.0.0.md"]
)
def test_files_that_are_a_changelog(file: str) -> None:
    assert docs("no-changelog", {file: "# 1.0.0\n"}) == []


def test_a_changelog_in_the_readme_or_the_annotation() -> None:
    assert docs("no-changelog", {"README.md": "# web\n\n## Changelog\n"}) == []
    annotated = "name: web\nversion: 1.0.0\nannotations:\n  artifacthub.io/changes: |\n    - a\n"
    assert docs("no-changelog", {"Chart.yaml": annotated}) == []
    assert len(docs("no-changelog", {"Chart.yaml": annotated.replace("|\n    - a", '""')})) == 1


@pytest.mark.parametrize(
    "heading",
    [
        "# 1.0.0",
        "### v1.0.0",
        "## [1.0.0] - 2024-01-01",
        "## [1.0.0](https://acme.test/compare/v0.9.0...v1.0.0) (2024-01-01)",
        "## web-1.0.0",
        "## web 1.0.0",
        "## Version 1.0.0 / 2024-01-01",
        "## 📦 1.0.0",
        "1.0.0\n-----",
        "**1.0.0**",
        "* 1.0.0: text",
        "| 1.0.0 | text |",
        "## 1.0.0+build.5",
        "1.0.0 (2024-01-01)",
    ],
)
def test_entries_of_a_version(heading: str) -> None:
    assert docs("changelog-version-missing", {"CHANGELOG.md": f"# Changelog\n\n{heading}\n\ntext\n"}) == []


@pytest.mark.parametrize(
    "heading",
    ["## 1.0.0-rc.1", "## 11.0.0", "## 1.0.01", "## 1.0.0.1", "## Unreleased", "## Upgrading to 1.0.0", "- see 1.0.0"],
)
def test_what_is_no_entry_of_the_version(heading: str) -> None:
    assert len(docs("changelog-version-missing", {"CHANGELOG.md": f"# Changelog\n\n{heading}\n"})) == 1


def test_a_pre_release_may_stand_under_the_version_it_leads_to() -> None:
    files = {"Chart.yaml": "name: web\nversion: 1.1.0-rc.1\n", "CHANGELOG.md": "## 1.1.0\n"}
    assert docs("changelog-version-missing", files) == []


def test_a_version_set_at_release_is_not_judged() -> None:
    files = {"Chart.yaml": "name: web\nversion: 0.0.0\n", "CHANGELOG.md": "## 1.1.0\n"}
    with pytest.raises(Unchecked, match="placeholder that the release"):
        docs("changelog-version-missing", files)


def test_a_folder_of_changelogs_has_one_for_the_version() -> None:
    assert docs("changelog-version-missing", {"changelog/web-1.0.0.md": "x"}) == []
    assert docs("changelog-version-missing", {"changelog/web-0.9.0.md": "x"}) == [
        "Chart.yaml:3 no file in changelog/ is named after version 1.0.0"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "### Added",
        "- feat: x",
        "* **Fixed**: x",
        "- Add x",
        "- [BREAKING] x",
        "- x was renamed",
        "* [bitnami/web] fix: x",
    ],
)
def test_lines_that_tell_the_kind_of_change(line: str) -> None:
    assert docs("changelog-unstructured", {"CHANGELOG.md": f"## 1.0.0\n\n{line}\n"}) == []


@pytest.mark.parametrize("line", ["- x", "Some words on the address", "* #123", "* [bitnami/web] x"])
def test_lines_that_do_not(line: str) -> None:
    (problem,) = docs("changelog-unstructured", {"CHANGELOG.md": f"# Changes\n\n## 1.0.0\n\n{line}\n"})
    assert problem.startswith("CHANGELOG.md:3 entry for 1.0.0 does not group its changes by kind")


def commands(*lines: str, values: str = "replicas: 1\nimage: {tag: ''}\n") -> list[str]:
    readme = "# web\n\n```sh\n" + "\n".join(lines) + "\n```\n"
    return docs("readme-command-broken", {"README.md": readme, "values.yaml": values})


@pytest.mark.parametrize(
    "command",
    [
        "helm install web acme/web --set replicas=2",
        "helm install web acme/web --set replicas=2,image.tag=1",
        "$ helm -n web upgrade -i web . --set-string image.tag=1",
        "helm install web acme/web --set key=value",
        "helm install web acme/web --set <key>=<value> --set [KEY]=x",
        "helm install other acme/other --set anything=1",
        "helm install web acme/web --set global.imageRegistry=x",
        "# helm install web acme/web --set gone=1",
        "helm install web acme/web  # --set gone=1",
        "helm list --set gone=1",
    ],
)
def test_commands_that_work(command: str) -> None:
    assert commands(command, "helm install web .") == []


@pytest.mark.parametrize(
    ("command", "column"),
    [
        ("helm install web acme/web --set gone=2", 33),
        ("helm install web acme/web --set replicas=2,gone=3", 44),
        ('helm template . --set "gone=1"', 24),
        ("helm upgrade web oci://r.acme.test/c/web --set=gone.a=1", 48),
        ("helm install web . --set image.tag=a\\,b,gone={x,y}", 41),
    ],
)
def test_values_in_commands_that_do_not_exist(command: str, column: int) -> None:
    (message,) = commands(command)
    assert message.startswith("README.md:4 command sets gone")
    files = {"README.md": f"```\n{command}\n```\n", "values.yaml": "replicas: 1\nimage: {tag: ''}\n"}
    rule = RULES["docs/readme-command-broken"]
    (problem,) = [one for one in rule.check(chart_subject(rule, files)) if isinstance(one, Violation)]
    assert locate(problem.at).column == column


def test_a_command_may_set_what_the_readme_has_a_template_in_the_values_read() -> None:
    values = "bucket: {{ .Values.bucket }}"
    assert commands("config: |", f"  {values}", "helm install web acme/web --set bucket=x") == []
    assert len(commands(f"# {values.replace('bucket }', 'buckets }')}", "helm install web . --set bucket=x")) == 1


def test_a_command_over_several_lines() -> None:
    assert commands("helm install web acme/web \\", "  --set replicas=1 \\", "  --set gone=1") == [
        "README.md:6 command sets gone, which is not a value of this chart; use a key of values.yaml"
    ]


def test_a_chart_by_its_former_name() -> None:
    assert commands("helm install web acme/web-server") == [
        "README.md:4 command installs the chart web-server, but this chart is web; use web"
    ]
    assert commands("helm install web acme/web-server", "helm install web acme/web") == []
    assert commands("helm install cert-manager jetstack/cert-manager") == []


@pytest.mark.parametrize(
    "words",
    [
        "> This changelog is an archive. Future changes are documented in the project's releases.",
        "Newer releases are listed on GitHub.",
        "This file is no longer maintained.",
    ],
)
def test_a_changelog_that_is_closed_need_not_have_the_version(words: str) -> None:
    with pytest.raises(Unchecked, match="no longer maintained"):
        docs("changelog-version-missing", {"CHANGELOG.md": f"# Changelog\n\n{words}\n\n## 0.9.0\n"})


def test_words_below_an_entry_do_not_close_a_changelog() -> None:
    entry = "## 0.9.0\n\n- the archive of old releases is no longer maintained\n"
    assert len(docs("changelog-version-missing", {"CHANGELOG.md": entry})) == 1


def annotation(changes: str) -> dict[str, str]:
    text = "".join(f"    {line}\n" for line in changes.splitlines())
    return {"Chart.yaml": f"name: web\nversion: 1.0.0\nannotations:\n  artifacthub.io/changes: |\n{text}"}


def test_the_annotation_is_about_the_version_it_is_packaged_with() -> None:
    assert docs("changelog-version-missing", annotation("- Added x")) == []


@pytest.mark.parametrize(
    "changes",
    [
        "- kind: added\n  description: x\n- kind: security\n  description: y",
        "- Added x\n- y",
        "- kind: fixed\n  description: x\n  links:\n    - name: issue\n      url: https://acme.test/1",
    ],
)
def test_annotations_that_tell_the_kind_of_change(changes: str) -> None:
    assert docs("changelog-unstructured", annotation(changes)) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("- the address", "changes in artifacthub.io/changes have no kind"),
        ("- kind: feature\n  description: x", "change 1 in artifacthub.io/changes has the unknown kind feature"),
        ("- kind: added\n  description: x\n- description: y", "change 2 in artifacthub.io/changes has no kind"),
        ("some text", "artifacthub.io/changes is not a list of changes"),
        ("- [", "artifacthub.io/changes is not a list of changes"),
    ],
)
def test_annotations_that_do_not(changes: str, message: str) -> None:
    (problem,) = docs("changelog-unstructured", annotation(changes))
    assert problem.startswith(f"Chart.yaml:4 {message}")


@pytest.mark.parametrize(
    "heading",
    [
        "### ⚠ BREAKING CHANGES\n\n* x",
        "### Bug Fixes\n\n* **proxy:** x ([a1b2c3d](https://acme.test/commit/a1b2c3d)), closes [#1](https://acme.test/1)",
        "### Features\n\n* x",
        "#### 🚀 Features\n\n- x",
        "- **feat(proxy)!:** x",
        "* fix(deps): update x to v2 by @acme in #12",
    ],
)
def test_forms_of_semantic_release_and_conventional_commits(heading: str) -> None:
    text = f"# [1.0.0](https://acme.test/compare/v0.9.0...v1.0.0) (2024-01-01)\n\n\n{heading}\n"
    assert docs("changelog-unstructured", {"CHANGELOG.md": text}) == []
    assert docs("changelog-version-missing", {"CHANGELOG.md": text}) == []


def test_cells_with_pipes_code_html_and_links() -> None:
    values = "a: x|y\nb: {c: d}\ne: <none>\nf: 1\ng: text\n"
    rows = (
        '| a | string | `"x\\|y"` | Either |',
        '| [b](#b) | object | <code>{"c":"d"}</code> | See [the docs](https://acme.test/a_(b)) |',
        '| e | string | `"<none>"` | `a \\| b` |',
        '| <a name="f"></a>f | int | <pre>2</pre> | **Bold** |',
        "| ~~gone~~ | int | `1` | x |",
    )
    assert values_drift(values, helm_docs(*rows, '| g | string | `"other"` | x |')) == [
        "README.md:8 README shows 2 as the default of f, but values.yaml has 1; correct the row",
        'README.md:10 README shows "other" as the default of g, but values.yaml has "text"; correct the row',
    ]


def test_the_table_of_readme_generator() -> None:
    values = "replicas: 2\nimage:\n  tag: 1.2.3\nextra: []\nnote: ''\n"
    table = (
        "## Parameters\n\n### Common parameters\n\n| Name | Description | Value |\n|---|---|---|\n"
        "| `replicas` | Pods | `2` |\n| `image.tag` | Tag | `1.2.4` |\n| `extra` | More | `[]` |\n"
        "| `gone` | x | `1` |\n"
    )
    assert values_drift(values, table) == [
        'README.md:8 README shows 1.2.4 as the default of image.tag, but values.yaml has "1.2.3"; correct the row',
        "README.md:10 README documents gone, which is not in values.yaml; remove the row",
        'values.yaml:5 README\'s values table below "Common parameters" has no row for note; add it',
    ]


def test_a_long_default_is_cut_where_it_differs() -> None:
    same = "a" * 80
    (message,) = values_drift(f'key: ["{same}", "new"]\n', helm_docs(f'| key | list | `["{same}", "old"]` | Text |'))
    assert 'aaaa","old"]' in message
    assert 'aaaa","new"]' in message
