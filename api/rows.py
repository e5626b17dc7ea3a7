"""What keeps the rows of a ledger: rulebooks by their version, and the engine that folds under them."""

from dataclasses import dataclass, field

import psycopg

from api.errors import UnknownRulebook
from domain.rules import Rules, compile_rules, first_rules
from projections import catalogue, fold
from projections.engine import Engine, Pace


@dataclass(frozen=True)
class Rulebooks:
    """Compiles rulebooks by their version, each once, as a version never changes; can be pickled, for other processes."""

    database_url: str
    _compiled: dict[str, Rules] = field(default_factory=dict[str, Rules], compare=False, repr=False)

    def __call__(self, version: str) -> Rules:
        """The rulebook that comes with Jejak, or a published one. UnknownRulebook where there is no such version."""
        if version == first_rules().version:
            return first_rules()
        known = self._compiled.get(version)
        if known is None:
            known = self._compiled[version] = self._compile(version)
        return known

    def _compile(self, version: str) -> Rules:
        with psycopg.connect(self.database_url) as connection:
            published = catalogue.published(connection)
        documents = published.rulebooks()
        if version not in documents:
            versions = ", ".join(sorted({first_rules().version, *documents}))
            raise UnknownRulebook(f"there is no rulebook {version!r}; there are {versions}", pointer="/query/rulebook")
        return compile_rules(documents[version], published.calendars())

    def __reduce__(self) -> tuple[type["Rulebooks"], tuple[str]]:
        return type(self), (self.database_url,)


def make_engine(database_url: str, pace: Pace | None = None) -> Engine:
    """An engine that keeps the rows of this ledger."""
    return Engine(database_url, fold, Rulebooks(database_url), first_rules().version, pace)
