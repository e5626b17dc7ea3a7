"""Reports as they are asked for over HTTP and on the command line: the question read, the pass made, the answer described."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, get_args

from msgspec import Struct

from api.clouds import moment as written
from api.coordinates import coordinates, moment
from api.errors import BadRequest, NotFound
from api.wiring import House
from domain.door import instant, micros
from domain.errors import JejakError
from domain.rules import first_rules
from domain.vocabulary import EARLIEST
from projections import parallel
from projections.generations import Unready
from projections.inforce import IN_FORCE
from projections.reports import running
from projections.reports.periods import Days
from projections.reports.registry import REPORTS
from projections.reports.report import Asked, Every, Made, Report
from projections.reports.running import Wanted

EVERY: tuple[Every, ...] = get_args(Every)
WHOLE = "all"  # said of `by` or `every`: not cut up


class ReportFailed(JejakError):
    """A process of a report did not get through."""


class Question(Struct, frozen=True):
    """A report as it is written in a query or on the command line; what is left out has the report's own default."""

    name: str
    since: str | None = None
    until: str | None = None
    as_of: str | None = None
    known_at: str | None = None
    rulebook: str | None = None
    by: str | None = None
    every: str | None = None


class Answer(Struct, frozen=True):
    """A finished report with the question that it answers."""

    report: Report
    asked: Asked
    days: Days
    forecast: bool
    made: Made
    customers: int
    events: int
    unreadable: list[str]


def answer(
    house: House,
    question: Question,
    *,
    processes: int | None = None,
    begun: Callable[[int], Callable[[int], None]] | None = None,
) -> Answer:
    """Make a report. NotFound, BadRequest or UnknownRulebook where the question cannot be read; ReportFailed.

    `begun` takes how many events there are to read, and gives what takes how many were read so far.
    """
    report = found(question.name)
    at = coordinates(house, question.as_of, question.known_at)
    version = question.rulebook or active(house)
    rules = house.rulebooks(active(house) if version == IN_FORCE else version)
    days = Days(rules.contact.zone)
    until = micros(at.as_of)
    since, end = _period(report, question, days, until)
    head = house.ledger.head()
    known = head if at.known_at is None else min(at.known_at, head)
    asked = Asked(until, known, version, since, end, _by(report, question.by), _every(report, question.every))
    progress = begun(known) if begun else None
    wanted = [Wanted(report, asked)]
    first = first_rules().version
    try:
        done = running.run(house.database_url, wanted, house.rulebooks, first, processes=processes, progress=progress)
    except parallel.Failed as failed:
        raise ReportFailed(f"the report was not finished: {failed}") from failed
    return Answer(report, asked, days, at.forecast, done.made[0], done.customers, done.events, done.unreadable)


def found(name: str) -> Report:
    """The report of a name. NotFound where there is none."""
    report = REPORTS.get(name)
    if report is None:
        raise NotFound(f"there is no report {name!r}; there are {', '.join(REPORTS)}", pointer="/path/name")
    return report


def active(house: House) -> str:
    """The version of the rulebook by which rows are shown; before there are any, of the one that comes with Jejak."""
    with house.pool.connection() as c:
        try:
            return house.reader.view(c).rulebook
        except Unready:
            return first_rules().version


def _period(report: Report, question: Question, days: Days, until: int) -> tuple[int, int]:
    """The period in µs, [since, end); an end that is a date is the end of that day. Nothing lies beyond `as_of`."""
    if not report.timed and (question.since or question.until):
        raise BadRequest(f"{report.name} is about one moment: give as_of, not a period", pointer="/query/from")
    end = _limit(question.until, "to", days, after=1)
    end = until + 1 if end is None else min(end, until + 1)
    since = _limit(question.since, "from", days, after=0)
    if since is None and report.days is not None:
        since = days.start(days.day(end - 1) - timedelta(days=report.days - 1))
    since = micros(EARLIEST) if since is None else since
    if since >= end:
        raise BadRequest("the period is empty: from has to lie before to and as_of", pointer="/query/from")
    return since, end


def _limit(text: str | None, name: str, days: Days, *, after: int) -> int | None:
    """A limit of the period: of a date the first moment of that day, so many days `after`."""
    given = moment(text, name)
    if given is None or text is None:
        return None
    try:
        return days.start(date.fromisoformat(text.strip()) + timedelta(days=after))
    except ValueError:  # a time, and not a date
        return micros(given)


def _by(report: Report, text: str | None) -> tuple[str, ...]:
    if text is None:
        return report.default
    names = tuple(dict.fromkeys(n.strip() for n in text.split(",") if n.strip()))
    if names in ((), (WHOLE,)):
        return ()
    unknown = [n for n in names if n not in report.by]
    if unknown:
        can = f"it can be cut by {', '.join(report.by)}" if report.by else "it cannot be cut"
        raise BadRequest(f"{report.name} cannot be cut by {', '.join(unknown)}; {can}", pointer="/query/by")
    if len(names) > 1 and not report.several:
        raise BadRequest(f"{report.name} can be cut by one of {', '.join(report.by)} at a time", pointer="/query/by")
    return names


def _every(report: Report, text: str | None) -> Every | None:
    if text is None:
        return report.every
    if text == WHOLE:
        return None
    if not (report.timed and report.periods):
        raise BadRequest(f"{report.name} has no periods: leave `every` out", pointer="/query/every")
    if text not in EVERY:
        raise BadRequest(f"every is {text!r}; {', '.join(EVERY)} or {WHOLE} would be right", pointer="/query/every")
    return text


def listed() -> list[dict[str, Any]]:
    """Every report there is, as JSON."""
    return [
        {
            "name": r.name, "title": r.title, "about": r.about, "by": list(r.by), "default_by": list(r.default),
            "every": r.every, "period": r.timed, "periods": r.timed and r.periods, "default_days": r.days, "suggests": r.suggests,
        }
        for r in REPORTS.values()
    ]  # fmt: skip


def described(answer: Answer) -> dict[str, Any]:
    """What the answer is about, as JSON: the coordinates, the period, what was read."""
    asked = answer.asked
    return {
        "report": answer.report.name,
        "title": answer.report.title,
        "as_of": written(instant(asked.as_of)),
        "forecast": answer.forecast,
        "position": asked.known_at,
        "rulebook": asked.rulebook,
        "from": _edge(asked.since) if answer.report.timed else None,
        "to": _edge(asked.until) if answer.report.timed else None,
        "zone": str(answer.days.zone),
        "by": list(asked.by),
        "every": asked.every,
        "customers": answer.customers,
        "events": answer.events,
        "unreadable": answer.unreadable,
    }


def _edge(at: int) -> str | None:
    return None if at <= micros(EARLIEST) else written(instant(at))
