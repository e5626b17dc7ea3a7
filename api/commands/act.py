"""jejak do | commands."""

import getpass
import secrets
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from api.commanding import listing
from api.commanding.doing import give
from api.commanding.orders import Done, Order
from api.commanding.written import data_of
from api.commands.common import Json, at_home, print_json, screen
from api.coordinates import moment
from api.references import customer_of
from domain.commands.refusals import UnknownCommand
from domain.errors import Refusal

OPEN = {"allow_extra_args": True, "ignore_unknown_options": True}
"""The options of a command are its fields, which are those of an event."""


def do(
    ctx: typer.Context,
    ref: Annotated[
        str, typer.Argument(help="The customer: our id, scheme:value, a telephone number or an e-mail address.")
    ],
    name: Annotated[
        str | None, typer.Argument(help="The command; left out: which are possible for this customer now.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="When it took place: 2026-03-01T09:00:00+07:00; default now.")] = None,
    given_by: Annotated[str | None, typer.Option(help="The member of staff who gives it.")] = None,
    key: Annotated[
        str | None, typer.Option(help="What the command is called; again under it, it is answered as the first time.")
    ] = None,
    at_version: Annotated[
        int | None, typer.Option(help="Only where the customer's history is still at this version.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide, and record nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Have something done for a customer: `jejak do crm:C-1 resolve-complaint --outcome upheld`.

    The fields of the command follow as options; `jejak commands NAME` lists them. What is personal, such as --text, is
    sealed before it is stored, but your shell may remember it: `--text -` reads it from standard input.
    """
    with at_home() as house:
        customer = customer_of(house, ref, house.now())
        if name is None:
            _show_possible(listing.possible(house, customer, {}), as_json=as_json)
            return
        actor = f"cli:{getpass.getuser()}"
        order = Order(
            customer=customer,
            name=name,
            data={},
            actor=actor if given_by is None else f"{actor}/{given_by}",
            id=key or secrets.token_hex(16),
            occurred_at=moment(at, "at"),
            given_by=given_by,
            at_version=at_version,
        )
        order = order.holding(data_of(order.command(), ctx.args, typer.get_text_stream("stdin").read))
        [outcome] = give(house, [order], dry_run=dry_run)
    if isinstance(outcome, Refusal):
        raise outcome
    if as_json:
        print_json(outcome)
    else:
        screen().print(_told(outcome))


def commands(
    name: Annotated[str | None, typer.Argument(help="One command, with its fields.")] = None, as_json: Json = False
) -> None:
    """What can be done: all commands, or the fields of one."""
    items = [item for item in listing.everything() if name is None or item["name"] == name]
    if not items:
        raise UnknownCommand(f"there is no command {name!r}; `jejak commands` lists them all")
    if as_json:
        print_json(items if name is None else items[0])
    else:
        screen().print(_listed(items) if name is None else _fields(items[0]))


def _show_possible(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    table = Table("command", "what", "now", box=None, header_style="bold")
    for item in found["items"]:
        refusal = item["refusal"]
        now = Text(", ".join(item["refs"]) or "yes")
        if refusal is not None:
            now = Text(refusal["detail"].removeprefix(f"{item['name']}: "), "dim")
        table.add_row(item["name"], item["summary"], now)
    screen().print(table)


def _listed(items: list[dict[str, Any]]) -> RenderableType:
    table = Table("command", "family", "what", "event", box=None, header_style="bold")
    for item in items:
        table.add_row(item["name"], item["family"], item["summary"], item["event"])
    return table


def _fields(item: dict[str, Any]) -> RenderableType:
    table = Table("option", "", "values", box=None, header_style="bold", title=f"{item['name']}: {item['summary']}")
    schema = item["schema"]
    for name, kind in schema["properties"].items():
        table.add_row(f"--{name.replace('_', '-')}", "needed" if name in schema["required"] else "", _values(kind))
    return table


def _values(kind: dict[str, Any]) -> str:
    """What a field takes, in a few words."""
    if "enum" in kind:
        return " | ".join(map(str, kind["enum"]))
    if "anyOf" in kind:
        return " or ".join(filter(None, (_values(one) for one in kind["anyOf"] if one.get("type") != "null")))
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return "amount and currency, e.g. '500000 IDR'" if name == "Money" else f"JSON ({name})"
    if kind.get("type") == "array":
        return f"several: {_values(kind['items'])}" if isinstance(kind.get("items"), dict) else "several"
    return kind.get("format") or ("JSON" if kind.get("type") == "object" else str(kind.get("type", "text")))


def _told(done: Done) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    what = {"recorded": "done", "duplicate": "done before", "accepted": "would be done"}[done.status]
    table.add_row(done.command, what)
    for event in done.events:
        place = "" if event.version is None else f"version {event.version}, position {event.position}"
        table.add_row("event", f"{event.type} {event.id} {place}")
    for name, ref in done.refs.items():
        table.add_row(name, ref)
    for notice in done.warnings:
        until = "" if notice.until is None else f" until {notice.until:%Y-%m-%d %H:%M} UTC"
        table.add_row("[yellow]against it[/yellow]", f"{notice.reason}{until}")
    for odd in done.contradictions:
        table.add_row("[yellow]no longer fits[/yellow]", f"{odd.type} {odd.event} of {odd.at:%Y-%m-%d %H:%M} UTC")
    return table


__all__ = ["OPEN", "commands", "do"]
