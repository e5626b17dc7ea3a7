"""Complaints, promises, plans, orders and threads, named as their own systems wrote them."""

from collections.abc import Mapping
from copy import copy
from typing import Any

from domain.commands.command import Command
from domain.commands.refusals import Impossible
from domain.events import Event
from domain.facts import Customer
from domain.identity import UUID
from domain.ledger import Ledger
from domain.vocabulary import ref_fields, ref_kind


def resolved(
    ledger: Ledger, customer: str, facts: Customer, command: Command, data: Mapping[str, Any]
) -> dict[str, Any]:
    """The data with references that this customer has, given as they were written, turned into ids of ours.

    Whoever works with a customer knows what the complaint is called, not which system called it so. What is written by
    several of them alike stays as it is, and is read as any reference: scoped by where commands come from.
    """
    found = dict(data)
    for field in ref_fields(command.event):
        given = found.get(field)
        if field != command.new and isinstance(given, str) and not UUID.match(given):
            held = _held(facts, ref_kind(field))
            meant = _written(ledger, customer, held, ref_kind(field), given) if held else []
            if len(meant) == 1:
                found[field] = meant[0]
    return found


def as_written(refusal: Impossible, command: Command, given: Mapping[str, Any], meant: Event) -> Impossible:
    """The same refusal in the caller's words: a reference as they wrote it, and not the id that it was read as."""
    told = copy(refusal)
    for field in ref_fields(command.event):
        text, ref = given.get(field), getattr(meant, field)
        if isinstance(text, str) and isinstance(ref, str) and not UUID.match(text):
            told.detail = told.detail.replace(ref, text)
            told.problems = tuple((pointer, said.replace(ref, text)) for pointer, said in told.problems)
    return told


def _held(facts: Customer, kind: str) -> dict[str, int]:
    """Reference -> version of the event whose sealed part has it as it was written."""
    match kind:
        case "complaint":
            return {ref: case.version for ref, case in facts.cases.items()}
        case "promise":
            return {ref: promise.version for ref, promise in facts.promises.items()}
        case "outreach":
            return {ref: planned.version for ref, planned in facts.planned.items()}
        case "order":
            return {ref: order.version for ref, order in facts.orders.items()}
        case "thread":
            last = [facts.last] if facts.last is not None else []
            return {one.thread: one.version for one in (*last, *facts.waits) if one.thread is not None}
        case _:
            return {}


def _written(ledger: Ledger, customer: str, held: Mapping[str, int], kind: str, text: str) -> list[str]:
    opened = ledger.open(customer, list(held.values()))
    return [ref for ref, version in held.items() if opened.get(version, {}).get("sealed_refs", {}).get(kind) == text]
