"""Rhythm: how regular contact with a customer is, and whether it is fading.

Measured over the days on which somebody on either side reached the other, of the last contacts that are remembered; several on
one day (in UTC) count once. From the n gaps between these days, where there are at least three:

typical      their median
spread       1.4826 times their median absolute deviation, which for a normal distribution is its standard deviation
burstiness   A_n(r) = (√(n+1)·r - √(n-1)) / ((√(n+1) - 2)·r + √(n-1)), with r their standard deviation by their mean: -1 for a
             metronome, 0 for chance, 1 where all comes at once. K.-I. Goh and A.-L. Barabási, Burstiness and memory in complex
             systems, EPL 81, 48002 (2008); corrected for few events by E.-K. Kim and H.-H. Jo, Measuring burstiness for finite
             event sequences, Physical Review E 94, 032311 (2016)
slowing      the median of the last three gaps by that of those before, where there are as many: above 1 contact gets rarer
expected_at  the next contact, if the rhythm goes on: the last one plus the typical gap
fading_at    from when on the silence says that it does not: it is longer than the median by three spreads, the usual mark of an
             outlier, and at least twice the median. C. Leys and others, Detecting outliers, Journal of Experimental Social
             Psychology 49(4), 764 to 766 (2013)

A date is kept and not whether it has come: that is for the query to say.
"""

from math import sqrt
from typing import NamedTuple

from domain.criteria.measures import median
from domain.facts import DAY, Customer, Series

LEAST = 3  # gaps
_LATELY = 3
_OUTLYING = 3.0
_TO_DEVIATION = 1.4826
_HALF, _DOUBLE = -1 / 3, 1 / 3  # burstiness where a deviation is half of the mean, or twice it


class Rhythm(NamedTuple):
    """How regular contact is. Times in µs."""

    gaps: int
    typical: int
    spread: int
    burstiness: float
    kind: str
    """regular, irregular (as by chance) or bursty."""
    slowing: float | None
    last: int
    """The last contact."""
    expected_at: int
    fading_at: int


def rhythm(c: Customer, kept: int) -> Rhythm | None:
    """Of the last `kept` contacts that reached one side or the other; None where there are too few to say."""
    reached = c.series[Series.REACHED]
    if len(reached) <= LEAST:
        return None
    gaps: list[int] = []
    before: int | None = None
    for at, _ in reached[-kept:]:
        day = at // DAY
        if day != before:
            if before is not None:
                gaps.append(day - before)
            before = day
    if len(gaps) < LEAST:
        return None
    double = _double_median(sorted(gaps))  # in halves of days
    typical = double * (DAY // 2)
    spread = round(_TO_DEVIATION * _double_median(sorted([abs(2 * gap - double) for gap in gaps])) * (DAY // 4))
    found = burstiness(gaps)
    last = reached[-1][0]
    return Rhythm(
        gaps=len(gaps),
        typical=typical,
        spread=spread,
        burstiness=round(found, 3),
        kind="regular" if found < _HALF else "bursty" if found > _DOUBLE else "irregular",
        slowing=_slowing(gaps),
        last=last,
        expected_at=last + typical,
        fading_at=last + max(2 * typical, round(typical + _OUTLYING * spread)),
    )


def burstiness(gaps: list[int]) -> float:
    """From -1, a metronome, to 1; of two gaps or more, not all of them zero."""
    number, whole = len(gaps), sum(gaps)
    r = sqrt(number * sum([gap * gap for gap in gaps]) - whole * whole) / whole  # exact: a metronome has no deviation
    more, less = sqrt(number + 1), sqrt(number - 1)
    return (more * r - less) / ((more - 2) * r + less)


def _double_median(ordered: list[int]) -> int:
    """Twice the median, which is whole."""
    half, odd = divmod(len(ordered), 2)
    return 2 * ordered[half] if odd else ordered[half - 1] + ordered[half]


def _slowing(gaps: list[int]) -> float | None:
    before, lately = gaps[:-_LATELY], gaps[-_LATELY:]
    return round(median(lately) / median(before), 2) if len(before) >= _LATELY else None
