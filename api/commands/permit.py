"""jejak permit."""

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from api.commands.common import Json, at_home, print_json, screen
from api.permitting.asking import ask
from domain.events import Channel, Purpose
from projections.explaining.words import Language
from projections.permits import Wanted

_DAY = 86_400  # seconds


def permit(
    ref: Annotated[str, typer.Argument(help="Our id, scheme:value, a telephone number or an e-mail address.")],
    channel: Annotated[Channel, typer.Option(help="On which channel.")],
    purpose: Annotated[Purpose, typer.Option(help="For which purpose.")],
    content: Annotated[
        str | None, typer.Option(help="What it is about, such as birthday, or the benefit that it offers.")
    ] = None,
    staff: Annotated[str | None, typer.Option(help="By whom.")] = None,
    outreach: Annotated[str | None, typer.Option(help="Which due contact or promise it is, by our id.")] = None,
    language: Annotated[Language, typer.Option(help="Of the reasons.")] = "en",
    as_json: Json = False,
) -> None:
    """Ask whether a customer may be contacted now: yes or no, why, until when, and the permit to hand on."""
    with at_home() as house:
        wanted = Wanted(channel, purpose, content, staff, outreach)
        answer = ask(house, ref, wanted, language=language)
    if as_json:
        print_json(answer)
    else:
        screen().print(_told(answer))
        if answer["allowed"]:
            typer.echo(answer["permit"])  # whole, so that it can be copied


def _told(answer: dict[str, Any]) -> Group:
    said: list[Text] = []
    if answer["allowed"]:
        said.append(Text(f"yes, until {answer['valid_until']}", style="bold green"))
    else:
        when = f"; from {answer['next_at']}, if nothing else happens" if answer["next_at"] else ""
        said.append(Text(f"no{when}", style="bold red"))
    for stop in (*answer["stops"], *answer["advice"]):
        events = f"  ({', '.join(stop['events'])})" if stop["events"] else ""
        said.append(Text(f"  {stop['reason']}: {stop['says']}{events}"))
    said += [Text(f"  {_counted(limit)}", style="dim") for limit in answer["basis"]["limits"]]
    said.append(Text(f"rulebook {answer['rulebook']}, ledger up to {answer['position']}", style="dim"))
    return Group(*said)


def _counted(limit: dict[str, Any]) -> str:
    days = limit.get("within", 0) / _DAY
    span = f"in {days:g} {'day' if days == 1 else 'days'}" if days else f"a {limit['per']}"
    return f"{limit['limit']}: {limit['count']} of {limit['at_most']} {span}"
