"""Secrets in reports: hidden in every message and source line, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Base, Finding, Location, Severity
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.lint.redaction import Secrets, masked
from tests.support import check_chart, write

HERE = Location(Base.CHART, "values.yaml", 3)
THERE = Location(Base.CHART, "values.yaml", 9)
SECRET = "kW9fTz2q" + "7LxVb4Rm"


def hidden(secrets: Secrets, line: str, at: Location = HERE, message: str = "") -> tuple[str | None, str]:
    finding = Finding("values/unused", "values", (), Severity.ERROR, message, at, source_line=line)
    found = secrets.hide(finding)
    return found.source_line, found.message


def secrets(*texts: str) -> Secrets:
    found = Secrets()
    found.add(HERE, texts)
    return found


def test_the_line_of_a_secret() -> None:
    assert hidden(secrets(SECRET), f"  password: {SECRET} # of the cache") == ("  password: kW9… # of the cache", "")
    assert hidden(secrets("ab"), "pin: ab") == ("pin: ab…", "")
    assert hidden(secrets("pass"), "  password: pass") == ("  password: pa…", "")
    assert hidden(secrets(SECRET), f"{SECRET}: {SECRET}") == ("kW9…: kW9…", "")


def test_a_secret_of_one_line_in_another_rules_finding() -> None:
    at_another = hidden(secrets(SECRET), f"token: {SECRET}", THERE, f"is fixed to {SECRET}")
    assert at_another == ("token: kW9…", "is fixed to kW9…")


def test_a_word_is_hidden_where_it_is_a_secret_only() -> None:
    found = secrets("postgres")
    assert hidden(found, "password: postgres", HERE, "password is postgres") == ("password: pos…", "password is pos…")
    assert hidden(found, "image: postgres", THERE, "the image postgres") == ("image: postgres", "the image postgres")
    assert hidden(secrets("prom-operator"), "name: prom-operator", THERE) == ("name: prom-operator", "")


def test_a_secret_that_is_written_in_another_form() -> None:
    assert hidden(secrets('a"b'), 'password: "a\\"b"') == ("password: …", "")
    assert hidden(secrets("a secret of\nseveral lines"), "- key: |") == ("- key: …", "")
    assert hidden(secrets("word1234"), "nothing like a key") == ("…", "")


def test_each_line_of_a_longer_secret() -> None:
    found = secrets(f"-----BEGIN-----\n{SECRET}\n{SECRET[::-1]}")
    assert hidden(found, f"    {SECRET[::-1]}", THERE) == ("    mR4…", "")


def test_nothing_to_hide() -> None:
    assert hidden(Secrets(), "a: b", HERE, "m") == ("a: b", "m")


@given(st.text())
def test_a_mask_never_shows_more_than_three_characters(value: str) -> None:
    assert len(masked(value)) <= 4
    assert masked(value).endswith("…")


def test_no_line_or_fix_of_a_report_shows_what_a_key_above_or_a_secret_holds(
    tmp_path: Path, embedded: EmbeddedEngine
) -> None:
    values = """
        auth:
          credentials:
            bob: kanari-one
          password: kanari-two
        tokens: [kanari-three]
        """
    secret = """
        apiVersion: v1
        kind: Secret
        metadata:
          name: s
        data:
          k: "kanari-four!"
          {{ .Values.auth.password }}: ""
        """
    row = "| auth.password | string | `kanari-five` | The password |\n"
    files = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/values.yaml": values,
        "web/templates/secret.yaml": secret,
        "web/README.md": f"# web\n\n## Values\n\n| Key | Type | Default | Description |\n|-|-|-|-|\n{row}",
    }
    report = check_chart(write(tmp_path, files) / "web", embedded, CheckOptions(sources=True))
    lines = {one.source_line for one in report.findings}
    assert {"    bob: …", "tokens: …", "  k: …", "| auth.password | string | … | The password |"} <= lines
    assert "kanari" not in repr(report)
