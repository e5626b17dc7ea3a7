"""jejak rebuild | diff | promote | rollback | generations."""

import getpass
from typing import Annotated, Any

import typer

from api.changing import contrast, diffing, promoting
from api.changing.building import Wish, build, running
from api.changing.diffing import Asked
from api.changing.routes import described
from api.commands.common import AsOf, Json, KnownAt, Quiet, RulebookVersion, at_home, print_json, screen
from api.coordinates import moment
from api.progress import meter
from api.references import customer_of
from api.wiring import House
from projections.rebuild import Progress

Number = Annotated[
    int, typer.Argument(metavar="ID", help="The number of a generation; `jejak generations list` shows them.")
]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the ledger.")]

generations_app = typer.Typer(no_args_is_help=True, help="Sets of rows: those shown, those built beside them.")


def actor() -> str:
    """Who gives a command here."""
    return f"cli:{getpass.getuser()}"


def rebuild(
    rulebook: RulebookVersion = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    sample: Annotated[int | None, typer.Option(help="Of every so many-th customer only: a preview.", min=2)] = None,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    resume: Annotated[int | None, typer.Option(help="Go on with this generation, whose build was stopped.")] = None,
    processes: Annotated[
        int | None, typer.Option(help="How many work at it; as many as there are cores.", min=1)
    ] = None,
    promote: Annotated[
        bool | None,
        typer.Option(
            "--promote/--no-promote",
            help="Show the new rows once they have caught up; so by default under the same rules.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make rows anew beside the present ones: under the same rules to replace them, under others to compare them first."""
    with at_home(quiet=quiet) as house:
        wish = Wish(rulebook, moment(as_of, "as_of"), known_at, sample, name, resume)
        total = house.ledger.head() // (sample or 1) if resume is None else promoting.find(house, resume).total
        last = Progress(0, 0, total, 0.0)
        with meter("rebuild", last.total, "events", quiet=quiet or as_json) as bar:

            def note(progress: Progress) -> None:
                nonlocal last
                last = progress
                bar(progress.events)

            made = build(house, wish, processes=processes, progress=note, promote=promote)
        if shown := made.promote:
            promoting.promote(house, made.generation.id, actor=actor())
    of = made.generation
    if as_json:
        figures = {"customers": last.customers, "events": last.events, "seconds": last.seconds, "rate": last.rate}
        print_json({"generation": of.id, "shown": shown} | diffing.about(of) | figures)
        return
    typer.echo(
        f"generation {of.id} under rulebook {of.rulebook}: {last.customers:,} histories, {last.events:,} events"
        f" in {last.seconds:.1f} s ({last.rate:,.0f} a second){'; it is shown now' if shown else ''}"
    )
    if not shown:
        after = f", `jejak promote {of.id}` puts it in force" if of.state == "ready" else ""
        typer.echo(f"`jejak diff {of.id}` shows what it changes{after}")


def diff(
    generation: Number,
    against: Annotated[
        int | None, typer.Argument(metavar="[WITH]", help="Another one; by default the one shown.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option(help="Only this customer, by id, scheme:value or contact point.")
    ] = None,
    as_of: AsOf = None,
    limit: Annotated[int, typer.Option(help="How many customers to name.", min=0, max=1_000_000)] = 20,
    as_json: Json = False,
) -> None:
    """What these rows change against those that are shown: counts, money, hours, and each customer with the clause."""
    with at_home() as house:
        clock = moment(as_of, "as_of")
        only = None if customer is None else [customer_of(house, customer, clock or house.now())]
        asked = Asked(generation, against, clock, only, limit=limit, figures=only is None)
        answer = diffing.answer(house, asked)
    if as_json:
        print_json(answer)
    else:
        screen().print(contrast.shown(answer))


def promote(generation: Number, reason: Reason = "", as_json: Json = False, quiet: Quiet = False) -> None:
    """Show these rows from now on, and have their rulebook in force."""
    with at_home(quiet=quiet) as house:
        change = promoting.promote(house, generation, actor=actor(), reason=reason)
    _say(change, as_json=as_json)


def rollback(reason: Reason = "", as_json: Json = False) -> None:
    """Show the rows from before the last promotion again, and have their rulebook in force; nothing is built."""
    with at_home() as house:
        change = promoting.rollback(house, actor=actor(), reason=reason)
    _say(change, as_json=as_json)


def _say(change: promoting.Change, *, as_json: bool) -> None:
    if as_json:
        print_json(change)
    elif change.before == change.generation:
        typer.echo(f"generation {change.generation} under rulebook {change.rulebook} is shown already")
    else:
        law = f", in force instead of {change.rulebook_before}" if change.event else ", in force as before"
        typer.echo(f"generation {change.generation} is shown; rulebook {change.rulebook}{law}")


@generations_app.command("list")
def list_(as_json: Json = False) -> None:
    """All generations: coordinates, state, progress."""
    with at_home() as house:
        items = _listed(house)
    if as_json:
        print_json(items)
    else:
        screen().print(contrast.listed(items))


def _listed(house: House) -> list[dict[str, Any]]:
    held = running(house)
    return [described(house, of, held) for of in promoting.listed(house)]


@generations_app.command()
def drop(generation: Number, as_json: Json = False) -> None:
    """Remove a generation and its rows; never the one that is shown."""
    with at_home() as house:
        promoting.drop(house, generation)
    if as_json:
        print_json({"dropped": generation})
    else:
        typer.echo(f"generation {generation} is gone")
