"""The composition root: from settings to a house in which everything works together.

    settings -> embedded server, or the two URLs given -> migrations -> pools -> key store -> ledger -> readers

Only here the wall clock is read, and only here it is decided who talks to whom. Tests hand in what is to be other.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import psycopg
from fastapi import Depends, Request

from api import embedded
from api import settings as settings_module
from api.commanding.turns import Turns
from api.counts import Counts
from api.cursors import Cursors
from api.keys import Bearers
from api.people import People
from api.rows import Rulebooks
from api.settings import Settings
from api.tail import Tail
from domain.errors import JejakError
from domain.keystore import KeyStore
from domain.ledger import Ledger
from domain.migrate import migrate
from domain.pools import Pool, open_pool
from projections import fold
from projections.reading import Reader

API_ROLE = "jejak_api"
SCHEMAS = (
    ("domain.migrations.ledger", "ledger"),
    ("projections.migrations.rows", "rows"),
    ("api.migrations.webhooks", "webhooks"),
)  # of the ledger's database
KEY_SCHEMAS = (("domain.migrations.keys", "keys"),)

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """The present."""
    return datetime.now(UTC)


@dataclass
class House:
    """Everything that routes and commands work with."""

    settings: Settings
    database_url: str
    keys_url: str
    pool: Pool
    keys_pool: Pool
    ledger: Ledger
    bearers: Bearers
    cursors: Cursors
    tail: Tail
    clock: Clock
    people: People
    rulebooks: Rulebooks
    reader: Reader
    counts: Counts
    server: embedded.Server | None = None
    monotonic: Callable[[], float] = field(default=time.monotonic)
    turns: Turns = field(default_factory=Turns)

    def now(self) -> datetime:
        """The present in questions and commands: JEJAK_NOW where it is set, else the clock."""
        return self.settings.now or self.clock()


@contextlib.contextmanager
def open_house(
    settings: Settings | None = None, *, clock: Clock = wall_clock, migrating: bool = True, size: int = 8
) -> Generator[House]:
    """Wire everything, and take it apart at the end.

    `migrating`: bring the databases to the newest version first. `size`: connections to each database at most.
    """
    settings = settings or settings_module.read()
    with contextlib.ExitStack() as stack:
        server, database_url, keys_url = _databases(settings, stack)
        if migrating:
            bring_up_to_date(database_url, keys_url)
        else:
            _reach(database_url, keys_url)
        pool = open_pool(database_url, role=API_ROLE, size=size)
        stack.callback(pool.close)
        keys_pool = open_pool(keys_url, size=size)
        stack.callback(keys_pool.close)
        rulebooks = Rulebooks(database_url)
        keys = _key_store(settings, keys_pool, database_url)
        yield House(
            settings=settings,
            database_url=database_url,
            keys_url=keys_url,
            pool=pool,
            keys_pool=keys_pool,
            ledger=Ledger(pool, keys, clock=clock, region=settings.region),
            bearers=Bearers(keys_pool, keys.secrets),
            cursors=Cursors(keys.secrets.cursor_key),
            tail=Tail(database_url),
            clock=clock,
            people=People(pool),
            rulebooks=rulebooks,
            reader=Reader(fold, rulebooks),
            counts=Counts(),
            server=server,
        )


def _databases(settings: Settings, stack: contextlib.ExitStack) -> tuple[embedded.Server | None, str, str]:
    if settings.database_url is not None and settings.keys_url is not None:
        return None, settings.database_url.get_secret_value(), settings.keys_url.get_secret_value()
    server = stack.enter_context(embedded.server(settings.data))
    ledger, keys = embedded.DATABASES
    return server, server.url(ledger), server.url(keys)


def _reach(*urls: str) -> None:
    """See at once whether the databases are there: a pool would go on trying."""
    for url in urls:
        psycopg.connect(url, connect_timeout=10).close()


def bring_up_to_date(database_url: str, keys_url: str) -> list[str]:
    """Apply the migrations that the two databases lack; what was applied. SchemaTooNew where they are ahead of us."""
    applied: list[str] = []
    for url, schemas in ((database_url, SCHEMAS), (keys_url, KEY_SCHEMAS)):
        with psycopg.connect(url) as connection:
            for package, name in schemas:
                applied += [f"{name}/{file}" for file in migrate(connection, package, name)]
    return applied


class WrongKeyStore(JejakError):
    """The key store is not the one that this ledger was written with."""


def _key_store(settings: Settings, pool: Pool, database_url: str) -> KeyStore:
    """The ledger's key store, opened. WrongKeyStore or MissingMasterKey where a new one would lose what the old one knew."""
    with pool.connection() as keys, psycopg.connect(database_url, autocommit=True) as ledger:
        used = keys.execute("SELECT FROM keys.secrets LIMIT 1").fetchone() is not None
        if not used and ledger.execute("SELECT FROM ledger.commits LIMIT 1").fetchone() is not None:
            raise WrongKeyStore(
                "the key store is empty, but the ledger is not: JEJAK_KEYS_URL names another database, "
                "or the one that belongs to this ledger has to be restored"
            )
        store = KeyStore(pool, settings_module.master_key(settings, make=not used))
        if ledger.execute("SELECT to_regclass('ledger.pair') IS NULL").fetchone() == (True,):
            return store  # a schema that is yet to be migrated
        mark = UUID(bytes=store.secrets.token("key-store", ""))
        ledger.execute("INSERT INTO ledger.pair (keys) VALUES (%s) ON CONFLICT DO NOTHING", [mark])
        if ledger.execute("SELECT keys FROM ledger.pair").fetchone() != (mark,):
            raise WrongKeyStore(
                "the key store belongs to another ledger: JEJAK_DATABASE_URL and JEJAK_KEYS_URL are not of one pair"
            )
    return store


async def house(request: Request) -> House:
    """A dependency: the house of this application."""
    return request.app.state.house


HouseDep = Annotated[House, Depends(house)]
