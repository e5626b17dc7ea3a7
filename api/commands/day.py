"""jejak day."""

from datetime import date
from typing import Annotated

import typer

from api import days, rendering
from api.commands.building import build_at
from api.commands.common import AsOf, Json, KnownAt, Quiet, RulebookVersion, at_home_with_rows, print_json, screen
from api.coordinates import coordinates
from api.errors import BadRequest, NotBuilt


def day(
    manager: Annotated[str, typer.Argument(help="Whose day, by their code.")],
    on: Annotated[
        str | None, typer.Option("--date", help="Of which day, as 2026-03-01; default that of --as-of.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How much of what does not fit is shown.")] = 10,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """A manager's day: what to answer and whom to contact, as far as their minutes go, and what does not fit."""
    wanted = _date(on)
    with at_home_with_rows() as house:
        at, _ = days.placed(house, coordinates(house, as_of, known_at, rulebook), wanted)
        try:
            found = days.read(house, manager, at, wanted, limit)
        except NotBuilt:
            build_at(house, at, quiet=quiet or as_json)
            found = days.read(house, manager, at, wanted, limit)
        answer = days.shaped(house, found, opening=True)
    if as_json:
        print_json(answer)
    else:
        screen().print(rendering.day_of(answer))


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"--date is {text!r}; a day as 2026-03-01 would be right", pointer="/query/day") from None
