"""Ledgers on real databases for tests, and the CloudEvents that tests send to them."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from domain.keystore import KeyStore
from domain.ledger import Ledger, Receipt
from domain.migrate import migrate
from domain.pools import open_pool

MASTER = b"\x2a" * 32
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Home(NamedTuple):
    """Where a ledger lives: the URLs of its own database and of the key store's."""

    ledger: str
    keys: str


def settle(home: Home) -> Home:
    """Bring both databases to the newest schema."""
    for url, name in ((home.ledger, "ledger"), (home.keys, "keys")):
        with psycopg.connect(url) as connection:
            migrate(connection, f"domain.migrations.{name}", name)
    return home


@contextmanager
def opened(home: Home, clock: Callable[[], datetime] = lambda: NOW, *, size: int = 4) -> Generator[Ledger]:
    """A ledger over migrated databases; its connections end with the block."""
    with open_pool(home.ledger, size=size) as pool, open_pool(home.keys, size=size) as keys:
        yield Ledger(pool, KeyStore(keys, MASTER), clock=clock)


def cloud(id_: str, type_: str = "call.made", data: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """A CloudEvent; by default a call in March 2026 with the customer that the CRM calls C-1."""
    event = {
        "specversion": "1.0",
        "type": type_,
        "source": "urn:test",
        "id": id_,
        "time": "2026-03-01T09:00:00+07:00",
        "subject": "crm:C-1",
        "data": {"direction": "inbound"} if data is None else data,
    }
    return {name: value for name, value in (event | attributes).items() if value is not None}


def call_from(id_: str, point: Any, **attributes: Any) -> dict[str, Any]:
    """A call of somebody of whom only a contact point is known."""
    return cloud(id_, data={"direction": "inbound", "contact_point": point}, subject=None, **attributes)


def record(ledger: Ledger, *clouds: dict[str, Any]) -> list[Receipt]:
    """Record what has to be in order, and give the receipts."""
    outcomes = ledger.record(clouds, actor="tester")
    assert all(isinstance(o, Receipt) for o in outcomes), [o for o in outcomes if not isinstance(o, Receipt)]
    return [o for o in outcomes if isinstance(o, Receipt)]
