"""Coverage: what became, on each day, of every contact that was due: due = done + held + missed + pending.

What is due on a day is what the fold plans (rows `outreach`), in days of the rulebook's zone: the next contact by rhythm, each
open promise and each planned contact, where its date lies before the end of the day, be it that day's or an earlier one's.
Each of them is in exactly one state, as it stands at the end of the day, or at `as_of` on the day that is not over:

done      it was made that day: they were, or were said to be, reached (rhythm, occasion), it was kept (promise) or done (planned)
held      it may not or cannot be made: a rest, a refusal, no consent, no contact point; or it was put off, cancelled or released
          that day, by somebody
missed    neither, and the day is over; also a promise that was said to be broken, and a contact by rhythm that was tried in
          vain and is put off by the limits of contact
pending   neither, and the day is not over

So what is missed is due again the next day. What is due no longer because the rules ask for it later is not due. A contact made
before the day of its date was never due. Relationships that ended have nothing due. A contact counts for who owned the
relationship at the end of the day, and by `acting` for who made it or, where nobody did, for who was to: the owner, or who
cared for the customer in their place.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from domain.events import (
    Conversation,
    Event,
    OutreachCancelled,
    OutreachSnoozed,
    PromiseBroken,
    PromiseKept,
    PromiseReleased,
)
from domain.facts import Customer, Series
from domain.rules import Rules
from projections import fold, outreach, planning
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen, Walk
from projections.staff import asked

STATES = ("done", "held", "missed", "pending")
_BY_PEOPLE = {"promise", "planned"}
_RHYTHM = "rhythm"
_AT = attrgetter("at")


class Item(NamedTuple):
    """One contact that was due on a day, and its state."""

    item: str
    """`rhythm`, or what it is and its reference."""
    due: int
    state: str
    reason: str
    kind: str
    tier: int
    staff: str | None = None
    """Who made it, where that is known."""


class _Row(NamedTuple):
    """A row of the plan, as far as this asks."""

    start: int
    end: int
    item: str
    kind: str
    tier: int
    due: int
    held: str
    purpose: str

    @property
    def channel(self) -> str | None:
        """Of the rhythm of a single channel, which; None of anything else."""
        name, _, channel = self.item.partition(" ")
        return channel if name == _RHYTHM and channel else None

    @property
    def key(self) -> str:
        """The item, also where references of promises and plans are alike."""
        return f"{self.kind} {self.item}" if self.kind in _BY_PEOPLE else self.item


Settled = dict[str, Item]


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Days of contacts by (period, what it is cut by)."""
    if seen.person:
        by = frame.asked.by
        days = Days(seen, frame)
        for day, owner, items in days:
            acting = days.acting(owner) if "acting" in by else None
            for item in items:
                who = (owner, item.staff if item.staff and item.state == "done" else acting)
                sums = inner(part, (frame.period(day), *(_value(name, item, who, frame) for name in by)))
                add(sums, "due")
                add(sums, "new", int(item.due >= day))
                add(sums, item.state)


def _value(name: str, item: Item, who: tuple[str | None, str | None], frame: Frame) -> str:
    match name:
        case "manager":
            return who[0] or UNKNOWN
        case "acting":
            return who[1] or UNKNOWN
        case "tier":
            return frame.rules.tier_names[item.tier]
        case _:
            return getattr(item, name)


class Days:
    """The days of one customer within the period, each with what was due on it."""

    def __init__(self, seen: Seen, frame: Frame) -> None:
        self._frame = frame
        self._walk = Walk(frame.judge)
        self._groups = [list(group) for _, group in groupby(seen.events, key=_AT)]
        self._next = 0
        self._edge = 0
        self._rows: list[_Row] = []
        self._known_until = 0  # by the rows

    def __iter__(self) -> Iterator[tuple[int, str | None, list[Item]]]:
        """(first moment of the day, who owned the relationship at its end, what was due)."""
        days, asked = self._frame.days, self._frame.asked
        day = days.day(max(asked.since, self._groups[0][0].at))
        start = days.start(day)
        self._take(start)
        self._plan(start)
        while start < asked.until:
            day += timedelta(days=1)
            end = days.start(day)
            edge = self._edge = min(end - 1, asked.as_of)
            settled = self._happen(start, end) if self._happens_before(end) else {}
            yield start, self._owner(), list(self._items(end, edge, settled))
            start = end

    # --- going on -----------------------------------------------------------------------------------------------------

    def _happens_before(self, end: int) -> bool:
        return self._next < len(self._groups) and self._groups[self._next][0].at < end

    def _take(self, until: int) -> None:
        past: list[Event] = []
        while self._happens_before(until):
            past += self._groups[self._next]
            self._next += 1
        self._walk.run(past)

    def _plan(self, at: int) -> None:
        """Render what is planned from here on, unless that is known already."""
        walk = self._walk
        walk.settle(at)
        rows = fold.render(walk.state, walk.rules)[outreach.TABLE.name] if walk.state.count else []
        self._rows = [
            _Row(r[0], r[1], r[2], outreach.CLASSES[r[3]], r[4], r[5], r[7] or r[8] or "", r[9])
            for r in rows
            if r[7] != "ended"
        ]
        self._known_until = min(max((r[1] for r in rows), default=at), walk.next_switch)

    def _at(self, moment: int) -> list[_Row]:
        return [row for row in self._rows if row.start <= moment < row.end]

    def acting(self, owner: str | None) -> str | None:
        """Who was to make contacts on the day that was given last: as `owner` was here then, or away."""
        at, c = self._edge, self._walk.state.customer
        cover = c.covers[-1].cover if c.covers and c.covers[-1].at <= at < c.covers[-1].until else None
        return self._frame.catalogue.acting(owner, at, cover=cover, asked=asked(c.wishes)).staff

    def _owner(self) -> str | None:
        managers = self._walk.state.customer.managers
        return managers[-1].manager if managers else None

    # --- one day ------------------------------------------------------------------------------------------------------

    def _items(self, end: int, edge: int, settled: Settled) -> Iterator[Item]:
        if edge >= self._known_until:
            self._plan(edge)
        yield from settled.values()
        for row in self._at(edge):
            if row.due < end and row.key not in settled:
                state = "held" if row.held else "pending" if edge < end - 1 else "missed"
                yield Item(row.key, row.due, state, row.held, row.kind, row.tier)

    def _happen(self, start: int, end: int) -> Settled:
        """Fold the day's events, and say what they settled of what was due before its end."""
        walk = self._walk
        asked_for = [r for r in self._at(start) if r.due < end and r.kind not in _BY_PEOPLE]
        before_day = _Touch(walk.state.customer)
        settled: Settled = {}
        snoozed = False
        while self._happens_before(end):
            events = self._groups[self._next]
            self._next += 1
            before = _open(walk.state.customer, walk.rules)
            walk.take(events)
            c = walk.state.customer
            after = _open(c, walk.rules)
            snoozed = snoozed or any(isinstance(e, OutreachSnoozed) and e.outreach is None for e in events)
            for item, due in before.items():
                if due < end and after.get(item, end) >= end:
                    state, reason = _how(item, events, gone=item not in after)
                    settled[item] = Item(
                        item, due, state, reason, item.partition(" ")[0], walk.state.level, _who(events)
                    )
            for item, due in after.items():
                if due < end:
                    settled.pop(item, None)  # made again
        self._plan(min(end - 1, self._frame.asked.as_of))
        c = walk.state.customer
        still = {row.key for row in self._at(walk.state.now) if row.due < end}
        if c.ended is None:
            for row in asked_for:
                how = None if row.key in still else before_day.how(row, c, snoozed=snoozed)
                if how is not None:
                    staff = c.last.staff if how[0] == "done" and c.last is not None else None
                    settled[row.key] = Item(row.key, row.due, *how, row.kind, row.tier, staff)
        return settled


class _Touch:
    """How far contact had gone before a day's events."""

    def __init__(self, c: Customer) -> None:
        self._last, self._done, self._tries = c.last and c.last.id, c.done, _tries(c)
        self._reached_by, self._reached_for, self._aside = dict(c.reached_by), dict(c.reached_for), dict(c.set_aside)

    def how(self, row: _Row, c: Customer, *, snoozed: bool) -> tuple[str, str] | None:
        """What became of a contact that is due no longer; None: the rules ask for it later."""
        done = f"done {row.item}"
        if row.kind == "occasion":
            if c.reached_for.get(row.purpose) != self._reached_for.get(row.purpose):
                return "done", ""
            return ("held", "put-off") if c.set_aside.get(row.item) != self._aside.get(row.item) else None
        if row.channel is not None:
            spoke = c.reached_by.get(row.channel) != self._reached_by.get(row.channel)
            if spoke or c.set_aside.get(done) != self._aside.get(done):
                return "done", ""
        elif (c.last and c.last.id) != self._last or c.done != self._done:
            return "done", ""
        if snoozed or c.set_aside.get(row.item) != self._aside.get(row.item):
            return "held", "snoozed"
        return ("missed", "not-reached") if _tries(c) > self._tries else None


def _tries(c: Customer) -> int:
    return len(c.series[Series.OUTBOUND]) + c.dropped[Series.OUTBOUND]


def _who(events: Sequence[Event]) -> str | None:
    """Who did what happened."""
    return next((e.staff for e in reversed(events) if isinstance(e, Conversation) and e.staff), None)


def _open(c: Customer, rules: Rules) -> dict[str, int]:
    """When each promise, and each planned contact that has not taken place, is due."""
    due = {f"promise {p.ref}": p.due for p in c.promises.values()}
    if not c.planned:
        return due
    over = planning.fulfilled(c, rules)
    return due | {f"planned {p.ref}": max(p.due, p.not_before) for p in c.planned.values() if p.ref not in over}


def _how(item: str, events: Sequence[Event], *, gone: bool) -> tuple[str, str]:
    """What became of a promise or planned contact that is no longer due."""
    kind, _, ref = item.partition(" ")
    if not gone:
        return "held", "put-off"
    if kind == "planned":
        cancelled = any(isinstance(e, OutreachCancelled) and e.outreach in (ref, None) for e in events)
        return ("held", "cancelled") if cancelled else ("done", "")
    about: Any = next((e for e in reversed(events) if getattr(e, "promise", None) == ref), None)
    match about:
        case PromiseKept():
            return "done", ""
        case PromiseBroken():
            return "missed", "broken"
        case PromiseReleased():
            return "held", "released"
        case _:
            return "held", "forgotten"  # of very many open ones only the newest are remembered


def table(part: Part, frame: Frame) -> Made:
    """A row for each period and value."""
    rows: list[tuple[Any, ...]] = []
    for key, sums in sorted(part.items()):
        counts = [sums.get(name, 0) for name in ("due", "new", *STATES)]
        rows.append((*(value or None for value in key), *counts, share(sums.get("done", 0), sums["due"])))
    columns = (
        Column("period", "text", "a day, where nothing else is asked; of longer ones the sum of their days"),
        *(Column(name, "text") for name in frame.asked.by),
        Column("due", "count", "contacts whose date lies before the end of the day, and that were not made before it"),
        Column("new", "count", "of them, whose date is that day"),
        Column("done", "count", "made that day"),
        Column("held", "count", "may not or cannot be made, or put off, cancelled or released that day"),
        Column("missed", "count", "neither, and the day is over"),
        Column("pending", "count", "neither, and the day is not over"),
        Column("done_share", "share", "", "bar"),
    )
    return Made(columns, rows)


REPORT = Report(
    "coverage", "Contact coverage", "What became of every contact due, day by day: done, held, missed or pending.",
    collect, table, by=("manager", "acting", "tier", "kind", "reason"), every="day", days=30,
)  # fmt: skip
