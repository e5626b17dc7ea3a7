"""Net spend by percentile of customers, to draft tiers by: read off the rows that are shown.

A customer's net spend is that of the window of the tiers as it was at their last event; those whose last purchase has
left the window count no more. So it is a reading for a person who drafts thresholds, and no rule refers to it.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

PERCENTILES = (5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 94, 95, 98, 99)


class Spread(NamedTuple):
    """How net spend of one currency is spread over those who bought in it."""

    currency: str
    customers: int
    percentiles: list[Decimal]  # one for each that was asked for
    reached: list[int]  # for each mark, how many customers reach it


_SPREAD: LiteralString = """
WITH spend AS (
    SELECT n.key AS currency, n.value::numeric AS net
    FROM rows.profile p
    JOIN rows.standing s ON s.generation = p.generation AND s.customer = p.customer
    CROSS JOIN LATERAL jsonb_each_text(p.document #> '{tier,net}') n
    WHERE p.generation = %(generation)s AND s.generation = %(generation)s AND s.from_at <= %(now)s AND s.until_at > %(now)s
      AND s.last_purchase_at > %(since)s AND n.value::numeric > 0
      AND (%(currency)s::text IS NULL OR n.key = %(currency)s)
)
SELECT bought.currency, count(*), percentile_disc(%(asked)s::float8[]) WITHIN GROUP (ORDER BY bought.net), (
    SELECT array_agg((SELECT count(*) FROM spend WHERE currency = m.currency AND net >= m.amount) ORDER BY m.number)
    FROM unnest(%(codes)s::text[], %(amounts)s::numeric[]) WITH ORDINALITY m(currency, amount, number)
    WHERE m.currency = bought.currency
)
FROM spend bought GROUP BY bought.currency ORDER BY count(*) DESC, bought.currency
"""


def read(
    connection: Connection[Any],
    generation: int,
    now: datetime,
    since: datetime,
    marks: Sequence[tuple[str, Decimal]],
    currency: str | None = None,
) -> list[Spread]:
    """Each currency, the most used first; `marks`: (currency, amount) of which it is asked how many reach it."""
    given = {
        "generation": generation,
        "now": now,
        "since": since,
        "currency": currency,
        "asked": [percentile / 100 for percentile in PERCENTILES],
        "codes": [code for code, _ in marks],
        "amounts": [amount for _, amount in marks],
    }
    found = connection.execute(_SPREAD, given).fetchall()
    return [Spread(name, count, list(amounts), list(reached or ())) for name, count, amounts, reached in found]
