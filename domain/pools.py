"""Connections to the two databases, each statement its own transaction unless `transaction()` says otherwise."""

from typing import Any

from psycopg import Connection, sql
from psycopg_pool import ConnectionPool

from domain import packing

Pool = ConnectionPool[Connection[Any]]


def open_pool(url: str, *, role: str | None = None, size: int = 8, patience: float = 30.0) -> Pool:
    """A pool of up to `size` connections that act as `role`; a caller waits at most `patience` seconds for one."""

    def prepare(connection: Connection[Any]) -> None:
        packing.register(connection)
        # A statement that waited for a lock has to see what was committed meanwhile, whatever the server's default is: else
        # two appends would give out the same positions.
        connection.execute("SET default_transaction_isolation = 'read committed'")
        if role is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))

    return ConnectionPool(
        url,
        kwargs={"autocommit": True},
        configure=prepare,
        min_size=1,
        max_size=size,
        timeout=patience,
        open=True,
        name=role or "jejak",
    )
