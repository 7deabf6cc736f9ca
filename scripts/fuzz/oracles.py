"""What must hold of every run: each oracle gives a fault, or nothing."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import subprocess
import traceback
from collections.abc import Hashable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import jsonschema

from helm_constitution.core.errors import ConstitutionError
from helm_constitution.helm.protocol import FailureKind, RenderOutput
from helm_constitution.report.model import RunReport

ROOT = Path(__file__).parents[2]
_SARIF = jsonschema.Draft4Validator(
    json.loads((ROOT / "testdata" / "schemas" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
)
_MAY_BE_GIVEN = (FailureKind.REQUIRED, FailureKind.SCHEMA)
_RANDOM = re.compile(r"\b(rand\w+|gen\w+|uuidv4|htpasswd|bcrypt|now|date\w*|ago|shuffle|encryptAES)\b")
_LIBRARY = "library charts are not installable"
_COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)


class Rendering(NamedTuple):
    """What ``helm template`` said: its exit status, and the objects or else the error."""

    status: int
    text: str


class Fault(NamedTuple):
    """What went wrong. ``kind`` and ``where`` are the same for faults that are alike."""

    kind: str
    where: str
    detail: str

    @property
    def name(self) -> str:
        """A name for a folder."""
        digest = hashlib.sha256(f"{self.kind} {self.where}".encode()).hexdigest()[:8]
        return f"{re.sub(r'[^A-Za-z0-9]+', '-', f'{self.kind} {self.where}')[:80].strip('-')}-{digest}"


def of_exception(error: BaseException) -> Fault | None:
    """What an exception that left the pipeline tells: only those that are meant for users may."""
    if isinstance(error, ConstitutionError):
        return None
    trace = "".join(traceback.format_exception(error))
    kind = "traceback" if isinstance(error, Exception) else "time"
    return Fault(kind, f"{type(error).__name__} {_innermost(error)}", trace[-6000:])


def _innermost(error: BaseException) -> str:
    """The innermost place in our own code."""
    frames = traceback.extract_tb(error.__traceback__)
    foreign = ("site-packages", "/lib/python", "/scripts/fuzz/")
    own = [one for one in frames if not any(name in one.filename for name in foreign)]
    last = (own or frames)[-1] if frames else None
    return f"{Path(last.filename).parent.name}/{Path(last.filename).name}:{last.name}" if last is not None else ""


def of_trace(text: str) -> str:
    """The innermost place of our own that a printed trace names, and the exception."""
    places = re.findall(r'File "[^"]*/(?:helm_constitution|rules)/([^"]+)", line \d+, in (\S+)', text)
    last = text.strip().splitlines()[-1].partition(":")[0] if text.strip() else ""
    return f"{last} {places[-1][0]}:{places[-1][1]}" if places else last


def of_end(done: subprocess.CompletedProcess[bytes]) -> Iterator[Fault]:
    """The exit status of a whole program is 0, 1 or 2, and it prints no trace."""
    errors = done.stderr.decode("utf-8", "replace")
    if done.returncode not in (0, 1, 2) or "internal error" in errors:
        yield Fault("exit status", f"{done.returncode} {of_trace(errors)}", errors[-4000:])
    elif "Traceback" in errors:
        yield Fault("traceback", of_trace(errors), errors[-4000:])


def of_reports(run: RunReport) -> Iterator[Fault]:
    """What reports must not hold: crashes of rules, an exit status that there isn't."""
    if run.status not in (0, 1, 2):
        yield Fault("exit status", str(run.status), "")
    for chart in run.charts:
        for trouble in chart.troubles:
            if trouble.kind == "crash":
                trace = trouble.traceback or ""
                yield Fault("crashed rule", f"{trouble.rule} {of_trace(trace)}", trace[-4000:] or trouble.message)


def of_helms_word(output: RenderOutput) -> Iterator[Fault]:
    """What helm refuses must not have passed; input that the chart asks for may come from another scenario.

    A library chart is for others to render.
    """
    refused = [error for error in output.errors if error.kind not in _MAY_BE_GIVEN and _LIBRARY not in error.text]
    if refused:
        yield Fault("wrong pass", refused[0].kind, refused[0].text[:2000])


def of_helms_run(status: int, helm_status: int, said: str) -> Iterator[Fault]:
    """The same for helm's own exit status, where another program of ours says nothing of why."""
    asks = any(
        words in said for words in ("execution error at", "don't meet the specifications of the schema", _LIBRARY)
    )
    if helm_status != 0 and not asks and status == 0:
        yield Fault("wrong pass", "helm template", said[:2000])


def of_formats(texts: Mapping[str, str]) -> Iterator[Fault]:
    """Each format's own form: JSON, SARIF by its schema, XML; nothing in any that a terminal or a runner obeys."""
    for form, text in texts.items():
        try:
            text.encode("utf-8")
            if form in ("json", "gitlab", "sarif"):
                data = json.loads(text, parse_constant=_no_number)
                if form == "sarif":
                    _SARIF.validate(_one_of_each(data))
            elif form == "junit":
                ElementTree.fromstring(text)
        except (ValueError, ElementTree.ParseError, jsonschema.ValidationError) as error:
            yield Fault("format", f"{form} {type(error).__name__}", str(error)[:2000])
        if not text.replace("\n", "").isprintable():
            odd = next(one for one in text if one != "\n" and not one.isprintable())
            yield Fault("steering character", f"{form}", f"{odd!r} in {text[max(text.index(odd) - 200, 0) :][:400]!r}")
        if form != "github" and (found := _COMMAND.search(text)):
            yield Fault("command", form, text[max(found.start() - 100, 0) :][:400])


def _one_of_each(data: Any) -> Any:
    """A document in which lists hold one of their parts that are of the same shape: the schema takes its time."""
    if isinstance(data, dict):
        return {key: _one_of_each(part) for key, part in data.items()}
    if isinstance(data, list):
        parts = [_one_of_each(part) for part in data]
        return list({_shape(part): part for part in parts}.values())
    return data


def _shape(data: Any) -> Hashable:
    if isinstance(data, dict):
        return tuple((key, _shape(part)) for key, part in data.items())
    if isinstance(data, list):
        return tuple(_shape(part) for part in data)
    return type(data).__name__


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def is_random(chart: Path) -> bool:
    """Whether templates may render something else each time."""
    files = (path for path in chart.rglob("*") if path.suffix in (".yaml", ".yml", ".tpl", ".txt", ".tgz"))
    return any(
        path.suffix == ".tgz" or _RANDOM.search(path.read_bytes().decode("utf-8", "replace"))
        for path in files
        if path.is_file()
    )


def state_of(root: Path) -> dict[str, tuple[int, int]]:
    """Each file of a workspace with its size and the time of its last change."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        if not path.is_dir():
            found[str(path.relative_to(root))] = (status.st_size, status.st_mtime_ns)
    return found


def of_files(before: Mapping[str, object], after: Mapping[str, object], written: tuple[str, ...]) -> Iterator[Fault]:
    """Only what a command writes may have changed, and nothing half-written is left.

    ``written`` are beginnings and ends of names, below the workspace.
    """
    changed = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    for name in sorted(changed):
        is_expected = name.startswith(written) or name.endswith(written)
        if not is_expected or name.endswith(".part"):
            yield Fault("written file", Path(name).name if is_expected else "unexpected", name)


def of_fixes(before: Rendering, after: Rendering, *, is_safe: bool) -> Iterator[Fault]:
    """What rendered before still does, and to the same lines where only safe fixes were applied.

    Args:
        before: what ``helm template`` returned and printed before the fixes.
        after: the same behind them.
        is_safe: whether only safe ones were applied.
    """
    if before.status == 0 and after.status != 0:
        yield Fault("fixed and broken", "helm template", after.text[-2000:])
    elif before.status == 0 and is_safe and _lines(before.text) != _lines(after.text):
        yield Fault("fixed and different", "helm template", "a safe fix changed what is rendered")


def of_lines(expected: str, found: str) -> str:
    """The lines in which two texts differ, the first ones."""
    return "\n".join(islice(difflib.unified_diff(expected.split("\n"), found.split("\n"), "fresh", "kept", n=1), 60))


def _lines(rendered: str) -> list[str]:
    """Lines in no order: a renamed file stands elsewhere, under another name."""
    return sorted(line for line in rendered.splitlines() if not line.startswith("# Source: "))
