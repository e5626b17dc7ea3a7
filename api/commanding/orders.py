"""What is asked for, and what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from domain.commands.command import Command
from domain.commands.deciding import COMMANDS
from domain.commands.refusals import UnknownCommand
from domain.errors import InvalidEvent
from domain.sealing import Secrets

SOURCE = "urn:jejak:commands"
"""The source of the events that commands bring about."""


class Order(Struct, frozen=True, kw_only=True):
    """One command for one customer, by somebody."""

    customer: str
    """Our id."""
    name: str
    data: Mapping[str, Any]
    actor: str
    id: str
    """What the command is called: the same one again is answered as the first time."""
    occurred_at: datetime | None = None
    """When it took place, where that is not now."""
    given_by: str | None = None
    """The member of staff who gives it."""
    at_version: int | None = None
    """Only where the customer's history is still there."""

    def command(self) -> Command:
        """What is to be done. UnknownCommand where there is nothing of that name."""
        found = COMMANDS.get(self.name)
        if found is None:
            raise UnknownCommand(f"there is no command {self.name!r}; GET /v1/commands lists them all", pointer="/name")
        return found

    def holding(self, data: Mapping[str, Any]) -> "Order":
        """The same with this data."""
        return msgspec.structs.replace(self, data=data)

    def event_id(self, secrets: Secrets) -> bytes:
        """The id of the event that this comes to, whenever it is decided."""
        return secrets.event_id(SOURCE, self.own_id)

    @property
    def own_id(self) -> str:
        """The command's id among those of all who give commands."""
        return f"{self.actor.partition('/')[0]} {self.id}"

    def content(self, secrets: Secrets) -> bytes:
        """By what a repetition is told from another command under the same id."""
        said = {
            "name": self.name,
            "customer": self.customer,
            "data": dict(self.data),
            "occurred_at": None if self.occurred_at is None else self.occurred_at.isoformat(),
            "given_by": self.given_by,
        }
        try:
            return secrets.content(msgspec.json.encode(said, order="sorted"))
        except (OverflowError, UnicodeEncodeError, RecursionError, TypeError) as e:
            raise InvalidEvent(f"cannot be kept as JSON ({e}); Unicode texts could be") from None


class Made(Struct, frozen=True, kw_only=True):
    """An event that a command brought about."""

    id: str
    type: str
    version: int | None
    position: int | None
    recorded_at: datetime | None


class Notice(Struct, frozen=True, kw_only=True):
    """Something that stands against a contact that took place, or is to take place, all the same."""

    reason: str
    until: datetime | None
    events: tuple[str, ...]


class Contradicted(Struct, frozen=True, kw_only=True):
    """A later fact that does not fit any more, now that this is known to have been before."""

    event: str
    type: str
    at: datetime


class Done(Struct, frozen=True, kw_only=True):
    """What a command came to."""

    command: str
    id: str
    """The command's; under it the same command may be sent again."""
    customer: str
    status: Literal["recorded", "duplicate", "accepted"]
    """accepted: a dry run, nothing is recorded."""
    version: int | None
    """Where the customer's history is by this event; null in a dry run."""
    events: tuple[Made, ...]
    refs: dict[str, str]
    """What the event refers to, by ids of ours: a new complaint, promise or plan among it."""
    contradictions: tuple[Contradicted, ...] = ()
    warnings: tuple[Notice, ...] = ()
