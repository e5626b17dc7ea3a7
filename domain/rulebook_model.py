"""The rulebook as a document: what an analyst writes in TOML or JSON. No code in it.

Spans are written "90 days", "4 hours", "30 minutes"; working time "4 h", "2 d" (days of the length that the rulebook
sets). Names of series are those of `domain.facts.Series` in lower case with hyphens: inbound, talk, purchase, …
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from domain.facts import DAY, HOUR, MINUTE, NEVER, Series

Channel = Literal[
    "phone", "visit", "email", "sms", "whatsapp", "telegram", "messenger", "web-chat", "audio", "video", "letter",
    "event",
    "app", "social", "web",
]  # fmt: skip
Severity = Literal["low", "normal", "high", "critical"]
Purpose = Literal["relationship", "selling", "service", "information"]

_UNITS = {"minute": MINUTE, "minutes": MINUTE, "hour": HOUR, "hours": HOUR, "day": DAY, "days": DAY}
_SPAN = re.compile(r"^(\d{1,6}(?:\.\d+)?) (minutes?|hours?|days?)$")
_WORK = re.compile(r"^(\d{1,6}(?:\.\d+)?) ?(min|h|d)$")


def _span(given: Any) -> Any:
    match = _SPAN.match(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f'{given!r} is no span of time; write for example "90 days", "4 hours" or "30 minutes"')
    span = int(Decimal(match[1]) * _UNITS[match[2]])
    if span > NEVER // 100:
        raise ValueError(f"{given!r} is longer than any rule needs; give less than 80 years")
    return span


def _work(given: Any) -> Any:
    match = _WORK.match(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f'{given!r} is no working time; write for example "4 h", "2 d" or "30 min"')
    return (float(match[1]), match[2])


def _series(given: str) -> str:
    if given not in SERIES:
        raise ValueError(f"{given!r} is not counted; known are {', '.join(sorted(SERIES))}")
    return given


SERIES = {kind.name.lower().replace("_", "-"): kind for kind in Series}

Span = Annotated[int, BeforeValidator(_span, json_schema_input_type=str)]
Work = Annotated[tuple[float, Literal["min", "h", "d"]], BeforeValidator(_work, json_schema_input_type=str)]
SeriesName = Annotated[str, AfterValidator(_series)]
Count = Annotated[int, Field(ge=0, le=1000)]
Kinds = Annotated[list[SeriesName], Field(min_length=1)]
Code = Annotated[str, Field(min_length=1, max_length=120)]


class Model(BaseModel):
    """Unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- criteria: what clauses are made of -------------------------------------------------------------------------------


class CountOf(Model):
    """So many happenings at least or at most; within a window, since the stage was entered, or ever."""

    measure: Literal["count"]
    of: Kinds
    at_least: Annotated[int, Field(ge=1, le=1000)] | None = None
    at_most: Count | None = None
    within: Span | None = None
    since: Literal["entry"] | None = None


class SilenceOf(Model):
    """None of these for `at_least`, or for `intervals` times their own interval between purchases up to `at_most`."""

    measure: Literal["silence"]
    of: Kinds
    at_least: Span
    intervals: Annotated[float, Field(ge=0, le=100)] = 0
    at_most: Span | None = None


class MonthsOf(Model):
    """Happenings in at least so many calendar months."""

    measure: Literal["months"]
    of: SeriesName
    at_least: Annotated[int, Field(ge=1, le=120)]
    within: Span


class CategoriesOf(Model):
    """Purchases in at least so many categories; `if_known` leaves it out where no category was ever named."""

    measure: Literal["categories"]
    at_least: Annotated[int, Field(ge=1, le=1000)]
    within: Span
    if_known: bool = False


class HoldingsOf(Model):
    """So many holdings, or categories of holdings."""

    measure: Literal["holdings"]
    at_least: Annotated[int, Field(ge=1, le=1000)]
    categories: bool = False


class EndedOf(Model):
    """The relationship was ended."""

    measure: Literal["ended"]


class TrustOf(Model):
    """Trust of so many points, or below."""

    measure: Literal["trust"]
    at_least: Annotated[int, Field(ge=0, le=100)] | None = None
    below: Annotated[int, Field(ge=0, le=100)] | None = None


class TierOf(Model):
    """A tier or a higher one."""

    measure: Literal["tier"]
    at_least: Code


class InStageOf(Model):
    """So long in the present stage."""

    measure: Literal["in-stage"]
    at_least: Span


class BeenInOf(Model):
    """Was ever, or never, in a stage before."""

    measure: Literal["been-in"]
    stage: Code
    ever: bool = True


class OpenComplaintsOf(Model):
    """Open complaints, at most so many."""

    measure: Literal["open-complaints"]
    at_most: Count
    severity: list[Severity] = ["low", "normal", "high", "critical"]


class OverdueOf(Model):
    """Open complaints overdue, by `times` their time beyond the deadline."""

    measure: Literal["overdue-complaints"]
    at_least: Annotated[int, Field(ge=1, le=1000)] | None = None
    at_most: Count | None = None
    times: Annotated[int, Field(ge=0, le=20)] = 0
    severity: list[Severity] = ["low", "normal", "high", "critical"]


class SpendOf(Model):
    """Net spend in one currency."""

    measure: Literal["spend"]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    at_least: Decimal
    within: Span


class RatioOf(Model):
    """So many of one kind for each of another."""

    measure: Literal["ratio"]
    of: Kinds
    to: Kinds
    at_least: Annotated[Decimal, Field(ge=0)]
    within: Span


CriterionOf = Annotated[
    CountOf | SilenceOf | MonthsOf | CategoriesOf | HoldingsOf | EndedOf | TrustOf | TierOf | InStageOf | BeenInOf
    | OpenComplaintsOf | OverdueOf | SpendOf | RatioOf,
    Field(discriminator="measure"),
]  # fmt: skip


# --- lifecycle, tiers, trust ------------------------------------------------------------------------------------------


class Clause(Model):
    """A way from some stages to another: taken where all criteria hold. Earlier clauses are asked first."""

    name: Code
    sources: list[Code] = Field(min_length=1, alias="from")
    to: Code
    all: list[CriterionOf] = []


class FadingRule(Model):
    """A stage whose clauses of entry no longer hold for so long is fading."""

    stage: Code
    after: Span


class LifecycleRules(Model):
    """Stages, and the clauses that lead from one to another; `start` stands before the first."""

    stages: list[Code] = Field(min_length=1)
    clauses: list[Clause] = Field(min_length=1)
    fading: FadingRule | None = None


class Level(Model):
    """One tier: net spend of any of these currencies (at least, or over), and how often and how lately they bought."""

    name: Code
    at_least: dict[str, Decimal] = {}
    over: dict[str, Decimal] = {}
    purchases: Annotated[int, Field(ge=0, le=1000)] = 0
    last_within: Span | None = None


class TierRules(Model):
    """Tiers from the highest down; the one named by `otherwise` has no criteria and is served last."""

    window: Span
    down_after: Span
    levels: list[Level] = Field(min_length=1, max_length=20)
    otherwise: Code


class TrustRules(Model):
    """Points by what happened, over a rolling window."""

    start: Annotated[int, Field(ge=0, le=100)]
    window: Span
    promise_kept: int
    promise_broken: int
    resolved_in_time: int
    resolved_late: int
    reopened: int
    refusal_broken: int
    selling_in_complaint: int
    relationship_talk: int
    talks_counted: Count  # at most so many relationship talks …
    talks_within: Span  # … in this time
    falling_by: Annotated[int, Field(ge=1, le=100)]
    falling_within: Span
    bands: dict[Code, Annotated[int, Field(ge=0, le=100)]]  # name -> from how many points on


# --- complaints, cadence, contact -------------------------------------------------------------------------------------


class Deadlines(Model):
    """Working time for each step of a complaint of one severity."""

    acknowledge: Work
    respond: Work
    update: Work
    resolve: Work
    around_the_clock: bool = False


class PoorRating(Model):
    """From which score down a rating needs a human."""

    review: Annotated[int, Field(ge=0, le=5)]
    csat: Annotated[int, Field(ge=0, le=5)]
    nps: Annotated[int, Field(ge=0, le=10)]


class ComplaintRules(Model):
    """Deadlines by severity, shortened by tier; what else waits for a human."""

    severities: dict[Severity, Deadlines]
    factors: dict[Code, Annotated[float, Field(gt=0, le=1)]] = {}
    near: Annotated[float, Field(gt=0, lt=1)]
    answer_within: Work
    poor: PoorRating
    hours_a_day: Annotated[float, Field(gt=0, le=24)] = 8


class Rhythm(Model):
    """How often: so many times in so many months, by a channel that fits `digital` or any."""

    times: Annotated[int, Field(ge=1, le=31)]
    months: Literal[1, 2, 3, 6, 12]
    digital: bool = False
    at_first: Annotated[int, Field(ge=0, le=100)] = 0  # so many times …
    first_months: Literal[1, 2, 3, 6, 12] = 1  # … at this distance instead


class CadenceRules(Model):
    """Contacts by stage and tier ("*": any other tier)."""

    stages: dict[Code, dict[Code, Rhythm]]
    care_after: Span  # in dissolution: the one care contact
    rest_after_unanswered: Count
    rest: Span
    no_selling_in: list[Code] = []


class Stretch(Model):
    """Local time on some weekdays (none named: on all)."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = []
    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Limit(Model):
    """At most so many within a window."""

    at_most: Annotated[int, Field(ge=1, le=1000)]
    within: Span


class ContactRules(Model):
    """When and how often a customer may be contacted, and how."""

    outbound: list[Limit]
    selling: list[Limit]
    relationship_to_selling: Annotated[int, Field(ge=0, le=100)]
    ratio_within: Span
    failures_before_change: Annotated[int, Field(ge=1, le=100)]
    no_selling_after_complaint: Span
    consent_needed: list[Purpose]
    least_intrusive: list[Channel]  # in this order
    digital: list[Channel]
    quiet: list[Stretch]
    zone: Code


class CalendarRef(Model):
    """A version of a working calendar; with its document, or one that was published."""

    code: Code
    version: Code
    document: dict[str, Any] | None = None


class Rulebook(Model):
    """One version of the rules. It never changes."""

    version: Code
    title: str = Field(max_length=500)
    horizon: Span  # how far ahead of the last event rows are rendered
    calendar: CalendarRef
    lifecycle: LifecycleRules
    tiers: TierRules
    trust: TrustRules
    complaints: ComplaintRules
    cadence: CadenceRules
    contact: ContactRules
