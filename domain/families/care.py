"""Care: who looks after them, what we promised, what they agreed to and wish, what is planned, and how it ended."""

from copy import copy

from domain import events as e
from domain.facts import (
    DAY,
    NEVER,
    Assignment,
    Changed,
    Consent,
    Cover,
    Customer,
    News,
    Planned,
    Promise,
    Sent,
    Series,
    micros,
)  # fmt: skip
from domain.families.common import MOST_RECEIPTED, RECEIPT_WITHIN, Evolve, bits, contradicts, mark, matched, wait_for

_MOST_OPEN = 200
_MOST_RECEIPTS = 100
_MOST_ASIDE = 50
_DAYS = {"month": 30, "quarter": 91, "year": 365}
_KEPT = bits(Series.PROMISE_KEPT) | Changed.NEWS | Changed.PROMISES
_BROKEN = bits(Series.PROMISE_BROKEN) | Changed.NEWS | Changed.PROMISES
_ATTEMPT = bits(Series.ATTEMPT)


def _consent(c: Customer, event: e.ConsentGranted | e.ConsentWithdrawn, granted: bool) -> int:
    until = NEVER
    if isinstance(event, e.ConsentGranted) and event.until is not None:
        until = micros(event.until)
    key = f"{event.purpose or '*'} {event.channel or '*'}"
    before = c.consents.get(key)
    if before is not None:
        if event.purpose is None and before.granted and not granted:
            _leave_service(c, key, before)
        c.consents.pop(key, None)  # what was said last stands last
    c.consents[key] = Consent(
        event.purpose, event.channel, granted, event.at, until, event.id, event.version, event.evidence
    )
    c.withdrawn = any(not consent.granted for consent in c.consents.values())
    return 0


def _leave_service(c: Customer, key: str, before: Consent) -> None:
    """What is withdrawn for all purposes leaves service: where that was once refused, the grant since then still counts."""
    alone = f"service {before.channel or '*'}"
    if not any(consent.purpose == "service" and not consent.granted for consent in c.consents.values()):
        return
    kept: dict[str, Consent] = {}
    for name, consent in c.consents.items():
        if name == key:
            name, consent = alone, copy(before)
            consent.purpose = "service"
        kept.pop(name, None)  # each stands where it was said last
        kept[name] = consent
    c.consents = kept


def consent_granted(c: Customer, event: e.ConsentGranted) -> int:
    """Of several that fit a contact, what they said last counts."""
    return _consent(c, event, True)


def consent_withdrawn(c: Customer, event: e.ConsentWithdrawn) -> int:
    """From its own moment on."""
    return _consent(c, event, False)


def preference_stated(c: Customer, event: e.PreferenceStated) -> int:
    """Only what is given changed; an empty list takes a wish back."""
    wishes = c.wishes
    for name in (
        "preferred",
        "allowed",
        "refused",
        "windows",
        "cadence",
        "staff",
        "staff_traits",
        "benefits",
        "topics",
        "refused_topics",
    ):
        value = getattr(event, name)
        if value is not None:
            setattr(wishes, name, value)
            wishes.stated[name] = event.id
    if event.rest_until is not None:
        wishes.rest_until = micros(event.rest_until)
        wishes.stated["rest_until"] = event.id
    return 0


def manager_assigned(c: Customer, event: e.ManagerAssigned) -> int:
    """The assignment before ends; assigned again, it is the same relationship."""
    last = c.managers[-1] if c.managers else None
    if last is None or last.manager != event.manager:
        _manager(c, Assignment(event.at, event.manager, event.id, event.version, event.reason))
    return 0


def manager_unassigned(c: Customer, event: e.ManagerUnassigned) -> int:
    """Nobody from here on; before the first assignment there is nothing to end."""
    if c.managers and c.managers[-1].manager is not None:
        _manager(c, Assignment(event.at, None, event.id, event.version, event.reason))
    return 0


def _manager(c: Customer, new: Assignment) -> None:
    if c.managers and c.managers[-1].at == new.at:
        c.managers.pop()  # it lasted for no time at all
        if c.managers and c.managers[-1].manager == new.manager:
            return
    if new.manager is not None or c.managers:
        c.managers.append(new)


def manager_introduced(c: Customer, event: e.ManagerIntroduced) -> int:
    """They know their person; another than the owner is no contradiction, only of no use here."""
    if c.managers and c.managers[-1].manager == event.manager:
        c.managers[-1].introduced = c.managers[-1].introduced or event.at
    return 0


def cover_arranged(c: Customer, event: e.CoverArranged) -> int:
    """A cover lasts until its end or until the next one begins."""
    until = micros(event.until)
    if until <= event.at:
        return contradicts(c, event)
    if c.covers and c.covers[-1].until > event.at:
        c.covers[-1].until = event.at
        if c.covers[-1].at == event.at:
            c.covers.pop()
    c.covers.append(Cover(event.at, until, event.cover, event.id, event.reason))
    return 0


def promise_made(c: Customer, event: e.PromiseMade) -> int:
    """Open until it is kept, broken or released; made again, it has a new date."""
    c.promises[event.promise] = Promise(
        event.promise, event.id, event.version, event.at, micros(event.due), event.kind, event.channel, event.staff,
        event.complaint,
    )  # fmt: skip
    if len(c.promises) > _MOST_OPEN:
        del c.promises[next(iter(c.promises))]
    c.news.append(News("promised", event.at, event.id, event.promise))
    change = Changed.PROMISES | Changed.NEWS
    return change | (matched(c, event.promise, _promise_over) if c.unmatched else 0)


def _promise_over(c: Customer, event: e.PromiseKept | e.PromiseBroken | e.PromiseReleased) -> int:
    return EVOLVE[type(event)](c, event)


def promise_kept(c: Customer, event: e.PromiseKept) -> int:
    """Whether in time is for verdicts to say."""
    return _over(c, event, event.promise, "promise-kept", Series.PROMISE_KEPT, _KEPT)


def promise_broken(c: Customer, event: e.PromiseBroken) -> int:
    """Said to be broken, in time or not."""
    return _over(c, event, event.promise, "promise-broken", Series.PROMISE_BROKEN, _BROKEN)


def _over(c: Customer, event: e.PromiseKept | e.PromiseBroken, ref: str, what: str, series: Series, change: int) -> int:
    promise = c.promises.pop(ref, None)
    if promise is None:
        return wait_for(c, ref, event)
    at = max(event.at, promise.at)
    c.series[series].append((at, event.id))
    c.news.append(News(what, at, event.id, f"{promise.due} {ref}"))
    return change


def promise_released(c: Customer, event: e.PromiseReleased) -> int:
    """It counts neither way."""
    promise = c.promises.pop(event.promise, None)
    if promise is None:
        return wait_for(c, event.promise, event)
    c.news.append(News("promise-released", event.at, event.id, event.promise))
    return Changed.PROMISES | Changed.NEWS


def outreach_planned(c: Customer, event: e.OutreachPlanned) -> int:
    """It keeps its date, whatever the rules."""
    c.planned[event.outreach] = Planned(
        event.outreach, event.id, event.version, event.at, micros(event.due), event.purpose, event.content,
        event.channel,
        event.staff,
    )  # fmt: skip
    if len(c.planned) > _MOST_OPEN:
        del c.planned[next(iter(c.planned))]
    return matched(c, event.outreach, _outreach_later) if c.unmatched else 0


def _outreach_later(c: Customer, event: e.OutreachDone | e.OutreachSnoozed | e.OutreachCancelled) -> int:
    return EVOLVE[type(event)](c, event)


def _due_first(c: Customer, at: int) -> str | None:
    due = [(planned.due, ref) for ref, planned in c.planned.items() if planned.due <= at]
    return min(due)[1] if due else None


def _ours(ref: str) -> bool:
    """Whether it names a contact that nobody planned: one by the rhythm, or an occasion and its date.

    References of other systems are ids of ours by the time they are stored, and have no blank.
    """
    return ref == "rhythm" or " " in ref


def _set_aside(c: Customer, item: str, until: int) -> None:
    c.set_aside.pop(item, None)
    c.set_aside[item] = until
    if len(c.set_aside) > _MOST_ASIDE:
        del c.set_aside[next(iter(c.set_aside))]


def _over_with(c: Customer, item: str, event: e.Event) -> None:
    """An occasion is over; of a rhythm, the next one is counted from here."""
    if item == "rhythm":
        c.done = (event.at, event.id)
        c.snoozed_until = 0
        if c.wishes.cadence and all(wish.channel is not None for wish in c.wishes.cadence):
            _set_aside(c, f"done rhythm {_channel_next(c)}", event.at)
    elif item.startswith("rhythm "):
        _set_aside(c, f"done {item}", event.at)
    else:
        _set_aside(c, item, NEVER)


def _channel_next(c: Customer) -> str:
    """Of who wished for single channels only, the one on which the next contact is to be, as far as facts tell."""

    def since(channel: str) -> int:
        return max(c.reached_by.get(channel, 0), c.set_aside.get(f"done rhythm {channel}", 0))

    return min((since(w.channel or "") + _DAYS[w.per] * DAY // w.times, w.channel or "") for w in c.wishes.cadence)[1]


def outreach_done(c: Customer, event: e.OutreachDone) -> int:
    """Without a reference, whatever was due first; what was tried in vain stays due."""
    if event.outcome == "reached":
        _took_place(c, event.outreach or _due_first(c, event.at) or "rhythm", event)
    return 0


def _took_place(c: Customer, ref: str, event: e.Event) -> None:
    c.done = (event.at, event.id)
    if _ours(ref):
        _over_with(c, ref, event)
    elif c.planned.pop(ref, None) is not None:  # the conversation itself may have fulfilled it already
        c.snoozed_until = 0


def outreach_snoozed(c: Customer, event: e.OutreachSnoozed) -> int:
    """Not before then: one planned contact, or the next one by the rhythm."""
    until = micros(event.until)
    if event.outreach is None:
        c.snoozed_until = until
    elif (planned := c.planned.get(event.outreach)) is not None:
        planned.not_before = until
        planned.met.clear()  # whatever took place before, it is still wanted
    elif event.outreach == "rhythm":
        c.snoozed_until = until
    elif _ours(event.outreach):
        _set_aside(c, event.outreach, until)
    else:
        return wait_for(c, event.outreach, event)
    return 0


def outreach_cancelled(c: Customer, event: e.OutreachCancelled) -> int:
    """It will not take place."""
    ref = event.outreach if event.outreach is not None else _due_first(c, event.at)
    if ref is not None and _ours(ref):
        _over_with(c, ref, event)
        return 0
    if ref is not None and c.planned.pop(ref, None) is None:
        return wait_for(c, ref, event)
    return 0


def contact_attempted(c: Customer, event: e.ContactAttempted) -> int:
    """A receipt; one that was held is no attempt."""
    if event.outcome == "held":
        return 0
    if event.purpose != "service":
        _receipt(c, event)
    c.series[Series.ATTEMPT].append((event.at, event.id))
    if event.outcome == "reached":
        c.failed.pop(event.channel, None)
        if event.outreach is not None:
            _took_place(c, event.outreach, event)
    return _ATTEMPT


def _receipt(c: Customer, event: e.ContactAttempted) -> None:
    """Count it, unless a conversation on this channel a little earlier was reported, and is not receipted yet."""
    last = c.by_channel.get(event.channel)
    if last and event.at - last[-1][0] <= RECEIPT_WITHIN and last[-1][1] not in c.receipted:
        c.receipted = (*c.receipted, last[-1][1])[-MOST_RECEIPTED:]
        return
    failed = event.outcome != "reached"
    if failed:
        c.failed[event.channel] = c.failed.get(event.channel, 0) + 1
    c.receipts.append(Sent(event.at, event.id, event.channel, event.purpose, failed))
    if len(c.receipts) > _MOST_RECEIPTS:
        del c.receipts[0]


def relationship_ended(c: Customer, event: e.RelationshipEnded) -> int:
    """Ended by customer or company; buying again, or a new holding, begins it anew."""
    if c.ended is None:
        c.ended = mark(event, f"{event.by}:{event.reason}" if event.reason else event.by)
    return Changed.ENDED


def corrected(c: Customer, event: e.TouchpointCorrected | e.TouchpointVoided) -> int:
    """Only an amendment whose target is not there, or does not fit it, is folded as an event: it waits, visibly."""
    c.amendments[event.target] = event.id
    return 0


EVOLVE: dict[type[e.Event], Evolve] = {
    e.ConsentGranted: consent_granted,
    e.ConsentWithdrawn: consent_withdrawn,
    e.PreferenceStated: preference_stated,
    e.ManagerUnassigned: manager_unassigned,
    e.ManagerAssigned: manager_assigned,
    e.ManagerIntroduced: manager_introduced,
    e.CoverArranged: cover_arranged,
    e.PromiseMade: promise_made,
    e.PromiseKept: promise_kept,
    e.PromiseBroken: promise_broken,
    e.PromiseReleased: promise_released,
    e.OutreachPlanned: outreach_planned,
    e.OutreachDone: outreach_done,
    e.OutreachSnoozed: outreach_snoozed,
    e.OutreachCancelled: outreach_cancelled,
    e.ContactAttempted: contact_attempted,
    e.RelationshipEnded: relationship_ended,
    e.TouchpointCorrected: corrected,
    e.TouchpointVoided: corrected,
}
