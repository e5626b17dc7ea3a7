"""What the company knows beside its customers, at any date and as known at any time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from domain.events import (
    CalendarPublished,
    Event,
    Money,
    ProductListed,
    ProductRetired,
    RulebookPromoted,
    RulebookPublished,
    RulebookRolledBack,
    StaffAbsent,
    StaffChanged,
    StaffRegistered,
)
from projections import catalogue
from projections.catalogue import Catalogue
from tests.projections import given
from tests.projections.given import START, append, call, new_id

Connection = psycopg.Connection[Any]
DAY = 86_400_000_000


@pytest.fixture
def ledger(database: str) -> Iterator[Connection]:
    given.prepare(database)
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def at(day: float) -> int:
    return START + int(day * DAY)


def beside(kind: type[Event], day: float, **fields: Any) -> Any:
    return kind(id=new_id(), at=at(day), source="urn:test", **fields)


def away(staff: str, day: float, until: float, cover: str | None) -> StaffAbsent:
    return beside(StaffAbsent, day, staff=staff, until=datetime.fromtimestamp(at(until) / 1e6, tz=UTC), cover=cover)


def known(*events: Event) -> Catalogue:
    return Catalogue(0, [("00000000-0000-0000-0000-000000000001", e) for e in events])


def test_staff_are_as_their_last_change_left_them() -> None:
    told = known(
        beside(StaffRegistered, 1, staff="ani", team="jkt", capacity=100, languages=("id",)),
        beside(StaffChanged, 5, staff="ani", team="bdg", traits={"loves": "batik"}),
        beside(StaffChanged, 9, staff="ani", active=False),
    )
    assert told.staff(at(0)) == {}
    assert told.staff(at(1))["ani"].team == "jkt"
    later = told.staff(at(9))["ani"]
    assert (later.team, later.capacity, later.languages, later.traits, later.active) == (
        "bdg",
        100,
        ("id",),
        {"loves": "batik"},
        False,
    )


def test_cover_acts_while_somebody_is_away_and_no_longer() -> None:
    told = known(
        away("ani", 2, 4, "budi"), away("budi", 3, 4, "cici"), away("dewi", 2, 4, None), away("eka", 2, 4, "eka")
    )
    assert [told.cover("ani", at(d)) for d in (1, 2, 3, 4)] == ["ani", "budi", "cici", "ani"]
    assert told.cover("dewi", at(3)) is None
    assert told.cover("eka", at(3)) is None


def test_products_keep_their_last_listing_until_they_are_retired() -> None:
    told = known(
        beside(ProductListed, 1, product="tea", category="drinks", price=Money("5", "IDR")),
        beside(ProductRetired, 3, product="tea"),
    )
    assert not told.products(at(2))["tea"].retired
    assert told.products(at(3))["tea"].retired
    assert told.products(at(3))["tea"].category == "drinks"


def test_the_rulebook_in_force_is_the_one_promoted_last() -> None:
    told = known(
        beside(RulebookPublished, 1, rulebook="v2", document={"a": 1}),
        beside(RulebookPublished, 2, rulebook="v2", document={"a": 2}),
        beside(RulebookPromoted, 3, rulebook="v2"),
        beside(RulebookRolledBack, 5, rulebook="v1"),
        beside(CalendarPublished, 1, calendar="jkt", calendar_version="2026", document={"zone": "Asia/Jakarta"}),
    )
    assert [told.in_force(at(d)) for d in (2, 3, 5)] == [None, "v2", "v1"]
    assert told.rulebooks() == {"v2": {"a": 1}}
    assert told.calendars() == {("jkt", "2026"): {"zone": "Asia/Jakarta"}}


def test_the_engine_copies_events_beside_customers_and_keeps_them_out_of_rows(
    database: str, ledger: Connection
) -> None:
    staff, customer = new_id(), new_id()
    ani = beside(StaffRegistered, 1, staff="ani", team="jkt")
    append(ledger, [(staff, ani), (customer, call(1))])
    given.engine(database).catch_up()
    append(ledger, [(staff, beside(StaffChanged, 2, staff="ani", team="bdg"))])
    given.engine(database).catch_up()
    assert ledger.execute("SELECT customer::text FROM rows.profile").fetchall() == [(customer,)]
    assert catalogue.load(ledger).staff(at(3))["ani"].team == "bdg"
    assert catalogue.load(ledger, known_at=2).staff(at(3))["ani"].team == "jkt"
    assert catalogue.newest(ledger) == 3

    append(ledger, [(staff, given.void(3, ani))])  # amendments alone say nothing of whose they are
    given.engine(database).catch_up()
    assert catalogue.load(ledger).staff(at(1.5)) == {}
    assert catalogue.newest(ledger) == 4
    assert ledger.execute("SELECT count(*) FROM rows.parked").fetchone() == (0,)


def test_an_absence_ends_at_its_end() -> None:
    told = known(away("ani", 2, 4, "budi"))
    assert told.cover("ani", at(4) - 1) == "budi"
    assert told.cover("ani", at(4)) == "ani"


def test_the_first_rows_are_made_under_the_rulebook_that_the_ledger_says_is_in_force(
    database: str, ledger: Connection
) -> None:
    published = beside(RulebookPublished, 1, rulebook="v7", document={})
    append(ledger, [(new_id(), published), (new_id(), beside(RulebookPromoted, 2, rulebook="v7")), (new_id(), call(1))])
    given.engine(database).catch_up()
    assert given.live(ledger).rulebook == "v7"
