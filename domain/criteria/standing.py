"""Criteria over how a customer stands: holdings, trust, tier, stages, complaints. What criteria are: `domain.criteria.measures`."""

from domain.criteria.measures import Answer, Measured, Plain, Standing, days
from domain.facts import NEVER, Changed, Customer, Item, Series


class Holdings(Plain):
    """At least so many holdings that they have, or so many categories of them."""

    def __init__(self, count: int, of_categories: bool) -> None:
        self.count, self.of_categories = count, of_categories
        self.wakes = self.sinks = Changed.HOLDINGS

    def _first(self, c: Customer) -> list[Item]:
        if not self.of_categories:
            return sorted((held.at, held.id) for held in c.holdings.values())[: self.count]
        first: dict[str, Item] = {}
        for at, id_, code in sorted((held.at, held.id, held.category or held.product) for held in c.holdings.values()):
            first.setdefault(code, (at, id_))
        return sorted(first.values())[: self.count]

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        holdings = s.customer.holdings
        return len(holdings) >= self.count and len(self._first(s.customer)) >= self.count, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        found = self._first(s.customer)
        name = "categories of holdings" if self.of_categories else "holdings"
        return Measured(name, str(len(found)), ">=", str(self.count), [id_ for _, id_ in found])


class Ended(Plain):
    """Customer or company ended the relationship, and it did not begin anew."""

    wakes = Changed.ENDED
    sinks = Changed.HOLDINGS | 1 << Series.PURCHASE

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        return s.customer.ended is not None, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        ended = s.customer.ended
        return Measured("ended by", ended.code if ended else "nobody", "=", "ended", [ended.id] if ended else [])


class Trust(Plain):
    """Trust at least, or below, so many points."""

    def __init__(self, least: int | None, below: int | None) -> None:
        self.least, self.below = least, below
        self.wakes = self.sinks = Changed.TRUST

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        low = self.least is None or s.score >= self.least
        return low and (self.below is None or s.score < self.below), NEVER

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        test, threshold = ("<", self.below) if self.least is None else (">=", self.least)
        return Measured("trust", str(s.score), test, str(threshold), [])


class TierAtLeast(Plain):
    """This tier or a higher one."""

    def __init__(self, level: int, name: str) -> None:
        self.level, self.name = level, name
        self.wakes = self.sinks = Changed.TIER

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        return s.level <= self.level, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        return Measured("tier", str(s.level), "at least", self.name, [])


class InStage(Plain):
    """So long in the present stage."""

    def __init__(self, span: int) -> None:
        self.span = span

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        end = s.entered + self.span
        return (True, NEVER) if end <= t else (False, end)

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        return Measured("time in stage", days(min(t - s.entered, self.span)), ">=", days(self.span), [])


class BeenIn(Plain):
    """Was ever, or never, in a stage before."""

    def __init__(self, stage: str, ever: bool) -> None:
        self.stage, self.ever = stage, ever

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        return bool(s.been_in(self.stage)) is self.ever, NEVER

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        found = s.been_in(self.stage)
        return Measured(
            f"times in {self.stage}", str(len(found)), ">=" if self.ever else "=", "1" if self.ever else "0",
            [id_ for _, id_ in found[-1:] if id_],
        )  # fmt: skip


class KnownFor(Plain):
    """So long since their first event."""

    def __init__(self, span: int) -> None:
        self.span = span

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        end = s.customer.first_at + self.span
        return (True, NEVER) if end <= t else (False, end)

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        known = min(t - s.customer.first_at, self.span)
        return Measured("known for", days(known), ">=", days(self.span), [s.customer.first_id])


class OpenComplaints(Plain):
    """So many open complaints, at most or at least."""

    wakes = sinks = Changed.CASES

    def __init__(self, severities: frozenset[str], least: int | None, most: int | None) -> None:
        self.severities, self.least, self.most = severities, least, most

    def _open(self, s: Standing) -> list[Item]:
        return sorted((case.at, case.id) for case in s.open() if case.severity in self.severities)

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        count = s.customer.open_cases and len(self._open(s))
        return (count >= self.least if self.least is not None else count <= (self.most or 0)), NEVER

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        test, threshold = ("<=", self.most or 0) if self.least is None else (">=", self.least)
        found = self._open(s)[: threshold + (self.least is None)]
        return Measured("open complaints", str(len(found)), test, str(threshold), [id_ for _, id_ in found])


class Overdue(Plain):
    """So many open complaints, at least or at most, overdue by so many times the time set for them (0: overdue)."""

    wakes = sinks = Changed.CASES

    def __init__(self, severities: frozenset[str], times: int, least: int | None, most: int | None) -> None:
        self.severities, self.times, self.least, self.most = severities, times, least, most

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        if not s.customer.open_cases:
            return self.least is None or self.least <= 0, NEVER
        found, next_ = s.overdue(self.severities, self.times)
        if self.least is not None:
            return len(found) >= self.least, next_
        return len(found) <= (self.most or 0), next_

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        found, _ = s.overdue(self.severities, self.times)
        test, threshold = ("<=", self.most) if self.least is None else (">=", self.least)
        counted = found[: (self.most or 0) + 1] if self.least is None else found[: self.least]
        name = f"complaints overdue by {self.times} times their time" if self.times else "complaints overdue"
        return Measured(name, str(len(counted)), test, str(threshold), [id_ for _, id_ in counted])
