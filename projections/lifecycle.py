"""Lifecycle: the stage of a relationship, its whole history, and why.

A stage is left by a clause of the rulebook, at the moment at which all of the clause's criteria hold. A clause after
which others would lead back at the same moment is not taken. What lies ahead is part of the history: it is what will hold if
nothing else happens.
"""

from typing import Any

import msgspec

from domain.criteria.measures import Measured
from domain.facts import NEVER
from domain.rules import Clause, Rules
from projections import trust
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.state import Asked, Stage, State

TABLE = Table(
    "stages",
    (
        *INTERVAL,
        ("stage", TEXT),
        ("clause", TEXT),
        ("reason", "jsonb"),  # criteria as measured when the stage was entered; what comes next by itself
        ("next_at", INSTANT),
        ("next_stage", TEXT),
    ),
    ("customer, from_at", "stage, from_at"),
)


def judge(state: State, rules: Rules, t: int, changed: int) -> None:
    """Date the stage at `t`, and whether it fades; and say what can change that at once (`watch`).

    `changed`: what did since the last time. Only clauses whose answer that or the time can turn are asked again.
    """
    lifecycle = rules.lifecycle
    news = False
    for _ in range(len(lifecycle.stages) + 1):
        taken, turned = _asked(state, rules, t, changed)
        news = news or turned
        if taken is None:
            break
        _enter(state, rules, taken, t)
    if state.stage == lifecycle.fading_stage and (state.kept.due <= t or state.kept.watch & changed):
        state.kept = _fade(state, rules, t)
        news = True
    if news:
        _watch(state, rules)


def _watch(state: State, rules: Rules) -> None:
    """Sum up when to ask again, and on what changes."""
    due, watch = NEVER, 0
    for asked in (*state.asked, state.kept):
        watch |= asked.watch
        if asked.due < due:
            due = asked.due
    state.stage_due, state.stage_watch = due, watch
    state.watch = rules.watch_always | watch


def _asked(state: State, rules: Rules, t: int, changed: int) -> tuple[Clause | None, bool]:
    """The first clause that is to be taken at `t`, and whether any answers otherwise than before.

    What was answered before stands until it can have turned.
    """
    clauses, asked = rules.lifecycle.out[state.stage], state.asked
    turned = not asked
    if turned:
        asked += [_UNASKED] * len(clauses)
    for index, before in enumerate(asked):
        if before.due <= t or before.watch & changed:
            clause = clauses[index]
            holds, until, turns = clause.ask(state, t)
            if holds:
                back = _undone(state, rules, clause, t)
                if back is None:
                    return clause, True
                until = min(until, back[0])
                turns |= back[1]
            if until != before.due or turns != before.watch:
                asked[index] = Asked(until, turns)
                turned = True
    return None, turned


_UNASKED = Asked()
_NEVER = Asked(NEVER)


def ask_anew(state: State, rules: Rules, t: int) -> None:
    """Have every clause asked again at `t`: the rules, or what they are asked of, are others now."""
    state.asked = []
    state.kept = _UNASKED if state.stage == rules.lifecycle.fading_stage else _NEVER
    state.stage_due = state.due = t
    state.watch = state.stage_watch = -1


def _undone(state: State, rules: Rules, clause: Clause, t: int) -> tuple[int, int] | None:
    """Until when a way back would be open at once, and what could close it; None: there is none.

    A way back may lead through other stages, each entered and left within the moment.
    """
    out, home = rules.lifecycle.out, state.stage
    entered, state.entered = state.entered, t
    until, closing, back = NEVER, 0, False
    seen, ahead = {home, clause.to}, [clause.to]
    for stage in ahead:
        for way in out[stage]:
            if way.to == home or way.to not in seen:
                holds, stands, turns = way.ask(state, t)
                if holds:
                    until, closing = min(until, stands), closing | turns
                    back = back or way.to == home
                    if way.to not in seen:
                        seen.add(way.to)
                        ahead.append(way.to)
    state.entered = entered
    return (until, closing) if back else None


def _enter(state: State, rules: Rules, clause: Clause, t: int) -> None:
    trust.pass_time(state, rules, t)  # the reason shows it
    reason = clause.show(state, t)
    if state.stages and state.stages[-1].at == t:
        state.stages.pop()  # passed through in no time
    cited = next((event for measured in reason for event in measured.events), "")
    state.stages.append(Stage(t, clause.to, clause.name, reason, cited))
    state.stage, state.entered, state.unmet_since = clause.to, t, 0
    state.asked = []
    state.kept = _UNASKED if clause.to == rules.lifecycle.fading_stage else _NEVER


def _fade(state: State, rules: Rules, t: int) -> Asked:
    """Note since when nothing would lead into the stage any more; until when that stands, and what can turn it."""
    ends, watch = NEVER, 0
    for clause in rules.lifecycle.keeps:
        holds, until, turns = clause.ask(state, t)
        if holds:
            state.unmet_since = 0
            return Asked(until, turns)
        ends = min(ends, until)
        watch |= turns
    state.unmet_since = state.unmet_since or t
    fades = state.unmet_since + rules.lifecycle.fading_after
    return Asked(min(ends, fades) if fades > t else ends, watch)


def fading(state: State, rules: Rules) -> bool:
    """Whether the present stage fades at `state.now`."""
    return bool(state.unmet_since) and state.unmet_since + rules.lifecycle.fading_after <= state.now


_encode = msgspec.json.Encoder().encode


def _shown(measured: Measured) -> dict[str, Any]:
    return {
        "measure": measured.measure, "value": measured.value, "test": measured.test, "threshold": measured.threshold,
        "events": measured.events,
    }  # fmt: skip


def render(stages: list[Stage], until: int) -> list[tuple[Any, ...]]:
    """All stages, past and to come, without gap or overlap; the last ends at `until`."""
    rows: list[tuple[Any, ...]] = []
    last = len(stages) - 1
    for index, stage in enumerate(stages):
        follower = stages[index + 1] if index < last else None
        reason = _encode([_shown(measured) for measured in stage.reason]).decode()
        ends = follower.at if follower else until
        rows.append(
            (
                stage.at,
                ends,
                stage.stage,
                stage.clause,
                reason,
                follower.at if follower else None,
                follower and follower.stage,
            )
        )
    return rows
