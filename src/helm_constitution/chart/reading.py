"""Reads single files of a chart, with errors in words."""

from __future__ import annotations

from helm_constitution.core.errors import ChartError


def read_file(path: str, shown: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ChartError(f"can't be read: {reason_of(error)}", file=shown) from error


def reason_of(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def text_of(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise not_utf8(content, shown) from None


def not_utf8(content: bytes, shown: str) -> ChartError:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return ChartError(
            f"not UTF-8 text: byte 0x{content[error.start]:02x} at offset {error.start}; save the file as UTF-8",
            file=shown,
            line=line,
        )
    raise AssertionError("the text is UTF-8")
