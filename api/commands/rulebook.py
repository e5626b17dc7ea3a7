"""jejak rulebook list | show | check | publish | percentiles, and jejak calendar list | draft | publish."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.table import Table
from rich.text import Text

from api.commands.change import actor
from api.commands.common import Json, at_home, at_home_with_rows, err, print_json, screen
from api.errors import BadRequest
from api.rulebooks import drafting, percentiles, places, publishing
from api.rulebooks.places import Written
from api.rulebooks.publishing import Published, Version
from api.rulebooks.routes import schema
from api.rulebooks.toml import toml
from domain.rulebook.checks import InvalidRulebook
from domain.rules import first_rules, source
from domain.worktime import InvalidCalendar
from projections.checking import Checked

app = typer.Typer(no_args_is_help=True, help="The rules by which customers are judged, version by version.")
calendars_app = typer.Typer(no_args_is_help=True, help="Working calendars, which rulebooks name by their version.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="TOML or JSON.")]
Reason = Annotated[str, typer.Option(help="Why these rules are published; it is kept in the ledger.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """All versions: who published each, when and why, and which is in force."""
    with at_home() as house:
        versions = publishing.versions(house)
    if as_json:
        print_json([_plain(v) for v in versions])
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for v in versions:
        state = "in force" if v.in_force else "draft" if v.draft else "was in force"
        table.add_row(Text(v.version, style="bold"), Text(state, style=_STATES[state]), _story(v))
    screen().print(table)


_STATES = {"in force": "green", "draft": "yellow", "was in force": "dim"}


def _story(v: Version) -> Text:
    """How it came and was promoted, and below, why."""
    told = f"published {_when(v.published_at)} by {v.published_by}" if v.published_at else "came with Jejak"
    if v.promoted:
        told += f"\npromoted {_when(v.promoted[-1])} by {v.promoted_by}"
    return Text.assemble(told, "\n", (v.reason or v.title, "dim"))


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


@app.command()
def show(
    version: Annotated[str | None, typer.Argument(help="A version; the one in force where left out.")] = None,
    as_toml: Annotated[bool, typer.Option("--toml", help="As TOML, which is the default.")] = False,
    as_json: Json = False,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="What any rulebook may say, as a JSON Schema, for editors.")
    ] = False,
) -> None:
    """One version as its document, to read or to write the next one from."""
    if as_schema:
        print_json(schema())
        return
    if as_toml and as_json:
        raise BadRequest("give either --toml or --json")
    with at_home() as house:
        wanted = version or next(v.version for v in publishing.versions(house) if v.in_force)
        document = publishing.document_of(house, wanted)
    if as_json:
        print_json(document)
    else:
        # What came with Jejak is shown with its comments.
        typer.echo(source() if wanted == first_rules().version else toml(document), nl=False)


@app.command()
def check(file: File, as_json: Json = False) -> None:
    """Say what is wrong with a draft, line by line, and judge its test customers. Records nothing."""
    written = places.read(file)
    with at_home() as house:
        checked = publishing.check(house, written.document)
    if as_json:
        print_json(_checked(written, checked))
    else:
        _say(written, checked.problems)
        _tell(checked)
    if checked.problems:
        raise typer.Exit(1)


@app.command()
def publish(file: File, reason: Reason, as_json: Json = False) -> None:
    """Check a draft and record it under its version, for ever; it judges nobody until it is promoted."""
    written = places.read(file)
    with at_home() as house:
        try:
            made = publishing.publish(house, written.document, actor=actor(), reason=reason)
        except InvalidRulebook as refused:
            _refuse(written, refused.problems, as_json=as_json)
    if as_json:
        print_json(_receipt(made))
    elif made.status == "duplicate":
        typer.echo(f"rulebook {made.version} was published before with this content; nothing changed")
    else:
        typer.echo(
            f"rulebook {made.version} is published as a draft; preview it on every tenth customer with"
            f" `jejak rebuild --rulebook {made.version} --sample 10`, or build it whole without --sample"
        )


@app.command("percentiles")
def percentiles_(
    currency: Annotated[str | None, typer.Option(help="Only this one, e.g. GBP.")] = None, as_json: Json = False
) -> None:
    """How net spend is spread over customers, to draft tiers by: read off the rows that are shown."""
    with at_home_with_rows() as house:
        found = percentiles.answer(house, currency)
    if as_json:
        print_json(found)
        return
    if not found["currencies"]:
        typer.echo(f"nobody bought anything within {found['window_days']:g} days")
    for spread in found["currencies"]:
        screen().print(_spread(spread, found["window_days"]))


@calendars_app.command("list")
def list_calendars(as_json: Json = False) -> None:
    """Every calendar that was published, by name and version."""
    with at_home() as house:
        known = publishing.published(house).calendars()
    if as_json:
        print_json([{"calendar": code, "version": version} for code, version in known])
        return
    for code, version in known:
        typer.echo(f"{code} {version}")


@calendars_app.command("draft")
def draft_calendar(
    country: Annotated[str, typer.Argument(help="Whose public holidays: a country's code, such as ID, GB or SG.")],
    years: Annotated[str, typer.Option(help="Which years, such as 2026,2027.")],
    name: Annotated[str, typer.Option(help="The calendar's name.")] = "office",
    version: Annotated[str, typer.Option(help="The version that this is to be.")] = "1",
    zone: Annotated[str, typer.Option(help="The time zone of its shifts.")] = "Asia/Jakarta",
    shifts: Annotated[
        str, typer.Option(help="Shifts of a working day; the gaps between them are breaks.")
    ] = "08:00-12:00,13:00-17:00",
    days: Annotated[str, typer.Option(help="The working days.")] = "mon,tue,wed,thu,fri",
    as_json: Json = False,
) -> None:
    """Write a calendar with a country's public holidays as dates, to look over, complete, and publish."""
    try:
        drafted = drafting.drafted(country, years, name, version, zone, shifts, days)
    except InvalidCalendar as refused:
        err.print(refused.detail, style="red", markup=False)
        raise typer.Exit(1) from None
    if as_json:
        print_json(drafted)
    else:
        typer.echo(toml(drafted), nl=False)


@calendars_app.command("publish")
def publish_calendar(file: File, as_json: Json = False) -> None:
    """Record a version of a working calendar, for ever; rulebooks name it by its name and version."""
    written = places.read(file)
    with at_home() as house:
        try:
            made = publishing.publish_calendar(house, written.document, actor=actor())
        except InvalidCalendar as refused:
            _refuse(written, refused.problems, as_json=as_json)
    if as_json:
        print_json(_receipt(made))
    else:
        again = "was published before with this content; nothing changed"
        typer.echo(f"calendar {made.version} {again if made.status == 'duplicate' else 'is published'}")


# --- in words ---------------------------------------------------------------------------------------------------------


def _refuse(written: Written, problems: Iterable[tuple[str, str]], *, as_json: bool) -> NoReturn:
    """Say what is wrong, and end."""
    if as_json:
        print_json({"file": written.name, "sound": False, "problems": _listed(written, problems)})
    else:
        _say(written, problems)
    raise typer.Exit(1)


def _say(written: Written, problems: Iterable[tuple[str, str]]) -> None:
    for sentence in written.say(problems):
        err.print(sentence, style="red", markup=False)


def _tell(checked: Checked) -> None:
    """What came out."""
    if checked.rules is None:
        return
    failed = [trial.name for trial in checked.trials if trial.problems]
    clauses = len(checked.rules.book.lifecycle.clauses)
    of = f"rulebook {checked.rules.version}: {clauses} clauses, {len(checked.trials)} test customers"
    typer.echo(f"{of}, all as expected" if not failed else f"{of}, not as expected: {', '.join(failed)}")


def _checked(written: Written, checked: Checked) -> dict[str, Any]:
    return {
        "file": written.name,
        "version": checked.rules.version if checked.rules else None,
        "sound": not checked.problems,
        "problems": _listed(written, checked.problems),
        "customers": [
            {"name": t.name, "passed": not t.problems, "expected": t.expected, "found": t.found} for t in checked.trials
        ],
    }


def _listed(written: Written, problems: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"line": written.line(pointer), "pointer": pointer, "field": places.dotted(pointer), "detail": said}
        for pointer, said in problems
    ]


def _plain(v: Version) -> dict[str, Any]:
    return {name: getattr(v, name) for name in (*v.__struct_fields__, "draft")}


def _receipt(made: Published) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__struct_fields__}


def _spread(spread: dict[str, Any], days: float) -> Table:
    title = f"net spend within {days:g} days, {spread['currency']}: {spread['customers']:,} customers"
    table = Table("percentile", "amount", "", box=None, header_style="bold", title=title, title_justify="left")
    for percentile, amount in spread["percentiles"].items():
        table.add_row(percentile, amount, "")
    for tier in spread["tiers"]:
        table.add_row(tier["tier"], tier["at_least"], f"{tier['customers']:,} customers, {tier['share']:.1%}")
    return table
