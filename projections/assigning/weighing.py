"""What a customer weighs in a book: expected contacts a month x minutes of their channel x weight of the tier, and upkeep."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.rules import Rules
from projections.cadence import Step, rhythm_of

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def minutes_a_month(rules: Rules, stage: str, tier: int, wishes: Mapping[str, Any]) -> float:
    """Weighted minutes a month, by stage, tier (0 the highest) and the wishes of a profile's document.

    As rhythms are: in a stage in which nothing is sold care goes before wishes; a wish for all channels stands in the
    place of the rule's rhythm, and so do wishes for channels, each in its own minutes.
    """
    books = rules.book.books
    wished: Sequence[Mapping[str, Any]] = () if stage in rules.cadence.no_selling_in else wishes.get("cadence") or ()
    preferred: Sequence[str] = wishes.get("preferred") or ()
    taken = sum(_rate(wish) * _takes(rules, wish.get("channel") or next(iter(preferred), None)) for wish in wished)
    rhythm = None if wished else rhythm_of(rules, Step(0, stage, 0, tier, False))
    if rhythm is not None:
        digital = next(iter(rules.contact.digital), None) if rhythm.digital else None
        taken = rhythm.times / rhythm.months * _takes(rules, next(iter(preferred), digital))
    name = rules.tier_names[tier]
    return round(books.upkeep + taken * books.weights.get(name, books.weights.get("*", 1.0)), 3)


def needed(rules: Rules, tier: int, needs: Sequence[str]) -> tuple[str, ...]:
    """The qualifications that a member of staff has to have for somebody of this tier with these needs."""
    books = rules.book.books
    found = list(books.by_tier.get(rules.tier_names[tier], books.by_tier.get("*", [])))
    for need in needs:
        found += books.by_need.get(need, [])
    return tuple(dict.fromkeys(found))


def _rate(wish: Mapping[str, Any]) -> float:
    return wish["times"] / _MONTHS[wish.get("per", "month")]


def _takes(rules: Rules, channel: str | None) -> float:
    minutes = rules.contact.minutes
    channels: Mapping[str, int] = {str(name): takes for name, takes in minutes.channels.items()}
    return channels.get(channel, minutes.default) if channel else minutes.default
