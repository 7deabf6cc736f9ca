"""What a chart's report depends on: digests of the program, the options and the files of a chart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution import __version__
from helm_constitution.admission import POLICIES
from helm_constitution.check.contents import MAX_BYTES, Digests, KeptContents, Unfit, files_of, read_content
from helm_constitution.core.digest import sha256
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.file_state import FileState
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.repository import repository_above

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Iterable, Iterator

    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine, RenderRequest


CODE = (".py", ".md")
"""How the files of rules end, with their documents."""


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
        from helm_constitution.policy.find import DEBT_FILE_NAME

        digest, configuration = self._common.copy(), self._options.configuration
        debt = configuration.parent / DEBT_FILE_NAME if configuration is not None else None
        _add(digest, (name.encode("utf-8", "surrogateescape"),))
        _add(digest, _contents(configuration, self._options.constitution, debt))
        return digest.digest()


def states(place: str, endings: tuple[str, ...]) -> list[tuple[str, FileState]]:
    """The state of a file, or of each of a folder's files with these endings. Raises OSError."""
    return [(path, FileState.of(state)) for path, state in _files_at(place, endings)]


def _files_at(place: str, endings: tuple[str, ...]) -> Iterator[tuple[str, os.stat_result]]:
    if not os.path.isdir(place):
        yield place, os.stat(place)
        return
    folders = [place]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(endings):
                    yield entry.path, entry.stat()
                elif entry.name != "__pycache__" and entry.is_dir():  # rules may be a link
                    folders.append(entry.path)


def _add(digest: hashlib._Hash, parts: Iterable[bytes]) -> None:
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)


def _helm_inputs(engine: HelmEngine, request: RenderRequest) -> Iterator[bytes]:
    """Everything that helm's answers about any chart depend on, and how they are read."""
    yield repr((__version__, engine.name, engine.version(), request)).encode()
    # The program's own files too: an edited rule must not answer with yesterday's report. Whoever installs them is
    # trusted with their times, and where the same ones are unpacked again, as in a container, they are the same.
    program = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for path, state in _files_at(program, CODE):
        yield repr((os.path.basename(path), state.st_size, state.st_mtime_ns)).encode()


def _digest_of_given(request: RenderRequest) -> bytes:
    """The files that the command line gives to helm. Raises OSError, ValueError, Unfit."""
    files = [str(file) for file in request.values_files]
    for one in request.set_arguments:
        if one.flag == "--set-file":
            from helm_constitution.helm.set_values import set_files

            files += set_files(one.value)
    digest = sha256()
    _add(digest, (read_content(file, MAX_BYTES) for file in files))
    return digest.digest()


def _common_inputs(options: CheckOptions) -> Iterator[bytes]:
    """Everything that the report of any chart depends on besides."""
    yield repr(options).encode()
    yield from _contents(options.old_values)
    yield repr(named_states(options)).encode("utf-8", "surrogateescape")


def named_states(options: CheckOptions) -> list[tuple[str, FileState]]:
    """The states of the rules and policies that options name. Raises OSError."""
    found = [one for place in options.rules for one in states(str(place), CODE)]
    return found + [one for place in options.policies for one in states(str(place), POLICIES)]


def _inputs(path: Path, options: CheckOptions, configuration: Path | None) -> Iterator[bytes]:
    """Everything that one chart's report depends on besides its files: where it is, and what rules it."""
    from helm_constitution.policy.find import find_constitution, find_debt

    debt = find_debt(path, configuration)
    constitution = find_constitution(path, options.constitution)
    yield repr((str(path), repository_above(os.path.realpath(path)))).encode()
    yield from _contents(configuration, constitution, debt)


def _contents(*files: Path | None) -> Iterator[bytes]:
    """The names and contents of files, as far as they are there. Raises OSError, Unfit."""
    for file in files:
        is_there = file is not None and file.is_file()
        yield repr(file if is_there else None).encode()
        if is_there:
            yield read_content(str(file), MAX_BYTES)
