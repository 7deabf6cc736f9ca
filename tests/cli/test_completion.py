"""What Tab offers: by the program itself, in a real bash, and the scripts for the other shells."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from helm_constitution.cli.completion import rule_ids, script
from helm_constitution.cli.main import cli
from helm_constitution.lint import registry

PROGRAM = Path(sys.executable).parent / "helm-constitution"


def offered(*words: str) -> list[str]:
    """What is offered for the last word, as bash is told it; ``file`` where file names are."""
    completion_class = get_completion_class("bash")
    assert completion_class is not None
    completion = completion_class(cli, {}, "helm-constitution", "_HELM_CONSTITUTION_COMPLETE")
    items = completion.get_completions(list(words[:-1]), words[-1])
    return [item.value if item.type == "plain" else item.type for item in items]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ch",), ["check"]),
        (("comp",), ["completion"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("constitution", ""), ["check", "pin", "show"]),
        (("explain", "security/root-us"), ["security/root-user"]),
        (("check", "--select", "values/undoc"), ["values/undocumented"]),
        (("check", "--ignore", "docs,values/undoc"), ["docs,values/undocumented"]),
        (("check", "--format", "g"), ["github", "gitlab"]),
        (("check", "--kube"), ["--kube-version"]),
        (("check", "char"), ["file"]),
        (("check", "-f", ""), ["file"]),
        (("check", "--constitution", ""), ["file"]),
        (("check", "--output", "re"), ["file"]),
        (("constitution", "check", ""), ["file"]),
    ],
)
def test_commands_options_rules_and_files(words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_rules_of_a_teams_own_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = str(Path(__file__).parents[2] / "examples" / "rule-pack" / "src")
    assert offered("explain", "--rules", pack, "acme/no-ow") == ["acme/no-owner"]
    assert offered("check", "--rules", pack, "--select", "acme/no-ow") == ["acme/no-owner"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".helm-constitution.yaml").write_text("rules: [not-installed]\n")
    assert offered("explain", "security/root-us") == ["security/root-user"]


def test_a_rule_is_offered_with_what_it_finds_and_a_module_for_all_its_rules() -> None:
    modules = registry.modules()
    assert len(rule_ids("", modules)) == len(registry.rules()) + len(registry.modules())
    module, *rules = rule_ids("security", modules)
    assert (module.value, module.help) == ("security", "all rules of Security by Default")
    assert all(item.value.startswith("security/") and item.help for item in rules)
    assert rule_ids("nothing", modules) == []


@pytest.mark.parametrize(
    ("shell", "command"),
    [
        ("bash", "complete -o nosort -F _helm_constitution_completion helm-constitution"),
        ("zsh", "compdef _helm_constitution_completion helm-constitution"),
        ("fish", "complete --no-files --command helm-constitution"),
    ],
)
def test_each_shell_gets_its_script(shell: str, command: str) -> None:
    text = script(cli, shell)
    assert command in text
    assert f"_HELM_CONSTITUTION_COMPLETE={shell}_complete" in text


def in_bash(folder: Path, *typed: str) -> str:
    """What an interactive bash shows when this is typed, a line after the other."""
    ours, theirs = pty.openpty()
    bash = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env={"PATH": f"{PROGRAM.parent}:/usr/bin:/bin", "PS1": "ready> ", "TERM": "dumb", "HOME": str(folder)},
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    try:
        for text in ('eval "$(helm-constitution completion bash)"\n', *typed):
            shown += read_until(ours, "ready> ")
            os.write(ours, text.encode())
        return shown + read_until(ours, "ready> ")
    finally:
        bash.kill()
        bash.wait()
        os.close(ours)


def read_until(terminal: int, words: str) -> str:
    """Reads from a terminal up to these words.

    Raises:
        TimeoutError: where they don't come within five minutes.
    """
    shown = ""
    end = time.monotonic() + 300
    while not shown.endswith(words):
        if time.monotonic() > end:
            raise TimeoutError(shown)
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 65536).decode()
    return shown


def test_tab_in_bash(tmp_path: Path) -> None:
    (tmp_path / "our principles.md").write_text("# C\n\n## A\n\nX MUST be.\n")
    shown = in_bash(
        tmp_path,
        "helm-constitution expl\tsecurity/root-us\t\n",
        "helm-constitution constitution check our\t\n",
    )
    assert "security/root-user: Container may run as root." in shown
    assert "our principles.md: " in shown
