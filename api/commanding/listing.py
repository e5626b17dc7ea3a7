"""What commands there are, and which are possible for a customer now."""

from collections.abc import Mapping
from typing import Any

from api.commanding import naming, situations
from api.commanding.doing import rules_shown
from api.commanding.situations import Frame
from api.commanding.staffing import Books
from api.errors import problem
from api.wiring import House
from domain.commands.command import Command, Situation, name_of_type
from domain.commands.deciding import FAMILIES, schema
from domain.commands.deciding import possible as asked
from domain.commands.refusals import Impossible
from domain.door import micros
from projections.histories import Broken


def everything() -> list[dict[str, Any]]:
    """Every command with its schema, by family."""
    return [_described(family, command) for family, commands in FAMILIES.items() for command in commands]


def _described(family: str, command: Command) -> dict[str, Any]:
    return {
        "name": command.name,
        "family": family,
        "summary": command.says,
        "event": name_of_type(command.event),
        "about": command.about or None,
        "by": command.by or None,
        "schema": schema(command),
    }


def possible(house: House, customer: str, about: Mapping[str, str]) -> dict[str, Any]:
    """Every command with what it could be about now, or the refusal that it would meet whatever its fields are.

    `about`: only commands about this complaint, promise or planned contact. What only an amount, a date or a name can stand
    against is decided when the command is given, or tried with `dry_run`.
    """
    now = micros(house.now())
    known = situations.heads(house, [customer])[customer]
    if isinstance(known, Broken):
        raise situations.unfolded(known)
    frame = Frame(rules_shown(house), house.people.at_head(), Books(None, (), house.now))
    s = situations.view(known, frame, now, lambda: False).situation
    items = [
        _described(family, command) | _standing(house, customer, command, s, about)
        for family, commands in FAMILIES.items()
        for command in commands
        if not about or command.about in about
    ]
    return {"customer": customer, "as_of": house.now(), "version": known.version, "items": items}


def _standing(house: House, customer: str, command: Command, s: Situation, about: Mapping[str, str]) -> dict[str, Any]:
    ref = about.get(command.about)
    if ref is not None:
        ref = naming.resolved(house.ledger, customer, s.facts, command, {command.about: ref})[command.about]
    found = asked(command, s, ref)
    if isinstance(found, Impossible):
        return {"possible": False, "refs": [], "refusal": problem(found)}
    return {"possible": True, "refs": found, "refusal": None}
