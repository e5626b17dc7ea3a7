"""Judging each moment by the rulebook in force then.

At a switch the stage, its history, and how rounds of complaints ended stay as they were judged; everything that is
measured (tier, trust, open deadlines, counts) is what a fold of all that was before gives under the new rulebook. From
there the new one judges on, at the moment of the switch first of all.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from psycopg import Connection

from domain.events import Event
from domain.facts import NEVER
from domain.order import amend
from domain.rules import Rules, first_rules
from projections import catalogue, deadlines, fold, lifecycle
from projections.state import State

IN_FORCE = "in-force"


class Schedule:
    """Which rulebook is in force from when on: (from, rules) in order, in µs; the first holds from the beginning."""

    def __init__(self, entries: Sequence[tuple[int, Rules]]) -> None:
        kept: list[tuple[int, Rules]] = []
        for start, rules in entries:
            if not kept or kept[-1][1].version != rules.version:
                kept.append((start if kept else -NEVER, rules))
        assert kept, "some rulebook is always in force"
        self.entries = tuple(kept)
        self._starts = [start for start, _ in kept]

    def at(self, t: int) -> Rules:
        """The rules in force at a moment."""
        return self.entries[bisect_right(self._starts, t) - 1][1]

    def until(self, t: int) -> "Schedule":
        """Without what comes into force after a moment."""
        return Schedule([entry for entry in self.entries if entry[0] <= t])


def switches(promoted: Iterable[tuple[int, str]], first: str) -> list[tuple[int, str]]:
    """(from, version) where the version changes; `first` is in force before the first promotion."""
    found = [(-NEVER, first)]
    for start, version in promoted:
        if version != found[-1][1]:
            found.append((start, version))
    return found


def schedule(promoted: Iterable[tuple[int, str]], rules: Callable[[str], Rules], first: str) -> Schedule:
    """The schedule of what was promoted when, compiled."""
    return Schedule([(start, rules(version)) for start, version in switches(promoted, first)])


def ruling(judge: Any, t: int = NEVER) -> Any:
    """The rules that judge at a moment, by default the last ones of a schedule."""
    return judge.at(t) if isinstance(judge, Schedule) else judge


def judge(
    connection: Connection[Any],
    rules: Callable[[str], Any],
    rulebook: str,
    as_of: int | None,
    known_at: int | None,
) -> Any:
    """By what is judged: the rules of that version, or for "in-force" the schedule up to `as_of` as known at a position."""
    if rulebook != IN_FORCE:
        return rules(rulebook)
    promoted = catalogue.load(connection, known_at).promoted(NEVER if as_of is None else as_of)
    return schedule(promoted, rules, first_rules().version)


def fold_in_force(events: Iterable[Event], schedule: Schedule, until: int) -> State:
    """Fold a whole history up to `until`; over one rulebook it is the fold under that rulebook.

    Events as for `fold.fold`. A promotion counts for events of its own instant.
    """
    history = amend(events)
    past = [event for event in history.events if event.at <= until]
    state = fold_past(past, schedule.until(until))
    state.customer.corrected, state.customer.voided = history.corrected, history.voided
    state.version = max((event.version for event in past), default=0)
    return state


def fold_past(past: Sequence[Event], schedule: Schedule) -> State:
    """Fold what is in the order of folding, up to its last event or to the last switch, whichever comes later."""
    state = fold.begin()
    for index, (start, rules) in enumerate(schedule.entries):
        before, state = state, fold.begin()
        done = sum(event.at < start for event in past)
        fold.run(state, past[:done], rules)
        rest = past[done:]
        if done:
            _carry(before, state, schedule.entries[index - 1][1], rules, start)
            if not rest or rest[0].at > start:  # or what happens in that instant is judged together with it
                fold.settle(state, rules, start)
        ends = schedule.entries[index + 1][0] if index + 1 < len(schedule.entries) else NEVER
        fold.run(state, [event for event in rest if event.at < ends], rules)
    return state


def _carry(before: State, state: State, old: Rules, new: Rules, t: int) -> None:
    """Switch from one rulebook to the other at `t`: both states hold all that happened before."""
    fold.settle(before, old, t - 1)
    fold.settle(state, new, t - 1)
    state.stages = before.stages.copy()
    state.verdicts = {ref: past.copy() for ref, past in before.verdicts.items()}
    deadlines.carry(before, state, new, t)
    known = before.stage in new.lifecycle.stages  # or the new rulebook begins with them
    state.stage, state.entered = (before.stage, before.entered) if known else (fold.begin().stage, t)
    state.unmet_since = before.unmet_since if state.stage == new.lifecycle.fading_stage else 0
    state.dirty = 0
    lifecycle.ask_anew(state, new, t)
