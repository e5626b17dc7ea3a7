"""Generations: sets of rows beside each other, and the pointer that says which one readers see.

Each table of a projection is a parent, partitioned by generation. A partition is made beside its parent and attached, and
detached before it is dropped, because both can be done while readers read. What a projection's table looks like is said
in its own file (`Table`); a parent follows when that changes, for its rows are made anew with the fold that changed.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from typing import Any, LiteralString, NamedTuple, cast

from psycopg import Connection, sql
from psycopg.rows import class_row

from projections.projection import Table

OWN_TABLES = ("states", "spans")  # partitioned like those of the projections
FOLLOWED = ("live", "ready", "previous")

PARTS = 16  # of the ledger

_BUILDING = 0x6A656A  # advisory locks of generations that are being built: this and the generation's number
_WRITING = 0x6A656B  # and of those who write its rows

ENGINE_ROLE = "jejak_engine"
API_ROLE = "jejak_api"


class Generation(NamedTuple):
    """One row of `rows.generations`."""

    id: int
    rulebook: str
    fingerprint: str
    state: str
    position: int
    created_at: datetime
    name: str | None = None
    as_of: datetime | None = None  # None: nothing is cut off
    known_at: int | None = None  # None: everything that was recorded when it was built
    sample: int | None = None  # every so many-th customer; None: all
    customers: int = 0  # read so far,
    events: int = 0  # and events of theirs,
    total: int = 0  # out of so many; of a sample about so many


class Coordinates(NamedTuple):
    """What a generation is built at; the default is what is followed."""

    as_of: datetime | None = None
    known_at: int | None = None
    sample: int | None = None


class Unready(Exception):
    """A generation cannot be shown or dropped as it is; the text says why."""


def install(connection: Connection[Any], tables: Iterable[Table]) -> None:
    """Make the parents of the projections' tables, or bring them to their present columns."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('rows.install'))")
        for table in tables:
            found = dict(
                connection.execute(
                    """SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
                        WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped""",
                    [f"rows.{table.name}"],
                ).fetchall()
            )
            if found:
                _alter(connection, table, found)
            else:
                _create(connection, table)


def _create(connection: Connection[Any], table: Table) -> None:
    name = sql.Identifier("rows", table.name)
    columns = [sql.SQL("generation integer NOT NULL"), sql.SQL("customer uuid NOT NULL")]
    columns += [_column(n, t) for n, t in table.columns]
    connection.execute(
        sql.SQL("CREATE TABLE {} ({}) PARTITION BY LIST (generation)").format(name, sql.SQL(", ").join(columns))
    )
    for document in (sql.Identifier(n) for n, t in table.columns if t == "jsonb"):  # compressing is half of writing it
        connection.execute(sql.SQL("ALTER TABLE {} ALTER {} SET STORAGE EXTERNAL").format(name, document))
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(name, sql.Identifier(API_ROLE)))
    _index(connection, table)


def _alter(connection: Connection[Any], table: Table, found: dict[str, str]) -> None:
    name = sql.Identifier("rows", table.name)
    wanted = {n: _canonical(connection, t) for n, t in table.columns}
    kept = {"generation", "customer"}
    for column, kind in found.items():
        if column not in kept and wanted.get(column) != kind:
            connection.execute(sql.SQL("ALTER TABLE {} DROP COLUMN {}").format(name, sql.Identifier(column)))
    for column, kind in table.columns:
        if found.get(column) != wanted[column]:
            connection.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {}").format(name, _column(column, kind)))
    _index(connection, table)


def _index(connection: Connection[Any], table: Table) -> None:
    """Indexes are named by what they are over, so that a changed one is made and the old one goes."""
    overs = list(table.indexes)
    if not any(over.split(",")[0].strip() == "customer" for over in overs):
        overs.insert(0, "customer")  # by which rows are replaced
    wanted = {f"{table.name}_{_digest(over)}": over for over in overs}
    found = {
        row[0]
        for row in connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'rows' AND tablename = %s", [table.name]
        )
    }
    for name in found - wanted.keys():
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier("rows", name)))
    for name, over in wanted.items():
        if name not in found:
            columns, where, condition = over.partition(" WHERE ")
            connection.execute(
                sql.SQL("CREATE INDEX {} ON {} ({}){}").format(
                    sql.Identifier(name), sql.Identifier("rows", table.name), ours(columns), ours(where + condition)
                )
            )


def ours(text: str) -> sql.SQL:
    """A piece of SQL from our own code, such as a type or a column list; never anything that came in."""
    return sql.SQL(cast("LiteralString", text))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()


def _column(name: str, kind: str) -> sql.Composed:
    return sql.SQL("{} {}").format(sql.Identifier(name), ours(kind))


def _canonical(connection: Connection[Any], kind: str) -> str:
    base = kind.split(" COLLATE ")[0].split(" NOT NULL")[0]
    row = connection.execute("SELECT format_type(to_regtype(%s), NULL)", [base]).fetchone()
    return row[0] if row else base


def create(
    connection: Connection[Any],
    rulebook: str,
    fingerprint: str,
    tables: Iterable[Table],
    *,
    position: int = 0,
    name: str | None = None,
    at: Coordinates | None = None,
) -> Generation:
    """A new, empty generation in state building; its partitions stand beside their parents until `attach`.

    `position`: up to where it will read. Unready where another one has that name.
    """
    as_of, known_at, sample = at or Coordinates()
    with connection.transaction():
        found = _all(
            connection,
            """INSERT INTO rows.generations (rulebook, fingerprint, state, position, name, as_of, known_at, sample, total)
               VALUES (%s, %s, 'building', %s, %s, %s, %s, %s, %s) ON CONFLICT (name) DO NOTHING RETURNING *""",
            [rulebook, fingerprint, position, name, as_of, known_at, sample, position // (sample or 1)],
        )
        if not found:
            raise Unready(f"there is a generation called {name!r}; drop it, or choose another name")
        generation = found[0]
        for name in names(tables):
            child = sql.Identifier("rows", partition(name, generation.id))
            parent = sql.Identifier("rows", name)
            # With the check the server need not read the rows again when the partition is attached.
            connection.execute(
                sql.SQL(
                    "CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING STORAGE, CHECK (generation = {})) "
                    "WITH (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0)"
                ).format(child, parent, generation.id)
            )
    return generation


def name_by_number(connection: Connection[Any], generation: int) -> Generation:
    """Give a generation a name where it has none."""
    return _all(
        connection,
        "UPDATE rows.generations SET name = coalesce(name, 'side-' || id) WHERE id = %s RETURNING *",
        [generation],
    )[0]


def hold(connection: Connection[Any], generation: int) -> bool:
    """Mark a generation as being built for as long as this connection lasts; False where another one builds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [_BUILDING, generation]).fetchone()
    return bool(row and row[0])


def held(connection: Connection[Any]) -> set[int]:
    """The generations that are being built at this moment."""
    rows = connection.execute(
        """SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::int = %s
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
        [_BUILDING],
    )
    return {row[0] for row in rows}


def write_for(connection: Connection[Any], generation: int) -> None:
    """Mark a connection as one that writes a generation's rows."""
    connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", [_WRITING, generation])


def await_writers(connection: Connection[Any], generation: int) -> None:
    """Wait until nobody writes it: the server may be busy for those who were killed."""
    connection.execute("SELECT pg_advisory_lock(%s, %s)", [_WRITING, generation])
    connection.execute("SELECT pg_advisory_unlock(%s, %s)", [_WRITING, generation])


def sweep(connection: Connection[Any], fingerprint: str, tables: Sequence[Table]) -> None:
    """Drop what was left half built by another form of the fold, for nobody can go on with it. Needs autocommit."""
    for generation in listed(connection):
        if generation.state == "building" and generation.fingerprint != fingerprint and hold(connection, generation.id):
            await_writers(connection, generation.id)
            drop(connection, generation.id, tables)
            connection.execute("SELECT pg_advisory_unlock(%s, %s)", [_BUILDING, generation.id])


def note(connection: Connection[Any], generation: int, customers: int, events: int) -> None:
    """Say how far a build is."""
    connection.execute(
        "UPDATE rows.generations SET customers = %s, events = %s WHERE id = %s AND state = 'building'",
        [customers, events, generation],
    )


def finish_part(connection: Connection[Any], generation: int, part: int, customers: int, events: int) -> None:
    """The customers of a partition of the ledger are whole, from here on."""
    connection.execute("INSERT INTO rows.parts VALUES (%s, %s, %s, %s)", [generation, part, customers, events])


def finished(connection: Connection[Any], generation: int) -> dict[int, tuple[int, int]]:
    """Partitions of the ledger that are done: (customers, events) of each."""
    rows = connection.execute("SELECT part, customers, events FROM rows.parts WHERE generation = %s", [generation])
    return {part: (customers, events) for part, customers, events in rows}


def clear_unfinished(connection: Connection[Any], generation: int, tables: Iterable[Table]) -> None:
    """Take away the rows of partitions that are not done, for they are built anew."""
    done = list(finished(connection, generation))
    # A customer's partition is the server's to say: it is that of their events.
    unfinished = sql.SQL(
        "NOT EXISTS (SELECT FROM unnest(%s::int[]) AS done(part)"
        " WHERE satisfies_hash_partition('ledger.events'::regclass, {}, done.part, customer))"
    ).format(PARTS)
    with connection.transaction():
        for name in names(tables):
            child = sql.Identifier("rows", partition(name, generation))
            connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(child, unfinished), [done])
        connection.execute(
            sql.SQL("DELETE FROM rows.parked WHERE generation = %s AND {}").format(unfinished), [generation, done]
        )


def attached(connection: Connection[Any], child: str) -> bool:
    """Whether a partition stands under its parent."""
    row = connection.execute(
        "SELECT relispartition FROM pg_class WHERE oid = to_regclass(%s)", [f"rows.{child}"]
    ).fetchone()
    return bool(row and row[0])


def followed(connection: Connection[Any], fingerprint: str) -> list[Generation]:
    """Generations that the engine keeps up, the live one first."""
    return _all(
        connection,
        "SELECT * FROM rows.generations WHERE state = ANY(%s) AND fingerprint = %s ORDER BY state <> 'live', id",
        [list(FOLLOWED), fingerprint],
    )


def listed(connection: Connection[Any]) -> list[Generation]:
    """Every generation there is, oldest first."""
    return _all(connection, "SELECT * FROM rows.generations ORDER BY id", [])


@contextmanager
def consistent(connection: Connection[Any]) -> Generator[None]:
    """A transaction that reads one state of the rows throughout, whatever is written meanwhile."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def live(connection: Connection[Any]) -> Generation | None:
    """The generation that readers see; None before the first one."""
    found = _all(connection, "SELECT g.* FROM rows.pointer p JOIN rows.generations g ON g.id = p.generation", [])
    return found[0] if found else None


def lock_pointer(connection: Connection[Any]) -> None:
    """Keep others from promoting until this transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('rows.pointer'))")


def promote(connection: Connection[Any], generation: int) -> bool:
    """Show this generation from here on; False while it is behind the one that is shown. The one before is kept.

    Unready where it is not followed.
    """
    with connection.transaction():
        lock_pointer(connection)
        rows = {g.id: g for g in _all(connection, "SELECT * FROM rows.generations ORDER BY id FOR UPDATE", [])}
        shown = live(connection)
        wanted = rows.get(generation)
        if wanted is None or wanted.state not in FOLLOWED:
            raise Unready(
                f"generation {generation} is {wanted.state if wanted else 'unknown'}; only a followed one can be shown"
            )
        if shown and shown.id == generation:
            return True
        comparable = shown is not None and shown.fingerprint == wanted.fingerprint
        if shown and comparable and wanted.position < rows[shown.id].position:
            return False
        connection.execute("UPDATE rows.generations SET state = 'ready' WHERE state = 'previous'")
        if shown:
            kept = "previous" if comparable else "stale"
            connection.execute("UPDATE rows.generations SET state = %s WHERE id = %s", [kept, shown.id])
        connection.execute("UPDATE rows.generations SET state = 'live' WHERE id = %s", [generation])
        connection.execute(
            """INSERT INTO rows.pointer (generation, previous) VALUES (%s, %s)
               ON CONFLICT (one) DO UPDATE SET generation = excluded.generation, previous = excluded.previous""",
            [generation, shown.id if shown and comparable else None],
        )
    connection.execute("NOTIFY jejak")
    return True


def rollback(connection: Connection[Any]) -> bool:
    """Show the generation before again; False while it is behind. Unready where none was kept."""
    row = connection.execute("SELECT previous FROM rows.pointer").fetchone()
    if row is None or row[0] is None:
        raise Unready("no generation was kept to go back to")
    return promote(connection, row[0])


def drop(connection: Connection[Any], generation: int, tables: Iterable[Table]) -> None:
    """Remove a generation that is not shown. Needs autocommit: readers are never made to wait."""
    shown = live(connection)
    if shown and shown.id == generation:
        raise Unready(f"generation {generation} is live; show another one first")
    connection.execute("UPDATE rows.generations SET state = 'stale' WHERE id = %s", [generation])
    for name in names(tables):
        child = partition(name, generation)
        if attached(connection, child):
            connection.execute(
                sql.SQL("ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY").format(
                    sql.Identifier("rows", name), sql.Identifier("rows", child)
                )
            )
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier("rows", child)))
    connection.execute("DELETE FROM rows.generations WHERE id = %s", [generation])


def partition(table: str, generation: int) -> str:
    """The name of a generation's part of a table."""
    return f"{table}_g{generation}"


def names(tables: Iterable[Table]) -> list[str]:
    """The tables of a generation."""
    return [*OWN_TABLES, *(t.name for t in tables)]


def _all(connection: Connection[Any], query: LiteralString, values: list[Any]) -> list[Generation]:
    with connection.cursor(row_factory=class_row(Generation)) as cursor:
        return cursor.execute(query, values).fetchall()
