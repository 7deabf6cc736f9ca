"""security/unsigned: packages with a signature beside them, with none, with that of another package."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

from helm_constitution.chart.loader import load_chart
from helm_constitution.lint import registry
from helm_constitution.lint.rule import Violation
from tests.rules.support import checked, subject_of

RULE = next(rule for rule in registry.rules() if rule.id == "security/unsigned")
SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nfiles:\n  web-1.0.0.tgz: sha256:{}\n"


def package(folder: Path) -> Path:
    file = folder / "web-1.0.0.tgz"
    text = b"apiVersion: v2\nname: web\nversion: 1.0.0\n"
    with tarfile.open(file, "w:gz") as archive:
        entry = tarfile.TarInfo("web/Chart.yaml")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return file


def judge(file: Path) -> list[str]:
    outcomes = RULE.check(subject_of(RULE, checked(load_chart(file))))
    return [outcome.message for outcome in outcomes if isinstance(outcome, Violation)]


def test_a_package_without_signature(tmp_path: Path) -> None:
    assert judge(package(tmp_path)) == [
        "chart package has no .prov file; sign it with helm package --sign",
    ]


def test_a_signed_package(tmp_path: Path) -> None:
    file = package(tmp_path)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (tmp_path / "web-1.0.0.tgz.prov").write_text(SIGNED.format(digest), encoding="utf-8")
    assert judge(file) == []


def test_the_signature_of_another_package(tmp_path: Path) -> None:
    file = package(tmp_path)
    (tmp_path / "web-1.0.0.tgz.prov").write_text(SIGNED.format("0" * 64), encoding="utf-8")
    assert judge(file) == [
        "the package's .prov file belongs to another package; sign this one with helm package --sign"
    ]


def test_what_is_no_signature(tmp_path: Path) -> None:
    file = package(tmp_path)
    (tmp_path / "web-1.0.0.tgz.prov").write_bytes(b"\xff\xfe")
    assert judge(file) == ["the package's .prov file has no signature; sign the chart with helm package --sign"]
