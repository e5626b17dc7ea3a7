"""A house on databases of the test's own, and a client that calls its routes."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.importing import Importer, Summary
from api.rows import make_engine
from api.settings import Settings
from api.wiring import House, bring_up_to_date, open_house
from tests.api.importing import RETAIL, Memory, real
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


MakeHouse = Callable[[], AbstractContextManager[House]]


@pytest.fixture(scope="session")
def make_house(postgres: Postgres, templates: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> MakeHouse:
    """Opens houses on new databases. Making those takes a moment: tests that change nothing share one by module."""

    @contextmanager
    def make() -> Generator[House]:
        names = [postgres.create(t) for t in templates]
        ledger, keys = (SecretStr(postgres.url(n)) for n in names)
        settings = Settings(data=tmp_path_factory.mktemp("data"), database_url=ledger, keys_url=keys)
        try:
            with open_house(settings, migrating=False, size=4) as opened:
                yield opened
        finally:
            for name in names:
                postgres.drop(name)

    return make


@pytest.fixture(scope="session")
def grounds(postgres: Postgres, templates: tuple[str, str]) -> Generator[tuple[str, str]]:
    """Two databases that tests use one after the other; emptying them is quicker than making others."""
    names = [postgres.create(t) for t in templates]
    yield postgres.url(names[0]), postgres.url(names[1])
    for name in names:
        postgres.drop(name)


@pytest.fixture
def house(grounds: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """An empty house of this test's own. A generation of rows may be there from an earlier test, as empty as the ledger."""
    ledger, keys = grounds
    data = tmp_path_factory.getbasetemp() / "grounds"  # with the master key that opens the secrets
    data.mkdir(exist_ok=True)
    settings = Settings(data=data, database_url=SecretStr(ledger), keys_url=SecretStr(keys))
    for url, schemas in ((ledger, ["ledger", "rows", "webhooks"]), (keys, ["keys"])):
        with psycopg.connect(url) as connection:
            clear(connection, schemas)
    with open_house(settings, migrating=False, size=4) as opened:
        yield opened


KEPT = ("secrets", "revision", "generations", "pointer")


def clear(connection: psycopg.Connection[Any], schemas: list[str]) -> None:
    """Delete all rows of these schemas but for what a ledger begins with, and start every generation over."""
    tables = connection.execute(
        """SELECT c.oid::regclass::text, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition""",
        [schemas],
    ).fetchall()
    for table, name in tables:
        if name not in KEPT:
            connection.execute(cast("LiteralString", f"DELETE FROM {table}"))
    if "rows" in schemas:
        connection.execute("UPDATE rows.generations SET position = 0")


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


@pytest.fixture(scope="session")
def retail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Memory, Summary, Path]:
    """Online Retail as its mapping makes events of it, in memory: reading it takes most of a minute, so all tests share it."""
    memory, folder = Memory(), tmp_path_factory.mktemp("retail")
    importer = Importer(memory, mapping="online-retail", rejects=folder / "rejects.csv", quiet=True)
    return memory, importer.run([str(real(RETAIL))]), folder


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
