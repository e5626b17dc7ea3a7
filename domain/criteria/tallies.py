"""Criteria that count happenings of a period: at least, or at most, so many. What criteria are: `domain.criteria.measures`.

A tally looks at no more happenings than decide it: the last ones up to the threshold, or one more where it is an upper one.
"""

from abc import ABC, abstractmethod

from domain.criteria.measures import Answer, Measured, Plain, Span, Standing, bits_of, named, returned, spans_of
from domain.criteria.periods import Period, inside
from domain.facts import Changed, Item, Series


class Tally(Plain, ABC):
    """So many of some happenings at least, or at most; each subclass says of which."""

    def __init__(self, name: str, period: Period, least: int | None, most: int | None) -> None:
        self.name, self.period, self.least, self.most = name, period, least, most
        self.reach = period.reach
        self.enough = (most or 0) + 1 if least is None else least

    @abstractmethod
    def items(self, s: Standing) -> list[Item]:
        """All that may be counted, oldest first."""

    def _counted(self, s: Standing, t: int) -> list[Item]:
        return inside(self.items(s), self.period, t)[-self.enough :]

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        found = self._counted(s, t)
        until = self.period.moves(t)
        if len(found) < self.enough:
            return self.least is None, until
        return self.least is not None, min(until, self.period.leaves(found[0][0], t))

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        found = self._counted(s, t)
        test, threshold = ("<=", self.most or 0) if self.least is None else (">=", self.least)
        return Measured(self.name, str(len(found)), test, str(threshold), [id_ for _, id_ in reversed(found)])


class Happened(Tally):
    """Happenings of some kinds; one that stands in several series counts once."""

    def __init__(self, series: tuple[Series, ...], period: Period, least: int | None, most: int | None) -> None:
        super().__init__(named(series, period), period, least, most)
        self.series = series
        more, less = bits_of(series), returned(series)
        self.wakes, self.sinks = (less, more) if least is None else (more, less)

    def items(self, s: Standing) -> list[Item]:
        """All that is remembered of these kinds."""
        series = s.customer.series
        return (
            series[self.series[0]]
            if len(self.series) == 1
            else sorted({i for kind in self.series for i in series[kind]})
        )

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [(kind, 1, self.reach) for kind in self.series]

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return [span for kind in self.series for span in spans_of(kind, self.period)]


class Ratings(Tally):
    """Ratings with a score between two."""

    def __init__(self, of: str, scores: tuple[int, int], period: Period, least: int | None, most: int | None) -> None:
        low, high = scores
        said = f" of {low} or more" if low else f" of {high} or less" if high < HIGHEST else ""
        super().__init__(f"{of} ratings{said} {period.name}".rstrip(), period, least, most)
        self.of, self.low, self.high = of, low, high
        self.wakes = self.sinks = rating_turns(of)

    def items(self, s: Standing) -> list[Item]:
        """The ratings that are remembered, with such a score."""
        return [(at, id_) for at, id_, score in s.customer.ratings.get(self.of, ()) if self.low <= score <= self.high]


HIGHEST = 10  # of any score


def rating_turns(of: str) -> int:
    """The changes by which ratings become more."""
    return 1 << (Series.REVIEW if of == "review" else Series.FEEDBACK)


class Late(Tally):
    """Complaints that were resolved late."""

    wakes = sinks = Changed.CASES

    def __init__(self, period: Period, least: int | None, most: int | None) -> None:
        super().__init__(f"complaints resolved late {period.name}".rstrip(), period, least, most)

    def items(self, s: Standing) -> list[Item]:
        """Late resolutions, as the rules judged them when they were made."""
        return s.late()


class Entered(Tally):
    """How often a stage was entered; by the event last cited then."""

    def __init__(self, stage: str, period: Period, least: int | None, most: int | None) -> None:
        super().__init__(f"times in {stage} {period.name}".rstrip(), period, least, most)
        self.stage = stage

    def items(self, s: Standing) -> list[Item]:
        """Each time."""
        return s.been_in(self.stage)

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`; a stage that time alone led into cites nothing."""
        shown = super().show(s, t)
        return Measured(shown.measure, shown.value, shown.test, shown.threshold, [id_ for id_ in shown.events if id_])
