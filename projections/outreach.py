"""Outreach: the proactive queue. Whom do we contact next, when, why, about what, on which channel?

Each customer has one row for the next contact by their rhythm, and one for each open promise and each contact that a person planned. A row
holds over an interval in which its rank (class, tier, due_at, item) does not change; it is in a day's queue from `due_at` on. A contact
that may not take place is `held`, one that cannot is `unreachable`, each with the reason; so nobody is forgotten in silence.
"""

from typing import Any, NamedTuple

import msgspec

from domain.facts import DAY, Customer, Planned, Promise, Series
from domain.families.conversation import refused
from domain.rulebook_model import Rhythm
from domain.rules import Rules
from domain.windows import slot_start
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.state import State

PROMISE, PLANNED, FADING, RHYTHM = 0, 1, 2, 3

TABLE = Table(
    "outreach",
    (
        *INTERVAL,
        ("item", TEXT),  # the promise's or planned contact's reference, or "rhythm"
        ("class", "smallint"),  # 0 promise, 1 planned, 2 fading in a high tier, 3 by rhythm
        ("tier", "smallint"),
        ("due_at", INSTANT),
        ("ready", "boolean"),  # neither held nor unreachable
        ("held", TEXT),
        ("unreachable", TEXT),
        ("purpose", TEXT),
        ("content", TEXT),
        ("channel", TEXT),
        ("owner", TEXT),
        ("staff", TEXT),  # whom the promise or plan names
        ("version", "integer"),  # of the event whose sealed part says more; null by rhythm
        ("why", "jsonb"),
    ),
    (
        "class, tier, due_at, customer, item WHERE ready",
        "owner, class, tier, due_at, customer, item WHERE ready",
        "due_at",
        "customer",
    ),
)

_MONTH = 365 * DAY // 12
_PERIODS = {"month": 1, "quarter": 3, "year": 12}
_SPEND_HIGH = 2  # tiers before this one are high
_KINDS: dict[str, tuple[str, ...]] = {
    "phone": ("phone", "sms"), "email": ("email",), "whatsapp": ("whatsapp",), "telegram": ("telegram",),
    "messenger": ("messenger",), "postal": ("letter", "visit"), "external": (),
}  # fmt: skip


class Step(NamedTuple):
    """What holds from a moment on, as far as planning asks."""

    at: int
    stage: str
    entered: int
    tier: int
    fading: bool


class _Plan(NamedTuple):
    due: int
    purpose: str
    content: str
    channel: str | None
    held: str
    unreachable: str
    why: dict[str, Any]


def render(state: State, rules: Rules, steps: list[Step], until: int) -> list[tuple[Any, ...]]:
    """Rows from the last event on; steps say what holds from when on, the first from the last event."""
    c = state.customer
    owner = c.managers[-1].manager if c.managers else None
    reach = reachable(c)
    rows = _rhythm_rows(state, rules, steps, until, reach, owner)
    for index, step in enumerate(steps):
        if index and step.tier == steps[index - 1].tier:
            continue
        end = next((later.at for later in steps[index + 1 :] if later.tier != step.tier), until)
        rows += [_promise_row(c, rules, promise, step, end, reach, owner) for promise in c.promises.values()]
        for planned in c.planned.values():
            rows += _planned_rows(c, rules, planned, step, end, reach, owner)
    return rows


def reachable(c: Customer) -> set[str]:
    """Channels on which they can be reached: those of a contact point, and those on which they were."""
    channels = set(c.reached_by)
    gone = {point.kind for point in c.removed} if c.removed else set[str]()
    for point in c.points:
        # Which of several points is gone is sealed: a kind counts while more were given than taken.
        if point.kind not in gone or _left(c, point.kind):
            channels.update(_KINDS.get(point.kind, ()))
    channels.discard("")
    return channels


def _left(c: Customer, kind: str) -> bool:
    return sum(p.kind == kind for p in c.points) > sum(p.kind == kind for p in c.removed)


# --- by rhythm --------------------------------------------------------------------------------------------------------------------


def _rhythm_rows(
    state: State, rules: Rules, steps: list[Step], until: int, reach: set[str], owner: str | None
) -> list[tuple[Any, ...]]:
    c = state.customer
    rows: list[tuple[Any, ...]] = []
    cuts = _turns(c, rules)
    for index, step in enumerate(steps):
        end = steps[index + 1].at if index + 1 < len(steps) else until
        starts = [step.at, *(cut for cut in cuts if step.at < cut < end)]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            plan = _by_rhythm(state, rules, step, start, reach)
            rank = FADING if step.fading and step.tier < _SPEND_HIGH else RHYTHM
            _join(rows, _row(start, stop, "rhythm", rank, step.tier, plan, owner, None, None))
    return rows


def _join(rows: list[tuple[Any, ...]], row: tuple[Any, ...]) -> None:
    """Add a row, or draw the last one out where nothing but time changed."""
    if rows and rows[-1][2:] == row[2:]:
        rows[-1] = (rows[-1][0], *row[1:])
    else:
        rows.append(row)


def _turns(c: Customer, rules: Rules) -> list[int]:
    """The moments, in order, at which what may be planned changes by itself."""
    turns = {c.wishes.rest_until, _spared_until(c, rules)}
    turns.update(consent.until for consent in c.consents.values() if consent.granted)
    if c.wishes.preferred and any(consent.granted for consent in c.consents.values()):
        contact = rules.contact
        spans = [limit.within for limit in contact.selling] + [contact.ratio_within]
        turns.update(at + span for at, _ in c.series[Series.SELLING] for span in spans)
        turns.update(at + contact.ratio_within for at, _ in c.series[Series.RELATIONSHIP])
    return sorted(turns)


def _row(
    start: int, end: int, item: str, rank: int, tier: int, plan: _Plan, owner: str | None, staff: str | None, version: int | None
) -> tuple[Any, ...]:
    ready = not plan.held and not plan.unreachable
    return (
        start, end, item, rank, tier, plan.due, ready, plan.held or None, plan.unreachable or None, plan.purpose, plan.content,
        plan.channel, owner, staff, version, _json(plan.why),
    )  # fmt: skip


def _by_rhythm(state: State, rules: Rules, step: Step, start: int, reach: set[str]) -> _Plan:
    c = state.customer
    rhythm = _rhythm_of(rules, step)
    due, why = _due(state, rules, step, rhythm)
    purpose, content = _matter(c, rules, step, start)
    channel, unreachable = _channel(c, rules, purpose, reach, digital=rhythm is not None and rhythm.digital)
    if purpose == "selling" and not consented(c, rules, channel, "selling", start):
        purpose, content = "relationship", "advice"
        channel, unreachable = _channel(c, rules, purpose, reach, digital=rhythm is not None and rhythm.digital)
    held = ""
    if c.ended is not None:
        held = "ended"
    elif start < c.wishes.rest_until:
        held = "rest"
    elif rhythm is None and not c.wishes.cadence:
        held = "no-rhythm"
    return _Plan(due, purpose, content, channel, held, unreachable, why)


def _rhythm_of(rules: Rules, step: Step) -> Rhythm | None:
    tiers = rules.cadence.stages.get(step.stage)
    return None if tiers is None else tiers.get(rules.tier_names[step.tier]) or tiers.get("*")


def _due(state: State, rules: Rules, step: Step, rhythm: Rhythm | None) -> tuple[int, dict[str, Any]]:
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
        sent = len(c.series[Series.OUTBOUND]) + c.dropped[Series.OUTBOUND]
        months = rhythm.first_months if sent < rhythm.at_first else rhythm.months
        why["times"], why["months"] = rhythm.times, months
        due = _next(c, rules, base, rhythm.times, months)
    if c.snoozed_until > due:
        due, why["snoozed"] = c.snoozed_until, True
    for limit in rules.contact.outbound:
        sent_at = c.series[Series.OUTBOUND]
        if len(sent_at) >= limit.at_most:
            due = max(due, sent_at[-limit.at_most][0] + limit.within)
    return _inside(c, rules, due), why


def _next(c: Customer, rules: Rules, base: int, times: int, months: int) -> int:
    if not base:
        span = months * _MONTH // times
        return c.first_at + int(c.first_id[:8], 16) * span // 0xFFFFFFFF  # spread over the first period
    if times > 1 and months in (1, 3, 12):
        return slot_start(1, c.timezone or rules.contact.zone, times, base, months=months)  # type: ignore[arg-type]  # checked
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


def _matter(c: Customer, rules: Rules, step: Step, start: int) -> tuple[str, str]:
    """Purpose and content of the next contact by rhythm."""
    if step.stage in rules.cadence.no_selling_in:
        return "relationship", "win-back"
    if c.managers and c.managers[-1].manager is not None and not c.managers[-1].introduced:
        return "relationship", "introduce-manager"
    if c.open_cases:
        return "relationship", "advice"
    if start < _spared_until(c, rules):
        return "relationship", "after-care"
    if not c.wishes.preferred:
        return "relationship", "ask-preference"
    return ("selling", "offer") if _may_sell(c, rules, start) else ("relationship", "advice")


def _spared_until(c: Customer, rules: Rules) -> int:
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


def _channel(c: Customer, rules: Rules, purpose: str, reach: set[str], *, digital: bool = False) -> tuple[str | None, str]:
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


# --- promised and planned ---------------------------------------------------------------------------------------------------------


def _promise_row(
    c: Customer, rules: Rules, promise: Promise, step: Step, end: int, reach: set[str], owner: str | None
) -> tuple[Any, ...]:
    channel, unreachable = promise.channel, ""
    if channel is None or refused(c, channel, "service") is not None:
        channel, unreachable = _channel(c, rules, "service", reach)
    plan = _Plan(promise.due, "service", promise.kind, channel, "", unreachable, {"promise": promise.id})
    return _row(step.at, end, promise.ref, PROMISE, step.tier, plan, owner, promise.staff, promise.version)


def _planned_rows(
    c: Customer, rules: Rules, planned: Planned, step: Step, end: int, reach: set[str], owner: str | None
) -> list[tuple[Any, ...]]:
    channel, unreachable = planned.channel, ""
    if channel is None or refused(c, channel, planned.purpose) is not None:
        channel, unreachable = _channel(c, rules, planned.purpose, reach)
    due = max(planned.due, planned.not_before)
    selling = planned.purpose == "selling"
    spared = _spared_until(c, rules)
    why = {"planned": planned.id}
    rows: list[tuple[Any, ...]] = []
    cuts = {spared, *(consent.until for consent in c.consents.values())}
    starts = [step.at, *sorted(cut for cut in cuts if selling and step.at < cut < end)]
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        held = ""
        if c.ended is not None:
            held = "ended"
        elif selling and c.open_cases:
            held = "complaint-open"
        elif selling and start < spared:
            held = "complaint-just-resolved"
        elif not consented(c, rules, channel, planned.purpose, start):
            held = "no-consent"
        plan = _Plan(due, planned.purpose, planned.content or "", channel, held, unreachable, why)
        row = _row(start, stop, planned.ref, PLANNED, step.tier, plan, owner, planned.staff, planned.version)
        _join(rows, row)
    return rows


_encode = msgspec.json.Encoder().encode


def _json(value: dict[str, Any]) -> str:
    return _encode(value).decode()

