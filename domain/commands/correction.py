"""Commands that put right what was recorded: correct, void, attribute."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from msgspec import Meta, to_builtins

from domain import events as e
from domain.commands.checks import changing
from domain.commands.command import Command, Situation, free
from domain.commands.refusals import NotProvisional, UnknownEvent
from domain.errors import InvalidEvent
from domain.vocabulary import hints, name_of

_OWN_PARTS = ("sent_as", "contact_point", "sealed_refs")  # of a sealed part, that are no fields of the event


def correction(event: e.Event, opened: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a correction in which only some fields are other, whole, as `touchpoint.corrected` wants it.

    `wish`: the fields of the command; null in its `data` takes a field away. `opened`: the target's sealed fields.
    NothingChanges where everything is so already.
    """
    clear = to_builtins(event)
    whole = {name: clear[name] for name in hints(type(event)) if clear.get(name) is not None}
    whole |= {name: value for name, value in opened.items() if name not in _OWN_PARTS}
    changes: Any = wish["data"]
    if not isinstance(changes, Mapping):
        raise InvalidEvent("data has to hold the fields that are to be other", pointer="/data")
    changes = cast("Mapping[str, Any]", changes)
    right = {name: value for name, value in {**whole, **changes}.items() if value is not None}
    if "lines" in changes and "total" not in changes:
        right.pop("total", None)  # it is the sum of the lines, and follows from them
    changing(right != whole or wish.get("time") is not None, "all of this stands there already")
    return {**wish, "target_type": name_of(event), "data": right}


def _correct(wish: e.TouchpointCorrected, s: Situation) -> None:
    if wish.target not in s.events:
        raise missing(wish.target)


def _void(wish: e.TouchpointVoided, s: Situation) -> None:
    if wish.target not in s.events and wish.target not in s.amendments:
        raise missing(wish.target)


def missing(target: Any) -> UnknownEvent:
    """The refusal where an event to put right is not there."""
    return UnknownEvent(
        f"{target} is no event of this customer, or was voided; the timeline has those that count", pointer="/target"
    )


def _is_provisional(_: object, s: Situation) -> None:
    if not s.facts.provisional:
        raise NotProvisional(
            "this customer is not provisional: whose the contacts are is not in doubt; void would be right"
        )


_CORRECTED: dict[str, Any] = {
    "target": e.TargetId,
    "data": Annotated[dict[str, Any], Meta(description="the fields that are to be other; null takes one away")],
    "time": e.Instant | None,
    "reason": e.Code | None,
}
_ATTRIBUTED: dict[str, Any] = {
    "to": Annotated[str, Meta(max_length=400, description="the customer: our id, an external id or a contact point")],
    "events": tuple[e.EventId, ...] | None,
}

COMMANDS = (
    Command(
        "correct", e.TouchpointCorrected, "Something was recorded wrongly; what is left out stays", _correct,
        needs=("target", "data"), takes=_CORRECTED,
    ),
    Command(
        "void", e.TouchpointVoided, "It never happened, or not to them; a correction or void can be voided too", _void,
        without=("attributed_to",),
    ),
    Command(
        "attribute", e.TouchpointVoided, "Say whose the contacts of a provisional customer are", free, needs=("to",),
        ready=_is_provisional,
        takes=_ATTRIBUTED,
    ),
)  # fmt: skip
