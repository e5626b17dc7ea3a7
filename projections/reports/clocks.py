"""The clocks of a complaint as the fold sets them, from when they begin to when they are answered, or missed.

Each round of a complaint has a clock for acknowledging it, for the first response, for each next response, and for
resolving it; and one for each date that somebody promised. No deadline is worked out here: a history is folded instant by
instant, and what the fold says is due before an instant is compared with what it says afterwards.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from domain.cases import Case
from domain.events import Event, PromiseBroken, PromiseKept, PromiseMade, PromiseReleased
from domain.facts import NEVER, Promise
from projections.asof import Judge
from projections.reports.seeing import Walk
from projections.state import Deadlines, State, Verdict

ACKNOWLEDGE, RESPOND, UPDATE, RESOLVE, PROMISED, PROMISE = (
    "acknowledge", "respond", "update", "resolve", "promised", "promise",
)  # fmt: skip
STEPS = (ACKNOWLEDGE, RESPOND, UPDATE, RESOLVE)
TOLD = (PROMISED, PROMISE)

_at = attrgetter("at")
_OVER = PromiseKept | PromiseBroken | PromiseReleased


class Clock(NamedTuple):
    """One deadline, and how it went. NEVER: `due` where it stood still or was never asked, `ended` while it runs."""

    complaint: str
    round: int
    step: str
    """Of the rules: acknowledge, respond, update, resolve. Of what we told them: promised (until when it would be
    resolved), promise (another one about it)."""
    due: int
    ended: int
    late: bool
    severity: str
    category: str | None
    tier: int
    handler: str | None
    team: str | None
    root_cause: str | None
    settled: bool
    """Whether its round was resolved by then, and not just ended."""
    dated: int = NEVER
    """Since when this deadline stood; NEVER where that was not seen."""

    @property
    def decided(self) -> int:
        """When it was settled whether it is met: when it was, or when its time was over."""
        return self.due if self.late else self.ended


class _Look(NamedTuple):
    """A complaint at a moment, as far as clocks ask."""

    open: bool
    round: int
    acknowledged: int
    responded: int
    spoke: int
    told: int
    """Until when they were told that it would be resolved; 0: they were not."""
    deadlines: Deadlines | None
    verdicts: int
    promises: dict[str, Promise]

    @property
    def dues(self) -> list[tuple[str, int]]:
        """(step, due) of all clocks of the present round that run."""
        d = self.deadlines
        dues = (d.acknowledge, d.respond, d.update, d.resolve) if d else ()
        told = [(PROMISED, self.told)] if self.told else []
        return [(step, due) for step, due in (*zip(STEPS, dues, strict=False), *told) if due < NEVER]


def clocks(events: Sequence[Event], judge: Judge, at: int) -> list[Clock]:
    """All clocks of all complaints of one customer up to `at`, those still running last. Events in the order of folding."""
    walk = Walk(judge)
    found: list[Clock] = []
    dated: dict[tuple[str, int, str], tuple[int, int]] = {}
    promised = {e.promise: e.complaint for e in events if isinstance(e, PromiseMade)}
    plain: list[Event] = []  # events that are about no complaint
    for instant, group in groupby(events, key=_at):
        happened = list(group)
        touched = _touched(happened, promised)
        if not touched:
            plain += happened
            continue
        walk.run(plain)
        plain = []
        walk.settle(instant - 1)
        before = {ref: _look(walk.state, ref) for ref in touched}
        walk.take(happened)
        for ref in sorted(touched):
            after = _look(walk.state, ref)
            found += (_since(clock, dated) for clock in _ended(walk.state, ref, before[ref], after, happened))
            _date(dated, ref, after, instant)
    walk.run(plain)
    walk.settle(at)
    for ref, case in walk.state.customer.cases.items():
        found += (_since(clock, dated) for clock in _running(walk.state, case, _look(walk.state, ref), at))
    return found


def _date(dated: dict[tuple[str, int, str], tuple[int, int]], ref: str, look: _Look | None, at: int) -> None:
    """Note since when deadlines stand as they do."""
    if look is not None:
        for step, due in look.dues:
            if dated.get((ref, look.round, step), (NEVER, 0))[0] != due:
                dated[ref, look.round, step] = (due, at)


def _since(clock: Clock, dated: dict[tuple[str, int, str], tuple[int, int]]) -> Clock:
    due, at = dated.get((clock.complaint, clock.round, clock.step), (NEVER, NEVER))
    return clock._replace(dated=at) if due == clock.due else clock


def _touched(events: Iterable[Event], promised: Mapping[str, str | None]) -> set[str]:
    """References of the complaints that these events are about."""
    refs = {getattr(e, "complaint", None) for e in events}
    refs |= {promised.get(e.promise) for e in events if isinstance(e, _OVER)}
    return {ref for ref in refs if ref is not None}


def _look(state: State, ref: str) -> _Look | None:
    case = state.customer.cases.get(ref)
    if case is None:
        return None
    promises = {p.ref: p for p in state.customer.promises.values() if p.complaint == ref}
    return _Look(
        case.open, case.round, case.acknowledged, case.responded, case.spoke,
        max(case.promised_due, case.extended_until), state.deadlines.get(ref), len(state.verdicts.get(ref, ())), promises,
    )  # fmt: skip


def _ended(
    state: State, ref: str, before: _Look | None, after: _Look | None, events: Sequence[Event]
) -> Iterator[Clock]:
    """Clocks that ended at this instant."""
    if after is None:
        return
    case, at = state.customer.cases[ref], state.now
    verdicts = state.verdicts.get(ref, [])[before.verdicts if before else 0 :]
    for verdict in verdicts:
        yield _resolved(state, case, verdict)
        told = max(before.told if before and before.round == verdict.round else 0, _told(after, verdict.round))
        if told:
            yield _clock(
                state, case, verdict.round, PROMISED, told, verdict.resolved, verdict.resolved > told, settled=True
            )
    if before is not None and before.open:
        over = not after.open or after.round != before.round
        yield from _steps(state, case, before, after, at, over=over, settled=bool(verdicts))
    yield from _promises(state, case, before, after, events)


def _told(look: _Look, round_: int) -> int:
    return look.told if look.round == round_ else 0


def _resolved(state: State, case: Case, verdict: Verdict) -> Clock:
    return _clock(state, case, verdict.round, RESOLVE, verdict.due, verdict.resolved, verdict.late, settled=True)


def _steps(
    state: State, case: Case, before: _Look, after: _Look, at: int, *, over: bool, settled: bool
) -> Iterator[Clock]:
    """Clocks of the open round that were answered, or ended with it. What was taken back in time was never missed."""
    d = before.deadlines
    answered = {
        ACKNOWLEDGE: (d.acknowledge if d else NEVER, not before.acknowledged, bool(after.acknowledged) or over),
        RESPOND: (d.respond if d else NEVER, not before.responded, bool(after.responded) or over),
        UPDATE: (d.update if d else NEVER, bool(before.spoke), after.spoke != before.spoke or over),
        RESOLVE: (d.resolve if d else NEVER, not settled, over),
        PROMISED: (before.told or NEVER, not settled and bool(before.told), over),
    }
    for step, (due, ran, ends) in answered.items():
        late = due < at
        if ran and ends and (late or settled or not over):
            yield _clock(state, case, before.round, step, due, at, late, settled=settled)


def _promises(state: State, case: Case, before: _Look | None, after: _Look, events: Sequence[Event]) -> Iterator[Clock]:
    """Promises about a complaint that were kept or broken; those that were released count neither way."""
    for event in events:
        if isinstance(event, PromiseKept | PromiseBroken):
            promise = before.promises.get(event.promise) if before else None
            if promise is not None and event.promise not in after.promises:
                late = isinstance(event, PromiseBroken) or event.at > promise.due
                yield _clock(state, case, case.round, PROMISE, promise.due, event.at, late)


def _running(state: State, case: Case, look: _Look | None, at: int) -> Iterator[Clock]:
    """Clocks that nobody answered yet."""
    if look is None:
        return
    for promise in look.promises.values():
        yield _clock(state, case, case.round, PROMISE, promise.due, NEVER, promise.due <= at)
    over = (
        look.deadlines.over if look.deadlines else NEVER
    )  # since when time has resolved it: what was missed by then was
    if case.open:
        for step, due in look.dues:
            if over == NEVER or due <= over:
                yield _clock(state, case, case.round, step, due, over, due <= at)


def _clock(
    state: State, case: Case, round_: int, step: str, due: int, ended: int, late: bool, *, settled: bool = False
) -> Clock:
    cause = next((r.root_cause for r in reversed(case.resolutions) if r.round == round_), None)
    return Clock(
        case.ref, round_, step, due, ended, late, case.severity, case.category, state.level, case.handler, case.team, cause,
        settled,
    )  # fmt: skip


def was_known(events: Sequence[Event], judge: Judge, clock: Clock) -> bool:
    """Whether these events, all recorded by the deadline, said that it would be missed if nothing happened.

    `events` are in the order of folding and end at the deadline.
    """
    if not events:
        return False
    return any(
        (c.complaint, c.round, c.step) == (clock.complaint, clock.round, clock.step) and c.due <= clock.due
        for c in clocks(events, judge, clock.due)
        if c.ended == NEVER
    )
