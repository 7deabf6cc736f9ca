"""Bytecode for what is measured. Users have it; without it a bench would time Python's compiler.

``PYTHONDONTWRITEBYTECODE`` in the developer's environment, a read-only folder or a fresh clone must change no number.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The rules twice: Python finds them by the link or by the folder, as the installation has it.
PARTS = ("src", "src/helm_constitution/rules", "rules", "bench", "scripts")
_STEERING = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PIP_NO_COMPILE")


class NotCompiled(Exception):
    """What is to be measured can't be compiled beforehand, or runs where it isn't."""


def plain(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the variables that keep Python from writing bytecode, or from finding it."""
    return {name: value for name, value in environment.items() if name not in _STEERING}


def compiled(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Compiles this repository's sources; gives the environment in which Python finds the bytecode.

    Modules from elsewhere (Python's own, packages) are compiled as they are first imported: run a bench once before it
    counts.

    Args:
        folder: where to keep the bytecode, an empty or missing folder.
        environment: what the environment is made of.

    Raises:
        NotCompiled: with the compiler's words.
    """
    found = {**plain(environment), "PYTHONPYCACHEPREFIX": str(folder)}
    if complaint := _compile(sys.executable, [ROOT / part for part in PARTS], found):
        raise NotCompiled(f"the sources can't be compiled: {complaint}")
    return found


def compile_installed(python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Compiles what is installed beside a Python; gives the environment in which that is found.

    Args:
        python: the interpreter of an environment that may be written.
        environment: what the environment is made of.
    """
    found = plain(environment)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    asked = subprocess.run([python, "-c", where], env=found, capture_output=True, text=True, check=True)
    # Complaints are of files for other Pythons, which packages have among their tests and which nothing imports.
    _compile(python, [Path(asked.stdout.strip())], found)
    return found


def require() -> None:
    """Refuses to measure in a process that writes no bytecode.

    Raises:
        NotCompiled: what to do instead.
    """
    if sys.dont_write_bytecode:
        raise NotCompiled("this Python writes no bytecode; unset PYTHONDONTWRITEBYTECODE and leave out -B")


def _compile(python: str | Path, folders: Sequence[Path], environment: Mapping[str, str]) -> str:
    """Compiles what can be; gives the compiler's complaints."""
    command = [python, "-m", "compileall", "-q", *folders]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip() if done.returncode else ""
