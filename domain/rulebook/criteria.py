"""Criteria as an analyst writes them: what the clauses of a lifecycle are made of.

Each names its `measure` and its threshold. Groups put criteria together: { any = [ … ] } holds where one of them does,
{ all = [ … ] } where all do, { not = { … } } where it does not. `domain.criteria.compiling` makes them into what a fold asks.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import Discriminator, Field, Tag

from domain.rulebook.words import (
    Code,
    Count,
    Currency,
    Kinds,
    Model,
    PeriodName,
    Points,
    SeriesName,
    Severity,
    Span,
    Times,
)

# --- what happened: how often, how lately, how regularly --------------------------------------------------------------


class CountOf(Model):
    """So many happenings at least or at most; within a period, since the stage was entered, or ever."""

    measure: Literal["count"]
    of: Kinds
    at_least: Times | None = None
    at_most: Count | None = None
    within: PeriodName | None = None
    since: Literal["entry"] | None = None


class RecencyOf(Model):
    """The last of these happened at most, or at least, so long ago; where none ever did, neither holds."""

    measure: Literal["recency"]
    of: Kinds
    at_most: Span | None = None
    at_least: Span | None = None


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
    at_least: Annotated[int, Field(ge=1, le=120, strict=True)]
    within: PeriodName


class RhythmOf(Model):
    """The gap between each of the `last` happenings and the next is at most so long: the median, or the largest.

    The largest counts the time since the last happening too. Fewer happenings have no rhythm.
    """

    measure: Literal["rhythm"]
    of: Kinds
    gap: Literal["median", "largest"]
    at_most: Span
    last: Annotated[int, Field(ge=2, le=100, strict=True)] = 6


class TwoWayOf(Model):
    """Contact in both directions: so many conversations that they began, and so many of ours that reached them."""

    measure: Literal["two-way"]
    at_least: Times
    within: PeriodName


class RatioOf(Model):
    """So many of one kind for each of another; where there is none of the other, at least any number."""

    measure: Literal["ratio"]
    of: Kinds
    to: Kinds
    at_least: Annotated[Decimal, Field(ge=0)] | None = None
    at_most: Annotated[Decimal, Field(ge=0)] | None = None
    within: PeriodName


class KnownForOf(Model):
    """So long since the first event of theirs."""

    measure: Literal["known-for"]
    at_least: Span


# --- what they bought, hold, and say of it ----------------------------------------------------------------------------


class CategoriesOf(Model):
    """Purchases in at least so many categories; `if_known` leaves it out where no category was ever named."""

    measure: Literal["categories"]
    at_least: Times
    within: PeriodName
    if_known: bool = False


class SpendOf(Model):
    """Net spend in one currency."""

    measure: Literal["spend"]
    currency: Currency
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    within: PeriodName


class SpendRatioOf(Model):
    """Net spend of one period for each unit of another; where nothing was spent in the other, neither holds.

    With spans, `before` ends as `within` begins: { within = "90 days", before = "90 days" } is a quarter against the last.
    """

    measure: Literal["spend-ratio"]
    currency: Currency
    at_least: Annotated[Decimal, Field(ge=0)] | None = None
    at_most: Annotated[Decimal, Field(ge=0)] | None = None
    within: PeriodName
    before: PeriodName


class HoldingsOf(Model):
    """So many holdings, or categories of holdings."""

    measure: Literal["holdings"]
    at_least: Times
    categories: bool = False


Rated = Literal["review", "csat", "nps"]


class RatingsOf(Model):
    """So many ratings with a score of at most, or at least, so much; of their last hundred."""

    measure: Literal["ratings"]
    of: Rated
    score_at_most: Annotated[int, Field(ge=0, le=10, strict=True)] | None = None
    score_at_least: Annotated[int, Field(ge=0, le=10, strict=True)] | None = None
    at_least: Annotated[int, Field(ge=1, le=100, strict=True)] | None = None
    at_most: Annotated[int, Field(ge=0, le=99, strict=True)] | None = None
    within: PeriodName | None = None


class AverageRatingOf(Model):
    """The average score of their ratings, of their last hundred; where there is none, neither holds."""

    measure: Literal["average-rating"]
    of: Rated
    at_least: Annotated[Decimal, Field(ge=0, le=10)] | None = None
    at_most: Annotated[Decimal, Field(ge=0, le=10)] | None = None
    within: PeriodName | None = None


# --- how they stand ---------------------------------------------------------------------------------------------------


class EndedOf(Model):
    """The relationship was ended."""

    measure: Literal["ended"]


class TrustOf(Model):
    """Trust of so many points, or below."""

    measure: Literal["trust"]
    at_least: Points | None = None
    below: Points | None = None


class TierOf(Model):
    """A tier or a higher one."""

    measure: Literal["tier"]
    at_least: Code


class InStageOf(Model):
    """So long in the present stage."""

    measure: Literal["in-stage"]
    at_least: Span


class BeenInOf(Model):
    """Was in a stage: ever, or never; entered it so many times, within a period."""

    measure: Literal["been-in"]
    stage: Code
    ever: bool = True
    at_least: Times | None = None
    at_most: Count | None = None
    within: PeriodName | None = None


_ALL: list[Severity] = ["low", "normal", "high", "critical"]


class OpenComplaintsOf(Model):
    """Open complaints, at most or at least so many."""

    measure: Literal["open-complaints"]
    at_least: Times | None = None
    at_most: Count | None = None
    severity: list[Severity] = _ALL


class OverdueOf(Model):
    """Open complaints overdue, by `times` their time beyond the deadline."""

    measure: Literal["overdue-complaints"]
    at_least: Times | None = None
    at_most: Count | None = None
    times: Annotated[int, Field(ge=0, le=20, strict=True)] = 0
    severity: list[Severity] = _ALL


class LateOf(Model):
    """Complaints that were resolved late, so many at least or at most; of their last hundred complaints."""

    measure: Literal["late-resolutions"]
    at_least: Times | None = None
    at_most: Count | None = None
    within: PeriodName | None = None


# --- groups -----------------------------------------------------------------------------------------------------------


class AnyOf(Model):
    """One of these holds."""

    any: "list[CriterionOf]" = Field(min_length=1)


class AllOf(Model):
    """All of these hold."""

    all: "list[CriterionOf]" = Field(min_length=1)


class NotOf(Model):
    """This does not hold."""

    negated: "CriterionOf" = Field(alias="not")


MEASURES: dict[str, type[Model]] = {
    get_args(kind.model_fields["measure"].annotation)[0]: kind
    for kind in (
        CountOf, RecencyOf, SilenceOf, MonthsOf, RhythmOf, TwoWayOf, RatioOf, KnownForOf, CategoriesOf, SpendOf,
        SpendRatioOf, HoldingsOf, RatingsOf, AverageRatingOf, EndedOf, TrustOf, TierOf, InStageOf, BeenInOf,
        OpenComplaintsOf, OverdueOf, LateOf,
    )
}  # fmt: skip
GROUPS: dict[str, type[Model]] = {"any": AnyOf, "all": AllOf, "not": NotOf}
UNKNOWN_MEASURE = "unknown_measure"


def kind_of(given: Any) -> str | None:
    """The measure of a criterion, or its group in brackets; None where it is neither."""
    if isinstance(given, Model):
        name = getattr(given, "measure", None)
        return name or next(f"({group})" for group, kind in GROUPS.items() if isinstance(given, kind))
    if not isinstance(given, Mapping):
        return None
    written = cast("Mapping[str, Any]", given)
    name = written.get("measure")
    if name is None:
        return next((f"({group})" for group in GROUPS if group in written), None)
    return name if isinstance(name, str) and name in MEASURES else None


CriterionOf = Annotated[
    Annotated[CountOf, Tag("count")]
    | Annotated[RecencyOf, Tag("recency")]
    | Annotated[SilenceOf, Tag("silence")]
    | Annotated[MonthsOf, Tag("months")]
    | Annotated[RhythmOf, Tag("rhythm")]
    | Annotated[TwoWayOf, Tag("two-way")]
    | Annotated[RatioOf, Tag("ratio")]
    | Annotated[KnownForOf, Tag("known-for")]
    | Annotated[CategoriesOf, Tag("categories")]
    | Annotated[SpendOf, Tag("spend")]
    | Annotated[SpendRatioOf, Tag("spend-ratio")]
    | Annotated[HoldingsOf, Tag("holdings")]
    | Annotated[RatingsOf, Tag("ratings")]
    | Annotated[AverageRatingOf, Tag("average-rating")]
    | Annotated[EndedOf, Tag("ended")]
    | Annotated[TrustOf, Tag("trust")]
    | Annotated[TierOf, Tag("tier")]
    | Annotated[InStageOf, Tag("in-stage")]
    | Annotated[BeenInOf, Tag("been-in")]
    | Annotated[OpenComplaintsOf, Tag("open-complaints")]
    | Annotated[OverdueOf, Tag("overdue-complaints")]
    | Annotated[LateOf, Tag("late-resolutions")]
    | Annotated[AnyOf, Tag("(any)")]
    | Annotated[AllOf, Tag("(all)")]
    | Annotated[NotOf, Tag("(not)")],
    Discriminator(kind_of, custom_error_type=UNKNOWN_MEASURE, custom_error_message="is no criterion"),
]
for _group in GROUPS.values():
    _group.model_rebuild()
