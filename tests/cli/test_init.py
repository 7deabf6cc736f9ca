"""``init``, and the JSON Schema of the configuration, against the parser and the examples."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_constitution.cli import init as starter
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.lint import registry
from helm_constitution.policy import configuration as config
from helm_constitution.policy import scenario_settings, waivers
from helm_constitution.policy.constitution import parse_constitution
from helm_constitution.policy.faults import constitution_faults
from helm_constitution.policy.rule_selection import match
from scripts.fetch_wheels import ROOT
from tests.support import WEB, write

pytestmark = pytest.mark.helm

SCHEMA = json.loads((Path(config.__file__).parent.parent / "data" / "configuration.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "helm_constitution", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


# --- init -------------------------------------------------------------------------------------------------------------


def test_init_writes_both_files_and_a_check_takes_them(tmp_path: Path) -> None:
    done = run(tmp_path, "init")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "written: constitution.md\nwritten: .helm-constitution.yaml\n"
    write(tmp_path, WEB | {"constitution.md": (tmp_path / "constitution.md").read_text("utf-8"), ".git/HEAD": ""})
    done = run(tmp_path, "check", "web", "--engine", "embedded")
    assert done.returncode == 1
    assert "constitution: constitution.md 1.0.0" in done.stdout


def test_init_follows_spec_kit_where_it_is_used(tmp_path: Path) -> None:
    (tmp_path / ".specify").mkdir()
    assert starter.init(tmp_path)[0] == "written: .specify/memory/constitution.md"
    assert not (tmp_path / "constitution.md").exists()


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    starter.init(tmp_path)
    assert starter.init(tmp_path) == [
        "constitution.md already exists; left unchanged",
        ".helm-constitution.yaml already exists; left unchanged",
    ]


def test_a_constitution_that_a_team_has_stays(tmp_path: Path) -> None:
    place = tmp_path / ".specify" / "memory" / "constitution.md"
    place.parent.mkdir(parents=True)
    place.write_text("mine\n")
    assert starter.init(tmp_path) == [
        "left unchanged: .specify/memory/constitution.md",
        "written: .helm-constitution.yaml",
    ]
    assert place.read_text() == "mine\n"
    assert starter.init(tmp_path, force=True)[0] == "replaced: .specify/memory/constitution.md"


def test_a_configuration_that_init_did_not_write_is_replaced_only_by_force(tmp_path: Path) -> None:
    name = ".helm-constitution.yaml"
    (tmp_path / name).write_text("mine\n")
    done = run(tmp_path, "init")
    assert done.returncode == 2
    assert f"{name}: already exists with other content" in done.stderr
    assert [file.name for file in tmp_path.iterdir() if file.name != "cache"] == [name]
    assert (tmp_path / name).read_text() == "mine\n"
    assert f"replaced: {name}" in run(tmp_path, "init", "--force").stdout
    assert (tmp_path / name).read_text() != "mine\n"


def test_where_nothing_can_be_written_init_says_so(tmp_path: Path) -> None:
    (tmp_path / ".specify").mkdir()
    (tmp_path / ".specify" / "memory").write_text("a file\n")
    with pytest.raises(ConfigurationError, match="can't be created"):
        starter.init(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "constitution.md").mkdir()
    with pytest.raises(ConfigurationError, match="already exists with other content"):
        starter.init(tmp_path / "x")


def test_the_starter_constitution_has_no_faults_and_demands_what_the_built_in_one_does() -> None:
    text = starter.starter_constitution()
    modules = registry.modules()
    assert constitution_faults(text, "c.md", modules) == []
    assert "applies where a repository has none" not in text
    built_in = (Path(config.__file__).parent.parent / "data" / "constitution.md").read_text("utf-8")
    demanded = [match(parse_constitution(one, "c.md", modules), modules).rules for one in (text, built_in)]
    assert {rule.id for rule in demanded[0]} == {rule.id for rule in demanded[1]}


# --- the schema, and what is shipped and documented -------------------------------------------------------------------


def test_the_schema_is_valid_and_knows_what_the_parser_knows() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert tuple(SCHEMA["properties"]) == config.KEYS
    assert tuple(SCHEMA["properties"]["charts"]["additionalProperties"]["properties"]) == config.CHART_KEYS
    assert tuple(SCHEMA["definitions"]["waiver"]["properties"]) == waivers.KEYS
    assert tuple(SCHEMA["definitions"]["scenario"]["properties"]) == scenario_settings.KEYS
    assert tuple(SCHEMA["definitions"]["fail_on"]["enum"]) == config.FAIL_ON


def test_the_program_prints_the_schema(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "schema").stdout) == SCHEMA


def plain(text: str) -> Any:
    """YAML as the configuration is read: days stay text."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def uncommented() -> str:
    return "".join(
        line[1:] if re.match(r"#\S|#  ", line) else line
        for line in starter.starter_configuration().splitlines(keepends=True)
    )


def readme_examples() -> list[str]:
    """The README's examples of configurations."""
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return [block for block in blocks if re.match(rf"(?:#.*\n)*(?:{'|'.join(config.KEYS)}):", block)]


def test_the_examples_satisfy_the_schema() -> None:
    examples = readme_examples()
    assert len(examples) >= 2
    for text in (*examples, uncommented()):
        errors = [
            error.message
            for error in VALIDATOR.iter_errors(plain(text))
            if "is not of type" not in error.message  # BaseLoader reads numbers as text
        ]
        assert errors == [], text


def test_the_starter_configuration_is_read_commented_and_not(tmp_path: Path) -> None:
    files = {"constitution.md": "", "charts/web/Chart.yaml": WEB["web/Chart.yaml"], "charts/legacy-a/Chart.yaml": ""}
    write(tmp_path, {**files, "schemas/acme.io/queue_v1.json": "{}"})
    file = tmp_path / ".helm-constitution.yaml"
    file.write_text(starter.starter_configuration(), "utf-8")
    assert config.load_configuration(file, tmp_path / "charts/web").select == ()
    file.write_text(uncommented(), "utf-8")
    found = config.load_configuration(file, tmp_path / "charts/web")
    assert found.select == ("security/no-digest",)
    assert found.parameters == {"templates/nesting-depth": {"limit": 4}}
    assert [waiver.rule for waiver in found.waivers] == ["security/writable-root"]


# --- the schema and the parser ----------------------------------------------------------------------------------------

VALID: dict[str, Any] = {
    "constitution": "ours.md",
    "select": ["docs", "security/no-digest"],
    "ignore": ["docs/no-diagram"],
    "severity": {"values/unused": "note"},
    "parameters": {"templates/nesting-depth": {"limit": 4}},
    "fail_on": "never",
    "release": "bot",
    "plan": "ours.md",
    "scenarios": [
        {
            "name": "prod",
            "values": ["web/values.yaml"],
            "set": ["a=b"],
            "release_name": "web",
            "namespace": "prod",
            "is_upgrade": True,
            "kube_version": "1.30",
            "api_versions": ["a/v1"],
        }
    ],
    "rules": [],
    "waivers": [
        {
            "rule": "security/root-user",
            "chart": "web",
            "file": "templates/*",
            "object": "Deployment/web",
            "container": "web",
            "values": "a.b",
            "why_needed": "x",
            "simpler_alternative_rejected_because": "y",
            "expires": "2030-12-31",
            "approved_by": "z",
        },
        {"principle": "docs", "chart": "web", "why_needed": "x", "simpler_alternative_rejected_because": "y"},
    ],
    "charts": {"web": {"fail_on": "note", "select": ["docs"], "severity": {"values/unused": "error"}}},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, the root first."""
    found = [path]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found.extend(places(child, (*path, key)))
    return found


PLACES = places(VALID)
WRONG = st.sampled_from([None, True, 7, "", "  ", [], {}, ["x"], [7], {"x": 1}])


def changed(changes: list[tuple[int, str, Any]]) -> dict[str, Any]:
    document = copy.deepcopy(VALID)
    for number, kind, value in changes:
        path = PLACES[number % len(PLACES)]
        holder: Any = document
        try:
            for step in path[:-1]:
                holder = holder[step]
            if kind == "remove" and path:
                del holder[path[-1]]
            elif kind == "replace" and path:
                holder[path[-1]] = copy.deepcopy(value)
            elif kind == "add":
                target = holder[path[-1]] if path else holder
                if isinstance(target, dict):
                    target["extra"] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took that place away
    return document


ONLY_THE_PARSER = re.compile(
    r"unknown (rule|parameter)|no such (file|chart)|rule pack|no folder matches|its chart|an integer|be text$"
    r"|duplicate scenario|kube_version|kube-version|limit must"
)
"""What no schema can know: names, files, and the types of one rule's parameters."""


@settings(max_examples=250)
@given(
    st.lists(
        st.tuples(st.integers(0, len(PLACES) - 1), st.sampled_from(["remove", "replace", "add"]), WRONG), max_size=2
    )
)
def test_the_schema_accepts_what_the_parser_accepts(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str, Any]]
) -> None:
    document = changed(changes)
    root = tmp_path_factory.getbasetemp() / "schema"
    write(root, {**WEB, "ours.md": ""})
    file = root / ".helm-constitution.yaml"
    file.write_text(json.dumps(document), "utf-8")
    refused = None
    try:
        config.load_configuration(file, root / "web")
    except ConfigurationError as error:
        refused = error.message
    if refused is None:
        assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    elif not ONLY_THE_PARSER.search(refused):
        assert not VALIDATOR.is_valid(document), refused


def test_what_is_valid_is_valid(tmp_path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(VALID)] == []
    write(tmp_path, {**WEB, "ours.md": "", ".helm-constitution.yaml": json.dumps(VALID)})
    found = config.load_configuration(tmp_path / ".helm-constitution.yaml", tmp_path / "web")
    assert len(found.waivers) == 2
    assert found.scenarios[0].name == "prod"


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "selct: [docs]",
        "select: docs",
        "ignore: [Docs]",
        "severity: {docs: note}",
        "severity: {docs/no-readme: bad}",
        "parameters: {templates/nesting-depth: 4}",
        "fail_on: errors",
        "release: human",
        "constitution: ''",
        "charts: [a]",
        "charts: {web: {waivers: []}}",
        "scenarios: [{name: defaults}]",
        "scenarios: [{name: a, valus: []}]",
        "waivers: [{why_needed: a, simpler_alternative_rejected_because: b}]",
        "waivers: [{rule: docs/no-readme, why_needed: a}]",
        "waivers: [{rule: docs/no-readme, why_needed: '', simpler_alternative_rejected_because: b}]",
        "waivers: [{rule: docs/no-readme, principle: docs, why_needed: a, simpler_alternative_rejected_because: b}]",
        "waivers: [{principle: security, why_needed: a, simpler_alternative_rejected_because: b}]",
        "waivers: [{rule: security/root-user, why_needed: a, simpler_alternative_rejected_because: b}]",
        "waivers: [{rule: docs/x, container: a, why_needed: a, simpler_alternative_rejected_because: b}]",
        "waivers: [{rule: docs/x, object: web, why_needed: a, simpler_alternative_rejected_because: b}]",
        "waivers: [{rule: docs/x, expires: soon, why_needed: a, simpler_alternative_rejected_because: b}]",
    ],
)
def test_an_editor_shows_what_the_program_would_refuse(text: str) -> None:
    assert not VALIDATOR.is_valid(plain(text))
