"""What the structure's tests see of the sources: lengths, imports inside functions, caches."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
_PACKAGE = ROOT / "src" / "helm_constitution"
_RULES = ROOT / "rules"
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


class Source(NamedTuple):
    """One file: its path from the repository's root, its module, its text and tree."""

    path: str
    module: str
    is_package: bool
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    def functions(self) -> Iterator[tuple[str, int]]:
        """Each function's name and how many lines it has, its decorators left out."""
        for node in ast.walk(self.tree):
            if isinstance(node, _FUNCTION):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1

    def imported_in_functions(self) -> Iterator[tuple[str, int]]:
        """Each module that a function imports, by its whole name, and the line."""
        functions = (node for node in ast.walk(self.tree) if isinstance(node, _FUNCTION))
        for node in {inner for function in functions for inner in ast.walk(function)}:
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield (inner if inner in modules() else base), node.lineno

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        above = self.module.split(".")
        above = above[: len(above) - node.level + self.is_package]
        return ".".join([*above, *([node.module] if node.module else [])])

    def caches(self) -> Iterator[str]:
        """The names at module or class level that functools' cache or lru_cache makes remember."""
        for body in (self.tree.body, *(node.body for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))):
            for node in body:
                if isinstance(node, _FUNCTION) and any(map(_makes_a_cache, node.decorator_list)):
                    yield node.name
                elif isinstance(node, ast.Assign) and any(map(_makes_a_cache, ast.walk(node.value))):
                    yield ast.unparse(node.targets[0])
                elif isinstance(node, ast.AnnAssign) and node.value and any(map(_makes_a_cache, ast.walk(node.value))):
                    yield ast.unparse(node.target)


def _makes_a_cache(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        node = node.func
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
    return name in ("cache", "lru_cache")


@cache
def sources() -> tuple[Source, ...]:
    """Every file of the program and of its rules, in the order of their paths."""
    found = []
    for folder, package in ((_PACKAGE, "helm_constitution"), (_RULES, "helm_constitution.rules")):
        for file in sorted(folder.rglob("*.py")):
            inside = file.relative_to(folder).with_suffix("").parts
            if folder == _PACKAGE and inside[0] == "rules":
                continue  # a link to the other folder
            is_package = inside[-1] == "__init__"
            module = ".".join([package, *(inside[:-1] if is_package else inside)])
            text = file.read_text("utf-8")
            path = file.relative_to(ROOT).as_posix()
            found.append(Source(path, module, is_package, text, ast.parse(text)))
    return tuple(found)


@cache
def modules() -> frozenset[str]:
    """The names of the program's modules."""
    return frozenset(source.module for source in sources())
