"""Who works here at the moment of a command, and how full their books are."""

import contextlib
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from typing import Any

import psycopg
from psycopg import Connection

from api.wiring import API_ROLE, Clock, House
from domain.commands.command import Colleague
from domain.door import micros
from projections import owning
from projections.catalogue import Catalogue
from projections.staff import Asked

SKEW = 60_000_000  # µs by which the clocks of machines that give commands may be apart


class Books:
    """Books of staff on whom a lock is held: what is counted stays so until we add to it ourselves."""

    def __init__(self, connection: Connection[Any] | None, staff: Sequence[str], now: Clock) -> None:
        self._connection, self._staff, self._now = connection, staff, now
        self._counted: Counter[str] = Counter()

    def count(self) -> None:
        """Count anew from what is recorded."""
        if self._connection is not None:
            self._counted = Counter(owning.books(self._connection, self._staff, micros(self._now()) + SKEW))

    def add(self, code: str) -> None:
        """One more, who is on the way into the ledger."""
        self._counted[code] += 1

    def __getitem__(self, code: str) -> int:
        """How many customers they own."""
        return self._counted[code]


@contextlib.contextmanager
def held(house: House, staff: Iterable[str]) -> Generator[Books]:
    """Keep others from filling these books meanwhile.

    On a connection beside the pool: it waits for others who append, and they need the pool.
    """
    codes = sorted(set(staff))
    if not codes:
        yield Books(None, (), house.now)
        return
    with psycopg.connect(house.database_url) as connection:
        connection.execute(f"SET ROLE {API_ROLE}")  # type: ignore[reportArgumentType] # a constant
        owning.hold(connection, codes)
        yield Books(connection, codes, house.now)


class Roster:
    """Staff as one customer meets them at one moment."""

    def __init__(self, catalogue: Catalogue, at: int, asked: Asked, books: Books) -> None:
        self._catalogue, self._at, self._asked, self._books = catalogue, at, asked, books
        self._known = catalogue.staff(at)

    @property
    def kept(self) -> bool:
        """Whether anybody is registered at all."""
        return bool(self._known)

    def __call__(self, code: str) -> Colleague | None:
        """Somebody by code."""
        person = self._known.get(code)
        if person is None:
            return None
        absence = self._catalogue.absence(code, self._at)
        return Colleague(
            code,
            active=person.active,
            away_until=None if absence is None else absence.until_at,
            acting=self._catalogue.cover(code, self._at),
            capacity=person.capacity,
        )

    def refuses(self, code: str) -> str | None:
        """What the customer has against somebody. Where no staff is kept, only names can tell."""
        if not self.kept:
            return "not-named" if self._asked.staff and code not in self._asked.staff else None
        return self._asked.refuses(code, self._known.get(code), self._at)

    def book(self, code: str) -> int:
        """How many customers they own."""
        return self._books[code]
