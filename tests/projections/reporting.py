"""Reports over histories at hand, without a database."""

from collections.abc import Iterable, Sequence
from typing import Any

from domain.events import Event
from domain.facts import DAY, NEVER
from domain.rules import Rules, first_rules
from projections.catalogue import Catalogue
from projections.inforce import IN_FORCE, Schedule
from projections.reports.registry import REPORTS
from projections.reports.report import Asked, Every, Made, Part, merge
from projections.reports.seeing import Frame, Seen
from tests import examples

AT = examples.day(2_000)


def asked(
    *, as_of: int = AT, since: int = -NEVER, until: int | None = None, by: Sequence[str] = (), every: Every | None = None,
    rulebook: str = "v1",
) -> Asked:  # fmt: skip
    end = as_of + 1 if until is None else min(until, as_of + 1)
    return Asked(as_of, 10**9, rulebook, since, end, tuple(by), every)


def frame(question: Asked, schedule: Schedule | None = None, beside: Iterable[Event] = ()) -> Frame:
    """Over rulebooks of the schedule, by default the shipped one alone."""
    schedule = schedule or Schedule([(-NEVER, first_rules())])
    books: dict[str, Rules] = {rules.version: rules for _, rules in schedule.entries}
    rules = None if question.rulebook == IN_FORCE else books[question.rulebook]
    return Frame(question, schedule, rules, Catalogue(1, [("", event) for event in beside]))


def seen(number: int, events: Sequence[Event], over: Frame, recorded: Sequence[int] = ()) -> Seen:
    """A customer; an event was recorded when it happened where nothing else is said."""
    return Seen(number.to_bytes(16, "big"), list(events), over, recorded or [event.at for event in events])


def gathered(name: str, histories: Sequence[Sequence[Event]], over: Frame, recorded: Sequence[int] = ()) -> Part:
    """All customers' parts, added up."""
    part: Part = {}
    for number, events in enumerate(histories, 1):
        one = seen(number, events, over, recorded)
        if one.events:
            own: Part = {}
            REPORTS[name].collect(own, one, over)
            merge(part, own)
    return part


def report(
    name: str, histories: Sequence[Sequence[Event]], *, schedule: Schedule | None = None, recorded: Sequence[int] = (),
    beside: Iterable[Event] = (), **question: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """A report's rows by column."""
    return named(made(name, histories, schedule=schedule, recorded=recorded, beside=beside, **question))


def made(
    name: str, histories: Sequence[Sequence[Event]], *, schedule: Schedule | None = None, recorded: Sequence[int] = (),
    beside: Iterable[Event] = (), **question: Any,
) -> Made:  # fmt: skip
    over = frame(asked(**question), schedule, beside)
    return REPORTS[name].table(gathered(name, histories, over, recorded), over)


def named(table: Made) -> list[dict[str, Any]]:
    return [{c.name: value for c, value in zip(table.columns, row, strict=True)} for row in table.rows]


def days(number: float) -> int:
    """So many days, in µs."""
    return int(number * DAY)
