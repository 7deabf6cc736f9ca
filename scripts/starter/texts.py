"""How a new chart's files are made of others: texts replaced, values and their schema added."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

Files = dict[str, str]

ROOT = Path(__file__).resolve().parent.parent.parent


PIECES = ROOT / "testdata" / "starter"

VALUES, SCHEMA, README, DEPLOYMENT = "values.yaml", "values.schema.json", "README.md", "templates/deployment.yaml"


def read(folder: Path) -> Files:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def add(files: Files, piece: str, without: Iterable[str] = ()) -> None:
    """Adds a piece's files; of its values and schema, those keys."""
    for path, text in read(PIECES / piece).items():
        if path == VALUES:
            blocks = {key: block for key, block in _blocks(files[path]).items() if key not in without}
            files[path] = "\n\n".join((blocks | _blocks(text)).values()) + "\n"
        elif path == SCHEMA:
            head, old, tail = _schema(files[path])
            properties = {key: block for key, block in _properties(old).items() if key not in without}
            files[path] = head + ",\n".join((properties | _properties(text)).values()) + tail
        else:
            files[path] = text


def _blocks(values: str) -> dict[str, str]:
    """The top-level keys of values.yaml, each with its comment."""
    blocks = re.split(r"\n\n(?=\S)", values.rstrip("\n"))
    return {re.findall(r"(?m)^(\w+):", block)[0]: block for block in blocks}


def _schema(text: str) -> tuple[str, str, str]:
    begin = text.index('  "properties": {\n') + len('  "properties": {\n')
    end = text.index("\n  }", begin)
    return text[:begin], text[begin:end], text[end:]


def _properties(text: str) -> dict[str, str]:
    blocks = re.split(r',\n(?=    ")', text.rstrip("\n"))
    return {re.findall(r'^    "(\w+)"', block)[0]: block for block in blocks}


def edit(files: Files, path: str, *pairs: tuple[str, str]) -> None:
    files[path] = replaced(files[path], *pairs)


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"the base chart has no longer: {old}")
        text = text.replace(old, new)
    return text


def deeper(template: str, by: int) -> str:
    lines = template.splitlines(keepends=True)
    text = "".join(" " * by + line if by > 0 else line[-by:] for line in lines)
    return re.sub(r"nindent (\d+)", lambda found: f"nindent {int(found[1]) + by}", text)


def rows(values: str) -> list[str]:
    """The rows of the README's table, as helm-docs makes them of values.yaml."""
    kinds = {bool: "bool", int: "int", str: "string", list: "list", dict: "object"}
    rows: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    comment, data = "", yaml.safe_load(values)
    for line in values.splitlines():
        if found := re.match(r"( *)# -- (.*)", line):
            comment = found[2]
        elif found := re.match(r"( *)([A-Za-z]+):", line):
            path = [(indent, key) for indent, key in path if indent < len(found[1])] + [(len(found[1]), found[2])]
            if comment:
                keys, value = [key for _, key in path], data
                for key in keys:
                    value = value[key]
                name = ".".join(keys)
                shown = json.dumps(value, separators=(",", ":"), sort_keys=True)
                rows[name] = f"| {name} | {kinds[type(value)]} | `{shown}` | {comment} |"
            comment = ""
    return [rows[name] for name in sorted(rows, key=str.lower)]
