"""From a criterion as it is written to one that a fold can ask. What can be written: `domain.rulebook.criteria`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from domain.criteria import groups, patterns, standing, tallies, value
from domain.criteria import measures as m
from domain.criteria.periods import Always, Before, Fixed, OfCalendar, Period, Rolling, start_of
from domain.facts import NEVER, Series
from domain.rulebook import criteria as doc
from domain.rulebook.words import SERIES, Dates


class Names(NamedTuple):
    """What criteria refer to beside themselves."""

    tiers: Sequence[str]  # the highest first
    zone: ZoneInfo  # in which dates and the calendar are read


def compiled(criterion: doc.CriterionOf, names: Names) -> m.Criterion:
    """A criterion, ready to be asked."""
    return _COMPILE[type(criterion)](criterion, names)


def without(criteria: Iterable[m.Criterion], kind: type) -> list[m.Criterion]:
    """Criteria with none of one kind in them; a group of which nothing is left is left out."""
    kept: list[m.Criterion] = []
    for criterion in criteria:
        if not isinstance(criterion, groups.Group):
            kept += [] if isinstance(criterion, kind) else [criterion]
        elif parts := without(criterion.parts, kind):
            kept.append(criterion.of(parts))
    return kept


def period(given: Any, names: Names) -> Period:
    """A period as it is written; None: all time."""
    if given is None:
        return Always()
    if isinstance(given, int):
        return Rolling(given)
    if isinstance(given, Dates):
        name = f"from {given.start} until {given.until}"
        return Fixed(start_of(given.start, names.zone), start_of(given.until, names.zone), name)
    return OfCalendar(given, names.zone)


def _series(names: Iterable[str]) -> tuple[Series, ...]:
    return tuple(SERIES[name] for name in names)


def _count(c: doc.CountOf, names: Names) -> m.Criterion:
    if c.within is not None and not isinstance(c.within, int):
        return tallies.Happened(_series(c.of), period(c.within, names), c.at_least, c.at_most)
    window = m.SINCE_ENTRY if c.since else c.within or m.EVER
    if c.at_least is not None:
        return m.AtLeast(_series(c.of), c.at_least, window)
    return m.AtMost(_series(c.of), c.at_most or 0, window)


def _been_in(c: doc.BeenInOf, names: Names) -> m.Criterion:
    if c.at_least is None and c.at_most is None and c.within is None:
        return standing.BeenIn(c.stage, c.ever)
    least, most = c.at_least, c.at_most
    if least is None and most is None:
        least, most = (1, None) if c.ever else (None, 0)
    return tallies.Entered(c.stage, period(c.within, names), least, most)


def _spend_ratio(c: doc.SpendRatioOf, names: Names) -> m.Criterion:
    first, other = c.within, c.before
    before = Before(first, other) if isinstance(first, int) and isinstance(other, int) else period(other, names)
    return value.SpendRatio(c.currency, c.at_least, c.at_most, period(first, names), before)


def _ratings(c: doc.RatingsOf, names: Names) -> m.Criterion:
    scores = (c.score_at_least or 0, tallies.HIGHEST if c.score_at_most is None else c.score_at_most)
    return tallies.Ratings(c.of, scores, period(c.within, names), c.at_least, c.at_most)


_COMPILE: dict[type, Callable[[Any, Names], m.Criterion]] = {
    doc.CountOf: _count,
    doc.RecencyOf: lambda c, _: patterns.Recency(_series(c.of), c.at_least, c.at_most),
    doc.SilenceOf: lambda c, _: m.Silence(_series(c.of), c.at_least, c.intervals, c.at_most or NEVER),
    doc.MonthsOf: lambda c, names: m.Months(SERIES[c.of], c.at_least, period(c.within, names)),
    doc.RhythmOf: lambda c, _: patterns.Rhythm(_series(c.of), c.last, c.at_most, c.gap == "largest"),
    doc.TwoWayOf: lambda c, names: patterns.TwoWay(c.at_least, period(c.within, names)),
    doc.RatioOf: lambda c, names: patterns.Ratio(
        _series(c.of), _series(c.to), c.at_least, c.at_most, period(c.within, names)
    ),
    doc.KnownForOf: lambda c, _: standing.KnownFor(c.at_least),
    doc.CategoriesOf: lambda c, names: value.Categories(c.at_least, period(c.within, names), c.if_known),
    doc.SpendOf: lambda c, names: value.Spend(c.currency, c.at_least, c.at_most, period(c.within, names)),
    doc.SpendRatioOf: _spend_ratio,
    doc.HoldingsOf: lambda c, _: standing.Holdings(c.at_least, c.categories),
    doc.RatingsOf: _ratings,
    doc.AverageRatingOf: lambda c, names: value.AverageRating(c.of, c.at_least, c.at_most, period(c.within, names)),
    doc.EndedOf: lambda _c, _: standing.Ended(),
    doc.TrustOf: lambda c, _: standing.Trust(c.at_least, c.below),
    doc.TierOf: lambda c, names: standing.TierAtLeast(names.tiers.index(c.at_least), c.at_least),
    doc.InStageOf: lambda c, _: standing.InStage(c.at_least),
    doc.BeenInOf: _been_in,
    doc.OpenComplaintsOf: lambda c, _: standing.OpenComplaints(frozenset(c.severity), c.at_least, c.at_most),
    doc.OverdueOf: lambda c, _: standing.Overdue(frozenset(c.severity), c.times, c.at_least, c.at_most),
    doc.LateOf: lambda c, names: tallies.Late(period(c.within, names), c.at_least, c.at_most),
    doc.AnyOf: lambda c, names: groups.Any([compiled(one, names) for one in c.any]),
    doc.AllOf: lambda c, names: groups.All([compiled(one, names) for one in c.all]),
    doc.NotOf: lambda c, names: groups.Not([compiled(c.negated, names)]),
}
