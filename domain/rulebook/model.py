"""The rulebook as a document: what an analyst writes in TOML or JSON. No code in it.

`domain.rulebook.words` has the words of it, `domain.rulebook.criteria` what clauses are made of.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.facts import DAY, MINUTE
from domain.rulebook.criteria import CriterionOf
from domain.rulebook.words import Code, Count, Model, Points, Severity, Span, Times, Version, When, Work

Channel = Literal[
    "phone", "visit", "email", "sms", "whatsapp", "telegram", "messenger", "web-chat", "audio", "video", "letter",
    "event",
    "app", "social", "web",
]  # fmt: skip
Purpose = Literal["relationship", "selling", "service", "information"]


# --- lifecycle, tiers, trust ------------------------------------------------------------------------------------------


class Clause(Model):
    """A way from some stages to another: taken where all criteria hold. Earlier clauses are asked first."""

    name: Code
    sources: list[Code] = Field(min_length=1, alias="from")
    to: Code
    all: list[CriterionOf] = Field(default=[])


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
    at_least: dict[str, Decimal] = Field(default={})
    over: dict[str, Decimal] = Field(default={})
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

    start: Points
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
    bands: dict[Code, Points]  # name -> from how many points on


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


class Escalation(Model):
    """When a complaint is to be taken one level up: at a part of the time to resolve it, or after so much silence of ours."""

    level: Annotated[int, Field(ge=1, le=9)]
    to: Code  # the role that takes it
    at: Annotated[float, Field(gt=0, le=10)] | None = None
    silence: Work | None = None  # by the calendar, whatever the severity; no tier shortens it


class ComplaintRules(Model):
    """Deadlines by severity, shortened by tier; what else waits for a human. What is left out does not happen.

    What we owe is counted in working time; what is theirs (to answer, to object, to come back) in days of the calendar.
    """

    severities: dict[Severity, Deadlines]
    factors: dict[Code, Annotated[float, Field(gt=0, le=1)]] = Field(default={})
    near: Annotated[float, Field(gt=0, lt=1)]
    answer_within: Work
    poor: PoorRating
    hours_a_day: Annotated[float, Field(gt=0, le=24)] = 8
    escalate: list[Escalation] = Field(default=[], max_length=20)
    remind_after: list[Span] = Field(default=[], max_length=20)  # of waiting for the customer
    no_answer_after: Span | None = None  # of waiting for the customer: it counts as resolved
    close_after: Span | None = None  # it was resolved, and nobody objected
    reopen_within: Span | None = None  # it was resolved; None: for ever


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
    no_selling_in: list[Code] = Field(default=[])
    begins: When | None = None  # when outreach began: what fell due before it is spread over one period from then on
    introduce_within: Span | None = (
        None  # a new manager is introduced by then, spread over that time; None: by the rhythm
    )
    fulfils_within: Span | None = (
        None  # so near to its date, a fitting contact is the planned one; None: only if it says so
    )
    neglected_after: Span = 30 * DAY  # so long overdue, a contact by rhythm is neglected


class Stretch(Model):
    """Local time on some weekdays (none named: on all)."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(default=[])
    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Limit(Model):
    """At most so many within a window."""

    at_most: Times
    within: Span


class Minutes(Model):
    """What a day's work takes. A contact takes what its channel does, and no less than its purpose asks for."""

    default: Annotated[int, Field(ge=0, le=1440)] = 15
    channels: dict[Channel, Annotated[int, Field(ge=0, le=1440)]] = Field(default={})
    purposes: dict[Purpose, Annotated[int, Field(ge=0, le=1440)]] = Field(default={})
    complaint: Annotated[int, Field(ge=0, le=1440)] = 30  # to go on with one that waits for us, or to answer what waits


class Greetings(Model):
    """What may be sent on holidays too, and by which channels; quiet hours hold for it all the same."""

    contents: list[Code]
    channels: list[Channel]


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
    holidays: list[date] | None = None  # on which nobody is contacted; None: those of the calendar
    greetings: Greetings | None = None  # None: nothing is allowed on holidays
    channel_limits: dict[Channel, list[Limit]] = Field(default={})  # beside those on all channels
    permit_for: Annotated[Span, Field(gt=0, le=DAY)] = 15 * MINUTE  # how long a permit to contact somebody is valid
    minutes: Minutes = Minutes()


class Occasion(Model):
    """A time at which they are contacted about something, beside the rhythm; each has a row and a date of its own."""

    content: Code  # what it is about, and its name
    of: Literal["birthday", "day", "purchase-anniversary", "reorder", "maturity", "resolution"]
    purpose: Purpose = "relationship"
    before: Span = 0  # it begins so long before …
    after: Span = 0  # … or after what it is of
    lasts: Span  # after that it is over; of a day: so long from its first moment on
    tiers: list[Code] = Field(default=[])  # only these; none named: all
    stages: list[Code] = Field(default=[])  # only these; none named: all
    days: list[date] = Field(default=[])  # of a day: which, in their zone
    countries: list[Code] = Field(default=[])  # only customers of these
    traits: dict[Code, list[Code]] = Field(default={})  # only customers who have one of these values of each
    intervals: Count = 3  # of a reorder: so many intervals between purchases have to be known


class CalendarRef(Model):
    """A version of a working calendar; with its document, or one that was published."""

    code: Code
    version: Code
    document: dict[str, Any] | None = None


class BenefitRules(Model):
    """Which benefits fit whom, by tier ("*": any other tier); what is unfit is not suggested even where it was wished."""

    fit: dict[Code, list[Code]] = Field(default={})
    unfit: dict[Code, list[Code]] = Field(default={})


class Priorities(Model):
    """Who comes first in the queue of contacts: fading customers of these tiers come before all by rhythm."""

    fading_first: list[Code] | None = None  # None: the two highest tiers
    trust_first: list[Code] = Field(
        default=[]
    )  # bands of trust that come first among complaints alike in severity and tier


class BookRules(Model):
    """What a customer weighs in the book of a member of staff, and who may have them there.

    A month of a customer weighs: expected contacts x minutes of their channel x weight of the tier, and `upkeep` on top.
    """

    weights: dict[Code, Annotated[float, Field(gt=0, le=100)]] = Field(default={})  # by tier ("*": any other); else 1
    upkeep: Annotated[float, Field(ge=0, le=1440)] = 1  # minutes a month that anybody takes
    even_within: Annotated[float, Field(gt=0, le=1)] = 0.05  # loads this near to each other are even
    by_tier: dict[Code, list[Code]] = Field(default={})  # qualifications that staff need for a tier
    by_need: dict[Code, list[Code]] = Field(default={})  # and for a need that was noted


# --- test customers ---------------------------------------------------------------------------------------------------


class Happening(Model):
    """An event of a test customer, as the API takes it; `every` and `times` repeat it, with {n} in data counting from 1."""

    type: Code
    at: datetime
    data: dict[str, Any] = Field(default={})
    id: Code | None = None
    every: Span | None = None
    times: Times = 1


class Expected(Model):
    """What has to come out at `as_of`; what is left out is not looked at."""

    stage: Code | None = None
    since: When | None = None  # of the stage; a date means some time on it, in the zone of `contact`
    clause: Code | None = None  # by which the stage was entered
    fading: bool | None = None
    next_stage: Code | None = None  # to which it changes by itself
    next_stage_at: When | None = None
    tier: Code | None = None
    trust: Annotated[str, Field(pattern=r"^(<|<=|=|>=|>) \d{1,3}$")] | Points | None = None
    band: Code | None = None  # of trust
    falling: bool | None = None
    next_contact: When | None = None
    held: str | None = None  # why there is no next contact for now; "": there is one
    purpose: Purpose | None = None  # of the next contact
    content: Code | None = None  # of the next contact
    overdue_complaints: Count | None = None


class TestCustomer(Model):
    """A customer with a history made up, and how the rules have to judge it."""

    __test__ = False  # not for pytest

    name: Code
    events: list[Happening] = Field(min_length=1, max_length=500)
    as_of: datetime
    expect: Expected


class Rulebook(Model):
    """One version of the rules. It never changes."""

    version: Version
    title: str = Field(max_length=500)
    horizon: Span  # how far ahead of the last event rows are rendered
    calendar: CalendarRef
    lifecycle: LifecycleRules
    tiers: TierRules
    trust: TrustRules
    complaints: ComplaintRules
    cadence: CadenceRules
    contact: ContactRules
    benefits: BenefitRules = BenefitRules()
    priorities: Priorities = Priorities()
    occasions: list[Occasion] = Field(default=[], max_length=100)
    books: BookRules = BookRules()
    customers: list[TestCustomer] = Field(default=[], max_length=1000)
