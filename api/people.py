"""Staff and what else stands beside customers, kept in memory until the ledger holds something newer of it."""

from datetime import datetime

from domain.door import micros
from domain.pools import Pool
from projections import catalogue
from projections.catalogue import Catalogue


class People:
    """Who acts for whom, at any date; safe to use from several threads."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._newest: Catalogue | None = None

    def catalogue(self, known_at: int | None = None) -> Catalogue:
        """What is known of staff, products and rulebooks."""
        with self._pool.connection() as c:
            if known_at is not None:
                return catalogue.load(c, known_at)
            kept = self._newest
            if kept is None or kept.position != catalogue.newest(c):
                kept = self._newest = catalogue.load(c)
            return kept

    def acting(self, staff: str | None, as_of: datetime, known_at: int | None = None) -> str | None:
        """Who acts for a member of staff then: their cover while they are away; None where nobody does."""
        return None if staff is None else self.catalogue(known_at).cover(staff, micros(as_of))
