"""Commands on the person: notes, needs, how to treat them, what describes and identifies them, and the end."""

from domain import events as e
from domain.commands.checks import ahead, changing, said
from domain.commands.command import Command, Situation, free
from domain.commands.refusals import NotHeld

_OPEN_FIELDS = ("kind", "birthday", "timezone", "language", "country", "segment")


def _instruct(wish: e.HandlingInstructed, s: Situation) -> None:
    ahead(wish.until, s, "/until")


def _describe(wish: e.CustomerProfileChanged, s: Situation) -> None:
    """Whether a name or address is another than before is sealed: given again, it is recorded again."""
    c = s.facts
    changes = any(getattr(wish, name) not in (None, getattr(c, name)) for name in _OPEN_FIELDS)
    changes = changes or any(c.traits.get(name) != value for name, value in (wish.traits or {}).items())
    changing(changes or bool(s.sealed), "all of this is known already, or nothing was given")


def _identify(wish: e.CustomerIdentified, s: Situation) -> None:
    changing(not s.holds(), "this contact point or external id is theirs already")


def _forget_point(wish: e.CustomerIdentifierRemoved, s: Situation) -> None:
    if not s.holds():
        raise NotHeld("this is no contact point or external id of theirs; one that is would be right", pointer="/value")


def _goes_on(_: object, s: Situation) -> None:
    ended = s.facts.ended
    changing(
        ended is None,
        f"the relationship ended at {said(ended.at)}" if ended else "",
        since=ended.at if ended else None,
        events=[ended.id] if ended else [],
    )


COMMANDS: tuple[Command, ...] = (
    Command("add-note", e.NoteAdded, "An internal note", free, needs=("text",)),
    Command("note-need", e.NeedNoted, "They need something that we might serve", free),
    Command("instruct-handling", e.HandlingInstructed, "How to treat them", _instruct),
    Command("change-profile", e.CustomerProfileChanged, "What describes them; what is left out stays", _describe),
    Command("identify", e.CustomerIdentified, "A contact point or an external id is theirs", _identify, needs=("value",)),
    Command(
        "remove-identifier", e.CustomerIdentifierRemoved, "A contact point or an external id is theirs no more",
        _forget_point, needs=("value",),
    ),
    Command("end-relationship", e.RelationshipEnded, "They or we end it", free, ready=_goes_on),
)  # fmt: skip
