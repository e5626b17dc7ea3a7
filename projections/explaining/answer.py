"""What an explanation says: the verdict, since when, by which rule, what was measured, what changes next, what it rests on.

Instants are microseconds since 1970-01-01T00:00Z; codes are those of rows and rulebooks. Words for people are made of
this (`words`), and JSON in `api`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from msgspec import Struct, field

from domain.criteria.measures import Measured
from domain.facts import NEVER

Field = Literal["stage", "tier", "trust", "manager", "deadline", "rank", "outreach", "neglected"]
FIELDS: tuple[Field, ...] = get_args(Field)


class Next(Struct, frozen=True):
    """What changes by itself if nothing else happens: when, to what, by which rule."""

    at: int
    to: dict[str, Any]
    clause: str


class Answer(Struct, frozen=True):
    """Two answers are equal where nothing that is said, nor anything that it rests on, differs."""

    field: Field
    verdict: dict[str, Any]
    """By code; instants end in `_at`."""
    since: int | None
    clause: str
    """Of the rulebook: a clause's name, or where in the document the rule stands; "" where no rule is asked."""
    values: list[Measured]
    next: Next | None
    grounds: tuple[Any, ...] = ()
    """What has to stay for the verdict to stay and is not shown, such as the stages passed through."""


class Happened(Struct, frozen=True):
    """An event as it is named in an explanation: the stored name of its type, without version, and when (µs)."""

    type: str
    at: int


class Explanation(Struct, frozen=True):
    """An answer, and the events that it rests on."""

    answer: Answer
    rulebook: str
    zone: str
    """Where the customer lives, as far as it is known: in what time dates are read."""
    events: list[str]
    """Ids, in the order in which they are folded; what amends an event stands behind it."""
    known: bool = True
    """Whether anything was known of the customer then."""
    towards: list["Way"] = field(default_factory=list["Way"])
    """Of a stage: the ways out of it, as they measure now. What is missing rests on what never happened."""
    measured: dict[str, Happened] = field(default_factory=dict[str, Happened])
    """The events that the answer's values name, by id, as they stand after all amendments."""


class Way(Struct, frozen=True):
    """A clause that leads on, and how far its criteria hold."""

    clause: str
    to: str
    holds: bool
    measured: list[Measured]
    met: list[bool]


NOTHING = "nothing"


def nothing(field: Field) -> Answer:
    """Of a customer of whom nothing is known."""
    return Answer(field, {}, None, NOTHING, [], None)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def written(us: int) -> str:
    """An instant as a measured value: RFC 3339 in UTC; what never comes is "never"."""
    return "never" if us >= NEVER else (_EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
