"""jejak webhook create | list | rotate | replay | park | resume | test | log | delete."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.table import Table

from api.commands.change import actor
from api.commands.common import Json, at_home, err, print_json, screen
from api.errors import BadRequest
from api.webhooks import models, routes
from api.webhooks.trying import checked, try_out
from api.wiring import House

app = typer.Typer(
    no_args_is_help=True, help="Subscriptions to the feed that Jejak delivers, signed as Standard Webhooks."
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id, or its beginning.")]
Url = Annotated[
    str, typer.Argument(help="Where to: https, and outside of the network unless JEJAK_WEBHOOK_ALLOW names it.")
]
Begin = Annotated[str, typer.Option("--from", help="now, beginning, or a cursor of the feed.")]
Types = Annotated[list[str] | None, typer.Option("--type", "-t", help="An event type; may be repeated; none: all.")]
Customers = Annotated[
    list[str] | None, typer.Option("--customer", "-c", help="Our id of one; may be repeated; none: all.")
]


@app.command()
def create(
    url: Url,
    begin: Begin = "now",
    type_: Types = None,
    customer: Customers = None,
    sealed: Annotated[bool, typer.Option("--sealed", help="Send the sealed part too.")] = False,
    batch: Annotated[int, typer.Option(help="Events in one message at most.", min=1, max=models.LARGEST_BATCH)] = 1,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Subscribe, and show the secret, this once."""
    fields = {
        "url": url,
        "from": begin,
        "types": type_ or [],
        "customers": customer or [],
        "sealed": sealed,
        "batch": batch,
        "description": description,
    }
    try:
        wanted = models.WebhookWanted.model_validate(fields)
    except ValidationError as error:
        raise BadRequest("; ".join(f"{f['loc'][0]}: {f['msg']}" for f in error.errors())) from None
    with at_home() as house:
        asyncio.run(checked(house, wanted.url))
        made = routes.make(house, wanted, actor())
    if as_json:
        print_json(made.model_dump())
    else:
        typer.echo(f"{made.id}\n{made.secret}")
        err.print("Keep the secret: it is not shown again.", style="yellow")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Every webhook, and how far it is."""
    with at_home() as house:
        found = [routes.described(house, s) for s in routes.webhooks(house).listed(limit=1_000)]
    if as_json:
        print_json([webhook.model_dump() for webhook in found])
        return
    table = Table("id", "url", "state", "behind", "waiting", "oldest", "description", box=None, header_style="bold")
    for w in found:
        at = w.backlog
        waiting = f"{at.waiting_customers}" + (f" ({at.parked_customers} parked)" if at.parked_customers else "")
        standing = f"failing since {w.failing_since}" if w.active and w.failing_since else w.state
        table.add_row(w.id, w.url, standing, str(at.behind), waiting, at.oldest_recorded or "", w.description)
    screen().print(table)


@app.command()
def rotate(
    id_: Id,
    overlap: Annotated[
        float, typer.Option(help="For how many hours the old secret signs as well.", min=0, max=720)
    ] = 24.0,
    as_json: Json = False,
) -> None:
    """Make a new secret and show it, this once."""
    with at_home() as house:
        made = routes.rotated(house, _id(house, id_), overlap)
    if as_json:
        print_json(made.model_dump())
    else:
        typer.echo(made.secret)
        err.print("Keep it: it is not shown again.", style="yellow")


@app.command()
def replay(
    id_: Id,
    begin: Annotated[str, typer.Option("--from", help="beginning, or a cursor of the feed.")],
    as_json: Json = False,
) -> None:
    """Send again everything from a cursor on, under the ids that the messages had."""
    with at_home() as house:
        found = routes.webhooks(house).replay(_id(house, id_), routes.place(house, begin))
        _show(routes.described(house, found), as_json=as_json)


@app.command()
def park(id_: Id, as_json: Json = False) -> None:
    """Send nothing until it is resumed; nothing is lost meanwhile."""
    with at_home() as house:
        found = routes.webhooks(house).park(_id(house, id_), actor())
        _show(routes.described(house, found), as_json=as_json)


@app.command()
def resume(
    id_: Id,
    skip: Annotated[
        bool, typer.Option("--skip", help="Leave out the event that each parked customer is parked at.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Try at once whatever waits, parked customers among it."""
    with at_home() as house:
        found = routes.webhooks(house).resume(_id(house, id_), skip=skip)
        _show(routes.described(house, found), as_json=as_json)


@app.command("test")
def try_(id_: Id, as_json: Json = False) -> None:
    """Send a test event, and say what became of it."""
    with at_home() as house:
        kept = routes.webhooks(house)
        tried = asyncio.run(try_out(house, kept, kept.get(_id(house, id_))))
    if as_json:
        print_json(tried)
    else:
        typer.echo(f"{tried['error'] or 'accepted'}, {tried['duration_ms']} ms")
    if not tried["accepted"]:
        raise typer.Exit(1)


@app.command()
def log(
    id_: Id,
    limit: Annotated[int, typer.Option(help="How many, the latest first.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """What became of the attempts."""
    with at_home() as house:
        found = [routes.attempt(d) for d in routes.webhooks(house).deliveries(_id(house, id_), None, limit)]
    if as_json:
        print_json([line.model_dump() for line in found])
        return
    table = Table("at", "message", "attempt", "outcome", "ms", "error", "next", box=None, header_style="bold")
    for line in found:
        took = "" if line.duration_ms is None else str(line.duration_ms)
        table.add_row(
            line.at, line.message, str(line.attempt), line.outcome, took, line.error or "", line.next_at or ""
        )
    screen().print(table)


@app.command()
def delete(id_: Id) -> None:
    """Send nothing more, and forget the subscription, its secrets and its log."""
    with at_home() as house:
        routes.webhooks(house).delete(_id(house, id_))


def _id(house: House, given: str) -> UUID:
    """The webhook that is meant by an id or the beginning of one. BadRequest where it is none, or several."""
    found = [s.id for s in routes.webhooks(house).listed(limit=1_000) if str(s.id).startswith(given.lower())]
    if len(found) != 1:
        raise BadRequest(
            f"{'no' if not found else 'more than one'} webhook's id begins with {given!r}; `jejak webhook list` shows them"
        )
    return found[0]


def _show(webhook: models.Webhook, *, as_json: bool) -> None:
    if as_json:
        print_json(webhook.model_dump())
        return
    shown: dict[str, Any] = {"state": webhook.state, "reason": webhook.reason} | webhook.backlog.model_dump()
    typer.echo(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in shown.items() if value is not None))
