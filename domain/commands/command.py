"""What a command is, and what a decision may look at.

A command brings about one event. Its fields are those of the event's type: they are read off there and written down
nowhere else. What follows from the moment is filled in by `domain.commands.deciding`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from msgspec import structs

from domain.cases import Case
from domain.events import Event
from domain.facts import Customer, Planned, Promise
from domain.rules import Rules
from domain.vocabulary import hints

Target = Case | Promise | Planned


class Obstacle(Protocol):
    """A reason against a contact (`projections.permission.Stop`)."""

    @property
    def reason(self) -> str:
        """Its code."""
        ...

    @property
    def until(self) -> int | None:
        """When it is gone by itself; None: not before something is said or done."""
        ...

    @property
    def events(self) -> tuple[str, ...]:
        """What it rests on."""
        ...


class Colleague(NamedTuple):
    """A member of staff at the moment of a command."""

    code: str
    active: bool = True
    away_until: int | None = None  # None: here
    acting: str | None = None  # who acts for them, themself while here; None: nobody
    capacity: int | None = None  # customers in a book; None: no limit is known


class Staffing(Protocol):
    """Who works here at the moment of a command."""

    @property
    def kept(self) -> bool:
        """Whether anybody is registered at all; where nobody is, any code stands for somebody."""
        ...

    def __call__(self, code: str) -> Colleague | None:
        """Somebody by code; None: nobody of that code is registered."""
        ...

    def refuses(self, code: str) -> str | None:
        """What the customer's wishes, or the care that they need, have against somebody; None: nothing."""
        ...

    def book(self, code: str) -> int:
        """How many customers they own; whoever asks holds the lock on them."""
        ...


Stops = Callable[[str | None, str, int, str | None], Sequence[Obstacle]]
"""Reasons against a contact, by channel, purpose, moment and content; the most final first."""


class Situation(NamedTuple):
    """What a decision may look at: facts, rules and verdicts at the moment of the command."""

    facts: Customer
    rules: Rules
    at: int
    tier: int
    due: Mapping[str, int]  # complaint -> when its round has to be resolved, as the rules say
    staff: Staffing
    stops: Stops
    suggested: Callable[[], Collection[str]]  # contacts to come: planned ones that are open, occasions, rhythms
    holds: Callable[[], bool]  # whether the contact point or external id of the wish is theirs then
    sealed: frozenset[str]  # which sealed fields the wish has; what they say nobody looks at
    events: Mapping[str, Event]  # the history that counts up to `at`, by id, in order
    amendments: Mapping[str, Event]  # corrections and voids that stand, by id


class Command(NamedTuple):
    """One thing that a person may want done, and the event that it brings about."""

    name: str
    event: type[Event]
    says: str
    check: Callable[[Any, Situation], None]
    """Raises the refusal of a wish, given as the event that it would bring about."""
    about: str = ""
    """The field that names the complaint, promise or planned contact concerned."""
    among: Callable[[Customer], Mapping[str, Target]] | None = None
    """Which of those come into question."""
    named: bool = True
    """One has to be named, or be the only one; otherwise leaving it out has a meaning of its own."""
    ready: Callable[[Any, Situation], None] | None = None
    """Raises where nothing of the kind can be done to that one (None: to the customer), whatever else is wished."""
    by: str = ""
    """The field that whoever gives the command stands in for."""
    default: Mapping[str, Callable[[Customer], Any]] = MappingProxyType({})
    """What a field is, where it is left out and follows from the facts; None: it does not."""
    new: str = ""
    """The field with a new reference, which is made up where it is left out."""
    needs: tuple[str, ...] = ()
    """Fields that the event may lack and this command may not."""
    without: tuple[str, ...] = ()
    """Fields of the event that are not asked for."""
    takes: Mapping[str, Any] | None = None
    """The types of its fields, where they are not the event's own."""

    def fields(self) -> dict[str, Any]:
        """The type of each field."""
        if self.takes is not None:
            return dict(self.takes)
        return {name: hint for name, hint in hints(self.event).items() if name not in self.without}

    def required(self) -> list[str]:
        """The fields without which it cannot be given."""
        filled = {self.new, self.by, self.about, *self.default}
        demanded = {f.name for f in structs.fields(self.event) if f.required} | {*self.needs}
        return [name for name in self.fields() if name in demanded - filled]


def name_of_type(kind: type[Event]) -> str:
    """The stored name of a type."""
    return str(kind.__struct_config__.tag)


def free(_wish: Any, _situation: Situation) -> None:
    """A check of what nothing stands against."""


__all__ = [
    "Colleague", "Command", "Obstacle", "Situation", "Staffing", "Stops", "Target", "free", "name_of_type",
]  # fmt: skip
