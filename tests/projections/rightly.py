"""Whether a contact would be right, read off the events alone: each rule a second time, as simply as it can be written.

Nothing here asks the product but for its vocabulary and for RULEBOOK's numbers, which are repeated on purpose.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain import events as e
from domain.events import Event

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 86_400_000_000
OUTBOUND = ((1, DAY, "limit-day"), (6, 30 * DAY, "limit-month"))
SELLING = ((1, 7 * DAY), (2, 30 * DAY))
RATIO, RATIO_WITHIN = 2, 90 * DAY
SPARED, NO_ANSWER = 14 * DAY, 10 * DAY
HOURS = {"quiet-hours", "outside-window", "holiday"}


def against(
    history: Iterable[Event], channel: str | None, purpose: str, at: int, holidays: Iterable[date] = ()
) -> set[str]:
    """Reasons against such a contact at a moment, by what had happened by then: `history` in the order of time."""
    past = [event for event in history if event.at <= at]
    found = _will(past, channel, purpose, at) | _hours(past, at, set(holidays))
    if purpose == "service":
        return found
    if _over(past):
        found.add("ended")
    if at < max([0, *(_us(event.rest_until) for event in _last_of(past, "rest_until"))]):
        found.add("rest")
    ours = _unasked(past)
    found |= {reason for most, span, reason in OUTBOUND if _within(ours, at, span) >= most}
    found |= _wished(past, channel, at)
    if purpose == "selling":
        found |= _selling(past, at)
    return found


def _us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _last_of(past: list[Event], field: str) -> list[Any]:
    """The preference that said something of this last, or none."""
    said = [event for event in past if isinstance(event, e.PreferenceStated) and getattr(event, field) is not None]
    return said[-1:]


# --- what they said ---------------------------------------------------------------------------------------------------


def _will(past: list[Event], channel: str | None, purpose: str, at: int) -> set[str]:
    found: set[str] = set()
    if any(channel in event.refused for event in _last_of(past, "refused")):
        found.add("refused-channel")
    said = [
        event
        for event in past
        if isinstance(event, e.ConsentGranted | e.ConsentWithdrawn)
        and event.channel in (None, channel)
        and event.purpose in (None, purpose)
        and not (isinstance(event, e.ConsentWithdrawn) and event.purpose is None and purpose == "service")
    ]
    last = said[-1] if said else None
    if isinstance(last, e.ConsentWithdrawn):
        found.add("refused-purpose")
    elif purpose == "selling" and last is None:
        found.add("no-consent")
    elif purpose == "selling" and last is not None and last.until is not None and _us(last.until) <= at:
        found.add("consent-ended")
    return found


def _over(past: list[Event]) -> bool:
    """Ended, and nothing bought or held anew since."""
    ended = False
    for event in past:
        if isinstance(event, e.RelationshipEnded):
            ended = True
        elif isinstance(event, e.PurchaseMade | e.HoldingOpened):
            ended = False
    return ended


# --- limits -----------------------------------------------------------------------------------------------------------


def _unasked(past: list[Event], purpose: str | None = None, channel: str | None = None) -> list[int]:
    """What we began ourselves, service left out; reached or not."""
    return [
        event.at
        for event in past
        if isinstance(event, e.Conversation)
        and event.direction == "outbound"
        and event.purpose != "service"
        and purpose in (None, event.purpose)
        and channel in (None, event.channel)
    ]


def _wished(past: list[Event], channel: str | None, at: int) -> set[str]:
    """No more often than they wish to hear from us, in a month, quarter or year of their calendar."""
    for wish in [wish for event in _last_of(past, "cadence") for wish in event.cadence]:
        if wish.channel not in (None, channel):
            continue
        ours = [_period(past, moment, wish.per) for moment in _unasked(past, channel=wish.channel)]
        if ours.count(_period(past, at, wish.per)) >= wish.times:
            return {"limit-wish"}
    return set()


def _period(past: list[Event], at: int, per: str) -> tuple[int, int]:
    day = local(past, at).date()
    return day.year, (day.month - 1) // {"month": 1, "quarter": 3, "year": 12}[per]


def _within(times: Iterable[int], at: int, span: int) -> int:
    return sum(at - span < when <= at for when in times)


def _selling(past: list[Event], at: int) -> set[str]:
    found: set[str] = set()
    sold, cared = _unasked(past, "selling"), _unasked(past, "relationship")
    if any(_within(sold, at, span) >= most for most, span in SELLING):
        found.add("limit-selling")
    if _within(cared, at, RATIO_WITHIN) < RATIO * (_within(sold, at, RATIO_WITHIN) + 1):
        found.add("ratio")
    open_, resolved = _complaints(past, at)
    if open_:
        found.add("complaint-open")
    if resolved and at < max(resolved) + SPARED:
        found.add("complaint-just-resolved")
    return found


_ENDING = (
    e.ComplaintWaiting, e.ComplaintResumed, e.ComplaintResolved, e.ComplaintReopened, e.ComplaintClosed,
    e.ComplaintWithdrawn,
)  # fmt: skip


class _Case:
    """Whether it is open, when it was resolved, and since when it waits for the customer.

    A wait that lasts too long resolves it; work that goes on later opens it again.
    """

    def __init__(self) -> None:
        self.open = True
        self.waits: int | None = None
        self.resolved: list[int] = []

    def lapsed(self, at: int) -> bool:
        return self.waits is not None and self.waits + NO_ANSWER <= at

    def follow(self, event: Event, at: int) -> None:
        if self.waits is not None and self.lapsed(at):
            self.resolved.append(self.waits + NO_ANSWER)
        if isinstance(event, _ENDING):
            self.waits = None
        if isinstance(event, e.ComplaintResolved) and self.open:
            self.resolved.append(at)
        if isinstance(event, e.ComplaintResolved | e.ComplaintClosed | e.ComplaintWithdrawn):
            self.open = False
        elif isinstance(event, e.ComplaintReopened):
            self.open = True
        elif isinstance(event, e.ComplaintWaiting) and self.open and event.waiting_for == "customer":
            self.waits = at


def _complaints(past: list[Event], at: int) -> tuple[set[str], list[int]]:
    """Which are open, and when some were resolved; what was told of a case before its opening follows the opening."""
    cases: dict[str, _Case] = {}
    early: dict[str, list[Event]] = {}
    for event in past:
        if isinstance(event, e.ComplaintOpened):
            case = cases.setdefault(event.complaint, _Case())
            for before in early.pop(event.complaint, []):
                case.follow(before, event.at)
        elif isinstance(event, e.ComplaintEvent) and event.complaint in cases:
            cases[event.complaint].follow(event, event.at)
        elif isinstance(event, e.ComplaintEvent):
            early.setdefault(event.complaint, []).append(event)
    resolved = [moment for case in cases.values() for moment in case.resolved]
    resolved += [case.waits + NO_ANSWER for case in cases.values() if case.waits is not None and case.lapsed(at)]
    return {ref for ref, case in cases.items() if case.open and not case.lapsed(at)}, resolved


# --- hours ------------------------------------------------------------------------------------------------------------


def local(past: Iterable[Event], at: int) -> datetime:
    """What a clock on the customer's wall shows."""
    zones = [event.timezone for event in past if isinstance(event, e._Traits) and event.timezone is not None]
    return _shown(at, zones[-1] if zones else "Asia/Jakarta")


def _hours(past: list[Event], at: int, holidays: set[date]) -> set[str]:
    shown = local(past, at)
    stated = [window for event in _last_of(past, "windows") for window in event.windows]
    if stated:
        return set() if any(_lies_in(shown, w.days, w.start, w.end) for w in stated) else {"outside-window"}
    found: set[str] = set()
    if (
        _lies_in(shown, (), "20:00", "08:00")
        or shown.weekday() == DAYS.index("sun")
        or _lies_in(shown, ("fri",), "11:30", "13:00")
    ):
        found.add("quiet-hours")
    if shown.date() in holidays:
        found.add("holiday")
    return found


def _shown(at: int, zone: str) -> datetime:
    """The latest time that a clock on the wall has shown: an hour that comes twice does not begin twice."""
    place = ZoneInfo(zone)
    seconds = at // 1_000_000
    return max(datetime.fromtimestamp(seconds - back * 300, place).replace(tzinfo=None) for back in range(40))


def _lies_in(shown: datetime, days: Iterable[str], start: str, end: str) -> bool:
    """On some day that is named (all, if none is), from `start` on until before `end`, which may be on the day after."""
    named = set(days)
    for back in (0, 1, 2):
        day = shown.date() - timedelta(days=back)
        if named and DAYS[day.weekday()] not in named:
            continue
        begin = datetime.combine(day, datetime.min.time()) + _clock(start)
        over = datetime.combine(day, datetime.min.time()) + _clock(end)
        while over <= begin:
            over += timedelta(days=1)
        if begin <= shown < over:
            return True
    return False


def _clock(text: str) -> timedelta:
    return timedelta(hours=int(text[:2]), minutes=int(text[3:]))
