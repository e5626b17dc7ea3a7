"""Asks a reader for everything at once, in a form in which answers can be compared."""

import random
from typing import Any

import msgspec
import psycopg

from api.queueing import Queue
from domain.events import Event
from projections import fold
from projections.reading import Reader
from projections.shapes import Shape, instant
from tests.projections import byhand

SHAPES = {table.name: Shape(table) for table in fold.TABLES}


def told_in_turns(streams: dict[str, list[Event]], chance: random.Random) -> list[tuple[str, Event]]:
    """Events of all customers in turns, of each in the order of its own recording."""
    turns = [customer for customer, history in streams.items() for _ in history]
    chance.shuffle(turns)
    coming = {customer: iter(history) for customer, history in streams.items()}
    return [(customer, next(coming[customer])) for customer in turns]


def whole(
    reader: Reader, connection: psycopg.Connection[Any], queue: Queue, as_of: int, known: int | None, **how: Any
) -> list[bytes]:
    """All pages of a queue, in its order; `how` as for `Reader.population`."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        everybody = reader.population(connection, as_of, known, after=after, **how)
        kind = queue.rows(everybody, None)
        page = everybody.page(kind, None, 2, after)
        standing = [row for row in page.rows if kind.stands(row, instant(as_of))]
        rows += [{name: value for name, value in row.items() if name != "parked"} for row in standing]
        after = page.next
        if after is None:
            return [comparable([row])[0] for row in rows]


def shown(table: str, customer: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by hand as readers get them."""
    names = byhand.columns(table)
    return [SHAPES[table].rendered(customer, tuple(row[name] for name in names)) for row in rows]


def comparable(rows: list[dict[str, Any]]) -> list[bytes]:
    """As JSON, so that numbers and instants look alike wherever they come from."""
    return sorted(msgspec.json.encode(_bare(row), order="deterministic") for row in rows)


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    """Without what the profile says of the stream as a whole: its version, and how many events were amended."""
    if "document" not in row:
        return row
    document = {n: v for n, v in row["document"].items() if n not in {"version", "corrected", "voided"}}
    return row | {"document": document}
