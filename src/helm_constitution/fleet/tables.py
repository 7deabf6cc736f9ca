"""The tables of a fleet as files beside its results: CSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helm_constitution.core.files import write_bytes, write_file
from helm_constitution.report.matrix import CHART_COLUMNS, RULE_COLUMNS, Matrix, as_csv, charts_table, rules_table


def write_tables(folder: Path, matrix: Matrix) -> list[Path]:
    """Writes ``charts`` (charts × principles) and ``rules`` (by how many charts break them); gives the files.

    Raises:
        ConfigurationError: one can't be written.
    """
    tables = {
        "charts": (list(charts_table(matrix)), [*CHART_COLUMNS, *matrix.columns]),
        "rules": (list(rules_table(matrix)), list(RULE_COLUMNS)),
    }
    written = []
    for name, (rows, header) in tables.items():
        file = folder / f"{name}.csv"
        write_file(file, as_csv(rows, header), "the table")
        written.append(file)
        data = _parquet(rows, header)
        if data is not None:
            file = folder / f"{name}.parquet"
            write_bytes(file, data, "the table")
            written.append(file)
    return written


def _parquet(rows: Sequence[dict[str, str | int]], header: Sequence[str]) -> bytes | None:
    """Rows as Parquet; None without pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return None
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({name: [row[name] for row in rows] for name in header}), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data
