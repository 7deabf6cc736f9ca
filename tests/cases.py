"""Cases: charts that break a rule or keep it, written down as what differs from the base chart.

A case is a folder ``testdata/charts/cases/<rule id>/bad*`` or ``good*``. Its files replace those of
``testdata/charts/base`` or come on top; an empty file ``X.absent`` takes ``X`` away. ``expect.txt`` beside them has a
line for each finding: where (``file``, ``file:line``, or ``-`` for no file), a space, and a part of the message.

Of a rule that compares, the baseline is the base chart with what stands in the case's folder ``baseline`` on top;
``old-values.yaml`` are a user's values for it. ``file`` is ``baseline:file`` where a finding is placed there, the bare
name where it is placed outside of both charts.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from helm_constitution.core.model import Base, Finding

CHARTS = Path(__file__).parent.parent / "testdata" / "charts"
BASE = CHARTS / "base"
CASES = CHARTS / "cases"
EXPECT = "expect.txt"
BASELINE = "baseline"
OLD_VALUES = "old-values.yaml"
FIX = "fix.diff"

_LINE = re.compile(r"(?P<file>\S+?)(?::(?P<line>\d+))? (?P<message>\S.*)")


@dataclass(frozen=True)
class Case:
    """One case: which rule, its folder, and whether the rule is broken there."""

    rule: str
    folder: Path

    @property
    def bad(self) -> bool:
        return self.folder.name.startswith("bad")

    def __str__(self) -> str:
        return f"{self.rule}/{self.folder.name}"


@dataclass(frozen=True)
class Expected:
    """A line of ``expect.txt``. No ``line`` means any; no ``file`` that the finding has none."""

    file: str | None
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.file or "-"
        return f"{place if self.line is None else f'{place}:{self.line}'} {self.message}"

    def describes(self, finding: Finding) -> bool:
        place = finding.location
        return _file(finding) == self.file and self.line in (None, place.line) and self.message in finding.message


def find_cases(root: Path) -> Iterator[Case]:
    """Every case below ``root``, in order.

    Raises:
        ValueError: a folder or file stands where it belongs to no case.
    """
    for module in sorted(root.iterdir()):
        for rule in sorted(module.iterdir()) if module.is_dir() else (module,):
            for folder in sorted(rule.iterdir()) if rule.is_dir() else (rule,):
                if not folder.is_dir() or not folder.name.startswith(("bad", "good")):
                    raise ValueError(f"{folder.relative_to(root)} is no case: cases are <module>/<rule>/bad* or good*")
                yield Case(f"{module.name}/{rule.name}", folder)


def read_expected(text: str) -> list[Expected]:
    """The findings that an ``expect.txt`` names.

    Raises:
        ValueError: for a line of another form.
    """
    expected = []
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"not `file message` or `file:line message`: {line!r}")
        number = found["line"]
        file = found["file"]
        expected.append(Expected(None if file == "-" else file, int(number) if number else None, found["message"]))
    return expected


def lay_out(overlay: Path, target: Path, base: Path = BASE) -> None:
    """Makes the chart of a case in ``target``: the base with the case's files on top.

    Raises:
        ValueError: ``X.absent`` for an X that the base doesn't have, or a file that is the base's own, byte for byte.
    """
    shutil.copytree(base, target)
    files = sorted(path for path in overlay.rglob("*") if path.is_file())
    for file in sorted(files, key=lambda path: path.suffix != ".absent"):  # what is taken away may be made anew
        name = file.relative_to(overlay)
        if name in (Path(EXPECT), Path(OLD_VALUES), Path(FIX)) or name.parts[0] == BASELINE:
            continue
        if name.suffix == ".absent":
            gone = target / name.with_suffix("")
            if not gone.exists():
                raise ValueError(f"{overlay.name}/{name}: the base chart has no {name.with_suffix('')}")
            shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
            continue
        content = file.read_bytes()
        if (base / name).is_file() and (base / name).read_bytes() == content:
            raise ValueError(f"{overlay.name}/{name} is the base chart's own file; leave it out")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)


def differences(expected: Iterable[Expected], findings: Sequence[Finding]) -> list[str]:
    """What was expected and not found (``- …``), found and not expected (``+ …``). Each line takes one finding."""
    left = list(findings)
    missing = []
    # The most definite first, so that `values.yaml x` doesn't take the finding that `values.yaml:7 x` means.
    for line in sorted(expected, key=lambda line: (line.line is None, -len(line.message))):
        match = next((finding for finding in left if line.describes(finding)), None)
        if match is None:
            missing.append(f"- {line}")
        else:
            left.remove(match)
    return missing + [f"+ {shown(finding)}" for finding in left]


def shown(finding: Finding) -> str:
    """A finding as ``expect.txt`` would name it."""
    return str(Expected(_file(finding), finding.location.line, finding.message))


def _file(finding: Finding) -> str | None:
    place = finding.location
    if place.file is not None and place.base is Base.ABSOLUTE:
        return Path(place.file).name
    return f"{BASELINE}:{place.file}" if place.base is Base.BASELINE else place.file
