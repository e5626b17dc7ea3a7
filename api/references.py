"""Finds customers by what a caller has: our id, an external id, a telephone number, an e-mail address, or a name."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from api.errors import NoRight, SeveralCustomers
from api.wiring import House
from domain.door import Point, micros
from domain.errors import InvalidIdentifier, UnknownCustomer
from domain.identity import SUBJECT, UUID, normal
from domain.sealing import uuid_text


def point_of(house: House, ref: str) -> Point:
    """The contact point or external id that a text names. InvalidIdentifier where it cannot be read."""
    match = SUBJECT.match(ref)
    if match is None:
        return house.ledger.door.contact_point(ref)
    if match["scheme"] in ("tel", "mailto"):
        return house.ledger.door.contact_point(match["value"])
    kind, text = normal("external", match["value"], house.settings.region, match["scheme"])
    return Point(kind, text, match["value"], scheme=match["scheme"])


def holders(house: House, point: Point, at: datetime) -> list[str]:
    """Who holds a point at a time: nobody, one, or several who share or contest it."""
    return [uuid_text(c) for c in house.ledger.router.find(point, micros(at))]


def known(house: House, customer: str) -> bool:
    """Whether there is anything in the ledger about this id."""
    return bool(house.ledger.recorder.select_events(uuid.UUID(customer), limit=1))


def customer_of(house: House, ref: str, at: datetime) -> str:
    """The one customer that a reference names. UnknownCustomer, SeveralCustomers or InvalidIdentifier otherwise."""
    if UUID.match(ref):
        if not known(house, ref):
            raise UnknownCustomer(f"{ref} is no customer of ours", pointer="/path/ref")
        return ref
    try:
        point = point_of(house, ref)
    except InvalidIdentifier as refusal:
        raise InvalidIdentifier(
            f"{refusal.detail}; our id, scheme:value, a telephone number or an e-mail address names a customer",
            pointer="/path/ref",
        ) from None
    found = holders(house, point, at)
    if not found:
        # What was asked for may be a telephone number: it is not repeated.
        raise UnknownCustomer("nobody holds this contact point or external id at that time", pointer="/path/ref")
    if len(found) > 1:
        raise SeveralCustomers(
            f"several customers hold this at that time: {', '.join(found)}; ask for one by id", pointer="/path/ref"
        )
    return found[0]


def matching(house: House, text: str, at: datetime, limit: int, *, by_name: bool = True) -> Sequence[str]:
    """Customers whom a search text may mean: by contact point or external id, else by the beginnings of names.

    NoRight where only names are left and `by_name` is false: who may search by beginnings reads the names letter by letter.
    """
    if UUID.match(text):
        return [text] if known(house, text) else []
    try:
        found = holders(house, point_of(house, text), at)
    except InvalidIdentifier:
        if not by_name:
            raise NoRight("this is no contact point or external id, and a search by name needs read-sealed") from None
        found = []
    return found if found or not by_name else house.ledger.blind.find(text, limit)
