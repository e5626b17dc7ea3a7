"""Staff and what else stands beside customers, kept in memory until the ledger holds something newer of it."""

from collections.abc import Callable
from datetime import datetime

from domain.door import micros
from domain.pools import Pool
from projections import catalogue
from projections.catalogue import Catalogue

_EARLIER_KEPT = 8


class People:
    """Who acts for whom, at any date; safe to use from several threads."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._newest: Catalogue | None = None
        self._earlier: dict[int, Catalogue] = {}

    def catalogue(self, known_at: int | None = None) -> Catalogue:
        """What is known of staff, products and rulebooks; as known at a position."""
        with self._pool.connection() as c:
            newest = catalogue.newest(c)
            if known_at is not None and known_at < newest:  # what was known then never changes
                kept = self._earlier.get(known_at)
                if kept is None:
                    for oldest in list(self._earlier)[: 1 - _EARLIER_KEPT]:
                        self._earlier.pop(oldest, None)
                    kept = self._earlier[known_at] = catalogue.load(c, known_at)
                return kept
            kept = self._newest
            if kept is None or kept.position != newest:
                kept = self._newest = catalogue.load(c)
            return kept

    def at_head(self) -> Catalogue:
        """The same with what no engine has copied yet: what commands are decided on."""
        with self._pool.connection() as c:
            newest = catalogue.at_head(c)
        return self.catalogue() if newest is None else newest

    def acting(self, as_of: datetime, known_at: int | None = None) -> Callable[[str | None], str | None]:
        """Tells who acts for a member of staff then: their cover while they are away; None where nobody does.

        The catalogue is asked once, for as many questions as follow.
        """
        known, at = self.catalogue(known_at), micros(as_of)
        return lambda staff: None if staff is None else known.cover(staff, at)
