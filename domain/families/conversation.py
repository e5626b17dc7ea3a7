"""Conversation, self-service, automated, community: how both sides were in touch.

A conversation is what a customer meets most, so this is where a fold spends its time: what a conversation counts as is
looked up, not worked out.
"""

from itertools import product
from typing import get_args

from domain import events as e
from domain.facts import Changed, Contact, Customer, News, Series, Wait
from domain.families.common import ACT_BIT, MOST_RECEIPTED, RECEIPT_WITHIN, Evolve, act, bits, month_end, noting
from domain.families.complaint import told_by_them
from domain.refusals import refused

_ONE_WAY = {"email", "sms", "letter"}  # an outbound one of these is no talk: nobody answered
_WRITTEN = {"email", "sms", "whatsapp", "telegram", "messenger", "web-chat", "app", "letter"}
_UNTAKEN = {"missed", "not-reached", "voicemail", "busy"}
_MOST_WAITS = 50
_MOST_RATINGS = 100
_MOST_MET = 8

_Shape = tuple[str, str, str | None, str]


def _series(direction: str, outcome: str, channel: str | None, purpose: str) -> tuple[Series, ...]:
    """What a conversation counts as, its being an act of theirs left out."""
    kinds: list[Series] = []
    reached = outcome == "reached"
    inbound = direction == "inbound"
    talk = reached and (inbound or channel not in _ONE_WAY)
    if inbound:
        kinds.append(Series.INBOUND)
        if outcome in _UNTAKEN:
            kinds.append(Series.MISSED)
    else:
        kinds.append(Series.OUTBOUND)
        if purpose != "service":
            kinds.append(Series.UNASKED)
        if purpose == "selling":
            kinds.append(Series.SELLING)
        if purpose == "relationship":
            kinds.append(Series.RELATIONSHIP)
        if reached and not talk:
            kinds.append(Series.ONE_WAY)
    if reached:
        kinds.append(Series.REACHED)
    if talk:
        kinds.append(Series.TALK)
        if purpose == "relationship":
            kinds.append(Series.RELATIONSHIP_TALK)
    return tuple(kinds)


_KINDS: dict[_Shape, tuple[tuple[int, ...], int]] = {
    shape: (
        tuple(int(kind) for kind in _series(*shape)),
        bits(*_series(*shape)) | (ACT_BIT if shape[0] == "inbound" else 0),
    )
    for shape in product(get_args(e.Direction), get_args(e.Outcome), (*get_args(e.Channel), None), get_args(e.Purpose))
}


def conversation(c: Customer, event: e.Conversation) -> int:
    """Count it; keep it as the last context where it reached them; open or answer what waits for a human."""
    at = event.at
    outcome = event.outcome
    channel = event.channel
    purpose = event.purpose
    direction = event.direction
    kinds, change = _KINDS[direction, outcome, channel, purpose]
    item = (at, event.id)
    series = c.series
    for kind in kinds:
        series[kind].append(item)
    if outcome == "reached":
        c.last = Contact(
            event.id, event.version, at, channel, direction, purpose, event.staff, event.thread, event.complaint
        )
    if direction == "inbound":
        series[9].append(item)  # Series.ACT, as `act` does
        if at < c.month_ends:
            c.months[-1] = item
        else:
            c.months.append(item)
            c.month_ends = month_end(at)
        _theirs(c, event)
        if outcome == "reached" and event.complaint is not None and (case := c.cases.get(event.complaint)) is not None:
            return change | told_by_them(c, case, event)
        return change
    return change | _ours(c, event)


def _theirs(c: Customer, event: e.Conversation) -> None:
    if event.outcome == "reached":
        if c.failed:
            c.failed.pop(event.channel, None)  # by what they use themselves they can be reached
        if event.channel in _WRITTEN:
            # An answer to a contact of ours is awaited, not an enquiry; what belongs to a complaint is followed there.
            if event.complaint is None and event.outreach is None:
                _await(c, event, "enquiry", event.channel, event.thread)
        elif c.waits:
            _answered(c, event.thread)
    elif event.outcome in _UNTAKEN:
        _await(c, event, "missed-call", event.channel, event.thread)


def _ours(c: Customer, event: e.Conversation) -> int:
    change = 0
    channel = event.channel or ""
    if event.purpose != "service":
        _unasked(c, event)
    if event.outcome == "reached":
        c.reached_by[channel] = event.at
        if c.failed:
            c.failed.pop(channel, None)
        if c.waits:
            _answered(c, event.thread)
        c.reached_for[event.purpose] = (event.at, event.id)
        if c.planned:
            _fulfil(c, event)
        if event.purpose == "relationship" and channel not in _ONE_WAY:
            c.news.append(News("relationship-talk", event.at, event.id))
            change = Changed.NEWS
        if event.complaint is not None and (case := c.cases.get(event.complaint)) is not None and case.open:
            case.acknowledged = case.acknowledged or event.at
            case.responded = case.responded or event.at
            case.spoke = case.heard = event.at
            c.news.append(News("answered", event.at, event.id, case.ref))
            change = Changed.NEWS
    else:
        c.failed[channel] = c.failed.get(channel, 0) + 1
    return change | _breaches(c, event) if c.withdrawn or c.open_cases or c.wishes.refused else change


def _unasked(c: Customer, event: e.Conversation) -> None:
    """Count it on its channel; the receipt of it, a little earlier, is no contact of its own."""
    item = (event.at, event.id)
    sent = c.by_channel.get(event.channel)
    if sent is None:
        c.by_channel[event.channel] = [item]
    else:
        sent.append(item)
    if c.receipts:
        for receipt in reversed(c.receipts):
            if receipt.channel == event.channel and event.at - receipt.at <= RECEIPT_WITHIN:
                c.receipts.remove(receipt)
                if receipt.failed and (failed := c.failed.get(event.channel, 0)):  # the conversation says so itself
                    c.failed[event.channel] = failed - 1
                c.receipted = (*c.receipted, event.id)[-MOST_RECEIPTED:]
                break


def _fulfil(c: Customer, event: e.Conversation) -> None:
    """The planned contact that it names has taken place; where it names none, it may be one that was planned."""
    if event.outreach is not None:
        c.planned.pop(event.outreach, None)
        return
    for planned in c.planned.values():
        if planned.purpose == event.purpose and planned.channel in (None, event.channel):
            planned.met.append((event.at, event.id))
            if len(planned.met) > _MOST_MET:
                planned.met.remove(max(planned.met, key=lambda met: (abs(met[0] - planned.due), met)))


def _breaches(c: Customer, event: e.Conversation | e.BroadcastSent | e.EventInvited) -> int:
    """What we sent or did although they had refused it, or had a complaint open."""
    change = 0
    if refused(c, event.channel, event.purpose) is not None:
        c.news.append(News("refusal-broken", event.at, event.id))
        change = Changed.NEWS
    if c.open_cases and event.purpose == "selling":
        c.news.append(News("selling-in-complaint", event.at, event.id))
        change = Changed.NEWS
    return change


def sent(c: Customer, event: e.BroadcastSent | e.EventInvited) -> int:
    """One-way, and one of many; a refusal holds for it all the same."""
    c.series[Series.ONE_WAY].append((event.at, event.id))
    return _SENT | _breaches(c, event)


_SENT = bits(Series.ONE_WAY)


def _await(c: Customer, event: e.Event, kind: str, channel: str | None, thread: str | None, score: int = 0) -> None:
    c.waits.append(Wait(kind, event.id, event.version, event.at, channel, thread, score))
    if len(c.waits) > _MOST_WAITS:
        del c.waits[0]


def _answered(c: Customer, thread: str | None) -> None:
    """A human spoke with them: everything that waited is answered, but for what belongs to another thread."""
    if thread is None:
        c.waits.clear()
    else:
        c.waits = [wait for wait in c.waits if wait.thread is not None and wait.thread != thread]


def self_service(c: Customer, event: e.SelfServiceUsed) -> int:
    """They served themself: an act without staff."""
    c.series[Series.SELF_SERVICE].append((event.at, event.id))
    act(c, event)
    if event.act in {"browse", "look-up"}:
        c.series[Series.BROWSE].append((event.at, event.id))
        return _BROWSED
    return _SERVED


_SERVED = bits(Series.SELF_SERVICE, Series.ACT)
_BROWSED = bits(Series.SELF_SERVICE, Series.BROWSE, Series.ACT)


def auto_reply(c: Customer, event: e.AutoReplySent) -> int:
    """It replaces nothing; it may leave something for a human."""
    if event.needs_human:
        _await(c, event, "auto-reply", event.channel, event.thread)
        c.waits[-1].topic = event.topic
    return 0


def community(c: Customer, event: e.CommunityEngaged) -> int:
    """They took part; leaving is no engagement."""
    if event.act == "leave":
        return 0
    c.series[Series.COMMUNITY].append((event.at, event.id))
    act(c, event)
    return _COMMUNITY


_COMMUNITY = bits(Series.COMMUNITY, Series.ACT)


def review(c: Customer, event: e.ReviewPosted) -> int:
    """Whether the rating is poor is for the rules to say; until then it waits with its score."""
    _await(c, event, "review", None, None, event.rating)
    _rated(c, event, "review", event.rating)
    c.series[Series.REVIEW].append((event.at, event.id))
    act(c, event)
    return _REVIEW


_REVIEW = bits(Series.REVIEW, Series.ACT)


def _rated(c: Customer, event: e.Event, of: str, score: int) -> None:
    ratings = c.ratings.setdefault(of, [])
    ratings.append((event.at, event.id, score))
    if len(ratings) > _MOST_RATINGS:
        del ratings[0]


def feedback(c: Customer, event: e.FeedbackGiven) -> int:
    """As a review; what belongs to a complaint is followed there."""
    if event.complaint is None:
        _await(c, event, event.metric, None, None, event.score)
    _rated(c, event, event.metric, event.score)
    c.series[Series.FEEDBACK].append((event.at, event.id))
    act(c, event)
    return _FEEDBACK


_FEEDBACK = bits(Series.FEEDBACK, Series.ACT)


EVOLVE: dict[type[e.Event], Evolve] = {
    e.CallMade: conversation,
    e.VisitMade: conversation,
    e.EmailExchanged: conversation,
    e.MessageExchanged: conversation,
    e.MeetingHeld: conversation,
    e.LetterExchanged: conversation,
    e.EventInvited: sent,
    e.EventAttended: noting(Series.ATTENDED, Series.ACT),
    e.SelfServiceUsed: self_service,
    e.AutoReplySent: auto_reply,
    e.BroadcastSent: sent,
    e.CommunityEngaged: community,
    e.ReviewPosted: review,
    e.IdeaContributed: noting(Series.IDEA, Series.ACT),
    e.FeedbackGiven: feedback,
}
