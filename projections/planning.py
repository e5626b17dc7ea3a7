"""Planning the next contact by rhythm: when it is due, about what, on which channel. Rows: `projections.outreach`."""

from typing import Any, NamedTuple

from domain.facts import DAY, Customer, Series
from domain.families.conversation import refused
from domain.rulebook.model import Rhythm
from domain.rules import Rules
from domain.windows import slot_start
from projections.reach import reachable
from projections.state import State

_MONTH = 365 * DAY // 12
_PERIODS = {"month": 1, "quarter": 3, "year": 12}


class Step(NamedTuple):
    """What holds from a moment on, as far as planning asks."""

    at: int
    stage: str
    entered: int
    tier: int
    fading: bool


def rhythm_of(rules: Rules, step: Step) -> Rhythm | None:
    """How often a customer of this stage and tier is contacted; None: the rules say nothing."""
    tiers = rules.cadence.stages.get(step.stage)
    return None if tiers is None else tiers.get(rules.tier_names[step.tier]) or tiers.get("*")


def due_by(state: State, rules: Rules, step: Step, rhythm: Rhythm | None) -> tuple[int, dict[str, Any]]:
    """When the next contact is due, and from what that follows."""
    c = state.customer
    base = c.last.at if c.last is not None else 0
    why: dict[str, Any] = {"stage": step.stage, "tier": rules.tier_names[step.tier]}
    wish = next((wish for wish in c.wishes.cadence if wish.channel is None), None)
    if c.last is not None:
        why["last"] = c.last.id
    if wish is not None:
        why["wish"] = c.wishes.stated.get("cadence")
        due = _next(c, rules, base, wish.times, _PERIODS[wish.per])
    elif step.stage in rules.cadence.no_selling_in:
        due = _care(c, rules, step, rhythm)
        why["care"] = True
    elif rhythm is None:
        due = base or c.first_at
    else:
        sent = len(c.series[Series.UNASKED]) + c.dropped[Series.UNASKED]
        months = rhythm.first_months if sent < rhythm.at_first else rhythm.months
        why["times"], why["months"] = rhythm.times, months
        due = _next(c, rules, base, rhythm.times, months)
    if c.snoozed_until > due:
        due, why["snoozed"] = c.snoozed_until, True
    for limit in rules.contact.outbound:
        sent_at = c.series[Series.UNASKED]
        if len(sent_at) >= limit.at_most:
            due = max(due, sent_at[-limit.at_most][0] + limit.within)
    return _inside(c, rules, due), why


def _next(c: Customer, rules: Rules, base: int, times: int, months: int) -> int:
    if not base:
        span = months * _MONTH // times
        return c.first_at + int(c.first_id[:8], 16) * span // 0xFFFFFFFF  # spread over the first period
    if times > 1 and (months == 1 or months == 3 or months == 12):
        return slot_start(1, c.timezone or rules.contact.zone, times, base, months=months)
    return base + months * _MONTH // times


def _care(c: Customer, rules: Rules, step: Step, rhythm: Rhythm | None) -> int:
    """One contact of care after a while, then by the rhythm; where nobody answers, a long rest."""
    cadence = rules.cadence
    sent = [at for at, _ in c.series[Series.OUTBOUND] if at > step.entered]
    if not sent:
        return step.entered + cadence.care_after
    acts = c.series[Series.ACT]
    unanswered = [at for at in sent if not acts or at > acts[-1][0]]
    if len(unanswered) >= cadence.rest_after_unanswered:
        return sent[-1] + cadence.rest
    return sent[-1] + (rhythm.months if rhythm else 3) * _MONTH


def _inside(c: Customer, rules: Rules, due: int) -> int:
    """The next moment inside the customer's windows, or outside quiet hours."""
    try:
        found = rules.quiet.windows(c.wishes.windows, c.timezone or rules.contact.zone).next_moment(due)
    except ValueError:  # a zone that this machine does not know: the date stands
        return due
    return due if found is None else found


def matter(c: Customer, rules: Rules, step: Step, start: int) -> tuple[str, str]:
    """Purpose and content of the next contact by rhythm."""
    if step.stage in rules.cadence.no_selling_in:
        return "relationship", "win-back"
    if c.managers and c.managers[-1].manager is not None and not c.managers[-1].introduced:
        return "relationship", "introduce-manager"
    if c.open_cases:
        return "relationship", "advice"
    if start < spared_until(c, rules):
        return "relationship", "after-care"
    if not c.wishes.preferred:
        return "relationship", "ask-preference"
    return ("selling", "offer") if _may_sell(c, rules, start) else ("relationship", "advice")


def spared_until(c: Customer, rules: Rules) -> int:
    """Until when nothing is sold after a complaint; 0: there was none."""
    resolved = c.series[Series.RESOLUTION]
    return resolved[-1][0] + rules.contact.no_selling_after_complaint if resolved else 0


def _may_sell(c: Customer, rules: Rules, start: int) -> bool:
    contact = rules.contact
    selling, relationship = c.series[Series.SELLING], c.series[Series.RELATIONSHIP]
    for limit in contact.selling:
        if sum(at > start - limit.within for at, _ in selling) >= limit.at_most:
            return False
    since = start - contact.ratio_within
    sold, cared = sum(at > since for at, _ in selling), sum(at > since for at, _ in relationship)
    return cared >= contact.relationship_to_selling * (sold + 1)


def consented(c: Customer, rules: Rules, channel: str | None, purpose: str, at: int) -> bool:
    """Is a consent there that the rules ask for? What they said last for this purpose and channel counts."""
    if purpose not in rules.contact.consent_needed:
        return True
    fits = [k for k in c.consents.values() if k.purpose in (None, purpose) and k.channel in (None, channel)]
    last = max(fits, key=lambda consent: consent.at, default=None)
    return last is not None and last.granted and at < last.until


class Channels:
    """The channel to suggest for each purpose, worked out once for all rows of a customer."""

    __slots__ = ("_c", "_found", "_reach", "_rules")

    def __init__(self, c: Customer, rules: Rules) -> None:
        self._c, self._rules, self._reach = c, rules, reachable(c)
        self._found: dict[tuple[str, bool], tuple[str | None, str]] = {}

    def best(self, purpose: str, *, digital: bool = False) -> tuple[str | None, str]:
        """Which one, or why there is none."""
        found = self._found.get((purpose, digital))
        if found is None:
            found = channel_for(self._c, self._rules, purpose, self._reach, digital=digital)
            self._found[purpose, digital] = found
        return found


def channel_for(
    c: Customer, rules: Rules, purpose: str, reach: set[str], *, digital: bool = False
) -> tuple[str | None, str]:
    """The channel to suggest, or why there is none. Never one that they refused."""
    if not reach:
        return None, "no-contact-point"
    wished = [*c.wishes.preferred, *c.wishes.allowed]
    order = wished or rules.contact.least_intrusive
    if digital and not c.wishes.preferred:
        order = [channel for channel in order if channel in rules.contact.digital]
    open_ = [channel for channel in order if channel in reach]
    if not open_:
        return None, "no-fitting-channel"
    allowed = [channel for channel in open_ if refused(c, channel, purpose) is None]
    if not allowed:
        return None, "refused"
    patient = [channel for channel in allowed if c.failed.get(channel, 0) < rules.contact.failures_before_change]
    return (patient or allowed)[0], ""
