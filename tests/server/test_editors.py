"""The set-ups for editors name files that exist, and options that the server has."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import click

from helm_constitution.cli.server import command

ROOT = Path(__file__).parents[2]
VSCODE = ROOT / "editors" / "vscode"
MADE = {"./dist/extension.js", "./schema.json", "dist/extension.js", "schema.json", "LICENSE"}
"""What ``make vscode`` makes."""
OPTIONS = {option: parameter for parameter in command.params for option in parameter.opts}


def test_the_manifest_names_files_that_exist() -> None:
    manifest = json.loads((VSCODE / "package.json").read_text("utf-8"))
    named = [manifest["main"], *manifest["files"], *(one["url"] for one in manifest["contributes"]["yamlValidation"])]
    assert [name for name in named if name not in MADE and not (VSCODE / name).is_file()] == []
    assert manifest["scripts"]["build"].split()[1] == "extension.js"
    assert (VSCODE / "extension.js").is_file()
    assert (VSCODE / "server.js").is_file()


def test_the_settings_are_those_that_the_server_is_started_with() -> None:
    manifest = json.loads((VSCODE / "package.json").read_text("utf-8"))
    settings = manifest["contributes"]["configuration"]["properties"]
    script = (VSCODE / "server.js").read_text("utf-8")
    assert {f"helm-constitution.{name}" for name in re.findall(r'setting\("(\w+)"\)', script)} == settings.keys()
    assert set(re.findall(r'"(--\w+)"', script)) <= OPTIONS.keys()
    assert re.findall(r'\["(\w+)", "--', script) == [command.name]


def test_a_setting_offers_the_choices_of_its_option() -> None:
    manifest = json.loads((VSCODE / "package.json").read_text("utf-8"))
    settings = manifest["contributes"]["configuration"]["properties"]
    for name in ("scenarios", "engine"):
        kind = OPTIONS[f"--{name}"].type
        assert isinstance(kind, click.Choice)
        assert settings[f"helm-constitution.{name}"]["enum"] == list(kind.choices)
        assert settings[f"helm-constitution.{name}"]["default"] == OPTIONS[f"--{name}"].default


def test_commands_are_registered() -> None:
    manifest = json.loads((VSCODE / "package.json").read_text("utf-8"))
    script = (VSCODE / "extension.js").read_text("utf-8")
    commands = [one["command"] for one in manifest["contributes"]["commands"]]
    assert commands == re.findall(r'registerCommand\("([\w.-]+)"', script)


def test_the_extension_for_zed_starts_the_server() -> None:
    manifest = tomllib.loads((ROOT / "editors" / "zed" / "extension.toml").read_text("utf-8"))
    source = (ROOT / "editors" / "zed" / "src" / "lib.rs").read_text("utf-8")
    assert list(manifest["language_servers"]) == ["helm-constitution"]
    assert f'vec!["{command.name}".into()]' in source


def test_the_guide_shows_settings_that_can_be_read() -> None:
    page = (ROOT / "docs" / "how-to" / "editors.md").read_text("utf-8")
    helix = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    assert [one["language-server"]["helm-constitution"]["args"] for one in helix] == [[command.name]]
    assert all("helm-constitution" in language["language-servers"] for one in helix for language in one["language"])
    zed = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    assert [one["languages"]["YAML"]["language_servers"] for one in zed] == [["helm-constitution", "..."]]
