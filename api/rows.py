"""What keeps the rows of a ledger: rulebooks by their version, and the engine that folds under them."""

from dataclasses import dataclass

import psycopg

from api.errors import UnknownRulebook
from domain.rules import Rules, compile_rules, first_rules
from projections import catalogue, fold
from projections.engine import Engine, Pace


@dataclass(frozen=True)
class Rulebooks:
    """Compiles rulebooks by their version; can be pickled, as a rebuild's processes need it too."""

    database_url: str

    def __call__(self, version: str) -> Rules:
        """The rulebook that comes with Jejak, or a published one. UnknownRulebook where there is no such version."""
        if version == first_rules().version:
            return first_rules()
        with psycopg.connect(self.database_url) as connection:
            known = catalogue.load(connection)
        document = known.rulebooks().get(version)
        if document is None:
            versions = ", ".join(sorted({first_rules().version, *known.rulebooks()}))
            raise UnknownRulebook(f"there is no rulebook {version!r}; there are {versions}", pointer="/query/rulebook")
        return compile_rules(document, known.calendars())


def make_engine(database_url: str, pace: Pace | None = None) -> Engine:
    """An engine that keeps the rows of this ledger."""
    return Engine(database_url, fold, Rulebooks(database_url), first_rules().version, pace)
