"""Complaint clocks in three lights, and every miss split by the two clocks; what `complaints` and `misses` share.

promised   the dates that somebody told the customer: on an acknowledgement, by an extension, or as a promise about it
in_force   what the rulebook in force at each moment asked
restated   what the rulebook of the question asks

A miss is one that we *could not know* where the fold of what was recorded by the deadline, up to the deadline, does not show
that clock running out: what started or shortened it happened, or was recorded, too late. All other misses we *knew*.
"""

from collections.abc import Iterator
from typing import NamedTuple

from domain.events import ComplaintOpened
from domain.facts import NEVER
from domain.order import effective
from projections.asof import Judge
from projections.reports.clocks import RESOLVE, STEPS, TOLD, Clock, clocks, was_known
from projections.reports.seeing import Frame, Seen

BASES = ("promised", "in_force", "restated")


class Judged(NamedTuple):
    """A clock that is decided, in one light. `knew` is None where it was met."""

    basis: str
    clock: Clock
    knew: bool | None


class Handling:
    """One customer's complaints, and every clock of them."""

    def __init__(self, seen: Seen, frame: Frame) -> None:
        self._seen, self._frame = seen, frame
        opened: dict[str, ComplaintOpened] = {}
        for event in seen.events:
            if isinstance(event, ComplaintOpened):
                opened.setdefault(event.complaint, event)  # opened twice, the first opening counts
        self.opened = opened
        at = frame.asked.as_of
        self.restated = clocks(seen.events, frame.judge, at) if opened else []
        self.in_force = self.restated
        if opened and not frame.one_rulebook:
            self.in_force = clocks(seen.events, frame.in_force, at)

    def judged(self) -> Iterator[Judged]:
        """Every clock that was decided within the period, in each light in which it ran."""
        frame = self._frame
        known: dict[tuple[Clock, bool], bool] = {}
        for basis, found, steps, judge in (
            ("promised", self.restated, TOLD, frame.judge),
            ("in_force", self.in_force, STEPS, frame.in_force),
            ("restated", self.restated, STEPS, frame.judge),
        ):
            for clock in found:
                if clock.step in steps and clock.decided < NEVER and frame.within(clock.decided):
                    yield Judged(basis, clock, self._knew(clock, judge, known) if clock.late else None)

    def _knew(self, clock: Clock, judge: Judge, known: dict[tuple[Clock, bool], bool]) -> bool:
        """Whether we knew; asked once where both lights are the same."""
        key = (clock, judge is self._frame.judge or self._frame.one_rulebook)
        if key not in known:
            known[key] = _knew(self._seen, clock, judge)
        return known[key]

    def last(self, complaint: str) -> Clock | None:
        """The last clock of a complaint, which says most of it; None where all of them stand still."""
        return next((c for c in reversed(self.restated) if c.complaint == complaint), None)


def resolving(clock: Clock) -> bool:
    """Whether this is the clock by which a complaint is measured as a whole."""
    return clock.step == RESOLVE or clock.step in TOLD


def _knew(seen: Seen, clock: Clock, judge: Judge) -> bool:
    known = seen.known_by(clock.due)
    if known is None:
        if clock.dated <= clock.due:
            return True  # nothing that came later speaks of the time before the deadline, nor moved it
        known = seen.known
    return was_known([event for event in effective(known) if event.at <= clock.due], judge, clock)
