"""Connections to the two databases, each statement its own transaction unless `transaction()` says otherwise."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from psycopg import Connection, sql
from psycopg_pool import ConnectionPool

from domain import packing

Pool = ConnectionPool[Connection[Any]]


class Connections(Protocol):
    """Where the ledger takes its connections from."""

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        """A connection for one piece of work."""
        ...

    def check(self) -> None:
        """Do away with connections that broke."""
        ...


class One:
    """In place of a pool, one connection that is in a transaction: what is recorded through it joins that."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        packing.register(connection)

    @contextmanager
    def connection(self) -> Generator[Connection[Any]]:
        """The connection."""
        yield self._connection

    def check(self) -> None:
        """Nothing: a transaction ends with its connection."""


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
