"""A team at work: a chart is checked after each of several edits, with a cache, as a check without one does."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from helm_constitution.core.deadline import TIME_IS_UP
from helm_constitution.core.file_state import TICK
from scripts.fuzz import oracles
from scripts.fuzz.cases import ALL, Case
from scripts.fuzz.oracles import Fault

Reports = Mapping[str, str]
"""The texts of a chart's report, by their format."""
Check = Callable[[bool], Reports]
"""Checks the chart, with the cache or without, and gives its reports."""
_CACHES = "XDG_CACHE_HOME"


def run(case: Case, root: Path, check: Check) -> Iterator[Fault]:
    """Makes the mutations one after the other, takes most of them back, and checks after each edit.

    Args:
        case: its mutations are edits.
        root: the workspace.
        check: checks the chart in it.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-before-", ignore_cleanup_errors=True) as folder:
        versions = [Path(folder) / str(index) for index in range(len(case.mutations))]
        with _own_cache(Path(folder) / "cache"):
            yield from _compared(root, check, "nothing")
            for mutation, before in zip(case.mutations, versions, strict=True):
                rng = random.Random(mutation.seed)
                shutil.copytree(root, before, symlinks=True, copy_function=copy_as_is)
                ALL[mutation.kind](root, rng)
                yield from _compared(root, check, mutation.kind)
                if rng.random() < 0.1:  # only then the state of the files is enough to know them
                    time.sleep(TICK / 1e9 + 0.1)
                    yield from _compared(root, check, "a while")
                what = rng.random()
                if what < 0.8:  # most mutations break a chart so that nothing else of it is checked
                    restore(root, before)
                    yield from _compared(root, check, f"{mutation.kind} and back") if what < 0.4 else ()


@contextlib.contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """An empty cache, also for the programs that are started."""
    before = os.environ.get(_CACHES)
    os.environ[_CACHES] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CACHES]
        else:
            os.environ[_CACHES] = before


def cache_folder() -> Path:
    """The cache of the edits that are under way."""
    return Path(os.environ[_CACHES])


def _compared(root: Path, check: Check, edit: str) -> Iterator[Fault]:
    """A check that may use what earlier ones kept, one that is answered by it, and one without a cache, are alike."""
    before = oracles.state_of(root)
    first, again, fresh = check(True), check(True), check(False)
    yield from oracles.of_files(before, oracles.state_of(root), ())
    found = [
        Fault("other bytes", f"{form} {which} {edit}", oracles.of_lines(text, reports.get(form, "")))
        for which, reports in (("kept after", first), ("answered after", again))
        for form, text in fresh.items()
        if text != reports.get(form)
    ]
    # A chart may render something else each time; hardly ever is its report another one.
    is_whole = all(TIME_IS_UP not in text for reports in (first, again, fresh) for text in reports.values())
    if found and is_whole and check(False) == fresh:
        yield from found


def restore(root: Path, before: Path) -> None:
    """Writes what has changed in a workspace since it was copied as it was then; the rest isn't touched."""
    now, then = states_of(root), states_of(before)
    for name in sorted({*now, *then}, reverse=True):
        if now.get(name) != then.get(name):
            path = root / name
            with contextlib.suppress(FileNotFoundError):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    for name in sorted(then):
        if now.get(name) != then[name]:
            path = root / name
            if (before / name).is_dir() and not (before / name).is_symlink():
                path.mkdir(exist_ok=True)
            else:
                copy_as_is(str(before / name), str(path))


def states_of(root: Path) -> dict[str, tuple[int, bytes]]:
    """What each file and folder of a workspace holds."""
    found = {}
    for path in root.rglob("*"):
        is_file = path.is_file() and not path.is_symlink()
        content = path.read_bytes() if is_file else os.fsencode(os.readlink(path)) if path.is_symlink() else b""
        found[str(path.relative_to(root))] = path.lstat().st_mode, content
    return found


def copy_as_is(source: str, target: str) -> None:
    """Copies a file, a link or a pipe as it is."""
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
    elif os.path.isfile(source):
        shutil.copyfile(source, target)
    else:
        os.mkfifo(target)
