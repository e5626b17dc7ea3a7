"""Two generations at a clock, and which customers can be compared there.

Compared is like with like: customers whose rows are of the same history in both, and hold at the clock. Everybody else
is counted, with the reason, so that nobody is missing in silence.
"""

from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from domain.rules import Rules
from projections.generations import Generation


class Side(NamedTuple):
    """A generation and the rules that made it."""

    generation: Generation
    rules: Rules


class Pair(NamedTuple):
    """What is compared with what: the rows of `new` with those of `old`, as both stand at `now` (timestamptz)."""

    old: Side
    new: Side
    now: datetime

    def values(self, **more: Any) -> dict[str, Any]:
        """What every query of this package is given."""
        return {
            "old": self.old.generation.id,
            "new": self.new.generation.id,
            "now": self.now,
            "old_tiers": self.old.rules.tier_names,
            "new_tiers": self.new.rules.tier_names,
        } | more


class Compared(NamedTuple):
    """Numbers of customers."""

    compared: int
    only_old: int
    """In the old generation alone: not in the sample, or not known to the other one."""
    only_new: int
    moved_on: int
    """Something became known of them after one of the two was made, so that the rules are not all that differs."""
    out_of_reach: int
    """Their rows do not hold at the clock: it lies before their last event, or past the horizon."""
    parked: int
    """Of those compared: their newest events could not be folded."""


HELD: dict[str, LiteralString] = {
    "o": "o.generation = %(old)s AND o.from_at <= %(now)s AND o.until_at > %(now)s",
    "n": "n.generation = %(new)s AND n.from_at <= %(now)s AND n.until_at > %(now)s",
}

BOTH: LiteralString = f"""
SELECT o.customer FROM rows.spans o JOIN rows.spans n ON n.customer = o.customer AND n.version = o.version
 WHERE {HELD["o"]} AND {HELD["n"]}"""

TIERS: tuple[LiteralString, LiteralString] = (
    "(%(old_tiers)s::text[])[o.tier + 1]",
    "(%(new_tiers)s::text[])[n.tier + 1]",
)

_COUNTED: LiteralString = f"""
SELECT count(*) FILTER (WHERE o.version = n.version AND {HELD["o"]} AND {HELD["n"]}),
       count(*) FILTER (WHERE n.customer IS NULL),
       count(*) FILTER (WHERE o.customer IS NULL),
       count(*) FILTER (WHERE o.version <> n.version),
       count(*) FILTER (WHERE o.version = n.version AND NOT ({HELD["o"]} AND {HELD["n"]}))
  FROM (SELECT * FROM rows.spans WHERE generation = %(old)s) o
  FULL JOIN (SELECT * FROM rows.spans WHERE generation = %(new)s) n USING (customer)"""

_PARKED: LiteralString = f"""
SELECT count(DISTINCT customer) FROM rows.parked
 WHERE generation IN (%(old)s, %(new)s) AND customer IN ({BOTH})"""


def count(connection: Connection[Any], pair: Pair) -> Compared:
    """How many customers can be compared, and how many cannot."""
    row = connection.execute(_COUNTED, pair.values()).fetchone() or (0,) * 5
    parked = connection.execute(_PARKED, pair.values()).fetchone() or (0,)
    return Compared(*row, *parked)
