"""jejak customer | queue."""

import contextlib
from enum import StrEnum
from typing import Annotated, Any

import typer

from api import customers, explaining, queueing, queues, rendering
from api.commands.building import build_at
from api.commands.common import AsOf, Json, KnownAt, Quiet, RulebookVersion, at_home_with_rows, print_json, screen
from api.coordinates import Coordinates, coordinates
from api.errors import NotBuilt
from api.looking import look
from api.queueing import QUEUES, Wanted
from api.references import matching
from api.wiring import House
from domain.errors import UnknownCustomer
from projections.explaining.words import listed


class QueueName(StrEnum):
    """The queues there are."""

    complaints = "complaints"
    outreach = "outreach"
    neglected = "neglected"


class Explained(StrEnum):
    """What can be explained."""

    stage = "stage"
    tier = "tier"
    trust = "trust"
    manager = "manager"
    deadline = "deadline"
    rank = "rank"
    outreach = "outreach"
    neglected = "neglected"


class Spoken(StrEnum):
    """The languages of explanations."""

    en = "en"
    id = "id"


def customer(
    ref: Annotated[
        str,
        typer.Argument(help="Our id, scheme:value, a telephone number, an e-mail address, or the beginning of a name."),
    ],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    explain: Annotated[Explained | None, typer.Option(help="Say why this is as it is.")] = None,
    complaint: Annotated[
        str | None,
        typer.Option(help="Which complaint deadline and rank are explained of; default the most urgent one."),
    ] = None,
    language: Annotated[Spoken, typer.Option(help="Of the explanation.")] = Spoken.en,
    as_json: Json = False,
) -> None:
    """What is known of a customer: last talk, open promises and complaints, how they stand and who cares for them."""
    with at_home_with_rows() as house:
        at = coordinates(house, as_of, known_at, rulebook)
        found = matching(house, ref, at.as_of, 20)
        if not found:
            raise UnknownCustomer(f"nobody is found by {ref!r}")
        if len(found) > 1:
            _several(house, found, at, as_json=as_json)
            return
        if explain is not None:
            answer = explaining.explained(house, found[0], at, explain.value, complaint, language.value)
        else:
            answer = customers.page(house, look(house, found[0], at, customers.PAGE_TABLES), house.ledger)
    if as_json:
        print_json(answer)
    else:
        told = rendering.customer(answer) if explain is None else rendering.explanation(answer, listed(language.value))
        screen().print(told)


def _several(house: House, found: Any, at: Coordinates, *, as_json: bool) -> None:
    pages: list[dict[str, Any]] = []
    for one in found:
        with contextlib.suppress(UnknownCustomer):  # nothing was known of them then
            pages.append(customers.page(house, look(house, one, at, customers.PAGE_TABLES), house.ledger))
    items = [
        {
            "customer": p["customer"],
            "name": p["name"],
            "stage": p["standing"]["stage"],
            "tier": p["standing"]["tier"],
            "owner": p["standing"]["owner"],
            "last_talk_at": p["last_conversation"]["at"] if p["last_conversation"] else None,
        }
        for p in pages
    ]
    if as_json:
        print_json(items)
    else:
        screen().print(rendering.listed(items))


def queue(
    name: Annotated[QueueName, typer.Argument(help="Which one.")],
    manager: Annotated[
        str | None, typer.Option(help="Whose customers: those they own, and those they cover for.")
    ] = None,
    team: Annotated[
        str | None, typer.Option(help="Of this team: complaints given to it, customers of its staff.")
    ] = None,
    tier: Annotated[str | None, typer.Option(help="Customers of this tier.")] = None,
    handler: Annotated[str | None, typer.Option(help="Whose work it was made.")] = None,
    channel: Annotated[str | None, typer.Option(help="By this channel.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Contacts for this purpose.")] = None,
    kind: Annotated[str | None, typer.Option(help="What waits, or why to contact: complaint, promise, …")] = None,
    reason: Annotated[str | None, typer.Option(help="Why neglected: overdue, unowned, unreachable.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 20,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Who is next: complaints to answer, customers to contact, customers who were forgotten."""
    asked = {
        "team": team, "tier": tier, "handler": handler, "channel": channel, "purpose": purpose, "kind": kind,
        "reason": reason,
    }  # fmt: skip
    filters = {name: value for name, value in asked.items() if value is not None}
    with at_home_with_rows() as house:
        at = coordinates(house, as_of, known_at, rulebook)
        chosen, wanted = QUEUES[name.value], Wanted(manager, filters, limit=limit, counted=True)
        try:
            page = queueing.read(house, chosen, at, wanted)
        except NotBuilt:
            build_at(house, at, quiet=quiet or as_json)
            page = queueing.read(house, chosen, at, wanted)
        answer = queues.shaped(house, chosen, at, page, opening=True)
    if as_json:
        print_json(answer)
    else:
        screen().print(rendering.queue(name.value, answer))
