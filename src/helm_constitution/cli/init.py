"""``init``: writes a constitution and a configuration to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import write_file
from helm_constitution.policy.find import FILE_NAME, NAMES

_DATA = Path(__file__).parent.parent / "data"

_INTRODUCTION = """\
The principles that helm-constitution checks our charts against. It starts as a copy of the built-in constitution:
change the words, remove what doesn't fit, add principles. A comment after each statement names the rules that check it;
`helm-constitution rules` lists all, and `helm-constitution constitution check` finds faults in this file.
"""


@click.command("init")
@click.option("--force", is_flag=True, help="Replace existing files.")
def command(force: bool) -> None:
    """Write a first constitution and configuration into the current folder.

    The constitution is .specify/memory/constitution.md if there is a .specify folder, else constitution.md.
    """
    for line in init(Path(), force=force):
        click.echo(line)


def starter_constitution() -> str:
    """The built-in constitution, introduced as the team's own."""
    text = (_DATA / "constitution.md").read_text("utf-8")
    title, _, rest = text.partition("\n\n")
    return f"{title}\n\n{_INTRODUCTION}\n{rest.partition(chr(10) * 2)[2]}"


def starter_configuration() -> str:
    """A configuration in which everything is a comment."""
    return (_DATA / "configuration.yaml").read_text("utf-8")


def init(folder: Path, *, force: bool = False) -> list[str]:
    """Writes both files; gives a line on each, for the user.

    A constitution goes where spec-kit keeps it where there is a ``.specify`` folder; one that a team has stays.

    Args:
        folder: where to.
        force: replace existing files that differ from what init writes.

    Raises:
        ConfigurationError: where there is another configuration; nothing is written then.
    """
    specify, plain = (folder / name for name in NAMES)
    constitution = specify if (folder / ".specify").is_dir() else plain
    wanted = {constitution: starter_constitution(), folder / FILE_NAME: starter_configuration()}
    lines: list[str] = []
    to_write: dict[Path, str] = {}
    for file, text in wanted.items():
        if not file.exists():
            to_write[file] = text
            lines.append(f"written: {_shown(file, folder)}")
        elif file.is_file() and file.read_bytes() == text.encode():
            lines.append(f"{_shown(file, folder)} already exists; left unchanged")
        elif force:
            to_write[file] = text
            lines.append(f"replaced: {_shown(file, folder)}")
        elif file == constitution and file.is_file():
            lines.append(f"left unchanged: {_shown(file, folder)}")
        else:
            message = "already exists with other content; --force replaces it"
            raise ConfigurationError(message, file=_shown(file, folder))
    for file, text in to_write.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"can't be created: {error.strerror}", file=str(file.parent)) from None
        write_file(file, text, "the file")
    return lines


def _shown(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()
