"""Spend by percentile, as an answer: what a threshold of a tier would mean, while one is drafted."""

import re
from datetime import timedelta
from typing import Any

from api.errors import BadRequest
from api.wiring import House
from domain.facts import DAY
from projections import percentiles


def answer(house: House, currency: str | None = None) -> dict[str, Any]:
    """Net spend over the window of the tiers: percentiles of those who bought, and how many reach each present tier.

    BadRequest where the currency is no code.
    """
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        raise BadRequest(
            f"currency is {currency!r}; a code such as IDR or GBP would be right", pointer="/query/currency"
        )
    now = house.now()
    with house.pool.connection() as c, c.transaction():
        view = house.reader.view(c)
        book = house.rulebooks(view.rulebook).book
        levels = [level for level in book.tiers.levels if level.at_least]
        marks = [(code, amount) for level in levels for code, amount in level.at_least.items()]
        since = now - timedelta(microseconds=book.tiers.window)
        found = percentiles.read(c, view.id, now, since, marks, currency)
    return {
        "as_of": now,
        "rulebook": view.rulebook,
        "window_days": book.tiers.window / DAY,
        "currencies": [
            {
                "currency": spread.currency,
                "customers": spread.customers,
                "percentiles": dict(zip(map(str, percentiles.PERCENTILES), map(str, spread.percentiles), strict=True)),
                "tiers": [
                    {
                        "tier": level.name,
                        "at_least": str(level.at_least[spread.currency]),
                        "customers": reached,
                        "share": round(reached / spread.customers, 3),
                    }
                    for level, reached in zip(
                        [level for level in levels if spread.currency in level.at_least], spread.reached, strict=True
                    )
                ],
            }
            for spread in found
        ],
    }
