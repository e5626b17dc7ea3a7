"""Criteria put together: any of them, all of them, not this one. What criteria are: `domain.criteria.measures`."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from domain.criteria.measures import Answer, Criterion, Measured, Span, Standing
from domain.facts import Series

_OTHERWISE = {">=": "<", "<": ">=", "<=": ">", ">": "<=", "=": "≠", "≠": "=", "at least": "below", "below": "at least"}


class Group(ABC):
    """What groups have in common: they need what their parts need."""

    varies = False

    def __init__(self, parts: Sequence[Criterion]) -> None:
        self.parts = tuple(parts)
        self.reach = max(part.reach for part in self.parts)
        self.turns = 0
        for part in self.parts:
            self.turns |= part.turns
        # What turns one part may turn the group, either way: to ask too often is no mistake.
        self.wakes = self.sinks = self.turns

    def of(self, parts: Sequence[Criterion]) -> "Group":
        """The same kind of group, of other parts."""
        return type(self)(parts)

    @abstractmethod
    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""

    @abstractmethod
    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""

    def waking(self, s: Standing) -> int:
        """Say what can make it true at once."""
        return self.wakes

    def needs(self) -> list[tuple[Series, int, int]]:
        """Say what must be remembered."""
        return [need for part in self.parts for need in part.needs()]

    def spans(self) -> list[Span]:
        """Say what must be remembered of fixed periods."""
        return [span for part in self.parts for span in part.spans()]

    def leaves(self) -> Iterable[Criterion]:
        """All criteria in it."""
        return [leaf for part in self.parts for leaf in part.leaves()]


class Any(Group):
    """One of the parts holds. What is shown is the first that does, or all where none does."""

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`: while it holds, until the last of the parts that hold ceases to."""
        answers = [part.holds(s, t) for part in self.parts]
        held = [until for holds, until in answers if holds]
        return (True, max(held)) if held else (False, min(until for _, until in answers))

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        return _shown([part for part in self.parts if part.holds(s, t)[0]][:1] or self.parts, s, t, "or")


class All(Group):
    """All parts hold. What is shown are all of them, or the first that does not hold."""

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`: while it does not hold, until the last of the parts that do not may."""
        answers = [part.holds(s, t) for part in self.parts]
        missed = [until for holds, until in answers if not holds]
        return (False, max(missed)) if missed else (True, min(until for _, until in answers))

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`."""
        return _shown([part for part in self.parts if not part.holds(s, t)[0]][:1] or self.parts, s, t, "and")


class Not(Group):
    """The part does not hold."""

    def holds(self, s: Standing, t: int) -> Answer:
        """Answer at `t`."""
        holds, until = self.parts[0].holds(s, t)
        return not holds, until

    def show(self, s: Standing, t: int) -> Measured:
        """Show what was measured at `t`, compared the other way."""
        shown = self.parts[0].show(s, t)
        test = _OTHERWISE.get(shown.test, f"not {shown.test}")
        return Measured(shown.measure, shown.value, test, shown.threshold, shown.events)


def _shown(parts: Sequence[Criterion], s: Standing, t: int, word: str) -> Measured:
    """Some parts in one."""
    shown = [part.show(s, t) for part in parts]
    joint = f" {word} "
    tests = list(dict.fromkeys(one.test for one in shown))
    events = list(dict.fromkeys(event for one in shown for event in one.events))
    return Measured(
        joint.join(one.measure for one in shown),
        joint.join(one.value for one in shown),
        joint.join(tests),
        joint.join(one.threshold for one in shown),
        events,
    )
