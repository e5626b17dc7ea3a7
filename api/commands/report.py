"""jejak report."""

import getpass
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.common import AsOf, Json, KnownAt, Quiet, RulebookVersion, at_home_with_rows, print_json, screen
from api.errors import BadRequest
from api.progress import meter
from api.reporting.asking import Answer, Question, answer, found, listed
from api.reporting.files import write
from api.reporting.suggesting import Planned, plan
from api.reporting.tables import catalogue, shown
from api.wiring import House


class Format(StrEnum):
    """How a report is written."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


def report(
    name: Annotated[str | None, typer.Argument(help="Which one; --list names them.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name all reports, and what each can be cut by.")] = False,
    since: Annotated[str | None, typer.Option("--from", help="A date, or a time.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="A date, which is included, or a time.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    by: Annotated[str | None, typer.Option(help="What to cut by, comma-separated; `all`: nothing.")] = None,
    every: Annotated[str | None, typer.Option(help="day, week, month, quarter, year, or `all`.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.table,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, instead of standard output.")] = None,
    limit: Annotated[int, typer.Option(help="Rows of the table; of files never.", min=1)] = 60,
    processes: Annotated[int | None, typer.Option(help="How many work at it; as many as there are cores.")] = None,
    do_plan: Annotated[bool, typer.Option("--plan", help="Plan the contacts that the report suggests.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """A table over all customers: funnel, complaints, coverage, sales, and what to offer whom next."""
    form = Format.json if as_json and form is Format.table else form
    if list_ or name is None:
        if form is Format.json:
            print_json(listed())
        else:
            screen().print(catalogue(listed()))
        return
    if do_plan and not found(name).suggests:
        raise BadRequest(f"{name} suggests no contacts; {_suggesting()} do")
    question = Question(name, since, until, as_of, known_at, rulebook, by, every)
    with at_home_with_rows() as house:
        done = _made(house, question, processes, quiet=quiet)
        _put(done, form, output, limit)
        if do_plan:
            _say(plan(house, done.made.suggestions, f"cli:{getpass.getuser()}"))


def _made(house: House, question: Question, processes: int | None, *, quiet: bool) -> Answer:
    with meter(f"report {question.name}", house.ledger.head(), "events", quiet=quiet) as bar:
        return answer(house, question, processes=processes, begun=lambda _: bar)


def _put(done: Answer, form: Format, output: Path | None, limit: int) -> None:
    if form is Format.table:
        if output is not None:
            raise BadRequest("--output writes json, csv or parquet; say which with --format")
        console = screen()
        console.print(shown(done, limit, console.width))
        return
    body = write(done, form.value)
    if output is not None:
        output.write_bytes(body)
    elif form is Format.parquet and sys.stdout.isatty():
        raise BadRequest("Parquet is no text; name a file with --output")
    else:
        sys.stdout.buffer.write(body + (b"\n" if form is Format.json else b""))
        sys.stdout.buffer.flush()


def _suggesting() -> str:
    return ", ".join(r["name"] for r in listed() if r["suggests"]) or "none"


def _say(done: Planned) -> None:
    typer.echo(f"planned {done.recorded} contacts; {done.before} were planned before", err=True)
    for refused, count in done.refused.items():
        typer.echo(f"refused {count}: {refused}", err=True)
