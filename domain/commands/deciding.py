"""All commands by name, and how one is decided: completed, checked, and turned into events."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from domain.commands import complaint, consent, conversation, correction, manager, outreach, person, promise
from domain.commands.checks import complaint_of, open_cases
from domain.commands.command import Command, Situation, Target
from domain.commands.refusals import Impossible, NotOpen, OutreachNotOpen, PromiseNotOpen, WhichOne
from domain.errors import InvalidEvent
from domain.events import Event

FAMILIES: Mapping[str, Sequence[Command]] = MappingProxyType(
    {
        "complaint": complaint.COMMANDS,
        "outreach": outreach.COMMANDS,
        "conversation": conversation.COMMANDS,
        "promise": promise.COMMANDS,
        "consent": consent.COMMANDS,
        "manager": manager.COMMANDS,
        "benefit": manager.BENEFITS,
        "person": person.COMMANDS,
        "correction": correction.COMMANDS,
    }
)
COMMANDS: Mapping[str, Command] = MappingProxyType(
    {command.name: command for family in FAMILIES.values() for command in family}
)

_NOT_OPEN: Mapping[str, type[Impossible]] = MappingProxyType(
    {"complaint": NotOpen, "promise": PromiseNotOpen, "outreach": OutreachNotOpen}
)


def complete(
    command: Command, data: Mapping[str, Any], s: Situation, *, given_by: str | None = None, ref: str = ""
) -> dict[str, Any]:
    """The data of a command with what follows from the moment filled in.

    `given_by`: the member of staff who gives it; `ref`: what a new complaint, promise or plan is called where its own
    reference is left out. InvalidEvent for fields that it does not have, or lacks; WhichOne where several could be meant.
    """
    readable(command, data)
    full = {name: value for name, value in data.items() if value is not None}
    if command.by and command.by not in full and given_by is not None:
        full[command.by] = given_by
    if command.new and command.new not in full:
        full[command.new] = ref
    if command.about and command.named and command.about not in full:
        full[command.about] = _the_only(command, s)
    for name, follows in command.default.items():
        if name not in full and (value := follows(s.facts)) is not None:
            full[name] = value
    present(command, full)
    return full


def readable(command: Command, data: Mapping[str, Any]) -> None:
    """InvalidEvent for fields that a command does not have."""
    fields = command.fields()
    if unknown := [name for name in data if name not in fields]:
        told = ", ".join(fields)
        raise InvalidEvent(
            f"{command.name} does not take {', '.join(unknown)}; there are {told}",
            problems=tuple((f"/{name}", f"is no field of {command.name}; there are {told}") for name in unknown),
        )


def present(command: Command, data: Mapping[str, Any]) -> None:
    """InvalidEvent for fields that a command lacks."""
    needed = dict.fromkeys((*command.required(), *command.needs, *command.default))
    if missing := [name for name in needed if data.get(name) is None]:
        raise InvalidEvent(
            f"{command.name} needs {', '.join(missing)}", problems=tuple((f"/{name}", "is missing") for name in missing)
        )


def _the_only(command: Command, s: Situation) -> str:
    """The one that can be meant where none is named."""
    found = among(command, s) or _nearest(command, s)
    if len(found) == 1:
        return next(iter(found))
    if not found:
        raise _none(command)
    raise WhichOne(
        f"{command.about} has to say which one; there are {', '.join(found)}",
        pointer=f"/{command.about}",
        members={command.about: list(found)},
    )


def _none(command: Command) -> Impossible:
    return _NOT_OPEN[command.about](
        f"{command.name}: this customer has no {command.about} of which that could be said", pointer=f"/{command.about}"
    )


def _nearest(command: Command, s: Situation) -> Mapping[str, Target]:
    """Where nothing comes into question: the complaint that was most likely meant, so that its refusal says why not."""
    if command.about != "complaint":
        return {}
    latest = max(s.facts.cases.values(), key=lambda case: (case.changed, case.ref), default=None)
    return open_cases(s.facts) or ({latest.ref: latest} if latest is not None else {})


def among(command: Command, s: Situation) -> Mapping[str, Target]:
    """What the command can be about, by reference."""
    return command.among(s.facts) if command.among is not None else {}


def target_of(command: Command, ref: str, s: Situation) -> Target:
    """The complaint, promise or contact of this reference. NotTheirComplaint, PromiseNotOpen or OutreachNotOpen."""
    if command.about == "complaint":
        case = complaint_of(ref, s)
        assert case is not None  # a reference was given
        return case
    held = among(command, s)
    if ref not in held:
        open_ = ", ".join(held) or "none"
        raise _NOT_OPEN[command.about](f"{ref} is not open; open are: {open_}", pointer=f"/{command.about}")
    return held[ref]


def decide(command: Command, wish: Event, s: Situation) -> list[Event]:
    """The events that a command comes to; the refusal of it (`Impossible`), raised, where it cannot be done.

    `wish` is the event as the door read it; sealed fields are not in it, `Situation.sealed` names those that were given.
    """
    ref: str | None = getattr(wish, command.about) if command.about and command.named else None
    _be_ready(command, None if ref is None else target_of(command, ref, s), s)
    command.check(wish, s)
    return [wish]


def _be_ready(command: Command, target: Target | None, s: Situation) -> None:
    if command.ready is not None and (target is not None or not command.about):
        command.ready(target, s)


def possible(command: Command, s: Situation, ref: str | None = None) -> list[str] | Impossible:
    """What the command could be about now ([] where it is about nothing of the kind), or why it cannot be given.

    Asked of the state alone: the fields may still stand against it. `ref`: only about that one.
    """
    try:
        if not command.about or command.among is None:
            _be_ready(command, None, s)
            return []
        if not command.named:
            return _to_come(command, s, ref)
        if ref is not None:
            _be_ready(command, target_of(command, ref, s), s)
            return [ref]
    except Impossible as refusal:
        return refusal
    stand = {one: _stands(command, target, s) for one, target in (among(command, s) or _nearest(command, s)).items()}
    ready = [one for one, refusal in stand.items() if refusal is None]
    if ready:
        return ready
    return next((refusal for refusal in stand.values() if refusal is not None), None) or _none(command)


def _to_come(command: Command, s: Situation, ref: str | None) -> list[str]:
    """Contacts to come, planned or not; where one is asked for, that one."""
    found = sorted(s.suggested())
    if ref is not None and ref not in found:
        raise _NOT_OPEN[command.about](f"{ref} is no contact to come", pointer=f"/{command.about}")
    return found if ref is None else [ref]


def _stands(command: Command, target: Target, s: Situation) -> Impossible | None:
    try:
        _be_ready(command, target, s)
    except Impossible as refusal:
        return refusal
    return None


def schema(command: Command) -> dict[str, Any]:
    """The JSON Schema of a command's fields, as the event's type has them."""
    fields = command.fields()
    made, parts = msgspec.json.schema_components(fields.values(), ref_template="#/$defs/{name}")
    shown: dict[str, Any] = {
        "type": "object",
        "properties": dict(zip(fields, made, strict=True)),
        "required": command.required(),
        "additionalProperties": False,
    }
    return shown | ({"$defs": parts} if parts else {})


__all__ = ["COMMANDS", "FAMILIES", "among", "complete", "decide", "possible", "schema", "target_of"]
