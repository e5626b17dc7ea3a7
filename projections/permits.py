"""A permit: may we contact this customer now, until when is that so, and on what does the answer rest.

Everything is asked of `projections.permission`; here its answers are put together, for one moment and the minutes after it.
"""

from typing import Any, NamedTuple

from domain.facts import MINUTE, NEVER, Customer, Promise
from domain.refusals import said_last
from domain.rules import Rules
from projections import fold
from projections.assigning.weighing import needed
from projections.permission import HOURS, Stop, advice, counts, next_moment, outweighed, stops, turns, zone_of
from projections.settling import open_cases, settled_last
from projections.staff import Staff, asked
from projections.state import State

AGREED_WITHIN = 30 * MINUTE  # so near to a promised moment, a contact is the one that was promised


class Wanted(NamedTuple):
    """The contact that is asked for."""

    channel: str
    purpose: str
    content: str | None = None
    staff: str | None = None
    outreach: str | None = None
    """Which due contact it is; of a promise of ours, its moment was agreed upon."""


class Decision(NamedTuple):
    """Whether it may take place."""

    at: int
    until: int
    """Until when the answer stands, if nothing else happens: minutes, and no longer than nothing else begins to stop it."""
    stops: list[Stop]
    advice: list[Stop]
    next_at: int | None
    """The first moment at which it may take place, if nothing else happens; None: time alone will not bring it."""
    basis: dict[str, Any]
    """What was looked at, with the events that say so. Instants are µs."""

    @property
    def allowed(self) -> bool:
        """Nothing stops it."""
        return not self.stops


def decide(state: State, rules: Rules, wanted: Wanted, at: int, person: Staff | None = None) -> Decision:
    """Decide for a customer who was folded up to `at` (and settled there). `person`: what is known of `wanted.staff`."""
    found = _unfit(state, rules, wanted, at, person) + _stops(state, rules, wanted, at)
    end = at + rules.contact.permit_for
    if any(stop.until is None for stop in found):
        next_at = None
    elif found:
        next_at = next_moment(
            state, rules, wanted.channel, wanted.purpose, at, content=wanted.content, staff=wanted.staff
        )
        end = end if next_at is None else min(end, next_at)
    else:
        next_at, end = at, _begins(state, rules, wanted, at, end)
    return Decision(
        at, end, found, advice(state.customer, rules, wanted.channel), next_at, _basis(state, rules, wanted, at)
    )


def _stops(state: State, rules: Rules, wanted: Wanted, at: int) -> list[Stop]:
    found = stops(state, rules, wanted.channel, wanted.purpose, at, content=wanted.content, staff=wanted.staff)
    if found and _agreed(state.customer, wanted, at) is not None:
        found = [stop for stop in found if stop.reason not in HOURS]
    return found


def _unfit(state: State, rules: Rules, wanted: Wanted, at: int, person: Staff | None) -> list[Stop]:
    """Somebody who is not as they wish their staff to be, or lacks what their care takes; service they may all the same."""
    c = state.customer
    if wanted.staff is None or wanted.purpose == "service":
        return []
    needs = needed(rules, state.level, [need.code for need in c.needs])
    lacking = asked(c.wishes, needs).refuses(wanted.staff, person, at)
    if lacking is None or lacking == "not-named":  # that is said by the customer's word
        return []
    stated = c.wishes.stated.get("staff_traits")
    return [
        Stop("unwished-staff", None, (stated,) if stated else (), {"lacking": lacking.partition(":")[2] or lacking})
    ]


def _agreed(c: Customer, wanted: Wanted, at: int) -> Promise | None:
    """The promise of ours that such a contact keeps now: they expect it at that moment, whatever the hour."""
    promise = c.promises.get(wanted.outreach) if wanted.outreach and wanted.purpose == "service" else None
    if (
        promise is None
        or promise.channel not in (None, wanted.channel)
        or not -AGREED_WITHIN <= at - promise.due < AGREED_WITHIN
    ):
        return None
    return promise


def _begins(state: State, rules: Rules, wanted: Wanted, at: int, end: int) -> int:
    """The first moment before `end` at which something stops the contact by itself; `end` where nothing does.

    Windows begin and end on whole minutes; all else is dated.
    """
    ghost = state.ghost()
    marks = set(range((at // MINUTE + 1) * MINUTE, end, MINUTE))
    marks.update(turn for turn in turns(state.customer, rules) if at < turn < end)
    if (promise := _agreed(state.customer, wanted, at)) is not None and promise.due + AGREED_WITHIN < end:
        marks.add(promise.due + AGREED_WITHIN)
    ahead = sorted(marks, reverse=True)
    while ahead:
        moment = ahead[-1]
        if at < ghost.due < moment:
            moment = ghost.due
        else:
            ahead.pop()
        fold.settle(ghost, rules, moment)
        if _stops(ghost, rules, wanted, moment):
            return moment
    return end


def _basis(state: State, rules: Rules, wanted: Wanted, at: int) -> dict[str, Any]:
    c, contact = state.customer, rules.contact
    stated, promise = c.wishes.stated, _agreed(state.customer, wanted, at)
    consent = said_last(c, wanted.channel, wanted.purpose)
    limits = [
        {"limit": count.reason, "count": sum(when > count.since for when, _ in count.items), "at_most": count.at_most,
         "since": count.since, "events": [event for when, event in count.items if when > count.since], **count.detail}
        for count in counts(c, rules, wanted.channel, wanted.purpose, at)
    ]  # fmt: skip
    resolved = settled_last(state, rules, at)
    spared = resolved[0] + contact.no_selling_after_complaint if resolved else 0
    return {
        "consent": {
            "needed": wanted.purpose in contact.consent_needed,
            "event": consent.id if consent else None,
            "granted": consent.granted if consent else None,
            "purpose": consent.purpose if consent else None,
            "channel": consent.channel if consent else None,
            "from": consent.at if consent else None,
            "until": consent.until if consent and consent.until < NEVER else None,
            "evidence": consent.evidence if consent else None,
        },
        "refusals": {
            "channels": list(c.wishes.refused),
            "event": stated.get("refused") if c.wishes.refused else None,
        },
        "window": {
            "zone": zone_of(c, rules),
            "stated": [{"days": w.days, "start": w.start, "end": w.end} for w in c.wishes.windows],
            "event": stated.get("windows") if c.wishes.windows else None,
        },
        "agreed": {"event": promise.id, "promise": promise.ref, "at": promise.due} if promise else None,
        "limits": limits,
        "selling": outweighed(c, rules, at) if wanted.purpose == "selling" else None,
        "complaints": {
            "open": [
                {"event": case.id, "complaint": case.ref, "severity": case.severity, "since": case.at}
                for case in open_cases(state, rules, at)
            ],
            "resolved": {"event": resolved[1], "at": resolved[0]} if resolved and at < spared else None,
        },
        "stage": state.stage,
        "tier": rules.tier_names[state.level],
    }  # fmt: skip


__all__ = ["Decision", "Wanted", "decide"]
