"""Rows as readers get them: the same dictionaries whether they were selected or rendered.

Instants are `datetime` in UTC, ids are text, and JSON is decoded. A table with `from_at` and `until_at` has rows that hold
over intervals; of histories a reader gets all that began by the clock.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg import sql

from projections.projection import Table
from projections.store import Row

Shown = dict[str, Any]

HISTORIES = ("stages", "managers")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Shape:
    """Turns rows of one table, selected or rendered, into the same dictionaries."""

    def __init__(self, table: Table) -> None:
        self.names = ("customer", *(name for name, _ in table.columns))
        self._types = {"customer": "uuid", **{n: t.split(" COLLATE ")[0] for n, t in table.columns}}
        self.columns = sql.SQL(", ").join(map(sql.Identifier, self.names))
        self.order = sql.SQL(", ").join(
            map(sql.Identifier, [n for n in self.names if self._types[n] not in ("jsonb", "uuid")] or ["customer"])
        )

    def type_of(self, column: str) -> str:
        """The SQL type of a column."""
        return self._types[column]

    def selected(self, row: Sequence[Any]) -> Shown:
        """A row as the server sent it."""
        return {n: str(v) if isinstance(v, UUID) else v for n, v in zip(self.names, row, strict=True)}

    def named(self, row: Mapping[str, Any]) -> Shown:
        """A row as the server sent it, by column, with others besides."""
        return self.selected([row[n] for n in self.names])

    def rendered(self, customer: str, row: Row) -> Shown:
        """A row as the fold rendered it."""
        return {n: self._turn(n, v) for n, v in zip(self.names, (customer, *row), strict=True)}

    def _turn(self, column: str, value: Any) -> Any:
        kind = self._types[column]
        if kind == "timestamptz" and value is not None:
            return instant(value)
        if kind == "jsonb" and isinstance(value, str):
            return msgspec.json.decode(value)
        return value

    def rank(self, columns: Sequence[str]) -> Callable[[Shown], tuple[Any, ...]]:
        """What tells a row's place in the order of these columns."""
        return lambda row: tuple(row[c] for c in columns)

    def key(self, columns: Sequence[str], plain: Sequence[Any]) -> tuple[Any, ...]:
        """A rank as a cursor holds it, as rows hold it."""
        return tuple(instant(v) if self._types[c] == "timestamptz" else v for c, v in zip(columns, plain, strict=True))


def is_interval(table: Table) -> bool:
    """Whether its rows hold from one instant until another."""
    return any(name == "until_at" for name, _ in table.columns)


def held(table: Table) -> str:
    """The condition on rows that a reader gets at the clock `now`, in SQL."""
    if not is_interval(table):
        return ""
    return "AND from_at <= %(now)s" + ("" if table.name in HISTORIES else " AND until_at > %(now)s")


def holds(table: Table, row: Shown, as_of: int) -> bool:
    """The same, of a row at hand."""
    if not is_interval(table):
        return True
    now = instant(as_of)
    return row["from_at"] <= now and (table.name in HISTORIES or now < row["until_at"])


def row_holds(table: Table, row: Row, as_of: int) -> bool:
    """Whether a rendered row answers at `as_of`; a history's never does, for it does not say until when it is known."""
    names = [name for name, _ in table.columns]
    if "until_at" not in names or table.name in HISTORIES:
        return False
    return row[names.index("from_at")] <= as_of < row[names.index("until_at")]


def instant(us: int) -> datetime:
    """Of µs since 1970, as readers get it."""
    return _EPOCH + timedelta(microseconds=us)


def plain(value: Any) -> Any:
    """A value as a cursor holds it."""
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value
