"""The one fold: live rows, rebuilt rows, as-of answers, previews and forecasts all come from here.

`advance` takes one event in order. Facts are gathered at once; verdicts are dated when the instant of the event is
over, that is before the first event of a later instant or at `render`, and at each moment in between at which a
rule's answer changes (`state.due`). So the order of events of one instant never shows in a verdict, and an event that
no rule asks about costs no judgement.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec

from domain.customer import EVOLVE, trim
from domain.events import Event, TouchpointCorrected, TouchpointVoided
from domain.facts import NEVER, Changed
from domain.order import amend, key
from domain.rules import Rules
from projections import assignments, complaints, deadlines, lifecycle, outreach, profile, rounds, tier, trust
from projections.cadence import Step
from projections.profile import Moment
from projections.state import State

TABLES = (
    profile.PROFILE, profile.STANDING, lifecycle.TABLE, assignments.TABLE, complaints.QUEUE, rounds.HISTORY,
    rounds.LINKED, outreach.TABLE,
)  # fmt: skip

_TRIM_EVERY = 64  # events
_CASE_NEWS = frozenset({"opened", "case", "answered", "resolved", "reopened", "ended"})
_SPEND_TURNS = Changed.SPEND | Changed.RETURNED


def begin() -> State:
    """A customer of whom nothing is known."""
    return _nobody(_NOBODY)


_NOBODY = msgspec.msgpack.encode(State())  # read anew for each: that is quicker than a hundred defaults
_nobody = msgspec.msgpack.Decoder(State).decode


def advance(state: State, event: Event, rules: Rules) -> None:
    """Fold one event that comes after all folded so far."""
    run(state, (event,), rules)


def run(state: State, events: Iterable[Event], rules: Rules) -> None:
    """Fold events, in their order, that all come after those folded so far; most of a rebuild's time is spent here.

    `state.version` is at least that of the last one; where an earlier one was recorded after it, the caller knows.
    """
    customer, evolve = state.customer, EVOLVE
    now, dirty, count = state.now, state.dirty, state.count
    trim_at = count - count % _TRIM_EVERY + _TRIM_EVERY
    event = None
    for event in events:
        at = event.at
        if at > now:
            if dirty:
                if dirty & state.watch:
                    _judge(state, rules, now, dirty)
                dirty = 0
            if state.due < at:
                _pass_time(state, rules, at)
            if not count:
                customer.first_id, customer.first_at = event.id, at
                state.due = at
            now = at
        dirty |= evolve[type(event)](customer, event)
        count += 1
        if count == trim_at:
            trim_at += _TRIM_EVERY
            _trim(state, rules, now)
    state.now, state.dirty, state.count = now, dirty, count
    if event is not None:
        state.last = key(event)
        state.version = max(state.version, event.version)


def settle(state: State, rules: Rules, at: int | None = None) -> None:
    """Judge what happened at the last instant, and what time alone changed up to and including `at`."""
    if state.dirty & state.watch:
        _judge(state, rules, state.now, state.dirty)
    state.dirty = 0
    _pass_time(state, rules, (state.now if at is None else at) + 1)
    if at is not None and at > state.now:
        state.now = at
    tier.sum_up(state, rules, state.now)
    trust.pass_time(state, rules, state.now)


class Endless(Exception):
    """A rule asks to be asked again and again: its moment of change comes no nearer to the moment that is folded to."""


_MOST_TURNS = (
    100_000  # between two events; a rule that turned every day would need 27 years of silence for a tenth of it
)


def _pass_time(state: State, rules: Rules, until: int) -> None:
    """Judge what time alone changes before `until`. Endless where that has no end."""
    for _ in _turns(state, rules, until):
        pass


def _turns(state: State, rules: Rules, until: int) -> Iterator[None]:
    """Judge at each moment before `until` at which a verdict may change by itself, and stop after each."""
    for _ in range(_MOST_TURNS):
        if state.due >= until:
            return
        _judge(state, rules, state.due, 0)
        yield
    raise Endless(f"verdicts of rulebook {rules.version} are asked again without end from {state.now} on")


def _judge(state: State, rules: Rules, t: int, dirty: int) -> None:
    """Date every verdict at `t` that something changed, or whose moment has come; each before those that measure it."""
    state.now, state.dirty = t, dirty
    if dirty & _SPEND_TURNS or state.tier.due <= t:
        changed = tier.judge(state, rules, t)
        if changed:
            dirty |= changed
            if state.deadlines:
                deadlines.shorten(state, rules)
                dirty |= Changed.CASES
    if dirty & Changed.NEWS:
        dirty |= _heed(state, rules)
    if state.case_due <= t:
        dirty |= deadlines.lapse(state, rules, t)
    if state.trust.due <= t or state.trust.mark < 0:
        dirty |= trust.judge(state, rules, t)
    if dirty & state.stage_watch or state.stage_due <= t:
        lifecycle.judge(state, rules, t, dirty)
    state.dirty = 0
    due = state.tier.due  # no `min`: it costs as much as the rest of a judgement in which nothing turned
    if state.trust.due < due:
        due = state.trust.due
    if state.stage_due < due:
        due = state.stage_due
    if state.case_due < due:
        due = state.case_due
    state.due = due if due > t else t + 1


def _heed(state: State, rules: Rules) -> int:
    """Answer what is new; says whether complaints may be late sooner or later for it."""
    news, state.customer.news = state.customer.news, []
    changed = 0
    for item in news:
        if item.what not in _CASE_NEWS:
            trust.heed(state, rules, item)
            continue
        deadlines.heed(state, rules, item)
        if item.what != "answered":
            changed = Changed.CASES
    return changed


def _trim(state: State, rules: Rules, now: int) -> None:
    trim(state.customer, rules.memory, now)
    tier.sum_up(state, rules, now)
    tier.cut(state, now, rules.memory)
    trust.pass_time(state, rules, now)
    trust.cut(state)
    deadlines.cut(state)


def fold(events: Iterable[Event], rules: Rules) -> State:
    """Fold a whole history of one customer, in any order of arrival; corrections and voids are applied."""
    given = list(events)
    history = amend(given)
    state = begin()
    run(state, history.events, rules)
    state.customer.corrected, state.customer.voided = history.corrected, history.voided
    state.version = max((event.version for event in given), default=0)
    return state


def needs_refold(state: State, event: Event) -> bool:
    """Can this event not simply be folded next? It is late, amends another, or is what an amendment waited for."""
    if isinstance(event, TouchpointCorrected | TouchpointVoided) or event.id in state.customer.amendments:
        return True
    return state.last is not None and key(event) <= state.last


def render(state: State, rules: Rules) -> dict[str, list[tuple[Any, ...]]]:
    """Rows by table, in the order of its columns, without generation and customer.

    Intervals reach from the last event to the rulebook's horizon, or for ever where nothing changes by itself any
    more; histories reach over all time. Instants are microseconds. Nothing is changed in `state`.
    """
    if not state.count:
        return {table.name: [] for table in TABLES}
    ghost = state.ghost()
    if state.customer.news:
        ghost.customer = copy(state.customer)
    settle(ghost, rules)
    present = ghost.ghost()
    moments, queue, until = _ahead(ghost, rules)
    steps = _steps(moments)
    histories, linked = rounds.render(present, rules, until) if present.customer.cases else ([], [])
    return {
        profile.PROFILE.name: profile.render(present, rules, moments),
        profile.STANDING.name: profile.render_standing(present, moments, until),
        lifecycle.TABLE.name: lifecycle.render(ghost.stages, until),
        assignments.TABLE.name: assignments.render(present.customer),
        complaints.QUEUE.name: complaints.render_queue(present, rules, queue, until),
        rounds.HISTORY.name: histories,
        rounds.LINKED.name: linked,
        outreach.TABLE.name: outreach.render(present, rules, steps, until),
    }


def _ahead(ghost: State, rules: Rules) -> tuple[list[Moment], list[complaints.Step], int]:
    """How they will stand if nothing else happens, and until when that is known."""
    horizon = min(ghost.now + rules.horizon, NEVER)
    moments = [_moment(ghost, rules)]
    queue = [_queued(ghost, moments[0], rules)]
    for _ in _turns(ghost, rules, horizon):
        moment = _moment(ghost, rules)
        if moment[1:] != moments[-1][1:]:
            moments.append(moment)
        step = _queued(ghost, moment, rules)
        if step[1:] != queue[-1][1:]:
            queue.append(step)
    ever = ghost.due >= NEVER and not outreach.recurs(ghost.customer, rules, ghost.level, ghost.stage)
    return moments, queue, NEVER if ever else horizon


def _risk(moment: Moment, rules: Rules) -> int:
    return complaints.AT_RISK if moment.band in rules.trust_first else complaints.TRUSTING


def _queued(state: State, moment: Moment, rules: Rules) -> complaints.Step:
    return complaints.Step(state.now, moment.tier, _risk(moment, rules), state.deadlines)


def _moment(state: State, rules: Rules) -> Moment:
    return Moment(
        state.now, state.stage, state.entered, lifecycle.fading(state, rules), state.level,
        trust.band(rules, state.score), state.trust.falling, len(state.open()),
    )  # fmt: skip


def _steps(moments: list[Moment]) -> list[Step]:
    """Of all moments, those at which planning changes."""
    steps: list[Step] = []
    for m in moments:
        step = Step(m.at, m.stage, m.since, m.tier, m.fading)
        if not steps or steps[-1][1:] != step[1:]:
            steps.append(step)
    return steps


_SOURCES = {
    "domain": "cases customer events facts occasions openings order refusals rules settling vocabulary windows worktime",
    "domain.criteria": "compiling groups measures patterns periods standing tallies value",
    "domain.families": "care commerce common complaint conversation person",
    "domain.rulebook": "criteria model words",
    "projections": """asof assignments cadence complaints deadlines fold inforce lifecycle limits outreach permission placing
        planning profile projection reach rhythm rounds settling state tier trust""",
}


@cache
def fingerprint() -> str:
    """Changes whenever code or shape of the fold changes: cached states and rows made by another form are not used."""
    digest = sha256()
    for package, names in _SOURCES.items():
        for name in names.split():
            digest.update(files(package).joinpath(f"{name}.py").read_bytes())
    return digest.hexdigest()[:32]
