"""jejak key create | list | revoke."""

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from api.clouds import moment
from api.commands.common import Json, at_home, err, print_json, screen
from api.errors import BadRequest
from api.keys import Bearer

app = typer.Typer(no_args_is_help=True, help="Keys of those who call the API.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for; shown in lists.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", "-s", help="append, read, read-sealed, command, rules, webhooks or admin; may be repeated."
        ),
    ] = None,
    days: Annotated[int | None, typer.Option(help="For how many days it is valid.", min=1)] = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once."""
    with at_home() as house:
        expires = house.clock() + timedelta(days=days) if days else None
        key = house.bearers.create(name, scope or ["read"], expires)
    if as_json:
        print_json({"id": key.split("_")[1], "name": name, "key": key})
    else:
        typer.echo(key)
        err.print("Keep it: it is not shown again.", style="yellow")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Every key that was made; the keys themselves are not kept."""
    with at_home() as house:
        bearers = house.bearers.listed()
    if as_json:
        print_json([_plain(b) for b in bearers])
        return
    table = Table("id", "name", "scopes", "made", "last used", "ends", box=None, header_style="bold")
    for b in bearers:
        ends = f"revoked {_day(b, 'revoked_at')}" if b.revoked_at else _day(b, "expires_at")
        table.add_row(b.id, b.name, " ".join(b.scopes), _day(b, "created_at"), _day(b, "last_used_at"), ends)
    screen().print(table)


@app.command()
def revoke(id_: Annotated[str, typer.Argument(metavar="ID", help="The id of the key, or the key itself.")]) -> None:
    """End a key; processes that serve let it in for three seconds more."""
    wanted = id_.split("_")[1] if id_.startswith("jejak_") else id_
    with at_home() as house:
        if not house.bearers.revoke(wanted):
            raise BadRequest(f"there is no key {wanted!r}; `jejak key list` shows those there are")


def _plain(b: Bearer) -> dict[str, Any]:
    times = {name: moment(getattr(b, name)) for name in ("created_at", "expires_at", "revoked_at", "last_used_at")}
    return {"id": b.id, "name": b.name, "scopes": b.scopes} | times


def _day(b: Bearer, name: str) -> str:
    value = getattr(b, name)
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}"
