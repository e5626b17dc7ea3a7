"""Which clause or threshold made the difference, for one customer: folded under both rulebooks, and the clauses asked.

A stage differs since the first moment at which only one of the two rulebooks moved the customer on. There, the clause
that moved them is asked under the other rulebook, of the customer as that one saw them: the criteria that do not hold
are the difference.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from domain.criteria.measures import Measured
from domain.events import Event
from domain.facts import NEVER, Series
from domain.rules import Clause, Rules
from projections import fold, tier
from projections.comparing.changes import Change
from projections.state import State

Cause = dict[str, Any]


def explain(
    changes: Sequence[Change], history: Sequence[Event], old: Rules, new: Rules, now: int
) -> list[Cause | None]:
    """For each change of one customer what made it; None for a place in a queue, whose reason stands in its rows.

    `history`: all events of the customer that count, amended and in order; `now` in µs.
    """
    asked = {change.what for change in changes}
    before, after = (_until(history, rules, now) for rules in (old, new))
    causes: dict[str, Cause | None] = {}
    if "stage" in asked:
        causes["stage"] = _stage_cause(history, (before, old), (after, new))
    if "tier" in asked:
        causes["tier"] = _tier_cause((before, old), (after, new), now)
    return [_deadline_cause(change) if change.what == "deadline" else causes.get(change.what) for change in changes]


def _until(history: Sequence[Event], rules: Rules, now: int) -> State:
    state = _before(history, rules, now)
    fold.settle(state, rules, now)
    return state


def _before(history: Sequence[Event], rules: Rules, at: int) -> State:
    """With the events up to and including `at`, but what they mean at that instant not judged yet."""
    state = fold.begin()
    fold.run(state, [event for event in history if event.at <= at], rules)
    return state


# --- stages -----------------------------------------------------------------------------------------------------------

Judged = tuple[State, Rules]


def _stage_cause(history: Sequence[Event], old: Judged, new: Judged) -> Cause | None:
    pasts = old[0].stages, new[0].stages
    apart = next((i for i, (a, b) in enumerate(zip(*pasts, strict=False)) if (a.at, a.stage) != (b.at, b.stage)), None)
    index = min(map(len, pasts)) if apart is None else apart
    entries = [past[index] if index < len(past) else None for past in pasts]
    moments = [entry.at for entry in entries if entry is not None]
    if not moments:
        return None
    at = min(moments)
    moved = [entry is not None and entry.at == at for entry in entries]
    mover = 0 if moved[0] else 1
    entry = entries[mover]
    assert entry is not None
    moving, staying = (old[1], new[1]) if mover == 0 else (new[1], old[1])
    # Where both moved on, to different stages, the other one is asked as it stood just before.
    seen = _before(history, staying, at) if all(moved) else _until(history, staying, at)
    taken = _clause(moving, seen, entry.clause, at)
    other = _counterpart(staying, seen.stage, taken)
    shown = entry.reason if taken.name == entry.clause else taken.show(seen, at)
    against = [] if other is None else other.show(seen, at)
    sides = ("old", "new") if mover == 0 else ("new", "old")
    return {
        "at": at,
        "from": seen.stage,
        "to": entry.stage,
        "clause": taken.name,
        "taken_under": sides[0],
        sides[0]: [_shown(m) for m in shown],
        sides[1]: None if other is None else [_shown(m) for m in against],
        "differs": [] if other is None else _apart(sides, taken, shown, other, against, seen, at),
    }


def _clause(rules: Rules, seen: State, name: str, at: int) -> Clause:
    """The clause that leads out of the stage in which they were; one stage may have been passed through in no time."""
    out = rules.lifecycle.out[seen.stage]
    named = [clause for clause in out if clause.name == name]
    holding = named or [clause for clause in out if clause.ask(seen, at)[0]]
    return (holding or [c for clauses in rules.lifecycle.out.values() for c in clauses if c.name == name])[0]


def _counterpart(rules: Rules, stage: str, clause: Clause) -> Clause | None:
    """The same clause of another rulebook: of the same name, else the first one that leads to the same stage."""
    out = rules.lifecycle.out.get(stage, [])
    return next((c for c in out if c.name == clause.name), None) or next((c for c in out if c.to == clause.to), None)


def _apart(
    sides: tuple[str, str],
    taken: Clause,
    shown: Sequence[Measured],
    other: Clause,
    against: Sequence[Measured],
    seen: State,
    at: int,
) -> list[Cause]:
    """The criteria of the other rulebook's clause that do not hold, each beside its like in the clause that was taken."""
    found: list[Cause] = []
    for number, (criterion, measured) in enumerate(zip(other.criteria, against, strict=True)):
        if not criterion.holds(seen, at)[0]:
            same = [m for c, m in zip(taken.criteria, shown, strict=True) if type(c) is type(criterion)]
            named = [m for m in same if m.measure == measured.measure]
            like = (
                shown[number] if len(shown) == len(against) and shown[number] in same else (named or same or [None])[0]
            )
            found.append({sides[0]: None if like is None else _shown(like), sides[1]: _shown(measured)})
    return found


def _shown(m: Measured) -> Cause:
    return {"measure": m.measure, "value": m.value, "test": m.test, "threshold": m.threshold, "events": m.events}


# --- tiers and deadlines ----------------------------------------------------------------------------------------------


def _tier_cause(old: Judged, new: Judged, now: int) -> Cause:
    """The higher one of the two tiers under both rulebooks: what was measured, what is asked, and how it was lost."""
    names = [rules.tier_names[state.level] for state, rules in (old, new)]
    higher = _higher(names, old[1], new[1])
    return {"tier": higher, "old": _level(*old, higher, now), "new": _level(*new, higher, now)}


def _higher(names: Sequence[str], old: Rules, new: Rules) -> str:
    for rules in (new, old):
        places = [rules.tier_names.index(name) for name in names if name in rules.tier_names]
        if len(places) == len(names):
            return rules.tier_names[min(places)]
    return names[0] if names[0] != old.tier_names[-1] else names[1]


def _level(state: State, rules: Rules, name: str, now: int) -> Cause | None:
    """One level of a rulebook against what was measured; None where the rulebook has no such level."""
    index = next((i for i, level in enumerate(rules.levels) if level.name == name), None)
    if index is None:
        return None
    ghost = state.ghost()
    tier.judge(ghost, rules, now)
    tier.sum_up(ghost, rules, now)
    level, lost = rules.levels[index], ghost.tier.lost[index]
    asked = {c: str(least) for c, marks in rules.tier_marks.items() for i, least in marks if i == index}
    since = now - rules.tier_window
    bought = state.customer.series[Series.PURCHASE]
    return {
        "net": {c: str(net) for c, net in ghost.tier.net.items() if net != Decimal(0)},
        "at_least": {c: asked[c] for c in asked if c in ghost.tier.net} or asked,
        "purchases": sum(at > since for at, _ in bought),
        "purchases_at_least": level.purchases or None,
        "last_purchase_at": bought[-1][0] if bought else None,
        "last_within": level.last_within or None,
        "met": ghost.tier.lost[index] == NEVER,
        "ceased_at": lost if 0 < lost < NEVER else None,
        "kept_for": rules.down_after,
    }


def _deadline_cause(change: Change) -> Cause | None:
    """Working hours by severity times the tier's factor, under both rulebooks."""
    if change.old is None or change.new is None:
        return None
    return {
        side: {n: value[n] for n in ("severity", "tier", "hours", "factor") if n in value}
        for side, value in (("old", change.old), ("new", change.new))
    }
