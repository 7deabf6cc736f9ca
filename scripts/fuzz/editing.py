"""An editor at work: a chart is edited, saved, renamed and asked about through a real server."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.unsaved import NO_TEXTS
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.server.charts import chart_of, charts_below
from helm_constitution.server.checker import Checker
from helm_constitution.server.notes import each_once, notes_of
from helm_constitution.server.positions import Positions
from helm_constitution.server.protocol import Texts, diagnostic
from scripts.fuzz import answers, oracles
from scripts.fuzz.cases import ALL, Case
from scripts.fuzz.edits import copy_as_is
from scripts.fuzz.mutations import CHART
from scripts.fuzz.oracles import Fault
from tests.server.editor import Editor, editor

SECONDS = 120
"""How long an answer may take, with every limit of the server's own."""
_HELM_SECONDS = 20
"""Seconds that helm may take for one render."""
_SESSION = "FUZZ_SESSION"
"""A variable of the environment by which the processes of a session are known."""
_CREATED, _CHANGED, _DELETED = types.FileChangeType.Created, types.FileChangeType.Changed, types.FileChangeType.Deleted


class Desk:
    """A workspace that an editor has open: files on the disk, and texts that are not saved.

    Args:
        root: the workspace.
        shown: the editor.
    """

    def __init__(self, root: Path, shown: Editor) -> None:
        self.root = root
        self.shown = shown
        self.texts: dict[Path, str] = {}
        """Texts of open files, by their paths in the workspace."""
        self.on_disk = oracles.state_of(root)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Around what the editor itself writes.

        Raises:
            AssertionError: somebody else wrote.
        """
        assert self.on_disk == oracles.state_of(self.root), "the server wrote a file of the workspace"
        yield
        self.on_disk = oracles.state_of(self.root)

    @contextlib.contextmanager
    def saved(self) -> Iterator[Path]:
        """A copy of the workspace with all texts saved."""
        with tempfile.TemporaryDirectory(prefix="fuzz-saved-", ignore_cleanup_errors=True) as folder:
            copy = Path(folder).resolve() / "work"
            shutil.copytree(self.root, copy, symlinks=True, copy_function=copy_as_is)
            for file, text in self.texts.items():
                _put(copy / file, text)
            yield copy

    def text_of(self, file: Path) -> str:
        """What an editor shows of a file."""
        if file in self.texts:
            return self.texts[file]
        path = self.root / file
        return path.read_bytes().decode("utf-8-sig", "replace") if path.is_file() else ""

    async def open(self, file: Path, text: str) -> None:
        """Opens a file with this text: as it is on the disk, or not saved yet."""
        self.texts[file] = text
        self.shown.show(self.root / file, text)

    async def type(self, file: Path, text: str) -> None:
        """Gives a file another text, which is not saved."""
        if file not in self.texts:
            await self.open(file, self.text_of(file))
        self.texts[file] = text
        self.shown.type(self.root / file, text)

    def save(self, file: Path) -> None:
        """Saves an open file."""
        with self.writing():
            _put(self.root / file, self.texts[file])
        self.shown.saved(self.root / file)

    def close(self, file: Path) -> None:
        """Closes a file; what is not saved is lost."""
        del self.texts[file]
        self.shown.close(self.root / file)

    def change_on_disk(self, file: Path, source: Path) -> None:
        """Another program makes a file what it is elsewhere, or removes it."""
        if file in self.texts:
            self.close(file)
        path = self.root / file
        was_there = os.path.lexists(path)
        with self.writing():
            if was_there:
                path.unlink()
            if os.path.lexists(source):
                path.parent.mkdir(parents=True, exist_ok=True)
                copy_as_is(str(source), str(path))
        kind = _DELETED if not os.path.lexists(path) else _CHANGED if was_there else _CREATED
        self.shown.report((path, kind))

    async def rename(self, file: Path, name: str) -> None:
        """Renames a file, as an editor does: an open one is open under its new name."""
        before, after = self.root / file, (self.root / file).with_name(name)
        if before.is_symlink() or not before.is_file() or os.path.lexists(after):
            return
        text = self.texts.get(file)
        if text is not None:
            self.close(file)
        with self.writing():
            before.rename(after)
        self.shown.report((before, _DELETED), (after, _CREATED))
        if text is not None:
            await self.open(after.relative_to(self.root), text)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


async def run(case: Case, root: Path, engine: HelmEngine, helm: Path) -> list[Fault]:
    """Works on a laid out chart by a case's mutations; gives the faults of the session.

    Args:
        case: its mutations are edits, saves and renames; its scenarios are those of saved files.
        root: the workspace.
        engine: checks the final texts anew.
        helm: a user's, for the server.
    """
    name, printed = uuid.uuid4().hex, io.TextIOWrapper(io.BytesIO())
    arguments = ("--engine", case.engine, "--scenarios", case.scenarios, "--timeout", str(_HELM_SECONDS))
    faults: list[Fault] = []
    with contextlib.redirect_stderr(printed):
        async with editor(root, arguments=arguments, environment={_SESSION: name, "HELM_BIN": str(helm)}) as client:
            desk = Desk(root, client)
            try:
                async with asyncio.timeout(SECONDS * 5):
                    faults += await _session(desk, case, engine)
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                faults.append(answers.of_error(error))
            faults += answers.of_messages(client.messages)
    told = printed.buffer.getvalue().decode("utf-8", "replace")
    if "Traceback" in told:
        faults.append(Fault("traceback", oracles.of_trace(told), told[-4000:]))
    if client.status != 0:
        faults.append(Fault("exit status", f"server {client.status}", told[-4000:]))
    faults += await _left(name)
    return faults


async def _session(desk: Desk, case: Case, engine: HelmEngine) -> list[Fault]:
    """Makes the mutations, works with them, takes most of them back, and compares now and then and at the end."""
    faults: list[Fault] = []
    first: dict[Path, str | None] = {}
    for mutation in case.mutations:
        rng = random.Random(mutation.seed)
        before = await _mutate(desk, mutation.kind, rng)
        first = {**before, **first}
        faults += await _work(desk, rng)
        if rng.random() < 0.2:
            faults += await _compare(desk, case, engine)
        if rng.random() < 0.8:
            await _undo(desk, before)
    if case.number % 3:
        await _undo(desk, first)
    return [*faults, *await _compare(desk, case, engine)]


async def _mutate(desk: Desk, kind: str, rng: random.Random) -> dict[Path, str | None]:
    """One mutation, which reaches the server as edits, saves or changes on the disk; gives the texts before it, None
    for what was not there."""
    texts: dict[Path, str | None] = {}
    with desk.saved() as now:
        before = oracles.state_of(now)
        ALL[kind](now, rng)
        after = oracles.state_of(now)
        for name in sorted({name for name in {**before, **after} if before.get(name) != after.get(name)}):
            texts[Path(name)] = desk.text_of(Path(name)) if name in before else None
            await _deliver(desk, Path(name), now / name, rng)
    return texts


async def _undo(desk: Desk, texts: Mapping[Path, str | None]) -> None:
    """Types what stood in files before: most mutations break a chart so that nothing else of it is checked."""
    for file, text in texts.items():
        path = desk.root / file
        if text is None:
            desk.change_on_disk(file, desk.root / "nowhere")
        elif file in desk.texts or (not path.is_symlink() and (path.is_file() or not path.exists())):
            await desk.type(file, text)


async def _work(desk: Desk, rng: random.Random) -> list[Fault]:
    """What one does between edits: saves, closes and renames files, waits, looks things up."""
    what = rng.random()
    opened = sorted(desk.texts)
    if opened and what < 0.15:
        desk.save(rng.choice(opened))
    elif opened and what < 0.25:
        desk.close(rng.choice(opened))
    elif what < 0.32:
        files = sorted((desk.root / CHART).rglob("*.*"))
        if files:
            await desk.rename(rng.choice(files).relative_to(desk.root), rng.choice(("x.yaml", "_x.tpl", "README.md")))
    await asyncio.sleep(rng.choice((0, 0, 0.02, 0.3, 1)))
    return [fault for _ in range(rng.randrange(3)) for fault in await _ask(desk, rng)]


async def _deliver(desk: Desk, file: Path, source: Path, rng: random.Random) -> None:
    # What a configuration names must be saved once.
    is_named = file.parts[0] != CHART and not (desk.root / file).exists()
    if is_named or source.is_symlink() or not source.is_file() or (file not in desk.texts and rng.random() < 0.3):
        desk.change_on_disk(file, source)
        return
    text = source.read_bytes().decode("utf-8-sig", "replace")
    whole = desk.text_of(file)
    for _ in range(rng.randrange(3)):  # on the way there
        await desk.type(file, whole[: rng.randrange(len(whole) + 1)] + text[: rng.randrange(len(text) + 1)])
        await asyncio.sleep(rng.choice((0, 0.01, 0.15)))
    await desk.type(file, text)
    if rng.random() < 0.2:
        desk.save(file)


async def _ask(desk: Desk, rng: random.Random) -> list[Fault]:
    """One question about a place in one of the files."""
    files = sorted({*desk.texts, *(path.relative_to(desk.root) for path in desk.root.rglob("*") if path.is_file())})
    if not files:
        return []
    file = rng.choice(sorted(desk.texts) if desk.texts and rng.random() < 0.7 else files)
    lines = answers.lines_of(desk.text_of(file))
    row = rng.randrange(len(lines) + 1)
    place = types.Position(row, rng.randrange(answers.units(lines[min(row, len(lines) - 1)]) + 2))
    document, client = types.TextDocumentIdentifier((desk.root / file).as_uri()), desk.shown.client
    what = rng.choice(("hover", "definition", "references", "lenses", "actions", "actions"))
    found: object
    try:
        async with asyncio.timeout(SECONDS):
            if what == "hover":
                found = await client.text_document_hover_async(types.HoverParams(document, place))
            elif what == "definition":
                found = await client.text_document_definition_async(types.DefinitionParams(document, place))
            elif what == "references":
                context = types.ReferenceContext(include_declaration=rng.random() < 0.5)
                found = await client.text_document_references_async(types.ReferenceParams(context, document, place))
            elif what == "lenses":
                found = await client.text_document_code_lens_async(types.CodeLensParams(document))
            else:
                return await _act(desk, file, rng)
    except (JsonRpcException, TimeoutError) as error:
        return [Fault("answer", f"{what} {type(error).__name__}", f"{file}: {error}")]
    return list(answers.of_places(found, document.uri, lambda uri: _text_at(desk, uri)))


async def _act(desk: Desk, file: Path, rng: random.Random) -> list[Fault]:
    """Asks for the actions at a finding, or anywhere; one of them is done."""
    diagnostics = desk.shown.of(desk.root / file)
    start = types.Position(0, 0)
    stretch = rng.choice(diagnostics).range if diagnostics else types.Range(start, start)
    document = types.TextDocumentIdentifier((desk.root / file).as_uri())
    context = types.CodeActionContext(diagnostics)
    client = desk.shown.client
    found = await client.text_document_code_action_async(types.CodeActionParams(document, stretch, context)) or []
    actions = [one for one in found if isinstance(one, types.CodeAction)]
    if not actions:
        return []
    action = rng.choice(actions)
    if action.data is not None:
        action = await client.code_action_resolve_async(action)
    faults = list(answers.of_places(action, document.uri, lambda uri: _text_at(desk, uri)))
    if not faults and action.edit is not None:
        for uri, edits in (action.edit.changes or {}).items():
            changed = Path(to_fs_path(uri) or "").relative_to(desk.root)
            await desk.type(changed, answers.applied(desk.text_of(changed), edits))
    return faults


async def _compare(desk: Desk, case: Case, engine: HelmEngine) -> list[Fault]:
    """Each Chart.yaml is opened, and when the server has checked it, it shows what a check of the same texts finds."""
    with desk.writing():
        pass
    with desk.saved() as now:
        opened = [now / file for file in desk.texts]
        expected = answers.plain(fresh(now, opened, case.scenarios, engine), now)
        charts = {chart for file in opened if (chart := chart_of(file, NO_TEXTS)) is not None}
        for manifest in sorted(chart.relative_to(now) / "Chart.yaml" for chart in {*charts, *charts_below(now)}):
            text = desk.text_of(manifest)
            if manifest in desk.texts:
                desk.close(manifest)
            await desk.open(manifest, text)
            await desk.shown.diagnostics(desk.root / manifest)
        if not charts_below(now):
            await desk.shown.until(lambda: not any(one.diagnostics for one in desk.shown.published.values()))
        published = {uri: one.diagnostics for uri, one in desk.shown.published.items()}
        faults = [
            fault
            for uri, found in published.items()
            for fault in answers.of_places(list(found), uri, lambda uri: _text_at(desk, uri))
        ]
        differing = list(answers.of_difference(answers.plain(published, desk.root), expected))
        # A chart may render something else each time; hardly ever are its findings others.
        if differing and answers.plain(fresh(now, opened, case.scenarios, engine), now) == expected:
            faults += differing
        return faults


def fresh(
    root: Path, opened: Sequence[Path], scenarios: str, engine: HelmEngine
) -> Mapping[str, list[types.Diagnostic]]:
    """What a first check of each chart of a workspace shows in its files, by their addresses; of a chart inside
    another one, if a file of it is open."""
    notes = []
    inner = {chart for file in opened if (chart := chart_of(file, NO_TEXTS)) is not None}
    for chart in sorted({*charts_below(root), *inner}):
        checker = Checker(engine, CheckOptions(scenarios=scenarios))
        notes += notes_of(checker.check(chart, scenarios, {}), chart)

    def positions(path: str) -> Positions:
        with contextlib.suppress(OSError):
            return Positions(Path(path).read_bytes().decode("utf-8-sig", "replace"), "utf-16")
        return Positions("", "utf-16")

    texts = Texts(positions, lambda path: Path(path).as_uri())
    found: dict[str, list[types.Diagnostic]] = {}
    for note in each_once(notes):
        found.setdefault(texts.uri(note.place.path), []).append(diagnostic(note, texts))
    return found


def _text_at(desk: Desk, uri: str) -> str:
    path = Path(to_fs_path(uri) or "")
    return desk.text_of(path.relative_to(desk.root)) if path.is_relative_to(desk.root) else path.read_text("utf-8")


async def _left(name: str) -> list[Fault]:
    """The processes of a session that are still there some seconds after its end."""
    for _ in range(50):
        if not (processes := list(_processes(name))):
            return []
        await asyncio.sleep(0.1)
    return [Fault("process", "left behind", " ".join(processes))]


def _processes(name: str) -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"{_SESSION}={name}".encode() in (entry / "environ").read_bytes():
                yield entry.name
