"""How often a customer was contacted, against the limits of the rules and of their own wish.

What counts is what we began and they did not ask for: conversations but for service, and receipts of attempts of which no
conversation was reported.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.events import Wish
from domain.facts import DAY, Customer, Item, Series
from domain.rulebook.model import Limit
from domain.rules import Rules
from domain.windows import Months, slot_start
from projections.reach import zone_of

_MONTHS: dict[str, Months] = {"month": 1, "quarter": 3, "year": 12}


class Count(NamedTuple):
    """What was counted against a limit: at most so many since then, and until when there are too many."""

    reason: str
    items: list[Item]
    at_most: int
    since: int
    until: int | None
    """When one more is allowed again; None: it is now."""
    detail: dict[str, Any]
    cited: tuple[str, ...] = ()
    """The event by which the customer set this limit."""


def counts(c: Customer, rules: Rules, channel: str | None, purpose: str, at: int) -> Iterator[Count]:
    """Every limit that such a contact is under, and how often they were contacted within it; none for service."""
    if purpose == "service":
        return
    contact, unasked = rules.contact, sent(c, Series.UNASKED)
    for limit in contact.outbound:
        yield _count("limit-day" if limit.within <= DAY else "limit-month", unasked, limit, at)
    if contact.channel_limits and channel in contact.channel_limits:
        for limit in contact.channel_limits[channel]:
            yield _count("limit-channel", sent_by(c, channel), limit, at, channel=channel)
    for wish in c.wishes.cadence:
        if wish.channel is None or wish.channel == channel:
            yield _wished(c, rules, unasked if wish.channel is None else sent_by(c, wish.channel), wish, at)
    if purpose == "selling":
        selling = sent(c, Series.SELLING)
        for limit in contact.selling:
            yield _count("limit-selling", selling, limit, at)


_PURPOSES = {Series.SELLING: "selling", Series.RELATIONSHIP: "relationship"}


def _stated(c: Customer) -> tuple[str, ...]:
    event = c.wishes.stated.get("cadence")
    return (event,) if event else ()


def sent(c: Customer, series: Series) -> list[Item]:
    """What counts, in order of time: conversations of ours, and receipts of attempts of which none was reported."""
    if not c.receipts:
        return c.series[series]
    wanted = _PURPOSES.get(series)
    alone = [(receipt.at, receipt.id) for receipt in c.receipts if wanted in (None, receipt.purpose)]
    return sorted([*c.series[series], *alone], key=_at) if alone else c.series[series]


def sent_by(c: Customer, channel: str) -> list[Item]:
    """The same on one channel, for whatever purpose but service."""
    alone = [(receipt.at, receipt.id) for receipt in c.receipts if receipt.channel == channel]
    items = c.by_channel.get(channel, [])
    return sorted([*items, *alone], key=_at) if alone else items


def _at(item: Item) -> int:
    return item[0]


def _count(reason: str, items: list[Item], limit: Limit, at: int, **more: Any) -> Count:
    most = limit.at_most
    free = items[-most][0] + limit.within if len(items) >= most else 0
    return Count(reason, items, most, at - limit.within, free if at < free else None, {"within": limit.within} | more)


def _wished(c: Customer, rules: Rules, items: list[Item], wish: Wish, at: int) -> Count:
    """As often as they wish to hear from us, and no more: so many times in a month, quarter or year of their calendar."""
    zone, months, most = zone_of(c, rules), _MONTHS[wish.per], wish.times
    since = slot_start(0, zone, 1, at, months=months) - 1  # what happened at its first moment counts
    full = len(items) >= most and items[-most][0] > since
    until = slot_start(1, zone, 1, at, months=months) if full else None
    detail = {"per": wish.per} | ({"channel": wish.channel} if wish.channel else {})
    return Count("limit-wish", items, most, since, until, detail, _stated(c))


def outweighed(c: Customer, rules: Rules, at: int) -> dict[str, Any]:
    """Contacts to sell and for the relationship in the window of their ratio, and how many of these one more sale needs."""
    sold, cared = sent(c, Series.SELLING), sent(c, Series.RELATIONSHIP)
    selling, relationship, needed = weighed(sold, cared, rules, at)
    return {"selling": selling, "relationship": relationship, "needed": needed}


def weighed(sold: list[Item], cared: list[Item], rules: Rules, at: int) -> tuple[int, int, int]:
    """How many of each lie in the window that ends at `at`; and how many of the second kind one more of the first needs."""
    since = at - rules.contact.ratio_within
    selling, caring = sum(when > since for when, _ in sold), sum(when > since for when, _ in cared)
    return selling, caring, rules.contact.relationship_to_selling * (selling + 1)
