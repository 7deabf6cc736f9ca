"""The contents of a git repository at a commit, read with git's plumbing.

Blobs come as they are stored (``cat-file``): no work tree is touched, no hook, filter or file system monitor runs, and
nothing is fetched.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from helm_constitution.core.errors import BaselineError
from helm_constitution.core.named_tuples import NamedTuple

SECONDS = 60.0
"""Seconds for one call; git reads local objects only."""
_ABOUT_ANOTHER_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


class TreeEntry(NamedTuple):
    """One entry of a tree. ``mode`` is git's: 100644 and 100755 are files, 120000 links, 160000 submodules.

    ``size`` is in bytes, 0 for a submodule.
    """

    mode: str
    blob: str
    path: str
    size: int

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link; its blob contains the target."""
        return self.mode == "120000"

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return self.mode.startswith("100")


class Repository:
    """A git repository, found from a folder in it; ``root`` is its work tree, or the repository itself if it is bare.

    Raises:
        BaselineError: there is no git, or no repository.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        top = self._run("rev-parse", "--show-toplevel", may_fail=True)
        self.root = Path(os.fsdecode(top).removesuffix("\n") if top else self._text("rev-parse", "--absolute-git-dir"))

    def commit_of(self, name: str) -> str:
        """The commit that a branch, tag or other revision names.

        Raises:
            BaselineError: there is no such revision.
        """
        found = self._run("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}", may_fail=True)
        if found is None:
            raise BaselineError(
                f"{name!r} is not a folder, a package or a git revision of the repository {self.root}"
                f"{self._shallow_advice()}"
            )
        return found.decode().strip()

    def knows(self, name: str) -> bool:
        """Whether a revision of that name exists."""
        return (
            self._run("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}", may_fail=True)
            is not None
        )

    def day_of_line(self, file: Path, line: int) -> str | None:
        """The day, as an ISO date (UTC), since which HEAD has a line of a file; None if it isn't committed.

        The line of the work tree is found in HEAD by its text.
        """
        from datetime import UTC, datetime

        text = file.read_text("utf-8", "replace").split("\n")[line - 1].rstrip("\r")
        path = os.path.relpath(os.path.realpath(file), os.path.realpath(self.root))
        # Else git would run the programs that the repository's configuration names to convert files into text.
        blame = ("-C", str(self.root), "blame", "--no-textconv", "--line-porcelain")
        told = self._run(*blame, "HEAD", "--", path, may_fail=True)
        seconds: str | None = None
        for one in (told or b"").decode("utf-8", "replace").split("\n"):
            if one.startswith("committer-time "):
                seconds = one.removeprefix("committer-time ")
            elif one.startswith("\t") and one[1:].rstrip("\r") == text and seconds is not None:
                return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
        return None

    @property
    def is_shallow(self) -> bool:
        """Whether its history was cut off when it was cloned."""
        return self._text("rev-parse", "--is-shallow-repository") == "true"

    def _shallow_advice(self) -> str:
        if not self.is_shallow:
            return ""
        return (
            "; this is a shallow clone: `git fetch --unshallow --tags` brings the rest "
            "(actions/checkout: fetch-depth: 0)"
        )

    def all_names(self) -> str:
        """HEAD's commit, and what every branch and tag names, as one text.

        Raises:
            BaselineError: nothing is committed yet.
        """
        return "\n".join((self.commit_of("HEAD"), self._text("for-each-ref", "--format=%(objectname) %(refname)")))

    def tags(self, *, merged: bool) -> list[tuple[str, str]]:
        """(name, commit) of the tags; with ``merged`` only those in the history of HEAD."""
        form = "%(refname:strip=2)%00%(objectname)%00%(*objectname)"
        arguments = ["for-each-ref", f"--format={form}", *(["--merged=HEAD"] if merged else []), "refs/tags"]
        tags = []
        for line in os.fsdecode(self._run(*arguments, may_fail=True) or b"").split("\n")[:-1]:
            name, thing, pointed = line.split("\0")
            tags.append((name, pointed or thing))
        return tags

    def merge_base(self) -> tuple[str, str]:
        """(commit, branch) where HEAD left the default branch.

        Raises:
            BaselineError: no default branch is known, or they have nothing in common.
        """
        remote = self._run("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", may_fail=True)
        names = [remote.decode().strip()] if remote else []
        head = self.commit_of("HEAD")
        for name in (*names, "origin/main", "origin/master", "main", "master"):
            if self.knows(name):
                found = self._run("merge-base", "HEAD", name, may_fail=True)
                cut_off = found is not None and found.decode().strip() == head and self.is_shallow
                if found is not None and found.strip() and not cut_off:
                    return found.decode().strip(), name
        raise BaselineError(
            "--baseline auto found neither a tag that contains the chart nor a default branch (origin/HEAD, main, "
            f"master) that HEAD branched off; name the revision: --baseline REF{self._shallow_advice()}"
        )

    def tree(self, commit: str) -> list[TreeEntry]:
        """Every file, link and submodule at a commit, in path order."""
        listing = self._run("ls-tree", "-r", "-l", "-z", "--full-tree", commit)
        assert listing is not None
        entries = []
        for line in listing.split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                mode, _, blob, size = head.split()
                entries.append(
                    TreeEntry(mode.decode(), blob.decode(), os.fsdecode(path), int(size) if size.isdigit() else 0)
                )
        return entries

    def changed(self, since: str | None = None) -> list[Path]:
        """The files that are staged for the next commit; with ``since`` also those of the commits that HEAD has and
        that revision hasn't. Deleted files are among them.

        Raises:
            BaselineError: there is no revision of that name.
        """
        base = []
        if since is not None:
            commit = self.commit_of(since)
            found = self._run("merge-base", commit, "HEAD", may_fail=True)
            base = [found.decode().strip() if found else commit]
        # The index alone: to look at the work tree git may run filters.
        options = ("--cached", "--name-only", "--no-renames", "--no-ext-diff", "-z")
        listing = self._run("diff", *options, *base, "--", index=self._hooks_index())
        assert listing is not None
        return [self.root / os.fsdecode(path) for path in listing.split(b"\0") if path]

    def _hooks_index(self) -> str | None:
        """The index that git names to a hook: with ``git commit -a`` it is not the usual one."""
        index = os.environ.get("GIT_INDEX_FILE")
        if not index:
            return None
        folder = os.path.realpath(self._text("rev-parse", "--absolute-git-dir"))
        index = os.path.realpath(index)
        return index if index.startswith(folder + os.sep) else None

    def holding(self, commits: Iterable[str], path: str) -> list[str]:
        """The commits that contain a path, in the given order."""
        asked = list(dict.fromkeys(commits))
        if "\n" in path:
            return []  # git reads one name a line
        stdin = "".join(f"{commit}:{path}\n" for commit in asked).encode("utf-8", "surrogateescape")
        out = self._run("cat-file", "--batch-check=%(objecttype)", stdin=stdin)
        assert out is not None
        lines = out.decode("utf-8", "replace").split("\n")[:-1]
        return [commit for commit, line in zip(asked, lines, strict=True) if not line.endswith(" missing")]

    def blobs(self, names: Iterable[str]) -> Iterator[bytes]:
        """The content of blobs, in the order of their names.

        Raises:
            BaselineError: one is missing (a partial clone).
        """
        asked = list(names)
        out = self._run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in asked).encode())
        assert out is not None
        position = 0
        for name in asked:
            end = out.find(b"\n", position)
            words = out[position:end].split(b" ") if end >= 0 else []
            if len(words) != 3:
                raise BaselineError(
                    f"the repository {self.root} lacks {name} because it is a partial clone; fetch all objects"
                )
            size = int(words[2])
            yield out[end + 1 : end + 1 + size]
            position = end + 2 + size

    def _text(self, *arguments: str) -> str:
        out = self._run(*arguments)
        assert out is not None
        return os.fsdecode(out).removesuffix("\n")

    def _run(
        self, *arguments: str, stdin: bytes = b"", may_fail: bool = False, index: str | None = None
    ) -> bytes | None:
        environment = {name: value for name, value in os.environ.items() if name not in _ABOUT_ANOTHER_REPOSITORY}
        environment.update(LC_ALL="C", GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", GIT_NO_LAZY_FETCH="1")
        if index is not None:
            environment["GIT_INDEX_FILE"] = index
        command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self._folder,
                env=environment,
                input=stdin,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise BaselineError(
                "git is not on PATH, and reading a revision requires it; install it, or use folders, packages or files "
                "instead"
            ) from None
        except subprocess.TimeoutExpired:
            raise BaselineError(f"git {arguments[0]} did not finish within {SECONDS:g} s and was stopped") from None
        except (OSError, ValueError) as error:
            raise BaselineError(f"git {arguments[0]} can't be run: {error}") from None
        if done.returncode == 0:
            return done.stdout
        if may_fail:
            return None
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        if any("not a git repository" in line for line in said):
            raise BaselineError(
                f"{self._folder} is not in a git repository; use folders, packages or files instead of revisions"
            )
        reason = next((line.removeprefix("fatal: ") for line in said if line), f"exit status {done.returncode}")
        raise BaselineError(f"git {arguments[0]} failed: {reason}")
