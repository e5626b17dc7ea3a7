"""given / when / then over commands, without a database: facts of a story, staff, a moment, and what a command comes to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import msgspec

from api.commanding.situations import Frame, Known, View, view
from api.commanding.staffing import Books
from domain.commands.deciding import COMMANDS, complete, decide, possible
from domain.commands.refusals import Impossible
from domain.errors import InvalidEvent, Refusal
from domain.events import Beside, Event
from domain.facts import NEVER
from domain.rules import Rules, first_rules
from domain.vocabulary import name_of, sealed_fields
from projections import fold
from projections.catalogue import Catalogue
from tests import examples
from tests.spec import numbered


class Full(Books):
    """Books that were counted beforehand."""

    def __init__(self, counted: Mapping[str, int]) -> None:
        super().__init__(None, (), lambda: examples.EPOCH)
        self._counted = Counter(counted)


@dataclass(frozen=True)
class Story:
    """What is known of a customer and of staff, and what their books hold."""

    events: Sequence[Event] = ()
    staff: Sequence[Event] = ()
    books: Mapping[str, int] = field(default_factory=dict[str, int])
    rules: Rules = field(default_factory=first_rules)

    def among(self, *staff: Event, **books: int) -> "Story":
        """These work here, with so many customers each."""
        return replace(self, staff=staff, books=books)

    def seen(self, day: float, hour: float = 0, *, sealed: Sequence[str] = (), holds: bool = False) -> View:
        """The situation at a moment of the story."""
        known = Known("", numbered(self.events), len(self.events))
        catalogue = Catalogue(0, [("staff", event) for event in self.staff])
        frame = Frame(self.rules, catalogue, Full(self.books))
        return view(known, frame, examples.day(day, hour), lambda: holds, frozenset(sealed))

    def when(self, name: str, day: float, hour: float = 0, *, by: str | None = None, **data: Any) -> "Outcome":
        """Somebody (`by`) gives a command at a moment of the story."""
        return self.give(name, day, by, data, hour=hour)

    def give(
        self, name: str, day: float, by: str | None, data: Mapping[str, Any], *, hour: float = 0, holds: bool = False
    ) -> "Outcome":
        """The same, with fields of whatever name."""
        command = COMMANDS[name]
        sealed = [field for field in sealed_fields(command.event) if field in data]
        seen = self.seen(day, hour, sealed=sealed, holds=holds)
        s = seen.situation
        try:
            full = complete(command, data, s, given_by=by, ref=examples.uid(f"new {day} {hour}"))
            plain = {name: value for name, value in full.items() if name not in sealed}
            wish = msgspec.convert(
                msgspec.to_builtins(plain)
                | {
                    "type": str(command.event.__struct_config__.tag),
                    "id": examples.uid(f"{name} {day} {hour}"),
                    "at": s.at,
                    "source": "urn:test",
                    "sequence": f"{len(self.events) + 1:012d}",
                },
                command.event,
            )
            [event] = decide(command, wish, s)
        except Refusal as refusal:
            return Outcome(self, refusal=refusal)
        except msgspec.ValidationError as fault:  # which the door would explain
            return Outcome(self, refusal=InvalidEvent(str(fault)))
        return Outcome(replace(self, events=[*self.events, event]), event=event)

    def possible(self, name: str, day: float, ref: str | None = None) -> list[str] | str:
        """What a command could be about at a moment, or the code of what stands against it."""
        found = possible(COMMANDS[name], self.seen(day).situation, ref)
        return found.code if isinstance(found, Impossible) else found


@dataclass(frozen=True)
class Outcome:
    """What a command came to: the story that goes on, and an event or a refusal."""

    story: Story
    event: Any = None
    refusal: Refusal | None = None

    @property
    def said(self) -> str:
        """The type of the event, or the code of the refusal."""
        return name_of(self.event) if self.refusal is None else self.refusal.code

    @property
    def members(self) -> dict[str, Any]:
        """What a refusal says for programs."""
        return cast("Impossible", self.refusal).members

    def when(self, name: str, day: float, hour: float = 0, **data: Any) -> "Outcome":
        """The next command; the one before must have been possible."""
        assert self.refusal is None, self.refusal
        return self.story.when(name, day, hour, **data)

    def fits(self) -> bool:
        """Whether the fold finds nothing odd, and nothing that waits for a match."""
        c = fold.fold(numbered(self.story.events), self.story.rules).customer
        return not c.odd and not c.unmatched


def given(*events: Event) -> Story:
    """A customer's history, and staff among it."""
    return Story(
        [event for event in events if not isinstance(event, Beside)],
        [event for event in events if isinstance(event, Beside)],
    )


__all__ = ["NEVER", "Outcome", "Story", "given"]
