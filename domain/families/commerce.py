"""Commerce: prospects, orders, purchases, returns, holdings, referrals, benefits."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from domain import events as e
from domain.facts import DAY, Changed, Customer, Holding, Order, Prospect, Purchase, Series
from domain.families.common import Evolve, act, bits, matched, noting, wait_for

_MOST_INTERVALS = 12
_ZERO: Final = Decimal(0)
_PURCHASED = bits(Series.PURCHASE, Series.ACT) | Changed.SPEND
_RETURNED = bits(Series.RETURN) | Changed.SPEND
_MOST_OPEN = 100  # orders or prospects that nobody ever closed


def amount_of(total: str | None, lines: Sequence[e.Line]) -> Decimal:
    """What a purchase or return comes to: its total, or the sum of its lines."""
    if total is not None:
        return Decimal(total)
    return sum((Decimal(line.amount) for line in lines), _ZERO)


def purchase(c: Customer, event: e.PurchaseMade) -> int:
    """Count and sum it, and learn their rhythm."""
    amount = amount_of(event.total, event.lines)
    at, id_, currency = event.at, event.id, event.currency
    item = (at, id_)
    spend = c.spend.get(currency)
    if spend is None:
        spend = c.spend[currency] = []
    spend.append((at, id_, amount))
    c.lifetime[currency] = c.lifetime.get(currency, _ZERO) + amount
    categories = tuple([line.category for line in event.lines if line.category is not None]) if event.lines else ()
    c.purchases[event.purchase] = Purchase(at, id_, amount, currency, categories)
    c.series[Series.PURCHASE].append(item)
    act(c, event)
    c.bought += 1
    if c.last_purchase is not None and at - c.last_purchase[0] >= DAY:
        c.intervals.append(at - c.last_purchase[0])
        if len(c.intervals) > _MOST_INTERVALS:
            del c.intervals[0]
    c.last_purchase = item
    if c.first_purchase is None:
        c.first_purchase = item
    change = _PURCHASED
    if categories:
        if not c.categories:
            change |= Changed.NAMED
        for category in categories:
            c.categories[category] = item
    if event.order is not None:
        c.orders.pop(event.order, None)
    c.ended = None
    if c.unmatched and event.purchase in c.unmatched:
        return change | matched(c, event.purchase, purchase_returned)
    return change


def purchase_returned(c: Customer, event: e.PurchaseReturned) -> int:
    """Takes from net spend; a purchase of which nothing is left is not kept any more."""
    change = _RETURNED
    at = event.at
    amount = amount_of(event.total, event.lines)
    if event.purchase is not None:
        bought = c.purchases.get(event.purchase)
        # One that is too old to be remembered is no contradiction; one that we never had may yet come.
        if bought is None and c.bought == len(c.purchases):
            return wait_for(c, event.purchase, event)
        if bought is not None:
            at = max(at, bought.at)  # where the return came first, it counts from the purchase on
        if bought is not None and bought.currency == event.currency:
            bought.left -= amount
            item = (bought.at, bought.id)
            if bought.left <= 0 and item in c.series[Series.PURCHASE]:
                c.series[Series.PURCHASE].remove(item)
                change |= Changed.RETURNED
                if item == c.first_purchase:
                    c.first_purchase = (
                        None if c.dropped[Series.PURCHASE] else min(c.series[Series.PURCHASE], default=None)
                    )
                _uncount(c, bought)
    c.spend.setdefault(event.currency, []).append((at, event.id, -amount))
    c.lifetime[event.currency] = c.lifetime.get(event.currency, _ZERO) - amount
    c.series[Series.RETURN].append((at, event.id))
    c.returned += 1
    return change


def _uncount(c: Customer, returned: Purchase) -> None:
    """What was not kept stands for no category: the last purchase of it that was kept does, if there is one."""
    stood = [code for code in returned.categories if c.categories.get(code) == (returned.at, returned.id)]
    if not stood:
        return
    kept = set(c.series[Series.PURCHASE])
    for code in dict.fromkeys(stood):
        others = [(p.at, p.id) for p in c.purchases.values() if code in p.categories and (p.at, p.id) in kept]
        if others:
            c.categories[code] = max(others)
        else:
            del c.categories[code]


def prospect_noted(c: Customer, event: e.ProspectNoted) -> int:
    """Noted again, it is the same prospect with what is known now."""
    money = event.amount
    c.prospects[event.prospect] = Prospect(
        event.prospect, event.id, event.at, event.product,
        None if money is None else Decimal(money.amount), None if money is None else money.currency,
        event.probability, _day(event.expected), event.staff,
    )  # fmt: skip
    if len(c.prospects) > _MOST_OPEN:
        del c.prospects[next(iter(c.prospects))]
    c.series[Series.PROSPECT].append((event.at, event.id))
    return _PROSPECT | matched(c, event.prospect, prospect_closed)


_PROSPECT = bits(Series.PROSPECT)


def prospect_closed(c: Customer, event: e.ProspectClosed) -> int:
    """Decided; one that was never noted waits."""
    if c.prospects.pop(event.prospect, None) is None:
        return wait_for(c, event.prospect, event)
    return 0


def order_placed(c: Customer, event: e.OrderPlaced) -> int:
    """On its way from here, unless it was known to be further."""
    known = c.orders.get(event.order)
    if known is None:
        _order(c, event, event.order, "placed")
    c.series[Series.ORDER].append((event.at, event.id))
    act(c, event)
    return _ORDERED


_ORDERED = bits(Series.ORDER, Series.ACT)


def _order(c: Customer, event: e.Event, ref: str, state: str) -> Order:
    order = c.orders.get(ref)
    if order is None:
        order = c.orders[ref] = Order(ref, event.id, event.version, event.at, state)
        if len(c.orders) > _MOST_OPEN:
            del c.orders[next(iter(c.orders))]
    order.state = state
    return order


def order_shipped(c: Customer, event: e.OrderShipped) -> int:
    """An order that we hear of first by its shipping is an order all the same."""
    _order(c, event, event.order, "shipped").expected = _day(event.expected)
    return 0


def order_delivered(c: Customer, event: e.OrderDelivered) -> int:
    """It is no longer on its way."""
    c.orders.pop(event.order, None)
    return 0


def order_cancelled(c: Customer, event: e.OrderCancelled) -> int:
    """It is no longer on its way."""
    c.orders.pop(event.order, None)
    return 0


def holding_opened(c: Customer, event: e.HoldingOpened) -> int:
    """They have it from here on."""
    money = event.amount
    c.holdings[event.holding] = Holding(
        event.holding, event.id, event.at, event.product, event.category,
        None if money is None else Decimal(money.amount), None if money is None else money.currency,
        _day(event.matures),
    )  # fmt: skip
    change = matched(c, event.holding, _holding_later)
    act(c, event)
    c.ended = None
    return change | Changed.HOLDINGS | 1 << Series.ACT


def _holding_later(c: Customer, event: e.HoldingChanged | e.HoldingClosed) -> int:
    return holding_closed(c, event) if isinstance(event, e.HoldingClosed) else holding_changed(c, event)


def holding_changed(c: Customer, event: e.HoldingChanged) -> int:
    """Only what is given changed; rules ask what they have, not how much of it."""
    holding = c.holdings.get(event.holding)
    if holding is None:
        return wait_for(c, event.holding, event)
    change = 0
    if event.product is not None:
        holding.product, change = event.product, Changed.HOLDINGS
    if event.category is not None:
        holding.category, change = event.category, Changed.HOLDINGS
    if event.amount is not None:
        holding.amount, holding.currency = Decimal(event.amount.amount), event.amount.currency
    if event.matures is not None:
        holding.matures = _day(event.matures)
    return change


def holding_closed(c: Customer, event: e.HoldingClosed) -> int:
    """They have it no longer."""
    if c.holdings.pop(event.holding, None) is None:
        return wait_for(c, event.holding, event)
    return Changed.HOLDINGS


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


EVOLVE: dict[type[e.Event], Evolve] = {
    e.ProspectNoted: prospect_noted,
    e.ProspectClosed: prospect_closed,
    e.OrderPlaced: order_placed,
    e.OrderShipped: order_shipped,
    e.OrderDelivered: order_delivered,
    e.OrderCancelled: order_cancelled,
    e.PurchaseMade: purchase,
    e.PurchaseReturned: purchase_returned,
    e.HoldingOpened: holding_opened,
    e.HoldingChanged: holding_changed,
    e.HoldingClosed: holding_closed,
    e.ReferralMade: noting(Series.REFERRAL, Series.ACT),
    e.BenefitGranted: noting(Series.BENEFIT),
}
