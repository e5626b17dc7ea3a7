"""jejak staff list | show | register | change | absent."""

import uuid
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import typer

from api import staffing
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
from api.coordinates import coordinates, moment
from api.errors import BadRequest
from api.rendering_staff import member, members
from api.staffing import Wanted
from domain.errors import Refusal
from domain.ledger import Receipt

app = typer.Typer(no_args_is_help=True, help="Who works here: what they can do, how much they have, who acts for them.")

Code = Annotated[str, typer.Argument(metavar="CODE", help="By which everything refers to them; never a name.")]
Team = Annotated[str | None, typer.Option(help="A code.")]
Language = Annotated[list[str] | None, typer.Option("--language", help="Such as id or en-GB; may be repeated.")]
Skill = Annotated[list[str] | None, typer.Option("--skill", help="A code; may be repeated.")]
Trait = Annotated[list[str] | None, typer.Option("--trait", help="name=value; may be repeated.")]
Qualification = Annotated[
    list[str] | None, typer.Option("--qualification", help="code, or code=2027-06-30, its last day; may be repeated.")
]
Hours = Annotated[
    list[str] | None, typer.Option("--hours", help="mon,tue 08:00-16:30, or 08:00-16:30 of every day; may be repeated.")
]
Gender = Annotated[str | None, typer.Option(help="A code.")]
Capacity = Annotated[int | None, typer.Option(help="How many customers their book holds.", min=0)]
Minutes = Annotated[int | None, typer.Option("--minutes", help="Minutes a day for customers.", min=0, max=1440)]
CalendarCode = Annotated[str | None, typer.Option("--calendar", help="A published calendar of their working hours.")]
ZoneName = Annotated[str | None, typer.Option("--timezone", help="Such as Asia/Makassar.")]
Name = Annotated[str | None, typer.Option(help="What they are called; it is sealed.")]
Email = Annotated[str | None, typer.Option(help="It is sealed.")]
When = Annotated[str | None, typer.Option("--at", help="Since when; default now.")]


class Work(StrEnum):
    """Whether somebody works here."""

    active = "active"
    left = "left"


@app.command("list")
def list_(
    team: Team = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    everybody: Annotated[bool, typer.Option("--all", help="Also who has left.")] = False,
    here: Annotated[bool, typer.Option("--here", help="Only who is at work at this moment.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Who works here, with load and capacity, and who acts for whoever is away."""
    with at_home_with_rows() as house:
        at = coordinates(house, as_of, known_at, rulebook)
        wanted = Wanted(team, active=None if everybody else True, at_work=True if here else None)
        answer = answer_at(house, at, lambda: staffing.listed(house, at, wanted), quiet=quiet or as_json)
    if as_json:
        print_json(answer)
    else:
        screen().print(members(answer["items"]))


@app.command()
def show(
    code: Code,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """One of them: traits, qualifications, hours, load, absence and cover."""
    with at_home_with_rows() as house:
        at = coordinates(house, as_of, known_at, rulebook)
        answer = answer_at(house, at, lambda: staffing.one(house, at, code), quiet=quiet or as_json)
    if as_json:
        print_json(answer)
    else:
        screen().print(member(answer["member"]))


@app.command()
def register(
    code: Code,
    team: Team = None,
    language: Language = None,
    skill: Skill = None,
    trait: Trait = None,
    qualification: Qualification = None,
    hours: Hours = None,
    gender: Gender = None,
    capacity: Capacity = None,
    minutes: Minutes = None,
    calendar: CalendarCode = None,
    timezone: ZoneName = None,
    name: Name = None,
    email: Email = None,
    at: When = None,
    as_json: Json = False,
) -> None:
    """Somebody works here."""
    data = _said(
        team=team, languages=language, skills=skill, traits=_pairs(trait), qualifications=_dated(qualification),
        hours=_hours(hours), gender=gender, capacity=capacity, minutes_a_day=minutes, calendar=calendar,
        timezone=timezone, name=name, email=email,
    )  # fmt: skip
    _record("staff.registered", {"staff": code} | data, at, as_json=as_json)


@app.command()
def change(
    code: Code,
    team: Team = None,
    language: Language = None,
    skill: Skill = None,
    trait: Trait = None,
    qualification: Qualification = None,
    hours: Hours = None,
    gender: Gender = None,
    capacity: Capacity = None,
    minutes: Minutes = None,
    calendar: CalendarCode = None,
    timezone: ZoneName = None,
    name: Name = None,
    email: Email = None,
    work: Annotated[Work | None, typer.Option(help="Whether they work here: left, or active again.")] = None,
    at: When = None,
    as_json: Json = False,
) -> None:
    """Something about them changed; what is left out stays. Languages, skills and hours are given whole."""
    data = _said(
        team=team, languages=language, skills=skill, traits=_pairs(trait), qualifications=_dated(qualification),
        hours=_hours(hours), gender=gender, capacity=capacity, minutes_a_day=minutes, calendar=calendar,
        timezone=timezone, name=name, email=email, active=None if work is None else work is Work.active,
    )  # fmt: skip
    if not data:
        raise BadRequest("says of nothing what it is now; --team or --capacity would, see --help")
    _record("staff.changed", {"staff": code} | data, at, as_json=as_json)


@app.command()
def absent(
    code: Code,
    until: Annotated[str, typer.Option(help="When they are back: 2026-03-01 or 2026-03-01T09:00:00+07:00.")],
    cover: Annotated[str | None, typer.Option(help="Who cares for their book meanwhile.")] = None,
    reason: Annotated[str | None, typer.Option(help="A code.")] = None,
    at: When = None,
    as_json: Json = False,
) -> None:
    """Somebody is away, from now (or --at) until then."""
    back = moment(until, "until")
    assert back is not None
    data = {"staff": code, "until": back.isoformat()} | _said(cover=cover, reason=reason)
    _record("staff.absent", data, at, as_json=as_json)


def _record(type_: str, data: dict[str, Any], at: str | None, *, as_json: bool) -> None:
    with at_home() as house:
        when = moment(at, "at") or house.now()
        cloud = {
            "specversion": "1.0", "type": type_, "source": "urn:cli", "id": str(uuid.uuid4()), "time": when.isoformat(),
            "data": data,
        }  # fmt: skip
        (outcome,) = house.ledger.record([cloud], actor=actor())
    if isinstance(outcome, Refusal):
        raise outcome
    _say(outcome, data["staff"], type_, as_json=as_json)


def _say(receipt: Receipt, code: str, type_: str, *, as_json: bool) -> None:
    if as_json:
        print_json(receipt)
    else:
        typer.echo(f"{type_} of {code} is recorded at position {receipt.position}")


# --- as they are written ----------------------------------------------------------------------------------------------


def _said(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != {}}


def _pairs(given: Iterable[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise BadRequest(f"{text!r} is no trait; skill=advice would be one", pointer="/trait")
        found[name] = value
    return found


def _dated(given: Iterable[str] | None) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for text in given or ():
        code, _, until = text.partition("=")
        try:
            found[code] = date.fromisoformat(until).isoformat() if until else None
        except ValueError:
            raise BadRequest(
                f"{text!r} is no qualification; advice or advice=2027-06-30 would be one", pointer="/qualification"
            ) from None
    return found


def _hours(given: list[str] | None) -> list[dict[str, Any]] | None:
    return None if given is None else [_window(text) for text in given]


def _window(text: str) -> dict[str, Any]:
    days, _, times = text.strip().rpartition(" ")
    start, dash, end = times.partition("-")
    if not dash:
        raise BadRequest(f'{text!r} are no hours; "mon,tue 08:00-16:30" would be', pointer="/hours")
    return {"start": start, "end": end} | ({"days": [day.strip() for day in days.split(",")]} if days else {})
