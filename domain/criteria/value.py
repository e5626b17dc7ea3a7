"""Criteria over what was bought, spent, and said of it: categories, net spend, ratings. Criteria: `domain.criteria.measures`."""

from collections.abc import Iterable
from decimal import Decimal

from domain.criteria.measures import OF_PURCHASES, OF_SPEND, Answer, Measured, Plain, Span, Standing, spans_of
from domain.criteria.periods import Period, Rolling, inside
from domain.criteria.tallies import rating_turns
from domain.facts import NEVER, Changed, Customer, Item, Series

Spent = tuple[int, str, Decimal]


class Categories(Plain):
    """Purchases in at least so many categories within a period; if so wished, left out where none was ever named."""

    def __init__(self, count: int, period: Period, if_known: bool) -> None:
        self.count, self.period, self.if_known = count, period, if_known
        self.reach = period.reach
        self.rolling = isinstance(period, Rolling)
        # The first category named makes it count; where the last one named came back, it no longer does.
        self.wakes = 1 << Series.PURCHASE | (Changed.RETURNED if if_known else 0)
        self.sinks = (Changed.NAMED if if_known else 0) | Changed.RETURNED

    def _last(self, c: Customer, t: int) -> Iterable[Item]:
        """The last purchase of each category in the period."""
        if self.rolling:  # the last one ever lies in it, or none does
            return c.categories.values()
        kept = set(c.series[Series.PURCHASE])
        last: dict[str, Item] = {}
        for item in sorted(inside([(p.at, p.id, p.categories) for p in c.purchases.values()], self.period, t)):
            if item[:2] in kept:
                last.update(dict.fromkeys(item[2], item[:2]))
        return last.values()

    def _latest(self, c: Customer, t: int) -> list[Item]:
        return sorted(inside(self._last(c, t), self.period, t), reverse=True)[: self.count]

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        c = s.customer
        if self.if_known and not c.categories:
            return True, NEVER
        found = self._latest(c, t)
        if len(found) < self.count:
            return False, self.period.moves(t)
        return True, min(self.period.leaves(found[-1][0], t), self.period.moves(t))

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        name = f"categories {self.period.name}"
        if self.if_known and not s.customer.categories:
            return Measured(name, "none known", ">=", str(self.count), [])
        found = self._latest(s.customer, t)
        # Where it is asked only because a category was named once, that is what matters.
        cited = found or [max(s.customer.categories.values())] if self.if_known else found
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in cited])

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [] if self.rolling else [(Series.PURCHASE, 1, self.reach)]

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return [*spans_of(OF_PURCHASES, self.period), *spans_of(Series.PURCHASE, self.period)]


class Spend(Plain):
    """Net spend of one currency within a period, at least or at most so much."""

    wakes = sinks = Changed.SPEND

    def __init__(self, currency: str, least: Decimal | None, most: Decimal | None, period: Period) -> None:
        self.currency, self.least, self.most, self.period = currency, least, most, period
        self.reach = period.reach

    def _enough(self, net: Decimal) -> bool:
        return net >= self.least if self.least is not None else net <= (self.most or 0)

    def _inside(self, c: Customer, t: int) -> list[Spent]:
        return inside(c.spend.get(self.currency, ()), self.period, t)

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        items = self._inside(s.customer, t)
        net = total(items)
        holds = self._enough(net)
        until = self.period.moves(t)
        for item in items:
            net -= item[2]
            if self._enough(net) is not holds:
                return holds, min(until, self.period.leaves(item[0], t))
        return holds, until

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        items = self._inside(s.customer, t)
        test, threshold = ("<=", self.most) if self.least is None else (">=", self.least)
        name = f"net spend {self.period.name}, {self.currency}"
        return Measured(name, str(total(items)), test, str(threshold), _cited(items))

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return spans_of(OF_SPEND, self.period)


class SpendRatio(Plain):
    """Net spend of one period for each unit of another's; where nothing was spent in the other, it does not hold."""

    wakes = sinks = Changed.SPEND

    def __init__(
        self, currency: str, least: Decimal | None, most: Decimal | None, period: Period, before: Period
    ) -> None:
        self.currency, self.least, self.most, self.period, self.before = currency, least, most, period, before
        self.reach = max(period.reach, before.reach)

    def _both(self, c: Customer, t: int) -> tuple[list[Spent], list[Spent]]:
        items = c.spend.get(self.currency, ())
        return inside(items, self.period, t), inside(items, self.before, t)

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`; it stands until the first happening leaves either period."""
        items, others = self._both(s.customer, t)
        until = min(self.period.moves(t), self.before.moves(t))
        for period, inner in ((self.period, items), (self.before, others)):
            if inner:
                until = min(until, period.leaves(min(inner)[0], t))
        net, other = total(items), total(others)
        if other <= 0:
            return False, until
        return (net >= self.least * other if self.least is not None else net <= (self.most or 0) * other), until

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        items, others = self._both(s.customer, t)
        test, threshold = ("<=", self.most) if self.least is None else (">=", self.least)
        name = f"net spend {self.period.name} for each {self.currency} {self.before.name}"
        return Measured(name, f"{total(items)}:{total(others)}", test, str(threshold), _cited({*items, *others}))

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return [*spans_of(OF_SPEND, self.period), *spans_of(OF_SPEND, self.before)]


class AverageRating(Plain):
    """The average score of ratings of a period, at least or at most so much."""

    def __init__(self, of: str, least: Decimal | None, most: Decimal | None, period: Period) -> None:
        self.of, self.least, self.most, self.period = of, least, most, period
        self.reach = period.reach
        self.wakes = self.sinks = rating_turns(of)

    def _inside(self, c: Customer, t: int) -> list[tuple[int, str, int]]:
        return inside(c.ratings.get(self.of, ()), self.period, t)

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`; it stands until the first rating leaves the period."""
        items = self._inside(s.customer, t)
        until = self.period.moves(t)
        if not items:
            return False, until
        scores = sum(score for _, _, score in items)
        holds = scores >= self.least * len(items) if self.least is not None else scores <= (self.most or 0) * len(items)
        return holds, min(until, self.period.leaves(items[0][0], t))

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`, to two decimals."""
        items = self._inside(s.customer, t)
        test, threshold = ("<=", self.most) if self.least is None else (">=", self.least)
        name = f"average {self.of} rating {self.period.name}".rstrip()
        if not items:
            return Measured(name, "there is none", test, str(threshold), [])
        average = f"{sum(score for _, _, score in items) / len(items):.2f} of {len(items)}"
        return Measured(name, average, test, str(threshold), [id_ for _, id_, _ in reversed(items)])


def total(items: Iterable[Spent]) -> Decimal:
    """What was spent, net of what came back."""
    return sum((amount for _, _, amount in items), Decimal(0))


def _cited(items: Iterable[Spent]) -> list[str]:
    return [id_ for _, id_, _ in sorted(items, reverse=True)]
