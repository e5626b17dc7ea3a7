"""Writes what was folded: rows, spans, folded state and parked customers, each table by one DELETE and one binary COPY."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from psycopg import Connection, sql

from projections.generations import partition
from projections.projection import Table

_EPOCH = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000  # PostgreSQL counts µs from here

_pack = msgspec.msgpack.Encoder().encode

STRIDE = 64  # events between two kept states of a customer
SLOTS = 4

Row = tuple[Any, ...]
Rendered = dict[str, list[Row]]


class Parked(NamedTuple):
    """A customer who could not be folded, and why."""

    customer: bytes
    position: int
    event: str | None
    kind: str | None
    reason: str


class Saved(NamedTuple):
    """Folded state to keep.

    It holds the events of the versions up to `version`, but not those from `start` on that come after its last one in
    the fold's order.
    """

    customer: bytes
    slot: int
    start: int
    version: int
    state: bytes


def instant(us: int | None) -> int | None:
    """µs since 1970 as PostgreSQL counts them; None stays None."""
    return None if us is None else us - _EPOCH


def _within(limit: int) -> Callable[[int | None], int | None]:
    """Psycopg would cut off what the bytes of the type do not hold, without a word."""

    def check(value: int | None) -> int | None:
        if value is not None and not -limit <= value < limit:
            raise OverflowError(f"{value} is too large for its column")
        return value

    return check


def _uuid(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text.replace("-", ""))


def _json(value: Any) -> bytes | None:
    """A text is taken for JSON already written; the first byte is the version of the binary form."""
    if value is None:
        return None
    return b"\x01" + (value.encode() if isinstance(value, str) else msgspec.json.encode(value))


# SQL type -> (type whose binary form is the same and quick to write, what turns a rendered value into it)
_WRITERS: dict[str, tuple[str, Callable[[Any], Any] | None]] = {
    "timestamptz": ("int8", instant),
    "uuid": ("bytea", _uuid),
    "jsonb": ("bytea", _json),
    "integer": ("int4", _within(2**31)),
    "smallint": ("int2", _within(2**15)),
    "bigint": ("int8", None),
    "boolean": ("bool", None),
    "real": ("float4", None),
    "double precision": ("float8", None),
}


class Layout:
    """How the rows of one table are written: the types of COPY, and which values need another form."""

    def __init__(self, table: Table) -> None:
        bases = [_base(kind) for _, kind in table.columns]
        chosen = [_WRITERS.get(base, (base, None)) for base in bases]
        self.name = table.name
        self.columns = ("generation", "customer", *(name for name, _ in table.columns))
        self.types = ("int4", "bytea", *(kind for kind, _ in chosen))
        self._turns = tuple((i, turn) for i, (_, turn) in enumerate(chosen, 2) if turn)

    def row(self, head: list[Any], values: Row) -> list[Any]:
        """A rendered row behind generation and customer, in the form that COPY takes."""
        row = head + list(values)
        for i, turn in self._turns:
            row[i] = turn(row[i])
        return row


SPANS = Table("spans", (("version", "integer"), ("from_at", "timestamptz"), ("until_at", "timestamptz")))


class Gathered:
    """What one transaction is to write."""

    def __init__(self, names: Iterable[str]) -> None:
        self.rows: dict[str, list[list[Any]]] = {name: [] for name in names}
        self.gone: dict[str, list[str]] = {name: [] for name in self.rows}
        self.states: list[Saved] = []
        self.parked: list[Parked] = []
        self.healed: list[bytes] = []
        self.beside: list[bytes] = []  # streams that are no customer's

    @property
    def size(self) -> int:
        """The number of rows."""
        return sum(map(len, self.rows.values()))


class Writer:
    """Gathers what changes in the rows of one generation, and writes it."""

    def __init__(self, generation: int, fingerprint: str, tables: Sequence[Table]) -> None:
        self.generation = generation
        self._fingerprint = fingerprint
        self._layouts = {t.name: Layout(t) for t in (*tables, SPANS)}
        self.gathered = Gathered(self._layouts)

    def hand_over(self) -> Gathered:
        """What was gathered; from here on it belongs to the caller."""
        gathered, self.gathered = self.gathered, Gathered(self._layouts)
        return gathered

    def put(self, customer: bytes, rendered: Rendered, before: dict[str, int] | None) -> dict[str, int]:
        """Replace a customer's rows. `before`: what this returned for the rows that are there, or None if unknown.

        Tables whose rows did not change are left alone. An empty dict for `before` says that there are no rows yet.
        """
        digests: dict[str, int] = {}
        head = [self.generation, customer]
        for name, layout in self._layouts.items():
            rows = rendered.get(name)
            if rows:
                digest = hash(_pack(rows))
                digests[name] = digest
                if before is not None and before.get(name) == digest:
                    continue
                self.gathered.rows[name] += [layout.row(head, r) for r in rows]
            if before is None or name in before:
                self.gathered.gone[name].append(customer.hex())
        return digests

    def place(self, customer: bytes, rendered: Rendered) -> None:
        """Put the rows of a customer of whom there are none yet, and who will not come again."""
        head = [self.generation, customer]
        for name, layout in self._layouts.items():
            if rows := rendered.get(name):
                self.gathered.rows[name] += [layout.row(head, row) for row in rows]

    def write(self, connection: Connection[Any], gathered: Gathered) -> None:
        """Write it; the caller's transaction holds it together with the checkpoint."""
        for name, layout in self._layouts.items():
            target = self._target(name)
            if gone := gathered.gone[name]:
                connection.execute(sql.SQL("DELETE FROM {} WHERE customer = ANY(%s::uuid[])").format(target), [gone])
            _copy(connection, target, layout.columns, layout.types, gathered.rows[name])
        self._write_states(connection, gathered.states)
        self._write_parked(connection, gathered)

    def _target(self, name: str) -> sql.Identifier:
        return sql.Identifier("rows", partition(name, self.generation))

    def _write_states(self, connection: Connection[Any], states: list[Saved]) -> None:
        if not states:
            return
        newest = {(s.customer, s.slot): s for s in states}
        connection.execute(
            sql.SQL(
                "DELETE FROM {} AS s USING unnest(%s::uuid[], %s::int[]) AS w(customer, slot) "
                "WHERE s.customer = w.customer AND s.slot = w.slot"
            ).format(self._target("states")),
            [[customer.hex() for customer, _ in newest], [slot for _, slot in newest]],
        )
        _copy(
            connection,
            self._target("states"),
            ("generation", "customer", "slot", "start", "version", "fingerprint", "state"),
            ("int4", "bytea", "int4", "int4", "int4", "text", "bytea"),
            [
                [self.generation, s.customer, s.slot, s.start, s.version, self._fingerprint, s.state]
                for s in newest.values()
            ],
        )

    def _write_parked(self, connection: Connection[Any], gathered: Gathered) -> None:
        settled = [c.hex() for c in (*gathered.healed, *(p.customer for p in gathered.parked))]
        if not settled:
            return
        connection.execute(
            "DELETE FROM rows.parked WHERE generation = %s AND customer = ANY(%s::uuid[])", [self.generation, settled]
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO rows.parked (generation, customer, position, event, type, reason, fingerprint)
                   VALUES (%s, %s, %s, %s, %s, %s, %s)""",
                [
                    (self.generation, p.customer.hex(), p.position, p.event, p.kind, p.reason, self._fingerprint)
                    for p in gathered.parked
                ],
            )


def _base(kind: str) -> str:
    return kind.split(" COLLATE ")[0].split(" NOT NULL")[0].strip().lower()


def _copy(
    connection: Connection[Any],
    target: sql.Identifier,
    columns: Iterable[str],
    types: Iterable[str],
    rows: list[list[Any]],
) -> None:
    if not rows:
        return
    query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        target, sql.SQL(", ").join(sql.Identifier(c) for c in columns)
    )
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(list(types))
        for row in rows:
            copy.write_row(row)


def marks(before: int, after: int) -> list[int]:
    """Of the blocks (before, after] the last one of each slot, ascending."""
    last: dict[int, int] = {}
    for block in range(max(before + 1, after - 4**SLOTS), after + 1):
        last[slot(block)] = block
    return sorted(last.values())


def slot(block: int) -> int:
    """Where the state after so many strides is kept; it replaces the one that was there."""
    zeros = (block & -block).bit_length() - 1
    return min(SLOTS - 1, zeros // 2)
