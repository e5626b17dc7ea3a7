"""The last step of a build: tables that were written beside their parents are indexed and attached, several at a time."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from psycopg import Connection, sql

from projections.generations import attached, names, partition
from projections.projection import Table


def attach(
    connection: Connection[Any],
    generation: int,
    position: int,
    tables: Iterable[Table],
    state: str = "ready",
    beside: Sequence[Connection[Any]] = (),
) -> None:
    """What was built is whole up to `position`: index it, attach it, and have it followed from there, if it is `ready`.

    The server sorts for one index at a time in each connection: those `beside` take tables too. Can be done again where
    it stopped on the way.
    """
    # The tables with most rows are named last; begun first, they do not keep the others waiting at the end.
    waiting = iter(names(tables)[::-1])
    with ThreadPoolExecutor(1 + len(beside)) as pool:
        for done in [pool.submit(_take, one, generation, waiting) for one in (connection, *beside)]:
            done.result()
    connection.execute(
        "UPDATE rows.generations SET state = %s, position = %s WHERE id = %s AND state = 'building'",
        [state, position, generation],
    )


def _take(connection: Connection[Any], generation: int, waiting: Iterator[str]) -> None:
    """Attach one table after the other, until none waits."""
    for name in waiting:
        child = partition(name, generation)
        if not attached(connection, child):
            connection.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES IN ({})").format(
                    sql.Identifier("rows", name), sql.Identifier("rows", child), generation
                )
            )
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("rows", child)))
