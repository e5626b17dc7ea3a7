"""Reads streams from the ledger, many at a time, and decodes each in one call.

A customer is named by the 16 bytes of its id here: that is what the server sends and takes in binary form, and making
`UUID` objects would cost more than decoding an event.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, repeat
from typing import Any, NamedTuple

import msgspec
from psycopg import Connection, sql

from domain.events import Event
from domain.upcast import read, read_many

PARTITIONS = tuple(f"events_{i:02d}" for i in range(16))

_place = msgspec.structs.force_setattr

# Versions of a stream ascend with its positions and have no gaps, so the first version and the number say all.
_COLUMNS = sql.SQL(
    """uuid_send(customer), min(version), count(*)::int, max(position),
       '[' || string_agg(clear, ',' ORDER BY version) || ']'"""
)
_BATCH = sql.SQL("SELECT {} FROM ledger.events WHERE position > %s AND position <= %s GROUP BY customer").format(
    _COLUMNS
)
_TAILS = sql.SQL(
    """SELECT {} FROM unnest(%s::uuid[], %s::int[]) AS wanted(stream, start)
        CROSS JOIN LATERAL (SELECT customer, version, position, clear FROM ledger.events
                             WHERE customer = stream AND version >= start AND position <= %s) AS tail
        GROUP BY customer"""
).format(_COLUMNS)
_PARTITION = "COPY (SELECT {} FROM ledger.{}{} GROUP BY customer) TO STDOUT (FORMAT binary)"
_SAMPLED = "(uuid_hash(customer) & 2147483647) % {} = 0"  # not the hash by which events are partitioned


class Slice(NamedTuple):
    """Consecutive events of one stream, not yet decoded."""

    customer: bytes
    first: int  # version of the first event
    events: int  # how many
    position: int  # of the last event
    clear: str  # JSON array of the stored events


class Broken(Exception):
    """An event that cannot be folded: its id and type where they are known, and what went wrong."""

    def __init__(self, event: str | None, kind: str | None, reason: str) -> None:
        super().__init__(reason)
        self.event, self.kind, self.reason = event, kind, reason


@dataclass
class Tally:
    """What was read and folded since it was made; tests and metrics look at it."""

    read: int = 0
    folded: int = 0
    refolded: int = 0  # customers whose history was folded again


def head(connection: Connection[Any]) -> int:
    """The last position of the ledger; 0 when it is empty."""
    row = connection.execute("SELECT last FROM ledger.commits ORDER BY last DESC LIMIT 1").fetchone()
    return row[0] if row else 0


def batch(connection: Connection[Any], after: int, until: int) -> list[Slice]:
    """All events at positions (after, until], by stream. Positions have no gaps: that is `until - after` events."""
    return _slices(connection, _BATCH, [after, until])


def tails(connection: Connection[Any], starts: Mapping[bytes, int], until: int) -> list[Slice]:
    """Of each stream the events from the given version on, no further than position `until`."""
    return _slices(connection, _TAILS, [[c.hex() for c in starts], list(starts.values()), until])


def partition(
    connection: Connection[Any], name: str, *, until: int | None = None, sample: int | None = None
) -> Iterator[Slice]:
    """Every stream of one partition, through binary COPY; the server gathers, nothing is sorted here.

    Of each what was recorded up to position `until` (None: all of it); of streams every `sample`-th, by hash.
    """
    conditions: list[sql.Composable] = []
    if until is not None and until < head(connection):
        conditions.append(sql.SQL("position <= {}").format(until))
    if sample is not None:
        conditions.append(sql.SQL(_SAMPLED).format(sample))
    where = sql.SQL(" WHERE {}").format(sql.SQL(" AND ").join(conditions)) if conditions else sql.SQL("")
    query = sql.SQL(_PARTITION).format(_COLUMNS, sql.Identifier(name), where)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(["bytea", "int4", "int4", "int8", "text"])
        for row in copy.rows():
            yield Slice(*row)


def decode(piece: Slice) -> list[Event]:
    """The events of a slice with their versions set. Broken names the first one that cannot be read."""
    try:
        events = read_many(piece.clear)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise _first_broken(piece, error) from error
    deque(map(_place, events, repeat("version"), count(piece.first)), maxlen=0)  # a loop without Python in it
    return events


def _first_broken(piece: Slice, error: Exception) -> Broken:
    for raw in msgspec.json.decode(piece.clear, type=list[msgspec.Raw]):
        try:
            read(bytes(raw))
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as found:
            known: dict[str, Any] = msgspec.json.decode(raw)
            return Broken(known.get("id"), known.get("type"), f"cannot be read: {found}")
    return Broken(None, None, f"cannot be read: {error}")


def _slices(connection: Connection[Any], query: sql.Composed, values: list[Any]) -> list[Slice]:
    with connection.cursor(binary=True) as cursor:
        cursor.execute(query, values)
        return [Slice(*row) for row in cursor.fetchall()]
