"""What a chart's report depends on: digests of the program, the options and the files of a chart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution import __version__
from helm_constitution.check.contents import MAX_BYTES, Digests, KeptContents, Unfit, files_of, read_content
from helm_constitution.core.digest import sha256
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Iterable, Iterator

    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine, RenderRequest


class FilesState(NamedTuple):
    """The files that a check of one chart reads, as digests: ``contents`` of the chart, ``given`` of the values files
    of the command line, ``around`` of what rules the chart.

    ``configuration`` is the file that was found for the chart.
    """

    contents: Digests
    given: bytes
    around: bytes
    configuration: Path | None

    @classmethod
    def of(cls, path: Path, options: CheckOptions, kept: KeptContents | None) -> FilesState | None:
        """The files as they are now; None where the chart can't be hashed.

        Args:
            path: a chart's folder or package.
            options: of the check.
            kept: digests of what charts contained before; None to read them all.
        """
        from helm_constitution.policy.find import find_configuration

        try:
            configuration = find_configuration(path, options.configuration)
            around = sha256()
            _add(around, _inputs(path, options, configuration))
            given = _digest_of_given(options.request)
            contents = kept.digests(str(path)) if kept is not None else files_of(str(path)).digests()
        except (OSError, ValueError, Unfit, ConstitutionError):
            return None
        return cls(contents, given, around.digest(), configuration)


class InputDigest(NamedTuple):
    """What a chart's report depends on, as a digest, what helm's answers depend on, which is less, and the files.

    ``of_templates`` is what helm's answers about each single template depend on besides the template.
    """

    digest: bytes
    of_helm: bytes
    of_templates: bytes
    files: FilesState


class Inputs:
    """What the reports of charts that are checked alike depend on: what they share is looked at once.

    Args:
        engine: lints and renders them.
        options: what is asked for, of each chart.
        kept: digests of what charts contained before; None to read them all.

    Raises:
        OSError, ValueError, Unfit: a file that an option names can't be read.
    """

    def __init__(self, engine: HelmEngine, options: CheckOptions, kept: KeptContents | None = None) -> None:
        self._options = options
        self._kept = kept
        self._given = _digest_of_given(options.request)
        self._of_helm = sha256()
        _add(self._of_helm, (self._given, *_helm_inputs(engine, options.request)))
        self._common = self._of_helm.copy()
        _add(self._common, _common_inputs(options))

    def of(self, path: Path) -> InputDigest | None:
        """The digest of a chart's folder or package, and of what rules it; None where the chart can't be hashed."""
        files = FilesState.of(path, self._options, self._kept)
        if files is None:
            return None
        digest, of_helm, of_templates = self._common.copy(), self._of_helm.copy(), self._of_helm.copy()
        _add(digest, (files.around, files.contents.whole))
        of_helm.update(files.contents.whole)
        of_templates.update(files.contents.shared)
        # The values files are those that the digests hold, whatever they are by now.
        return InputDigest(digest.digest(), of_helm.digest(), of_templates.digest(), files._replace(given=self._given))

    def of_name(self, name: str) -> bytes:
        """The digest of a chart that its name tells from every other one: a version in a repository, a commit."""
        digest = self._common.copy()
        files = (self._options.configuration, self._options.constitution)
        contents = (read_content(str(file), MAX_BYTES) for file in files if file is not None and file.is_file())
        _add(digest, (name.encode("utf-8", "surrogateescape"), *contents))
        return digest.digest()


def stamps(place: str, endings: tuple[str, ...] = (".py", ".md")) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of a file, or of each of a folder's files with these endings. Raises OSError."""
    if not os.path.isdir(place):
        state = os.stat(place)
        yield place, state.st_size, state.st_mtime_ns
        return
    folders = [place]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(endings):
                    state = entry.stat()
                    yield entry.name, state.st_size, state.st_mtime_ns
                elif entry.name != "__pycache__" and entry.is_dir():  # rules may be a link
                    folders.append(entry.path)


def _add(digest: hashlib._Hash, parts: Iterable[bytes]) -> None:
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)


def _helm_inputs(engine: HelmEngine, request: RenderRequest) -> Iterator[bytes]:
    """Everything that helm's answers about any chart depend on, and how they are read."""
    yield repr((__version__, engine.name, engine.version(), request)).encode()
    # The program's own files too: an edited rule must not answer with yesterday's report.
    program = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yield from (repr(stamp).encode() for stamp in stamps(program))


def _digest_of_given(request: RenderRequest) -> bytes:
    """The files that the command line gives to helm. Raises OSError, ValueError, Unfit."""
    files = [str(file) for file in request.values_files]
    files += [one.value.partition("=")[2] for one in request.set_arguments if one.flag == "--set-file"]
    digest = sha256()
    _add(digest, (read_content(file, MAX_BYTES) for file in files))
    return digest.digest()


def _common_inputs(options: CheckOptions) -> Iterator[bytes]:
    """Everything that the report of any chart depends on besides."""
    yield repr(options).encode()
    for place in map(str, options.rules):
        yield from (repr(stamp).encode() for stamp in stamps(place))
    for place in map(str, options.policies):
        yield from (repr(stamp).encode() for stamp in stamps(place, (".yaml", ".yml", ".json")))


def _inputs(path: Path, options: CheckOptions, configuration: Path | None) -> Iterator[bytes]:
    """Everything that one chart's report depends on besides its files: where it is, and what rules it."""
    from helm_constitution.policy.find import find_constitution, find_debt

    debt = find_debt(path, configuration)
    constitution = find_constitution(path, options.constitution)
    yield repr(str(path)).encode()
    for file in (configuration, constitution, debt if debt.is_file() else None):
        yield repr(file).encode()
        if file is not None:
            yield read_content(str(file), MAX_BYTES)
