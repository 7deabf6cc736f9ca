"""``waive`` and ``waivers``: what is written, what is refused, what is listed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.policy.new_waiver import with_waiver
from helm_constitution.text.yaml import load_document
from tests.support import WEB, write

REASONS = ("--why", "The image unpacks plugins.", "--instead", "An emptyDir hides them.")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_the_first_waiver_makes_the_configuration(tmp_path: Path) -> None:
    chart = write(tmp_path, WEB) / "web"
    run("waive", "security/privileged", str(chart), *REASONS, "--object", "Deployment/*", "--expires", "2999-12-31")
    assert (chart / ".helm-constitution.yaml").read_text() == (
        "waivers:\n"
        "  - rule: security/privileged\n"
        "    object: Deployment/*\n"
        "    why_needed: The image unpacks plugins.\n"
        "    simpler_alternative_rejected_because: An emptyDir hides them.\n"
        "    expires: '2999-12-31'\n"
    )


CONFIGURATION = """\
# Ours.
fail_on: warning   # strict
select: [security/no-digest]

waivers:
    # The first.
    - rule: values/unused
      chart: web
      why_needed: "It is for later."
      simpler_alternative_rejected_because: none
severity:
    values/unused: warning
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_quotes_order_and_line_ends_stay(newline: str) -> None:
    before = CONFIGURATION.replace("\n", newline)
    after = with_waiver(before, Path("c.yaml"), {"rule": "docs/no-readme", "chart": "web"})
    added = f"    - rule: docs/no-readme{newline}      chart: web{newline}"
    assert after.replace(added, "") == before


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_of_several_styles_only_gets_the_new_lines(newline: str, mark: str) -> None:
    head = (
        "severity:   # of all charts\n    security/pull-policy: note\n\nwaivers:\n# The first.\n"
        '- rule: "values/unused"   # kept\n  why_needed: >-\n    folded\n    text\n'
    )
    tail = "\n# Rules.\nselect:\n  - security\n"
    new = '- rule: values/undocumented\n  why_needed: "it\'s: so # yes"\n'
    waiver = {"rule": "values/undocumented", "why_needed": "it's: so # yes"}
    text = (mark + head + tail).replace("\n", newline)
    assert with_waiver(text, Path("x.yaml"), waiver) == (mark + head + new + tail).replace("\n", newline)


def test_a_waiver_in_a_repository_names_its_chart(tmp_path: Path) -> None:
    root = write(tmp_path, {**WEB, ".helm-constitution.yaml": "fail_on: warning\n", ".git/HEAD": ""})
    run("waive", "values/unused", str(root / "web"), *REASONS)
    assert (
        (root / ".helm-constitution.yaml")
        .read_text()
        .startswith("fail_on: warning\nwaivers:\n  - rule: values/unused\n    chart: web\n")
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("security/privilege", *REASONS), "unknown rule"),
        (
            ("security/privileged", *REASONS),
            "^security/privileged can't be waived: security findings must be waived one by one: name the file, ",
        ),
        (("security", *REASONS), "security findings must be waived one by one"),
        (("nothing", *REASONS), "unknown principle 'nothing'"),
        (("values/unused", "--why", " ", "--instead", "none"), "why_needed must be a non-empty string"),
        (
            ("values/unused", *REASONS, "--expires", "2999-02-30"),
            "--expires must be a date like 2030-12-31: 2999-02-30",
        ),
        (("values/unused", *REASONS, "--expires", "1.2.2999"), "--expires must be a date like 2030-12-31: 1.2.2999"),
        (("values/unused", *REASONS, "--expires", "2001-01-01"), "must not be in the past"),
        (("values/unused", *REASONS, "--container", "web"), "container requires object"),
    ],
)
def test_what_is_refused_by_hand_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    chart = write(tmp_path, WEB) / "web"
    rule, *others = arguments
    with pytest.raises(ConfigurationError, match=message):
        run("waive", rule, str(chart), *others)
    assert not (chart / ".helm-constitution.yaml").exists()


def test_a_fault_in_another_waiver_is_named_with_its_line(tmp_path: Path) -> None:
    chart = write(tmp_path, WEB) / "web"
    text = "waivers:\n  - {principle: dosc, why_needed: a, simpler_alternative_rejected_because: b}\n"
    write(chart, {".helm-constitution.yaml": text})
    with pytest.raises(ConfigurationError, match=r"^.*\.helm-constitution\.yaml:2: unknown principle 'dosc'"):
        run("waive", "values/unused", str(chart), *REASONS)
    assert (chart / ".helm-constitution.yaml").read_text() == text


def test_the_same_waiver_twice_is_refused_and_another_scope_is_not(tmp_path: Path) -> None:
    chart = write(tmp_path, WEB) / "web"
    run("waive", "values/unused", str(chart), *REASONS, "--values", "a")
    configuration = chart / ".helm-constitution.yaml"
    before = configuration.read_text("utf-8")
    with pytest.raises(ConfigurationError, match=r"yaml:2: values/unused is already waived here; change this waiver"):
        run("waive", "values/unused", str(chart), "--why", "x", "--instead", "y", "--values", "a")
    assert configuration.read_text("utf-8") == before
    run("waive", "values/unused", str(chart), *REASONS, "--values", "b")
    assert configuration.read_text("utf-8").count("values/unused") == 2


@pytest.mark.parametrize(
    "text", ["y", "yes", "No", "on", "012", "1e3", "1:30", "~", "null", "2030-01-01", "a: b", "#x"]
)
def test_a_reason_stays_a_text_whatever_yaml_would_read(tmp_path: Path, text: str) -> None:
    chart = write(tmp_path, WEB) / "web"
    run("waive", "values/unused", str(chart), "--why", text, "--instead", text)
    document = load_document((chart / ".helm-constitution.yaml").read_text("utf-8"), ".helm-constitution.yaml")
    waiver = document.view.get("waivers", 0)
    assert (waiver.get("why_needed").data, waiver.get("simpler_alternative_rejected_because").data) == (text, text)


def test_a_folder_without_a_chart_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no Chart\.yaml"):
        run("waive", "values/unused", str(tmp_path), *REASONS)


@pytest.mark.helm
def test_waivers_are_listed_with_their_age_use_and_last_day(tmp_path: Path) -> None:
    root = write(tmp_path, WEB)
    run("waive", "security/privileged", str(root / "web"), *REASONS, "--object", "Deployment/*", "--container", "web")
    line = f"{root / 'web'}: 1 waiver\n  security/privileged [object Deployment/*, container web] "
    listed = run("waivers", "--engine", "embedded", str(root / "web"))
    assert listed.startswith(f"{line}({tmp_path}/web/.helm-constitution.yaml:2): used for 1 finding, ")
    assert "no last day: The image unpacks plugins." in listed
    environment = {**os.environ, "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z", "GIT_CONFIG_GLOBAL": os.devnull}
    identity = ("-c", "user.name=A", "-c", "user.email=a@acme.test")
    for arguments in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "Begin")):
        subprocess.run(["git", "-C", str(root), *arguments], check=True, env=environment)
    assert " days old, no last day" in run("waivers", "--engine", "embedded", str(root / "web"))
