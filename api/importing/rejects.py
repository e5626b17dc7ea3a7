"""The rejects file: each physical row that is refused, once, as it was, with its place and every reason.

Rows of CSV and Parquet files go into a CSV with the columns of the file, so that it can be mended and imported again;
lines of NDJSON into an NDJSON of {"file", "line", "reason", "content"}. It is written anew by each run and complete
after each.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

import msgspec

from api.importing.errors import UnreadableFile

OURS = ("reject_file", "reject_line", "reject_reason")


class Rejects:
    """Where refused rows go; without a path they are only counted by whoever calls."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._text: TextIO | None = None
        self._writer: Any = None  # of the csv module
        self._columns: tuple[str, ...] | None = None
        self._files = 0
        self._name = ""
        self._ours = OURS
        self._width = 0

    def begin(self, name: str, columns: Sequence[str] | None) -> None:
        """A file of these columns comes next (None: lines). Columns that differ get a rejects file of their own."""
        self._name = name
        columns = None if columns is None else tuple(columns)
        self._ours = () if columns is not None and set(OURS) <= set(columns) else OURS
        if self._path is None or (self._text is not None and columns == self._columns):
            return
        self.close()
        self._files += 1
        self._columns = columns
        path = self._path if self._files == 1 else self._path.with_name(f"{self._files}-{self._path.name}")
        self._text = _create(path)
        self._writer = csv.writer(self._text, lineterminator="\n")
        if columns is not None:
            self._width = len(columns)
            self._writer.writerow((*columns, *self._ours))

    def write(self, rows: Iterable[tuple[int, Sequence[str], str]]) -> None:
        """(line, cells, reason) of each refused row."""
        if self._text is None:
            return
        for line, cells, reason in rows:
            if self._columns is None:
                found = {"file": self._name, "line": line, "reason": reason, "content": "".join(cells)}
                self._text.write(msgspec.json.encode(found).decode() + "\n")
            else:
                self._writer.writerow(self._row(line, cells, reason))

    def _row(self, line: int, cells: Sequence[str], reason: str) -> list[str]:
        """The cells under the file's columns, whatever their number, then ours (a mended rejects file has them)."""
        row = [*cells[: self._width], *[""] * (self._width - len(cells))]
        if len(cells) > self._width:
            reason += f"; beyond the last column: {', '.join(cells[self._width :])}"
        ours: dict[str, str] = dict(zip(OURS, (self._name, str(line), reason), strict=True))
        if self._ours:
            return [*row, *ours.values()]
        return [ours.get(column, cell) for column, cell in zip(self._columns or (), row, strict=True)]

    def close(self) -> None:
        """Write out what is held back; safe to call twice."""
        if self._text is not None:
            self._text.close()
            self._text = None


def _create(path: Path) -> TextIO:
    try:
        if path.suffix == ".gz":
            return cast(TextIO, io.TextIOWrapper(gzip.open(path, "wb"), encoding="utf-8", newline=""))
        return path.open("w", encoding="utf-8", newline="")
    except OSError as refused:
        raise UnreadableFile(f"{path}: the rejects file cannot be written: {refused.strerror}") from refused
