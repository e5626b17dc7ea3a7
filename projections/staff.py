"""Staff as of one instant: what they can and may do, whether they are here, and whom a customer would accept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.door import instant
from domain.events import StaffChanged, StaffRegistered, Window
from domain.facts import Wishes

SPOKEN = ("language", "languages", "speaks")


@dataclass(frozen=True)
class Sealed:
    """Where the sealed part of an event is: its stream and version."""

    stream: str
    version: int


@dataclass
class Staff:
    """Somebody who works here, as of one instant. `name` and `email` are where `details` point."""

    staff: str
    team: str | None = None
    languages: tuple[str, ...] = ()
    traits: dict[str, str] = field(default_factory=dict[str, str])
    capacity: int | None = None
    minutes_a_day: int | None = None
    calendar: str | None = None
    active: bool = True
    details: list[Sealed] = field(default_factory=list[Sealed])  # later ones replace what they hold
    gender: str | None = None
    skills: tuple[str, ...] = ()
    qualifications: dict[str, date | None] = field(default_factory=dict[str, date | None])  # also expired ones
    hours: tuple[Window, ...] = ()
    timezone: str | None = None
    zone: str = "UTC"  # where their days begin: their own time zone, else the company's

    def change(self, event: StaffRegistered | StaffChanged) -> None:
        """What an event leaves out stays as it was; traits and qualifications are added to those before."""
        for name in ("team", "capacity", "minutes_a_day", "calendar", "gender", "timezone"):
            if (value := getattr(event, name)) is not None:
                setattr(self, name, value)
        for name in ("languages", "skills", "hours"):
            value = getattr(event, name)
            if value or (value is not None and isinstance(event, StaffChanged)):
                setattr(self, name, value)
        self.traits = {**self.traits, **(event.traits or {})}
        self.qualifications = {**self.qualifications, **(event.qualifications or {})}
        if isinstance(event, StaffChanged) and event.active is not None:
            self.active = event.active

    def qualified(self, as_of: int) -> frozenset[str]:
        """What they may do then: a qualification counts until the end of its last day."""
        today = instant(as_of).astimezone(ZoneInfo(self.zone)).date()
        return frozenset(code for code, until in self.qualifications.items() if until is None or today <= until)

    def has(self, trait: str, value: str, as_of: int) -> bool:
        """Whether they have a characteristic that a customer may ask for; a plain trait of that name counts as well."""
        if self.traits.get(trait) == value:
            return True
        if trait in SPOKEN:
            return any(_speaks(spoken, value) for spoken in self.languages)
        if trait in ("skill", "skills"):
            return value in self.skills
        if trait in ("qualification", "qualifications"):
            return value in self.qualified(as_of)
        return trait in ("gender", "team") and getattr(self, trait) == value


def _speaks(spoken: str, wanted: str) -> bool:
    """Whether one language is the other, or a regional form of it."""
    return spoken.lower() == wanted.lower() or spoken.lower().startswith(f"{wanted.lower()}-")


class Asked(NamedTuple):
    """Whom a customer accepts, and what their care asks for. All of it binds, for owners and covers alike."""

    staff: tuple[str, ...] = ()
    """Only these, in this order; empty: anybody."""
    traits: tuple[tuple[str, str], ...] = ()
    qualifications: tuple[str, ...] = ()

    def refuses(self, code: str, person: Staff | None, as_of: int) -> str | None:
        """Why somebody does not fit; None: they do. Of whom nothing is known only the name can fit."""
        if self.staff and code not in self.staff:
            return "not-named"
        if person is None:
            return "unknown" if self.traits or self.qualifications else None
        for trait, value in self.traits:
            if not person.has(trait, value, as_of):
                return f"trait:{trait}={value}"
        held = person.qualified(as_of) if self.qualifications else frozenset[str]()
        return next((f"qualification:{code}" for code in self.qualifications if code not in held), None)


ANYBODY = Asked()


def asked(wishes: Wishes | Mapping[str, object] | None, qualifications: Iterable[str] = ()) -> Asked:
    """What a customer's wishes say of staff: as facts, or as the profile's document holds them."""
    if wishes is None:
        return Asked(qualifications=tuple(qualifications))
    if isinstance(wishes, Wishes):
        named, traits = wishes.staff, wishes.staff_traits
    else:
        named, traits = wishes.get("staff"), wishes.get("staff_traits")
    given = dict(traits) if isinstance(traits, Mapping) else {}  # type: ignore[reportUnknownVariableType] # of decoded JSON
    codes = tuple(named) if isinstance(named, Sequence) else ()  # type: ignore[reportUnknownVariableType] # of decoded JSON
    return Asked(codes, tuple(sorted(given.items())), tuple(qualifications))  # type: ignore[reportUnknownArgumentType] # checked at the door


class Passed(NamedTuple):
    """Somebody who might have acted, and why they do not."""

    staff: str
    reason: str
    """away, left, or what a customer's wish says against them (`Asked.refuses`)."""
    until: int | None = None
    """Of somebody who is away, in µs."""


class Acting(NamedTuple):
    """Who cares for a customer at a moment."""

    staff: str | None
    """None: nobody does."""
    by: str
    """owner; cover (arranged for this customer, or for the owner's whole book, through a chain); wish (the customer named
    them); nobody."""
    passed: tuple[Passed, ...] = ()
    """Whom it went past, in this order."""
