"""A day's work: how many minutes somebody has, what each contact takes, and how much of the list they fit.

The list of a day is what is due by its end, in the order of the queues: complaints and what else waits for an answer first,
then contacts. It is cut where the minutes are used up. So nobody is passed over for somebody of lower rank whose contact would
be shorter, and what does not fit is the overflow.

minutes   a contact takes what its channel takes, and no less than its purpose asks for (rulebook, `contact.minutes`)
a day     the staff list's `minutes_a_day`, else the working time of that day; without working time there are none
left      of these, in proportion, the working time from the moment of the question to the end of the day in which they are here
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, cast

from domain.facts import MINUTE
from domain.rules import Rules
from projections.catalogue import Catalogue
from projections.reports.periods import Days


class Span(NamedTuple):
    """A day in a zone: [start, end) in µs."""

    day: date
    start: int
    end: int


class Minutes(NamedTuple):
    """How many minutes somebody has on a day."""

    a_day: int
    absent: int
    """Of these, while they are away."""
    left: int
    """Of these, from the moment of the question on."""


class Cut(NamedTuple):
    """A list, cut."""

    fit: int
    """So many of the first ones fit."""
    minutes: int
    """They take so many."""


def span_of(day: date, zone: str) -> Span:
    """The instants of a day; one on which clocks are turned is shorter or longer."""
    days = Days(zone)
    return Span(day, days.start(day), days.start(date.fromordinal(day.toordinal() + 1)))


def minutes_of(rules: Rules, channel: str | None, purpose: str | None) -> int:
    """What a contact takes."""
    said = rules.contact.minutes
    by_channel, by_purpose = cast("Mapping[str, int]", said.channels), cast("Mapping[str, int]", said.purposes)
    return max(by_channel.get(channel or "", said.default), by_purpose.get(purpose or "", 0))


def minutes_on(known: Catalogue, rules: Rules, staff: str, span: Span, at: int) -> Minutes:
    """What somebody has on a day, asked at a moment of it."""
    whole = known.working(staff, span.start, span.end, rules.calendar, absent=True)
    if not whole:
        return Minutes(0, 0, 0)
    person = known.staff(at).get(staff)
    stated = person.minutes_a_day if person else None
    a_day = whole // MINUTE if stated is None else stated
    here = known.working(staff, span.start, span.end, rules.calendar)
    left = known.working(staff, max(at, span.start), span.end, rules.calendar)
    return Minutes(a_day, a_day - a_day * here // whole, a_day * left // whole)


def cut(minutes: Iterable[int], available: int) -> Cut:
    """How many of the first of these fit."""
    fit = taken = 0
    for each in minutes:
        if taken + each > available:
            break
        fit, taken = fit + 1, taken + each
    return Cut(fit, taken)
