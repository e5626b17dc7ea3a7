"""Reports as files: JSON with everything that describes them, CSV that a spreadsheet may open, Parquet with types."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from api.clouds import moment
from api.errors import BadRequest
from api.reporting.asking import Answer, described
from domain.door import instant
from projections.reports.report import Column

MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet's formulas begin
_encode = msgspec.json.Encoder(decimal_format="number").encode
_SCALE = 6  # decimals of money in Parquet; an amount has at most so many


def write(answer: Answer, form: str) -> bytes:
    """A report in a format of `MEDIA`. BadRequest where Parquet is asked for and polars is not installed."""
    match form:
        case "json":
            return as_json(answer)
        case "csv":
            return as_csv(answer)
        case _:
            return as_parquet(answer)


def as_json(answer: Answer) -> bytes:
    """Columns and rows, by name; money is a decimal string, an instant or day is ISO 8601."""
    made = answer.made
    columns = [{"name": c.name, "kind": c.kind, "about": c.about} for c in made.columns]
    rows = [{c.name: plain(c, value) for c, value in zip(made.columns, row, strict=True)} for row in made.rows]
    document = described(answer) | {"columns": columns, "rows": rows}
    if answer.report.suggests:
        document["suggestions"] = made.suggestions
    return _encode(document)


def plain(column: Column, value: Any) -> Any:
    """A value as JSON has it."""
    if value is None:
        return None
    match column.kind:
        case "money":
            return f"{value:f}"
        case "instant":
            return moment(instant(value))
        case "day":
            return value.isoformat()
        case _:
            return value


def as_csv(answer: Answer) -> bytes:
    """Rows with a head, comma-separated (RFC 4180), in UTF-8. Events, which only JSON can hold, are left out.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    made = answer.made
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    kept = [c.kind != "event" for c in made.columns]
    rows.writerow([c.name for c, keep in zip(made.columns, kept, strict=True) if keep])
    for row in made.rows:
        rows.writerow([_cell(c, v) for c, v, keep in zip(made.columns, row, kept, strict=True) if keep])
    return file.getvalue().encode()


def _cell(column: Column, value: Any) -> Any:
    given = plain(column, value)
    if isinstance(given, str) and column.kind == "text" and given.startswith(_FORMULA):
        return "'" + given
    return f"{given:f}" if isinstance(given, Decimal) else given


def as_parquet(answer: Answer) -> bytes:
    """Rows with the types of their columns: money as decimal(38, 6), instants as timestamps in UTC."""
    try:
        import polars
    except ImportError:
        raise BadRequest(
            "Parquet needs polars; install it with: pip install 'jejak[parquet]', or ask for csv",
            pointer="/query/format",
        ) from None
    types: dict[str, Any] = {
        "text": polars.String, "count": polars.Int64, "number": polars.Float64, "share": polars.Float64,
        "days": polars.Float64, "money": polars.Decimal(38, _SCALE), "day": polars.Date,
        "instant": polars.Datetime("us", "UTC"),
    }  # fmt: skip
    made = answer.made
    columns = {
        c.name: polars.Series(c.name, [_typed(c, row[i]) for row in made.rows], dtype=types[c.kind], strict=True)
        for i, c in enumerate(made.columns)
        if c.kind != "event"
    }
    file = io.BytesIO()
    polars.DataFrame(columns).write_parquet(file)
    return file.getvalue()


def _typed(column: Column, value: Any) -> Any:
    if value is None:
        return None
    match column.kind:
        case "instant":
            return instant(value)
        case "number" | "days" | "share":
            return float(value)
        case "day":
            assert isinstance(value, date), "a day is a date"
            return value
        case _:
            return value
