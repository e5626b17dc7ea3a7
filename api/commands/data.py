"""jejak simulate | import | export."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api.commands.common import Json, Quiet, at_home, err, print_json
from api.coordinates import moment
from api.errors import BadRequest
from api.export import export_to, restore
from api.importing import Importer, Summary
from api.progress import meter
from api.simulation import DEFAULT_END, lines


def simulate(
    customers: Annotated[int, typer.Option(help="How many.", min=1, max=10_000_000)] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    years: Annotated[float, typer.Option(help="How much history.", min=0.01, max=50)] = 2.0,
    end: Annotated[str | None, typer.Option(help="When the history ends.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, instead of standard output.")] = None,
    recordedtime: Annotated[bool, typer.Option(help="Say when each was reported, for an import as history.")] = False,
    quiet: Quiet = False,
) -> None:
    """A realistic history of a company's customers, as CloudEvents NDJSON."""
    until = moment(end, "end") or DEFAULT_END
    file = sys.stdout.buffer if output is None else output.open("wb")
    try:
        with meter("simulate", None, "events", quiet=quiet or output is None) as show:
            for count, line in enumerate(lines(customers, seed, years, until, recordedtime=recordedtime), 1):
                file.write(line)
                if count % 1_000 == 0:
                    show(count)
    finally:
        file.flush()
        if output is not None:
            file.close()


def import_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="NDJSON, CSV or Parquet; .gz is read as is; - is standard input."),
    ],
    mapping: Annotated[str | None, typer.Option(help="online-retail, incident-log, or a mapping's file.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write each row that is refused here, with the reason.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would be; record nothing.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Record the events of files. It can be stopped and started again: nothing is recorded twice."""
    with at_home(quiet=quiet) as house:

        def record(clouds: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
            if "recordedtime" in clouds[0]:  # an export, or a simulation that asked for it
                return restore(house.ledger, clouds, actor="import", dry_run=dry_run)
            return house.ledger.record(clouds, actor="import", dry_run=dry_run)

        summary = Importer(record, mapping=mapping, rejects=rejects, quiet=quiet or as_json).run(files)
    if as_json:
        print_json(summary)
    else:
        _say(summary, rejects, dry_run=dry_run)
    if summary.stopped:
        raise typer.Exit(130)


def _say(summary: Summary, rejects: Path | None, *, dry_run: bool) -> None:
    rate = summary.rows / summary.seconds if summary.seconds else 0
    typer.echo(f"{summary.rows:,} rows in {summary.seconds:.1f} s ({rate:,.0f} a second)")
    did = "would record" if dry_run else "recorded"
    typer.echo(f"{did} {summary.recorded:,} events; {summary.duplicate:,} were recorded before")
    if summary.refused_rows or summary.refused_events:
        where = f", see {rejects}" if rejects else "; --rejects FILE keeps them"
        typer.echo(f"refused {summary.refused_rows:,} rows ({summary.refused_events:,} events){where}")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
        for reason, count in sorted(summary.reasons.items(), key=lambda item: -item[1]):
            table.add_row(f"{count:,}", reason)
        err.print(table)
    if summary.stopped:
        err.print("Stopped. The same command goes on from here.", style="yellow")


def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to; - is standard output; .gz is compressed.")],
    sealed: Annotated[
        bool, typer.Option(help="Open what is sealed; otherwise names, contact points and texts stay out.")
    ] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Every event as NDJSON CloudEvents, which import again into an empty ledger."""
    if file != "-" and Path(file).exists():
        raise BadRequest(f"{file} exists already; name another file")
    with at_home(quiet=quiet) as house:
        began = datetime.now(UTC)
        count = export_to(house.ledger, file, sealed=sealed, quiet=quiet or file == "-")
        seconds = (datetime.now(UTC) - began).total_seconds()
    if as_json and file != "-":
        print_json({"file": file, "events": count, "sealed": sealed, "seconds": seconds})
    elif file != "-":
        typer.echo(f"{count:,} events in {seconds:.1f} s to {file}")
