"""From a rulebook document to compiled `Rules`, or to the faults of the document, field by field.

Refusal
└── InvalidRulebook   problems: (JSON Pointer, sentence) for every fault found
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, cast

from pydantic import ValidationError

from domain import measures as m
from domain import rulebook_model as doc
from domain import standing
from domain.customer import Memory
from domain.errors import Refusal
from domain.facts import NEVER, Changed, Series
from domain.windows import QuietHours
from domain.worktime import Calendar, CalendarDocument, InvalidCalendar

START = "start"
STEPS = ("acknowledge", "respond", "update", "resolve")


class InvalidRulebook(Refusal):
    """A rulebook's document is wrong; `problems` names each field."""

    code = "invalid-rulebook"
    title = "The rulebook is not valid"


class Clause:
    """A compiled way into a stage."""

    __slots__ = ("criteria", "name", "sinks", "sources", "to")

    def __init__(self, name: str, sources: Iterable[str], to: str, criteria: Iterable[m.Criterion]) -> None:
        self.name, self.sources, self.to = name, frozenset(sources), to
        self.criteria = tuple(criteria)
        self.sinks = 0
        for criterion in self.criteria:
            self.sinks |= criterion.sinks

    def ask(self, s: m.Standing, t: int) -> tuple[bool, int, int]:
        """Do all criteria hold at `t`; until when does that answer stand at least; and which changes can turn it.

        A clause that does not hold waits for the first criterion that does not: nothing else can make it hold.
        """
        until = NEVER
        for criterion in self.criteria:
            holds, end = criterion.holds(s, t)
            if not holds:
                return False, end, criterion.waking(s) if criterion.varies else criterion.wakes
            if end < until:
                until = end
        return True, until, self.sinks

    def show(self, s: m.Standing, t: int) -> list[m.Measured]:
        """Every criterion as measured at `t`."""
        return [criterion.show(s, t) for criterion in self.criteria]


class Lifecycle:
    """Clauses by the stage that they lead out of."""

    def __init__(self, clauses: list[Clause], fading: tuple[str, int] | None, stages: list[str]) -> None:
        self.stages = stages
        self.out: dict[str, list[Clause]] = {
            stage: [c for c in clauses if stage in c.sources] for stage in (START, *stages)
        }
        self.fading_stage, self.fading_after = fading or ("", NEVER)
        self.keeps = [_kept(clause) for clause in clauses if clause.to == self.fading_stage]


def _kept(clause: Clause) -> Clause:
    """What of a clause can still be asked of someone who is in the stage: all but how long they were in another."""
    asked = [c for c in clause.criteria if not isinstance(c, standing.InStage)]
    return Clause(clause.name, clause.sources, clause.to, asked)


class Level:
    """A compiled tier: how often and how lately they bought; how much, see `Rules.tier_marks`."""

    __slots__ = ("last_within", "name", "purchases")

    def __init__(self, level: doc.Level) -> None:
        self.name, self.purchases, self.last_within = level.name, level.purchases, level.last_within or 0


_SMALLEST = Decimal("0.000001")  # of an amount: more than x is at least x and this


def _tier_marks(levels: Iterable[doc.Level]) -> dict[str, list[tuple[int, Decimal]]]:
    """By currency: (level, net spend from which on it is enough)."""
    marks: dict[str, list[tuple[int, Decimal]]] = {}
    for index, level in enumerate(levels):
        least = dict(level.at_least) | {currency: over + _SMALLEST for currency, over in level.over.items()}
        for currency, amount in least.items():
            marks.setdefault(currency, []).append((index, amount))
    return marks


class Rules:
    """A compiled rulebook. Read-only; one is shared by all folds of a process."""

    def __init__(self, book: doc.Rulebook, calendar: Calendar) -> None:
        self.book = book
        self.version = book.version
        self.horizon = book.horizon
        self.calendar = calendar
        self.tier_names = [*(level.name for level in book.tiers.levels), book.tiers.otherwise]
        self.levels = [Level(level) for level in book.tiers.levels]
        self.tier_marks = _tier_marks(book.tiers.levels)
        self.tier_window, self.down_after = book.tiers.window, book.tiers.down_after
        clauses = [
            Clause(c.name, c.sources, c.to, [self._criterion(one) for one in c.all]) for c in book.lifecycle.clauses
        ]
        fading = book.lifecycle.fading
        self.lifecycle = Lifecycle(
            clauses, (fading.stage, fading.after) if fading else None, list(book.lifecycle.stages)
        )
        self.trust = book.trust
        self.bands = sorted(((points, name) for name, points in book.trust.bands.items()), reverse=True)
        self.trust_marks = self._trust_marks(clauses)
        self.complaints = book.complaints
        self.minutes = {severity: self._steps(steps) for severity, steps in book.complaints.severities.items()}
        self.around_the_clock = {s for s, steps in book.complaints.severities.items() if steps.around_the_clock}
        self.factors = [book.complaints.factors.get(name, 1.0) for name in self.tier_names]
        self.answer_minutes = self._work(book.complaints.answer_within)
        self.around = Calendar(CalendarDocument(name="always", version="1", zone=calendar.document.zone, always=True))
        self.late_times = self._late_times(clauses)
        self.cadence = book.cadence
        self.contact = book.contact
        self.quiet = QuietHours(book.contact.quiet, calendar.document.holidays)
        self.watch_always = Changed.NEWS | Changed.SPEND | Changed.RETURNED | Changed.PROMISES
        self.memory = self._memory(clauses)

    def _criterion(self, c: doc.CriterionOf) -> m.Criterion:
        return _COMPILE[type(c)](c, self)

    def _trust_marks(self, clauses: list[Clause]) -> list[int]:
        """Points at which some rule's answer changes."""
        marks = {points for points, _ in self.bands}
        for clause in clauses:
            for c in clause.criteria:
                if isinstance(c, standing.Trust):
                    marks.update(points for points in (c.least, c.below) if points is not None)
        return sorted(marks)

    def _late_times(self, clauses: list[Clause]) -> dict[str, list[int]]:
        """By severity, by how many times its time a complaint can be overdue for some rule to ask."""
        asked: dict[str, set[int]] = {severity: {0} for severity in self.minutes}
        for clause in clauses:
            for c in clause.criteria:
                if isinstance(c, standing.Overdue):
                    for severity in c.severities:
                        asked[severity].add(c.times)
        return {severity: sorted(times) for severity, times in asked.items()}

    def _work(self, work: tuple[float, str]) -> float:
        amount, unit = work
        return amount * {"min": 1.0, "h": 60.0, "d": 60.0 * self.book.complaints.hours_a_day}[unit]

    def _steps(self, steps: doc.Deadlines) -> tuple[float, ...]:
        return tuple(self._work(getattr(steps, step)) for step in STEPS)

    def _memory(self, clauses: list[Clause]) -> Memory:
        keep: dict[Series, int] = {Series.PURCHASE: 1}
        window: dict[Series, int] = {Series.PURCHASE: self.tier_window}
        needs = [need for clause in clauses for c in clause.criteria for need in c.needs()]
        contact = self.contact
        needs += [(Series.UNASKED, limit.at_most, 0) for limit in contact.outbound]
        needs += [(Series.SELLING, limit.at_most, contact.ratio_within) for limit in contact.selling]
        needs += [
            (Series.RELATIONSHIP, 1, contact.ratio_within),
            (Series.OUTBOUND, self.cadence.rest_after_unanswered + 1, 0),
        ]
        needs += [(Series.RELATIONSHIP_TALK, self.trust.talks_counted + 1, 0)]
        needs += [(Series.PURCHASE, level.purchases, self.tier_window) for level in self.levels]
        for series, last, span in needs:
            keep[series] = max(keep.get(series, 1), last)
            window[series] = max(window.get(series, 0), span)
        longest = max([self.tier_window, self.trust.window, *window.values()])
        return Memory(keep, window, longest)


def _window(c: doc.CountOf) -> int:
    return m.SINCE_ENTRY if c.since else c.within or m.EVER


def _series(names: Iterable[str]) -> tuple[Series, ...]:
    return tuple(doc.SERIES[name] for name in names)


def _count(c: doc.CountOf, _rules: Rules) -> m.Criterion:
    if c.at_least is not None:
        return m.AtLeast(_series(c.of), c.at_least, _window(c))
    return m.AtMost(_series(c.of), c.at_most or 0, _window(c))


_COMPILE: dict[type, Callable[[Any, Rules], m.Criterion]] = {
    doc.CountOf: _count,
    doc.SilenceOf: lambda c, _: m.Silence(_series(c.of), c.at_least, c.intervals, c.at_most or NEVER),
    doc.MonthsOf: lambda c, _: m.Months(doc.SERIES[c.of], c.at_least, c.within),
    doc.CategoriesOf: lambda c, _: m.Categories(c.at_least, c.within, c.if_known),
    doc.HoldingsOf: lambda c, _: standing.Holdings(c.at_least, c.categories),
    doc.EndedOf: lambda _c, _: standing.Ended(),
    doc.TrustOf: lambda c, _: standing.Trust(c.at_least, c.below),
    doc.TierOf: lambda c, rules: standing.TierAtLeast(rules.tier_names.index(c.at_least), c.at_least),
    doc.InStageOf: lambda c, _: standing.InStage(c.at_least),
    doc.BeenInOf: lambda c, _: standing.BeenIn(c.stage, c.ever),
    doc.OpenComplaintsOf: lambda c, _: standing.OpenComplaints(c.at_most, frozenset(c.severity)),
    doc.OverdueOf: lambda c, _: standing.Overdue(frozenset(c.severity), c.times, c.at_least, c.at_most),
    doc.SpendOf: lambda c, _: m.Spend(c.currency, c.at_least, c.within),
    doc.RatioOf: lambda c, _: m.Ratio(_series(c.of), _series(c.to), c.at_least, c.within),
}


# --- checking what a schema cannot say --------------------------------------------------------------------------------

Problem = tuple[str, str]


def _problems(book: doc.Rulebook) -> list[Problem]:
    found: list[Problem] = []
    stages = book.lifecycle.stages
    tiers = [*(level.name for level in book.tiers.levels), book.tiers.otherwise]
    found += _unknown([*((f"/cadence/stages/{s}", s) for s in book.cadence.stages)], stages, "stage")
    found += _unknown([(f"/complaints/factors/{t}", t) for t in book.complaints.factors], tiers, "tier")
    if book.lifecycle.fading:
        found += _unknown([("/lifecycle/fading/stage", book.lifecycle.fading.stage)], stages, "stage")
    for i, clause in enumerate(book.lifecycle.clauses):
        at = f"/lifecycle/clauses/{i}"
        found += _unknown([(f"{at}/from", s) for s in clause.sources], [START, *stages], "stage")
        found += _unknown([(f"{at}/to", clause.to)], stages, "stage")
        if clause.to in clause.sources:
            found.append((f"{at}/to", f"leads from {clause.to!r} to itself; name another stage"))
        for j, criterion in enumerate(clause.all):
            found += _criterion_problems(criterion, f"{at}/all/{j}", stages, tiers)
    if not any(START in clause.sources and not clause.all for clause in book.lifecycle.clauses):
        found.append(
            (
                "/lifecycle/clauses",
                'one clause from "start" has to have no criteria, so that every customer has a stage',
            )
        )
    missing = {"low", "normal", "high", "critical"} - set(book.complaints.severities)
    found += [("/complaints/severities", f"deadlines for severity {s!r} are missing") for s in sorted(missing)]
    for stage, rhythms in book.cadence.stages.items():
        found += _unknown([(f"/cadence/stages/{stage}/{t}", t) for t in rhythms if t != "*"], tiers, "tier")
    return found


def _unknown(given: Iterable[Problem], known: Iterable[str], what: str) -> list[Problem]:
    names = list(known)
    return [
        (at, f"there is no {what} {name!r}; known are {', '.join(names)}") for at, name in given if name not in names
    ]


def _criterion_problems(c: doc.CriterionOf, at: str, stages: list[str], tiers: list[str]) -> list[Problem]:
    match c:
        case doc.CountOf() | doc.OverdueOf() if (c.at_least is None) == (c.at_most is None):
            return [(at, "give either at_least or at_most")]
        case doc.CountOf() if c.since and c.within:
            return [(at, "give either within or since, not both")]
        case doc.TrustOf() if (c.at_least is None) == (c.below is None):
            return [(at, "give either at_least or below")]
        case doc.TierOf():
            return _unknown([(f"{at}/at_least", c.at_least)], tiers, "tier")
        case doc.BeenInOf():
            return _unknown([(f"{at}/stage", c.stage)], stages, "stage")
        case _:
            return []


def read(document: Mapping[str, Any]) -> doc.Rulebook:
    """Validate a document as read from TOML or JSON. InvalidRulebook: names every field that is wrong."""
    try:
        book = doc.Rulebook.model_validate(document)
    except ValidationError as error:
        raise _refusal([_problem(fault, document) for fault in error.errors(include_url=False)]) from None
    if problems := _problems(book):
        raise _refusal(problems)
    return book


def compile_rules(
    document: Mapping[str, Any], calendars: Mapping[tuple[str, str], Mapping[str, Any]] | None = None
) -> Rules:
    """Validate and compile a rulebook.

    `calendars` holds published calendars by (code, version), for a rulebook that names one without its document.
    InvalidRulebook: names every field that is wrong.
    """
    book = read(document)
    named = book.calendar
    calendar = named.document or (calendars or {}).get((named.code, named.version))
    if calendar is None:
        raise _refusal(
            [
                (
                    "/calendar",
                    f"calendar {named.code} {named.version} was never published; publish it, or give its document",
                )
            ]
        )
    try:
        return Rules(book, Calendar.from_document(calendar))
    except InvalidCalendar as error:
        raise _refusal([(f"/calendar/document{at}", what) for at, what in error.problems]) from None


def shipped() -> dict[str, Any]:
    """The document of the rulebook that comes with Jejak."""
    return tomllib.loads(files("domain").joinpath("rulebook/v1.toml").read_text("utf-8"))


@cache
def first_rules() -> Rules:
    """The rulebook that comes with Jejak, compiled; one for the whole process."""
    return compile_rules(shipped())


def _refusal(problems: list[Problem]) -> InvalidRulebook:
    return InvalidRulebook("; ".join(f"{at or '/'}: {what}" for at, what in problems), problems=tuple(problems))


def _problem(fault: Mapping[str, Any], document: Mapping[str, Any]) -> Problem:
    """Turn one of pydantic's faults into (JSON Pointer, sentence); steps that are not in the document are left out."""
    path = ""
    place: Any = document
    for step in fault["loc"]:
        known = (isinstance(place, Mapping) and step in place) or (isinstance(place, list) and isinstance(step, int))
        if known or (step == fault["loc"][-1] and fault["type"] in {"missing", "extra_forbidden"}):
            path += "/" + str(step).replace("~", "~0").replace("/", "~1")
            place = cast("Any", place)[step] if known else None
    sentence = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] not in {"value_error", "missing", "extra_forbidden"}:
        sentence += f", not {fault['input']!r:.80}"
    if fault["type"] == "extra_forbidden":
        sentence = "there is no such field"
    return path, sentence
