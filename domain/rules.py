"""From a rulebook document to compiled `Rules`. What is wrong with a document is said by `domain.rulebook.checks`."""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from domain.criteria import measures as m
from domain.criteria import standing
from domain.criteria.compiling import Names, compiled, without
from domain.criteria.periods import start_of
from domain.customer import Memory
from domain.facts import NEVER, Changed, Series
from domain.occasions import Occasion
from domain.openings import zone_named
from domain.rulebook import model as doc
from domain.rulebook.checks import START, InvalidRulebook, named_faults, problems_of, refusal
from domain.windows import QuietHours
from domain.worktime import Calendar, CalendarDocument, InvalidCalendar

MOST_WISHED = 31  # contacts that a customer may wish for in one period
STEPS = ("acknowledge", "respond", "update", "resolve")


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
    return Clause(clause.name, clause.sources, clause.to, without(clause.criteria, standing.InStage))


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


class _Benefits:
    """Which benefits fit, by tier."""

    def __init__(self, rules: doc.BenefitRules, tiers: list[str]) -> None:
        self.said = bool(rules.fit or rules.unfit)
        self._fit = [rules.fit.get(name, rules.fit.get("*", [])) for name in tiers]
        self._unfit = [frozenset(rules.unfit.get(name, rules.unfit.get("*", []))) for name in tiers]

    def unfit(self, tier: int, benefit: str) -> bool:
        """Whether this is a benefit that does not fit their tier."""
        return benefit in self._unfit[tier]

    def fitting(self, tier: int, wished: Iterable[str]) -> list[str]:
        """What to offer: what they wished for first, then what fits their tier; nothing that does not."""
        offered = dict.fromkeys([*wished, *self._fit[tier]])
        return [benefit for benefit in offered if benefit not in self._unfit[tier]]


class Step(NamedTuple):
    """When a complaint goes up to a level: at a part of its time, or after so many working minutes of silence."""

    level: int
    to: str
    part: float
    silence: float


_NONE = (0.0, "min")


class Rules:
    """A compiled rulebook. Read-only; one is shared by all folds of a process."""

    rhythm_kept = 24
    """Contacts that are remembered for the rhythm of a customer."""

    def __init__(self, book: doc.Rulebook, calendar: Calendar) -> None:
        self.book = book
        self.version = book.version
        self.horizon = book.horizon
        self.calendar = calendar
        self.tier_names: list[str] = [*(level.name for level in book.tiers.levels), book.tiers.otherwise]
        self.levels = [Level(level) for level in book.tiers.levels]
        self.tier_marks = _tier_marks(book.tiers.levels)
        self.tier_window, self.down_after = book.tiers.window, book.tiers.down_after
        names = Names(self.tier_names, ZoneInfo(book.contact.zone))
        clauses = [
            Clause(c.name, c.sources, c.to, [compiled(one, names) for one in c.all]) for c in book.lifecycle.clauses
        ]
        self.leaves = [leaf for clause in clauses for criterion in clause.criteria for leaf in criterion.leaves()]
        fading = book.lifecycle.fading
        self.lifecycle = Lifecycle(
            clauses, (fading.stage, fading.after) if fading else None, list(book.lifecycle.stages)
        )
        self.trust = book.trust
        self.bands = sorted(((points, name) for name, points in book.trust.bands.items()), reverse=True)
        self.trust_marks = self._trust_marks()
        self.complaints = book.complaints
        self.minutes = {severity: self._steps(steps) for severity, steps in book.complaints.severities.items()}
        self.around_the_clock = {s for s, steps in book.complaints.severities.items() if steps.around_the_clock}
        self.factors = [book.complaints.factors.get(name, 1.0) for name in self.tier_names]
        self.answer_minutes = self._work(book.complaints.answer_within)
        self.escalate = [
            Step(s.level, s.to, s.at or 0, self._work(s.silence or _NONE)) for s in book.complaints.escalate
        ]
        self.silences = [(step.level, step.silence) for step in self.escalate if step.silence]
        self.around = Calendar(CalendarDocument(name="always", version="1", zone=calendar.document.zone, always=True))
        self.late_times = self._late_times()
        self.cadence = book.cadence
        self.contact = book.contact
        self.benefits = _Benefits(book.benefits, self.tier_names)
        self.trust_first = frozenset(book.priorities.trust_first)
        first = book.priorities.fading_first
        self.fading_first = frozenset((0, 1) if first is None else map(self.tier_names.index, first))
        free = book.contact.holidays
        self.quiet = QuietHours(book.contact.quiet, calendar.document.holidays if free is None else free)
        self.occasions = [Occasion(one, number, self.tier_names) for number, one in enumerate(book.occasions)]
        begins = book.cadence.begins
        self.begins = -NEVER if begins is None else start_of(begins, ZoneInfo(book.contact.zone))
        self.watch_always = Changed.NEWS | Changed.SPEND | Changed.RETURNED | Changed.PROMISES
        self.memory = self._memory()

    def zone_of(self, zone: str | None) -> str:
        """The customer's zone; the rulebook's where they have none, or one that this machine does not know."""
        if zone is None:
            return self.contact.zone
        try:
            zone_named(zone)
        except ValueError:
            return self.contact.zone
        return zone

    def _trust_marks(self) -> list[int]:
        """Points at which some rule's answer changes."""
        marks = {points for points, _ in self.bands}
        for c in self.leaves:
            if isinstance(c, standing.Trust):
                marks.update(points for points in (c.least, c.below) if points is not None)
        return sorted(marks)

    def _late_times(self) -> dict[str, list[int]]:
        """By severity, by how many times its time a complaint can be overdue for some rule to ask."""
        asked: dict[str, set[int]] = {severity: {0} for severity in self.minutes}
        for c in self.leaves:
            if isinstance(c, standing.Overdue):
                for severity in c.severities:
                    asked[severity].add(c.times)
        return {severity: sorted(times) for severity, times in asked.items()}

    def _work(self, work: tuple[float, str]) -> float:
        amount, unit = work
        return amount * {"min": 1.0, "h": 60.0, "d": 60.0 * self.book.complaints.hours_a_day}[unit]

    def _steps(self, steps: doc.Deadlines) -> tuple[float, ...]:
        return tuple(self._work(getattr(steps, step)) for step in STEPS)

    def _memory(self) -> Memory:
        keep: dict[Series, int] = {Series.PURCHASE: 1}
        window: dict[Series, int] = {Series.PURCHASE: self.tier_window}
        needs = [need for c in self.leaves for need in c.needs()]
        contact = self.contact
        needs += [(Series.UNASKED, limit.at_most, 0) for limit in contact.outbound]
        needs += [(Series.UNASKED, MOST_WISHED, 0)]
        needs += [(Series.UNASKED, self.cadence.rest_after_unanswered + 1, 0)]
        needs += [(Series.SELLING, limit.at_most, contact.ratio_within) for limit in contact.selling]
        needs += [
            (Series.RELATIONSHIP, 1, contact.ratio_within),
            (Series.OUTBOUND, self.cadence.rest_after_unanswered + 1, 0),
        ]
        needs += [(Series.RELATIONSHIP_TALK, self.trust.talks_counted + 1, 0), (Series.REACHED, self.rhythm_kept, 0)]
        needs += [(Series.PURCHASE, level.purchases, self.tier_window) for level in self.levels]
        for series, last, span in needs:
            keep[series] = max(keep.get(series, 1), last)
            window[series] = max(window.get(series, 0), span)
        longest = max([self.tier_window, self.trust.window, *window.values(), *(c.reach for c in self.leaves)])
        fixed: dict[int, list[tuple[int, int]]] = {}
        for what, after, upto in {span for c in self.leaves for span in c.spans()}:
            fixed.setdefault(what, []).append((after, upto))
        limits = [limit.at_most for found in contact.channel_limits.values() for limit in found]
        return Memory(keep, window, longest, fixed, max([MOST_WISHED, *limits]))


def read(document: Mapping[str, Any]) -> doc.Rulebook:
    """Validate a document as read from TOML or JSON. InvalidRulebook: names every field that is wrong."""
    try:
        book = doc.Rulebook.model_validate(document)
    except ValidationError as error:
        raise refusal(named_faults(error, document)) from None
    if problems := problems_of(book):
        raise refusal(problems)
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
        raise refusal(
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
        raise refusal([(f"/calendar/document{at}", what) for at, what in error.problems]) from None


def source() -> str:
    """The text of the rulebook that comes with Jejak."""
    return files("domain").joinpath("rulebook/v1.toml").read_text("utf-8")


def shipped() -> dict[str, Any]:
    """The document of the rulebook that comes with Jejak."""
    return tomllib.loads(source())


@cache
def first_rules() -> Rules:
    """The rulebook that comes with Jejak, compiled; one for the whole process."""
    return compile_rules(shipped())


__all__ = [
    "START", "STEPS", "Clause", "InvalidRulebook", "Level", "Lifecycle", "Rules", "compile_rules", "first_rules", "read",
    "shipped", "source",
]  # fmt: skip
