"""What Jejak refuses, as one tree; no transport in it.

    Refusal
    ├── InvalidEvent           a field is missing, unknown or impossible
    │   └── InvalidIdentifier  a contact point or a subject cannot be read
    ├── UnknownCustomer        a customer id that we never gave out
    ├── DifferentContent       this (source, id) was recorded with other content
    ├── StaleVersion           the stream moved on since the caller looked
    ├── Contradiction          a command that the customer's state does not allow
    ├── FromTheFuture          occurred_at is more than a day ahead of the clock
    ├── NotEmpty               history can be back-filled only into an empty ledger
    └── Abandoned              left out because another item of an atomic batch was refused
    SealBroken                 a sealed part does not belong where it lies, or was altered
    LedgerUnavailable          the database could not be reached; nothing is known to be recorded

A refusal says what was wrong with which input, and what would be right. `pointer` is a JSON Pointer (RFC 6901) into the
item; `problems` lists every fault found, as (pointer, sentence) pairs, so that a sender can mend all of them at once.
"""

from typing import ClassVar


class JejakError(Exception):
    """The root of the tree."""


class Refusal(JejakError):
    """An item that is not recorded, and why."""

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    def __init__(self, detail: str, *, pointer: str = "", problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer or (problems[0][0] if problems else "")
        self.problems: tuple[tuple[str, str], ...] = problems or ((self.pointer, detail),)


class InvalidEvent(Refusal):
    """A field is missing, unknown or impossible."""

    code = "invalid-event"
    title = "The event is not valid"


class InvalidIdentifier(InvalidEvent):
    """A contact point or a subject cannot be read."""

    code = "invalid-identifier"
    title = "The identifier cannot be read"


class UnknownCustomer(Refusal):
    """A customer id that we never gave out."""

    code = "unknown-customer"
    title = "There is no such customer"


class DifferentContent(Refusal):
    """The same (source, id) was recorded before, with other content."""

    code = "different-content"
    title = "Recorded before with other content"


class StaleVersion(Refusal):
    """The stream moved on since the caller looked."""

    code = "stale-version"
    title = "The customer's history has moved on"


class Contradiction(Refusal):
    """A command that the customer's state does not allow."""

    code = "contradiction"
    title = "The customer's state does not allow this"


class FromTheFuture(Refusal):
    """`time` is more than a day ahead of the clock."""

    code = "from-the-future"
    title = "The time lies in the future"


class NotEmpty(Refusal):
    """History with its own recorded time can only enter an empty ledger."""

    code = "not-empty"
    title = "The ledger is not empty"


class Abandoned(Refusal):
    """Not recorded because another item of an atomic batch was refused."""

    code = "abandoned"
    title = "Another item of the batch was refused"


class SealBroken(JejakError):
    """A sealed part does not belong where it lies, or was altered."""


class LedgerUnavailable(JejakError):
    """The database could not be reached; the caller may send the same again without harm."""
