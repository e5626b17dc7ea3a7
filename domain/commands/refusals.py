"""Why a command is not done. One tree below `domain.errors.Contradiction`; each leaf has its code.

    Impossible                    `members` say by whom, since when, until when, and which events it rests on
    ├── NothingChanges            it is so already
    ├── WhichOne                  several could be meant, and none was named
    ├── NotAhead                  a time that has to lie ahead does not
    ├── NotTheirComplaint         no complaint of theirs
    ├── UnknownEvent              no event in their history that counts
    ├── NotOpen                   the complaint is settled, closed or withdrawn
    ├── AlreadyOpen               the complaint is open, or was opened before
    ├── NotResolved               the complaint was not resolved
    ├── NotWaiting                the complaint waits for nobody
    ├── AlreadyExtended           a second extension in one round
    ├── NotNotified               an extension of which the customer was not told
    ├── TooLateToReopen           settled too long ago
    ├── AlreadyClaimed            somebody else has it
    ├── NotAssigned               nobody has it
    ├── PromiseNotOpen, AlreadyPromised
    ├── OutreachNotOpen, AlreadyPlanned
    ├── NotRegistered, InactiveStaff, AbsentStaff, UnwishedStaff, OverCapacity
    ├── NotTheOwner               another owns the relationship, or nobody does
    ├── RefusedChannel, RefusedPurpose, RelationshipEnded, BenefitUnfit, HeldBack
    ├── ContradictoryWishes       the same channel preferred and refused
    ├── NotProvisional            whose the contacts are is not in doubt
    └── NotHeld                   no contact point or external id of theirs
    UnknownCommand                (below Refusal) there is no command of this name

A sentence says what stands against it and what would be right.
"""

from collections.abc import Mapping
from typing import Any

from domain.errors import Contradiction, Refusal


class Impossible(Contradiction):
    """What a person wants done cannot be done as things are."""

    def __init__(
        self,
        detail: str,
        *,
        pointer: str = "",
        problems: tuple[tuple[str, str], ...] = (),
        members: Mapping[str, Any] | None = None,
    ) -> None:
        """`members`: what stands against it, for programs; instants as µs."""
        super().__init__(detail, pointer=pointer, problems=problems)
        self.members = dict(members or {})


class UnknownCommand(Refusal):
    """There is no command of this name."""

    code = "unknown-command"
    title = "There is no such command"


class NothingChanges(Impossible):
    """It is so already."""

    code = "nothing-changes"
    title = "It is so already"


class WhichOne(Impossible):
    """Several could be meant, and none was named."""

    code = "which-one"
    title = "Several could be meant"


class NotAhead(Impossible):
    """A time that has to lie ahead does not."""

    code = "not-ahead"
    title = "The time has to lie ahead"


class NotTheirComplaint(Impossible):
    """No complaint of theirs."""

    code = "not-their-complaint"
    title = "There is no such complaint"


class UnknownEvent(Impossible):
    """No event in their history that counts."""

    code = "unknown-event"
    title = "There is no such event"


class NotOpen(Impossible):
    """The complaint is settled, closed or withdrawn."""

    code = "not-open"
    title = "The complaint is not open"


class AlreadyOpen(Impossible):
    """The complaint is open, or was opened before."""

    code = "already-open"
    title = "The complaint is known already"


class NotResolved(Impossible):
    """The complaint was not resolved."""

    code = "not-resolved"
    title = "The complaint is not resolved"


class NotWaiting(Impossible):
    """The complaint waits for nobody."""

    code = "not-waiting"
    title = "The complaint is not waiting"


class AlreadyExtended(Impossible):
    """A second extension in one round."""

    code = "already-extended"
    title = "The complaint was extended already"


class NotNotified(Impossible):
    """An extension of which the customer was not told."""

    code = "not-notified"
    title = "The customer has to be told"


class TooLateToReopen(Impossible):
    """Settled too long ago."""

    code = "too-late-to-reopen"
    title = "It is too late to reopen this"


class AlreadyClaimed(Impossible):
    """Somebody else has it."""

    code = "already-claimed"
    title = "Somebody else takes care of it"


class NotAssigned(Impossible):
    """Nobody has it."""

    code = "not-assigned"
    title = "Nobody takes care of it"


class PromiseNotOpen(Impossible):
    """No promise that is still open."""

    code = "promise-not-open"
    title = "The promise is not open"


class AlreadyPromised(Impossible):
    """A promise under this reference is open."""

    code = "already-promised"
    title = "This was promised already"


class OutreachNotOpen(Impossible):
    """No planned contact that is still open."""

    code = "outreach-not-open"
    title = "The contact is not planned"


class AlreadyPlanned(Impossible):
    """A contact under this reference is planned."""

    code = "already-planned"
    title = "This is planned already"


class NotRegistered(Impossible):
    """Nobody of this code is registered."""

    code = "not-registered"
    title = "Nobody of this code works here"


class InactiveStaff(Impossible):
    """They work here no more."""

    code = "inactive-staff"
    title = "They work here no more"


class AbsentStaff(Impossible):
    """They are away."""

    code = "absent-staff"
    title = "They are away"


class UnwishedStaff(Impossible):
    """The customer accepts only others."""

    code = "unwished-staff"
    title = "The customer wants others"


class OverCapacity(Impossible):
    """Their book is full."""

    code = "over-capacity"
    title = "Their book is full"


class NotTheOwner(Impossible):
    """Another owns the relationship, or nobody does."""

    code = "not-the-owner"
    title = "Another owns the relationship"


class RefusedChannel(Impossible):
    """The customer refused to be contacted on this channel."""

    code = "refused-channel"
    title = "The customer refused this channel"


class RefusedPurpose(Impossible):
    """The customer withdrew, or never gave, consent to this purpose."""

    code = "refused-purpose"
    title = "There is no consent to this purpose"


class RelationshipEnded(Impossible):
    """The relationship has ended."""

    code = "relationship-ended"
    title = "The relationship has ended"


class BenefitUnfit(Impossible):
    """The benefit does not fit this customer."""

    code = "benefit-unfit"
    title = "The benefit does not fit this customer"


class HeldBack(Impossible):
    """Such a contact may not take place then."""

    code = "held"
    title = "Such a contact may not take place then"


class ContradictoryWishes(Impossible):
    """The same channel preferred and refused."""

    code = "contradictory-wishes"
    title = "These wishes contradict each other"


class NotHeld(Impossible):
    """No contact point or external id of theirs."""

    code = "not-held"
    title = "This is no contact point of theirs"


class NotProvisional(Impossible):
    """Whose the contacts are is not in doubt."""

    code = "not-provisional"
    title = "The customer is not provisional"
