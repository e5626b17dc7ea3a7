"""jejak rebuild | doctor."""

from typing import Annotated

import psycopg
import typer
from rich.table import Table
from rich.text import Text

from api.commands.common import Json, Quiet, RulebookVersion, at_home, print_json, screen
from api.doctor import Finding, examine
from api.progress import meter
from api.rows import Rulebooks, make_engine
from domain.rules import first_rules
from projections import fold, generations
from projections.rebuild import Progress, show
from projections.rebuild import rebuild as build

COLOURS = {"good": "green", "attention": "yellow", "bad": "red"}


def rebuild(
    rulebook: RulebookVersion = None,
    processes: Annotated[
        int | None, typer.Option(help="How many work at it; as many as there are cores.", min=1)
    ] = None,
    promote: Annotated[bool, typer.Option(help="Show the new rows once they have caught up.")] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make all rows anew beside the present ones, and show them in one step."""
    with at_home(quiet=quiet) as house:
        rules = Rulebooks(house.database_url)
        with house.pool.connection() as c:
            shown = generations.live(c)
        version = rulebook or (shown.rulebook if shown else first_rules().version)
        rules(version)
        last = Progress(0, 0, house.ledger.head(), 0.0)
        with meter("rebuild", last.total, "events", quiet=quiet or as_json) as bar:

            def note(progress: Progress) -> None:
                nonlocal last
                last = progress
                bar(progress.events)

            made = build(house.database_url, fold, rules, version, processes=processes, progress=note)
        if promote:
            show(house.database_url, made.id, make_engine(house.database_url))
    if as_json:
        figures = {"customers": last.customers, "events": last.events, "seconds": last.seconds, "rate": last.rate}
        print_json({"generation": made.id, "rulebook": version, "position": made.position, "shown": promote} | figures)
    else:
        typer.echo(
            f"generation {made.id} under rulebook {version}: {last.customers:,} histories, {last.events:,} events"
            f" in {last.seconds:.1f} s ({last.rate:,.0f} a second){'; it is shown now' if promote else ''}"
        )


def doctor(as_json: Json = False) -> None:
    """Look everything over, and say what is wrong and what would help."""
    try:
        with at_home(migrating=False) as house:
            findings = list(examine(house))
    except psycopg.errors.UndefinedTable:
        findings = [Finding("schemas", "bad", "the databases are empty; `jejak serve` sets them up")]
    if as_json:
        print_json([f._asdict() for f in findings])
    else:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for check, verdict, seen in findings:
            table.add_row(Text(verdict, style=COLOURS[verdict]), check, Text(seen))
        screen().print(table)
    if any(f.verdict == "bad" for f in findings):
        raise typer.Exit(1)
