"""May this customer be contacted, on this channel, for this purpose, at this moment? The one place that says so.

`stops` names each reason against it, with the events that it rests on and until when it lasts; none means yes. Queues,
commands and permits all ask here.

What each purpose is subject to, beside what they refused, which holds always:

- *Service* answers what they asked for, promises among it: no limit counts it, and neither rest nor an end of the
  relationship stops what is still open. Windows and quiet hours hold for it too.
- *Relationship* and *information* are subject to limits, rest, an end, and the customer's own wish how often.
- *Selling* needs consent, and is stopped while a complaint is open, for a while after one is resolved, in stages in
  which nothing is sold, by limits of its own, and where it would outweigh contacts for the relationship.

Instants are µs since 1970. A state is asked about its own moment or later.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from domain.facts import NEVER, Customer, Series
from domain.refusals import said_last
from domain.rules import Rules
from domain.settling import lapses_at
from domain.windows import Windows
from projections import settling
from projections.limits import Count, counts, outweighed, sent, sent_by, weighed
from projections.reach import POINTED, reachable, zone_of
from projections.state import State

HOURS = frozenset({"quiet-hours", "outside-window", "holiday"})
"""Reasons that say when, and not whether."""
WILL = frozenset({"refused-channel", "refused-purpose", "no-consent", "consent-ended"})
"""Reasons that are what the customer said, or did not say."""

_MOST_TURNS = 500  # of `next_moment`: more than a year of nights


class Stop(NamedTuple):
    """A reason against a contact."""

    reason: str
    until: int | None
    """From when on this reason alone is gone, if nothing else happens; None: until something is said or done."""
    events: tuple[str, ...]
    """What it rests on; without them it would not hold, or not as long."""
    detail: dict[str, Any]
    """What was measured against which limit."""


def stops(
    state: State,
    rules: Rules,
    channel: str | None,
    purpose: str,
    at: int,
    *,
    content: str | None = None,
    staff: str | None = None,
    stage: str | None = None,
) -> list[Stop]:
    """Every reason against such a contact at this moment, the most final first; none: it may take place.

    `channel` None: on whatever channel. `content`: what it is about, or the benefit that it offers. `staff`: by whom.
    `stage`: the relationship's stage at that moment, where it is another than that of the state.
    """
    found = held(state, rules, channel, purpose, at, content=content, staff=staff, stage=stage)
    found += _hours(state.customer, rules, channel, content, at)
    return found


def held(
    state: State,
    rules: Rules,
    channel: str | None,
    purpose: str,
    at: int,
    *,
    content: str | None = None,
    staff: str | None = None,
    stage: str | None = None,
) -> list[Stop]:
    """The same but for windows, quiet hours and holidays, which only say when."""
    c = state.customer
    found: list[Stop] = []
    _unwanted(c, purpose, at, found)
    _unwilling(c, rules, channel, purpose, at, found)
    if purpose != "service":
        if at < c.wishes.rest_until:
            found.append(Stop("rest", c.wishes.rest_until, _stated(c, "rest_until"), {}))
        if staff is not None and c.wishes.staff and staff not in c.wishes.staff:
            found.append(Stop("unwished-staff", None, _stated(c, "staff"), {"wished": list(c.wishes.staff)}))
        if purpose == "selling":
            _not_now(state, rules, at, stage, found)
    if content is not None and rules.benefits.unfit(state.level, content):
        tier = rules.tier_names[state.level]
        found.append(Stop("unfit", None, (), {"benefit": content, "tier": tier}))
    _unreachable(c, channel, found)
    if purpose != "service":
        _limits(c, rules, channel, purpose, at, found)
    return found


def unwilling(c: Customer, rules: Rules, channel: str | None, purpose: str, at: int) -> list[Stop]:
    """What the customer's own word, or the lack of it, has against such a contact."""
    found: list[Stop] = []
    _unwilling(c, rules, channel, purpose, at, found)
    return found


def next_moment(
    state: State,
    rules: Rules,
    channel: str | None,
    purpose: str,
    at: int,
    *,
    content: str | None = None,
    staff: str | None = None,
    stage: str | None = None,
) -> int | None:
    """The first moment from `at` on at which nothing stops such a contact; None: time alone will not bring it."""
    for _ in range(_MOST_TURNS):
        found = stops(state, rules, channel, purpose, at, content=content, staff=staff, stage=stage)
        if not found:
            return at
        later = at
        for stop in found:
            if stop.until is None:
                return None
            later = max(later, stop.until)
        if later <= at:
            return None
        at = later
    return None


def turns(c: Customer, rules: Rules) -> list[int]:
    """The moments, in order, at which time alone may begin or end what `held` says; later ones follow from other facts."""
    found = {c.wishes.rest_until}
    found.update(consent.until for consent in c.consents.values() if consent.granted)
    contact = rules.contact
    found.update(complaint_turns(c, rules))
    unasked, selling = sent(c, Series.UNASKED), sent(c, Series.SELLING)
    found.update(at + limit.within for at, _ in unasked for limit in contact.outbound)
    found.update(at + limit.within for at, _ in selling for limit in contact.selling)
    found.update(
        at + limit.within
        for channel, limits in contact.channel_limits.items()
        for at, _ in sent_by(c, channel)
        for limit in limits
    )
    if contact.relationship_to_selling:
        found.update(at + contact.ratio_within for at, _ in (*selling, *sent(c, Series.RELATIONSHIP)))
    found.discard(0)
    return sorted(found)


def complaint_turns(c: Customer, rules: Rules) -> list[int]:
    """The moments at which time ends what a complaint stops, or resolves one that the customer does not answer."""
    span, resolved = rules.contact.no_selling_after_complaint, c.series[Series.RESOLUTION]
    found = [resolved[-1][0] + span] if resolved else []
    if c.open_cases:
        lapses = [at for case in c.cases.values() if case.open and (at := lapses_at(rules, case)) < NEVER]
        found += [*lapses, *(at + span for at in lapses)]
    return found


def advice(c: Customer, rules: Rules, channel: str | None) -> list[Stop]:
    """What is no reason against a contact, but worth to be known: so many attempts on this channel failed in a row."""
    failed = c.failed.get(channel or "", 0)
    most = rules.contact.failures_before_change
    return [Stop("failed-attempts", None, (), {"count": failed, "at_most": most})] if failed >= most else []


# --- the relationship -------------------------------------------------------------------------------------------------


def _unwanted(c: Customer, purpose: str, at: int, found: list[Stop]) -> None:
    if c.ended is not None and at >= c.ended.at and not (purpose == "service" and _still_owed(c, c.ended.at)):
        found.append(Stop("ended", None, (c.ended.id,), {"by": c.ended.code}))
    if c.provisional and purpose != "service":  # whose the contacts are is for a person to say first
        found.append(Stop("provisional", None, (c.registered.id,) if c.registered else (), {}))


def _still_owed(c: Customer, since: int) -> bool:
    """Whether something of theirs is open all the same, or was promised since."""
    return bool(c.open_cases or c.waits or any(promise.at > since for promise in c.promises.values()))


# --- what they said ---------------------------------------------------------------------------------------------------


def _unwilling(c: Customer, rules: Rules, channel: str | None, purpose: str, at: int, found: list[Stop]) -> None:
    wishes = c.wishes
    if wishes.refused and channel in wishes.refused:
        found.append(Stop("refused-channel", None, _stated(c, "refused"), {"refused": list(wishes.refused)}))
    needed = purpose in rules.contact.consent_needed
    if not c.consents and not needed:
        return
    last = said_last(c, channel, purpose)
    if last is not None and not last.granted:
        found.append(Stop("refused-purpose", None, (last.id,), {"purpose": last.purpose, "channel": last.channel}))
    elif needed and last is None:
        found.append(Stop("no-consent", None, (), {"purpose": purpose}))
    elif needed and last is not None and at >= last.until:
        found.append(Stop("consent-ended", None, (last.id,), {"ended": last.until}))


def _stated(c: Customer, wish: str) -> tuple[str, ...]:
    event = c.wishes.stated.get(wish)
    return (event,) if event else ()


# --- selling ----------------------------------------------------------------------------------------------------------


def _not_now(state: State, rules: Rules, at: int, stage: str | None, found: list[Stop]) -> None:
    current = stage or state.stage
    if current in rules.cadence.no_selling_in:
        last = state.stages[-1] if state.stages and state.stage == current else None
        found.append(Stop("no-selling-stage", None, (last.last,) if last and last.last else (), {"stage": current}))
    if open_ := settling.open_cases(state, rules, at):
        over = max(settling.lapse_of(state, rules, case) for case in open_)
        cited = tuple(case.id for case in open_)
        found.append(Stop("complaint-open", over if over < NEVER else None, cited, {"count": len(open_)}))
    if resolved := settling.settled_last(state, rules, at):
        until = resolved[0] + rules.contact.no_selling_after_complaint
        if at < until:
            found.append(Stop("complaint-just-resolved", until, (resolved[1],), {}))


# --- whether they can be reached --------------------------------------------------------------------------------------


def _unreachable(c: Customer, channel: str | None, found: list[Stop]) -> None:
    if channel in c.reached_by or not (channel is None or channel in POINTED):
        return
    reach = reachable(c)
    if channel not in reach if channel is not None else not reach:
        found.append(Stop("no-contact-point", None, (), {"reachable": sorted(reach)}))


# --- limits -----------------------------------------------------------------------------------------------------------


def _limits(c: Customer, rules: Rules, channel: str | None, purpose: str, at: int, found: list[Stop]) -> None:
    if purpose == "selling":
        _outweighs(c, rules, at, found)
    for count in counts(c, rules, channel, purpose, at):
        if count.until is not None:
            counted = sum(when > count.since for when, _ in count.items)
            detail = {"count": counted, "at_most": count.at_most} | count.detail
            events = (*count.cited, *(event for _, event in count.items[-count.at_most :]))
            found.append(Stop(count.reason, count.until, events, detail))


def _outweighs(c: Customer, rules: Rules, at: int, found: list[Stop]) -> None:
    """There would be too few contacts for the relationship to each one to sell, this one among them."""
    sold, cared, within = sent(c, Series.SELLING), sent(c, Series.RELATIONSHIP), rules.contact.ratio_within
    selling, caring, needed = weighed(sold, cared, rules, at)
    if caring >= needed:
        return
    recent = [(when, event) for when, event in sold if when > at - within]
    until = None
    for when, _ in recent:  # as each leaves the window; contacts for the relationship leave it too
        _, later, asked = weighed(sold, cared, rules, when + within)
        if later >= asked:
            until = when + within
            break
    detail = {"selling": selling, "relationship": caring, "needed": needed}
    found.append(Stop("ratio", until, tuple(event for _, event in recent), detail))


# --- hours ------------------------------------------------------------------------------------------------------------


def _hours(c: Customer, rules: Rules, channel: str | None, content: str | None, at: int) -> Iterable[Stop]:
    if abs(at) >= NEVER:  # no clock shows it: a customer to whom nothing ever happened has no moment
        return ()
    zone, stated = zone_of(c, rules), c.wishes.windows
    windows = rules.quiet.windows(stated, zone)
    if windows.contains(at):
        return ()
    local = _local(windows, at)
    if stated:
        return [Stop("outside-window", windows.next_moment(at), _stated(c, "windows"), {"local": local})]
    found: list[Stop] = []
    hours = rules.quiet.hours(zone)
    if not hours.contains(at):
        found.append(Stop("quiet-hours", hours.next_moment(at), (), {"local": local}))
    greets = rules.contact.greetings
    if greets is None or content not in greets.contents or channel not in greets.channels:
        over = rules.quiet.holiday(zone, at)
        if over is not None:
            found.append(Stop("holiday", over, (), {"local": local}))
    return found


def _local(windows: Windows, at: int) -> str:
    shown = datetime.fromtimestamp(at // 1_000_000, windows.zone)
    return shown.replace(microsecond=at % 1_000_000).isoformat()


__all__ = [
    "HOURS", "WILL", "Count", "Stop", "advice", "counts", "held", "next_moment", "outweighed", "stops", "turns",
    "unwilling", "zone_of",
]  # fmt: skip
