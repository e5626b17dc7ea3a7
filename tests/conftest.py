"""A real PostgreSQL for every test that asks for one: the embedded one, or that of JEJAK_TEST_DATABASE_URL."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from api import embedded
from domain.ledger import Ledger
from tests.ledgers import Home, opened, settle


class Postgres:
    """A server on which we may make databases."""

    def __init__(self, admin: str) -> None:
        self._admin = admin
        self._number = itertools.count(1)

    def url(self, database: str) -> str:
        return urlsplit(self._admin)._replace(path=f"/{database}").geturl()

    def create(self, template: str = "template1") -> str:
        """The name of a new database, a copy of the template."""
        name = f"test_{os.getpid()}_{next(self._number)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, database: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def _run(self, command: LiteralString, *names: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def folder() -> Generator[Path]:
    """A folder that also a server's own user may enter (pytest's are closed to others), with a space in its name."""
    made = Path(tempfile.mkdtemp(prefix="jejak tests "))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Generator[Postgres]:
    """One server for all tests; as durable as in earnest."""
    given = os.environ.get("JEJAK_TEST_DATABASE_URL")
    if given is not None:
        yield Postgres(given)
        return
    data = folder / "data"
    with embedded.server(data) as server:
        yield Postgres(server.url("postgres"))
    assert embedded.wait_until_ended(data)


@pytest.fixture
def make_database(postgres: Postgres) -> Generator[Callable[[], str]]:
    """Makes databases of this test's own; each call gives the URL of a new one."""
    made: list[str] = []

    def make(template: str = "template1") -> str:
        made.append(postgres.create(template))
        return postgres.url(made[-1])

    yield make
    for name in made:
        postgres.drop(name)


@pytest.fixture
def database(make_database: Callable[[], str]) -> str:
    """The URL of an empty database of this test's own."""
    return make_database()


@pytest.fixture(scope="session")
def templates(postgres: Postgres) -> Home:
    """The names of two databases to copy, at the newest schema: a ledger's, and a key store's."""
    names = Home(postgres.create(), postgres.create())
    settle(Home(*map(postgres.url, names)))
    return names


@pytest.fixture
def make_home(make_database: Callable[[str], str], templates: Home) -> Callable[[], Home]:
    """Makes homes for ledgers of this test's own, empty and migrated."""
    return lambda: Home(*map(make_database, templates))


@pytest.fixture(scope="module")
def home(postgres: Postgres, templates: Home) -> Generator[Home]:
    """The home of the module's ledger."""
    names = [postgres.create(template) for template in templates]
    yield Home(*map(postgres.url, names))
    for name in names:
        postgres.drop(name)


@pytest.fixture(scope="module")
def ledger(home: Home) -> Generator[Ledger]:
    """A ledger for the tests of one module, who keep out of each other's way; the clock stands at `tests.ledgers.NOW`."""
    with opened(home) as ledger:
        yield ledger


@pytest.fixture
def own_ledger(make_home: Callable[[], Home]) -> Generator[Ledger]:
    """An empty ledger of this test's own."""
    with opened(make_home()) as ledger:
        yield ledger
