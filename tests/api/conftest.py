"""A house on databases of the test's own, and a client that calls its routes."""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.rows import make_engine
from api.settings import Settings
from api.wiring import House, bring_up_to_date, open_house
from tests.conftest import Postgres

Cloud = dict[str, Any]


@pytest.fixture(scope="session")
def templates(postgres: Postgres) -> Generator[tuple[str, str]]:
    """Two migrated databases to copy: of the ledger and of the keys."""
    names = (postgres.create(), postgres.create())
    bring_up_to_date(*(postgres.url(n) for n in names))
    yield names
    for name in names:
        postgres.drop(name)


@pytest.fixture
def house(make_database: Callable[..., str], templates: tuple[str, str], tmp_path: Path) -> Generator[House]:
    ledger, keys = (make_database(t) for t in templates)
    settings = Settings(data=tmp_path, database_url=SecretStr(ledger), keys_url=SecretStr(keys))
    with open_house(settings, migrating=False, size=4) as opened:
        yield opened


@pytest.fixture
def app_client(house: House) -> Generator[TestClient]:
    """Calls without a key."""
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(app_client: TestClient, house: House) -> TestClient:
    """Calls with a key that may do everything."""
    app_client.headers["Authorization"] = f"Bearer {house.bearers.create('tests', ['admin'])}"
    return app_client


def call(id_: str, subject: str = "crm:C-1", **more: Any) -> Cloud:
    """A call that reached the customer."""
    data = {"direction": "inbound", "staff": "ani", "summary": "asked about the delivery"} | more.pop("data", {})
    return {
        "specversion": "1.0",
        "type": "call.made",
        "source": "urn:pbx:jakarta",
        "id": id_,
        "time": "2026-03-01T09:00:00+07:00",
        "subject": subject,
        "data": data,
    } | more


def record(house: House, *clouds: Cloud) -> list[Any]:
    """Record events; each must be accepted."""
    outcomes = house.ledger.record(clouds, actor="tests")
    assert [o for o in outcomes if isinstance(o, Exception)] == []
    return outcomes


def fold(house: House) -> None:
    """Bring the rows up to the head of the ledger."""
    make_engine(house.database_url).catch_up()


def event(id_: str, type_: str, day: float, subject: str = "crm:C-1", **data: Any) -> Cloud:
    """An event so many days after 2026-03-02T09:00 (a Monday) in Jakarta."""
    at = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=7))) + timedelta(days=day)
    return {
        "specversion": "1.0",
        "type": type_,
        "source": "urn:crm:jakarta",
        "id": id_,
        "time": at.isoformat(),
        "subject": subject,
        "data": data,
    }
