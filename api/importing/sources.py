"""Reading files: CSV, Parquet and NDJSON, compressed by gzip or not, from a path or from standard input (`-`).

Nothing is held but the record at hand (Parquet: a slice of it). A line that is not valid text is one refused record,
not the end of the import.
"""

import csv
import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from msgspec import Struct

from api.importing.errors import MissingExtra, UnreadableFile

Kind = Literal["csv", "parquet", "ndjson"]
SUFFIXES: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson",
}  # fmt: skip
SLICE = 50_000  # rows of a Parquet file in memory at a time
LONGEST_CELL = 16 * 1024 * 1024  # characters


class Record(Struct):
    """One record: the line at which it begins (Parquet: its number), its cells, and why it cannot be used, if so."""

    line: int
    cells: Sequence[str]
    problem: str | None = None


class Opened(Struct):
    """A stream of decompressed bytes, and how many bytes of the file as it lies were read (`size`: of how many)."""

    stream: BinaryIO
    position: Callable[[], int]
    size: int | None


class Table(Struct):
    """A file of rows under a header."""

    header: list[str]
    records: Iterator[Record]


def kind_of(name: str, *, mapped: bool) -> Kind:
    """What a file is, by its name; standard input is what the mapping, or its absence, makes it."""
    if name == "-":
        return "csv" if mapped else "ndjson"
    path = Path(name)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    found = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None:
        raise UnreadableFile(
            f"{name}: cannot tell what it is; name it .ndjson, .csv or .parquet (and .gz where compressed)"
        )
    return found


@contextmanager
def opened(name: str) -> Generator[Opened]:
    """Open a file or standard input, decompressing where the content says so."""
    try:
        raw = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below, unless it is standard input
    except OSError as absent:
        raise UnreadableFile(f"{name}: {absent.strerror}") from absent
    try:
        front = io.BufferedReader(cast(Any, raw), 1 << 16)
        packed = front.peek(2)[:2] == b"\x1f\x8b"
        stream = io.BufferedReader(cast(Any, gzip.GzipFile(fileobj=front)), 1 << 18) if packed else front
        size = None if name == "-" else os.fstat(raw.fileno()).st_size
        yield Opened(cast(BinaryIO, stream), raw.tell if size is not None else lambda: 0, size or None)
    except (EOFError, gzip.BadGzipFile, zlib.error) as broken:
        raise UnreadableFile(f"{name}: the compressed data is damaged or cut off: {broken}") from broken
    finally:
        if name != "-":
            raw.close()


# --- lines -----------------------------------------------------------------------------------------------------------


def ndjson(stream: BinaryIO) -> Iterator[Record]:
    """One record per line that is not blank; its single cell is the line."""
    for number, line in enumerate(stream, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as broken:
            yield Record(number, (line.decode("utf-8", "replace").strip(),), f"it is not UTF-8: {broken.reason}")
            continue
        if text:
            yield Record(number, (text,))


class _Lines:
    """Decoded lines of a CSV file; remembers whether one since the last look could not be decoded."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self.broken = False

    def __iter__(self) -> Iterator[str]:
        encoding = "utf-8-sig" if self._encoding.lower().replace("_", "-") in ("utf-8", "utf8") else self._encoding
        for line in self._stream:
            try:
                yield line.decode(encoding)
            except UnicodeDecodeError:
                self.broken = True
                yield line.decode(self._encoding, "replace")
            encoding = self._encoding


def csv_table(stream: BinaryIO, *, name: str, delimiter: str = ",", encoding: str = "utf-8") -> Table:
    """A CSV file with a header; quoted cells may hold line breaks."""
    csv.field_size_limit(LONGEST_CELL)
    lines = _Lines(stream, encoding)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
    except csv.Error as broken:
        raise UnreadableFile(f"{name}: line 1: {broken}") from broken
    if not header:
        raise UnreadableFile(f"{name}: it is empty; a CSV file begins with a line of column names")
    return Table(header, _rows(reader, lines, len(header), encoding))


def _rows(reader: Any, lines: _Lines, width: int, encoding: str) -> Iterator[Record]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            yield Record(line, (), f"it cannot be read as CSV: {broken}")
            continue
        if lines.broken:
            lines.broken = False
            yield Record(line, cells, f"it is not {encoding.upper()}")
        elif len(cells) == width:
            yield Record(line, cells)
        elif cells:
            yield Record(line, cells, f"it has {len(cells)} cells where the header has {width}")


# --- Parquet ---------------------------------------------------------------------------------------------------------


def parquet_table(name: str) -> tuple[Table, int]:
    """A Parquet file and its number of rows. Cells become the text that a CSV file would have."""
    if name == "-":
        raise UnreadableFile("Parquet cannot be read from standard input; give a file")
    polars = _polars(name)
    try:
        frame = polars.scan_parquet(name)
        header = list(frame.collect_schema().names())
        count = int(frame.select(polars.len()).collect().item())
    except (OSError, polars.exceptions.PolarsError) as broken:
        raise UnreadableFile(f"{name}: {broken}") from broken
    return Table(header, _slices(frame, count)), count


def _polars(name: str) -> Any:
    try:
        import polars
    except ImportError as missing:
        raise MissingExtra(
            f"{name}: reading Parquet needs polars; install it with: pip install 'jejak[parquet]'"
        ) from missing
    return polars


def _slices(frame: Any, count: int) -> Iterator[Record]:
    number = 0
    for start in range(0, count, SLICE):
        for values in frame.slice(start, SLICE).collect().iter_rows():
            number += 1
            yield Record(number, ["" if value is None else str(value) for value in values])
