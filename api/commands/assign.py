"""jejak assign propose | list | show | apply | drop, and jejak handover."""

from typing import Annotated, Any

import typer

from api.assigning import applying, making
from api.assigning.applying import Why
from api.assigning.shown import line, proposal
from api.commands.building import answer_at
from api.commands.change import actor
from api.commands.common import (
    AsOf,
    Json,
    KnownAt,
    Quiet,
    RulebookVersion,
    at_home,
    at_home_with_rows,
    print_json,
    screen,
)
from api.coordinates import coordinates
from api.handover import note
from api.progress import meter
from api.references import customer_of
from api.rendering_staff import handed, proposals
from api.rendering_staff import proposal as rendered
from api.wiring import House
from projections.assigning import keeping
from projections.assigning.keeping import Kept

app = typer.Typer(no_args_is_help=True, help="Give books of customers to staff: propose, look, apply.")

Number = Annotated[int, typer.Argument(metavar="ID", help="Of a proposal; `jejak assign list` shows them.")]
Limit = Annotated[int, typer.Option(help="How many moves to show.", min=0, max=1_000_000)]


@app.command()
def propose(
    unowned: Annotated[
        bool, typer.Option("--unowned", help="Customers whom nobody owns, or somebody who left.")
    ] = False,
    leaving: Annotated[list[str] | None, typer.Option(help="Give their book away; may be repeated.")] = None,
    rebalance: Annotated[bool, typer.Option("--rebalance", help="The whole books of --staff or --team.")] = False,
    customer: Annotated[list[str] | None, typer.Option(help="A single customer; may be repeated.")] = None,
    staff: Annotated[
        list[str] | None, typer.Option(help="Who is given customers; default all; may be repeated.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="Only who is in this team.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    limit: Limit = 20,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Propose who gets whom, by wish, qualification, capacity, load and whom they know. Nothing changes by it."""
    with at_home_with_rows() as house:
        at = coordinates(house, as_of, known_at, rulebook)
        wanted = making.wanted(
            house, at, customer or [], staff=tuple(staff or ()), team=team, unowned=unowned,
            leaving=tuple(leaving or ()), rebalance=rebalance,
        )  # fmt: skip
        kept: Kept = answer_at(house, at, lambda: making.make(house, at, wanted, actor()), quiet=quiet or as_json)
        _show(house, kept.id, limit, as_json=as_json)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The latest proposals."""
    with at_home() as house, house.pool.connection() as c:
        items = [proposal(kept, keeping.counts(c, kept.id)) for kept in keeping.listed(c)]
    if as_json:
        print_json(items)
    else:
        screen().print(proposals(items))


@app.command()
def show(number: Number, limit: Limit = 20, as_json: Json = False) -> None:
    """A proposal: loads before and after, who moves and why, for whom there is nobody, and how far applying is."""
    with at_home() as house:
        _show(house, number, limit, as_json=as_json)


@app.command()
def apply(
    number: Number,
    reason: Annotated[str | None, typer.Option(help="A code; default why the proposal moves a customer.")] = None,
    note: Annotated[str | None, typer.Option(help="For whoever takes over; it is sealed for each customer.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Record the assignments that still hold; the others are skipped, with the reason. Goes on where it was stopped."""
    with at_home(quiet=quiet) as house:
        pending = making.counted(house, number).get("pending", 0)
        with meter("assign", pending, "customers", quiet=quiet or as_json) as bar:
            applying.apply(house, number, Why(actor(), reason, note), bar)
        _show(house, number, 0, as_json=as_json)


@app.command()
def drop(number: Number, as_json: Json = False) -> None:
    """Throw a proposal away; what was applied of it stays."""
    with at_home() as house:
        making.find(house, number)
        with house.pool.connection() as c:
            keeping.drop(c, number)
    if as_json:
        print_json({"dropped": number})
    else:
        typer.echo(f"proposal {number} is gone")


def handover(
    ref: Annotated[str, typer.Argument(help="Our id, scheme:value, a telephone number or an e-mail address.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    as_json: Json = False,
) -> None:
    """What whoever takes over a customer has to know: what is owed to them, how to treat them, what was said."""
    with at_home_with_rows() as house:
        at = coordinates(house, as_of, known_at, rulebook)
        answer = note(house, customer_of(house, ref, at.as_of), at, house.ledger)
    if as_json:
        print_json(answer)
    else:
        screen().print(handed(answer))


def _show(house: House, number: int, limit: int, *, as_json: bool) -> None:
    answer = proposal(making.find(house, number), making.counted(house, number))
    lists: dict[str, list[dict[str, Any]]] = {
        which: [line(of) for of in making.lines(house, number, which, -1, limit)]
        for which in ("moves", "unplaced", "skipped")
    }
    if as_json:
        print_json(answer | {"lines": lists})
    else:
        screen().print(rendered(answer, lists["moves"], lists["unplaced"]))
