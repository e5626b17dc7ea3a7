"""People are found by name and contact point without either being readable, and are forgotten for good."""

import itertools
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import UnknownCustomer
from domain.ledger import Ledger
from domain.sealing import uuid_bytes
from tests.ledgers import call_from, cloud, record

serial = itertools.count(20_000_000)


def person() -> str:
    return f"crm:B-{uuid4()}"


def named(
    ledger: Ledger, name: str, who: str | None = None, type_: str = "customer.profile-changed", **more: Any
) -> str:
    """Give a customer a name; their id."""
    return record(ledger, cloud(str(uuid4()), type_, {"name": name}, subject=who or person(), **more))[0].customer


def word() -> str:
    """A name that no other test uses, of letters that spelling reforms left alone."""
    return "".join("abdefghilmnopr"[int(c, 16) % 14] for c in uuid4().hex)


def points(ledger: Ledger, customer: str) -> list[Any]:
    with ledger.keys._pool.connection() as c:
        return c.execute(
            "SELECT token, event, shared, removed FROM keys.points WHERE customer = %s ORDER BY 1, 2, 3", [customer]
        ).fetchall()


def test_a_name_is_found_by_the_beginning_of_any_word_in_any_spelling(ledger: Ledger) -> None:
    mark = word()
    customer = named(ledger, f"Raden Soekarno {mark}")
    for query in (mark, mark[:9], f"suka {mark}", f"{mark} soek rad", f"SUKARNO {mark}"):
        assert ledger.blind.find(query) == [customer], query
    assert ledger.blind.find(f"budi {mark}") == []
    assert ledger.blind.find(mark[1:]) == []
    assert ledger.blind.find("") == []


def test_all_of_a_name_are_found(ledger: Ledger) -> None:
    mark = word()
    customers = sorted(named(ledger, f"{first} {mark}") for first in ("Ani", "Budi", "Cici"))
    assert ledger.blind.find(mark) == customers
    assert ledger.blind.find(mark, limit=2) == customers[:2]


def test_a_former_name_is_still_found(ledger: Ledger) -> None:
    maiden, married, who = word(), word(), person()
    customer = named(ledger, maiden, who, "customer.registered")
    named(ledger, married, who)
    assert ledger.blind.find(maiden) == ledger.blind.find(married) == [customer]


def test_a_voided_name_is_not_found_and_a_voided_void_brings_it_back(ledger: Ledger) -> None:
    mark, who = word(), person()
    [receipt] = record(ledger, cloud(f"n{who}", "customer.profile-changed", {"name": mark}, subject=who))
    record(ledger, cloud(f"v{who}", "touchpoint.voided", {"target": {"id": f"n{who}"}}, subject=who))
    assert ledger.blind.find(mark) == []
    record(ledger, cloud(f"w{who}", "touchpoint.voided", {"target": {"id": f"v{who}"}}, subject=who))
    assert ledger.blind.find(mark) == [receipt.customer]


def test_a_corrected_name_takes_the_place_of_the_wrong_one(ledger: Ledger) -> None:
    wrong, right, who = word(), word(), person()
    [receipt] = record(ledger, cloud(f"n{who}", "customer.profile-changed", {"name": wrong}, subject=who))
    correction = {"target": {"id": f"n{who}"}, "target_type": "customer.profile-changed", "data": {"name": right}}
    record(ledger, cloud(f"c{who}", "touchpoint.corrected", correction, subject=who))
    assert (ledger.blind.find(wrong), ledger.blind.find(right)) == ([], [receipt.customer])


def test_a_correction_before_its_target_counts_once_it_is_there(ledger: Ledger) -> None:
    wrong, right, who = word(), word(), person()
    correction = {"target": {"id": f"n{who}"}, "target_type": "customer.profile-changed", "data": {"name": right}}
    record(ledger, cloud(f"c{who}", "touchpoint.corrected", correction, subject=who))
    [receipt] = record(ledger, cloud(f"n{who}", "customer.profile-changed", {"name": wrong}, subject=who))
    assert (ledger.blind.find(wrong), ledger.blind.find(right)) == ([], [receipt.customer])


def test_a_voided_identification_sets_the_number_free(ledger: Ledger) -> None:
    number, who = f"0812{next(serial)}", person()
    [identified] = record(
        ledger, cloud(f"i{who}", "customer.identified", {"kind": "phone", "value": number}, subject=who)
    )
    assert record(ledger, call_from(str(uuid4()), number))[0].customer == identified.customer
    record(ledger, cloud(f"v{who}", "touchpoint.voided", {"target": {"id": f"i{who}"}}, subject=who))
    assert record(ledger, call_from(str(uuid4()), number))[0].customer != identified.customer
    assert record(ledger, cloud(str(uuid4()), subject=who))[0].customer == identified.customer, "the external id stays"


def test_a_corrected_identification_moves_the_number(ledger: Ledger) -> None:
    wrong, right, who = f"0812{next(serial)}", f"0812{next(serial)}", person()
    [identified] = record(
        ledger, cloud(f"i{who}", "customer.identified", {"kind": "phone", "value": wrong}, subject=who)
    )
    correction = {
        "target": {"id": f"i{who}"},
        "target_type": "customer.identified",
        "data": {"kind": "phone", "value": right},
    }
    record(ledger, cloud(f"c{who}", "touchpoint.corrected", correction, subject=who))
    assert record(ledger, call_from(str(uuid4()), right))[0].customer == identified.customer
    assert record(ledger, call_from(str(uuid4()), wrong))[0].customer != identified.customer


def test_a_voided_removal_leaves_the_number_where_it_was(ledger: Ledger) -> None:
    number, who = f"0812{next(serial)}", person()
    point = {"kind": "phone", "value": number}
    [identified] = record(ledger, cloud(f"i{who}", "customer.identified", point, subject=who))
    record(ledger, cloud(f"r{who}", "customer.identifier-removed", point, subject=who, time="2026-03-05T00:00:00Z"))
    record(ledger, cloud(f"v{who}", "touchpoint.voided", {"target": {"id": f"r{who}"}}, subject=who))
    assert (
        record(ledger, call_from(str(uuid4()), number, time="2026-03-09T00:00:00Z"))[0].customer == identified.customer
    )


def test_a_refused_identification_is_not_entered(ledger: Ledger) -> None:
    number, who = f"0812{next(serial)}", person()
    record(ledger, cloud(f"x{who}", subject=who))
    good = cloud(f"i{who}", "customer.identified", {"kind": "phone", "value": number}, subject=who)
    bad = cloud(f"x{who}", subject=who, data={"direction": "outbound"})
    assert not any(hasattr(o, "status") for o in ledger.record([good, bad], actor="t", atomic=True))
    assert ledger.router.find(ledger.door.contact_point(number), 0) == []


def test_the_forgotten_are_not_found(ledger: Ledger) -> None:
    mark, who, number = word(), person(), f"0812{next(serial)}"
    customer = named(ledger, mark, who)
    record(ledger, cloud(str(uuid4()), "customer.identified", {"kind": "phone", "value": number}, subject=who))
    ledger.keys.destroy(uuid_bytes(customer))
    assert ledger.blind.find(mark) == []
    assert ledger.router.find(ledger.door.contact_point(number), 0) == []
    assert points(ledger, customer) == []
    [refused] = ledger.record([cloud(str(uuid4()), subject=customer)], actor="t")
    assert "forgotten" in str(refused)
    [anew] = record(ledger, call_from(str(uuid4()), number))
    assert anew.customer != customer


def test_indexes_tell_nothing_to_those_who_read_them(ledger: Ledger) -> None:
    mark = word()
    named(ledger, mark)
    with ledger.keys._pool.connection() as c:
        row = c.execute(
            "SELECT string_agg(n::text, '') || (SELECT string_agg(p::text, '') FROM keys.points p) FROM keys.names n"
        ).fetchone()
    assert row is not None
    assert mark[:4] not in row[0]


steps = st.lists(
    st.tuples(st.booleans(), st.integers(1, 20), st.booleans()), min_size=1, max_size=6, unique_by=lambda s: s[1]
)


@settings(max_examples=20, deadline=None)
@given(steps, st.integers(0, 5))
def test_an_index_entered_anew_says_what_it_said_before(
    ledger: Ledger, steps: list[tuple[bool, int, bool]], at_once: int
) -> None:
    number, who = f"0812{next(serial)}", person()
    clouds = [
        cloud(
            f"{who}{n}",
            "customer.identifier-removed" if removed else "customer.identified",
            {"kind": "phone", "value": number} | ({} if removed else {"shared": shared}),
            subject=who,
            time=f"2026-03-{day:02}T00:00:00Z",
        )
        for n, (removed, day, shared) in enumerate(steps)
    ]
    customer = record(ledger, cloud(f"{who}hello", subject=who))[0].customer
    record(ledger, *clouds[:at_once])
    for one in clouds[at_once:]:
        record(ledger, one)

    def held() -> list[bool]:
        return [
            bool(ledger.router.find(ledger.door.contact_point(number), day * 86_400_000_000 + 1_772_323_200_000_000))
            for day in range(25)
        ]

    live = held()
    ledger.blind.mend(uuid_bytes(customer))
    ledger.keys.refresh()
    assert held() == live


@pytest.mark.parametrize("mended", [False, True])
def test_nobody_else_is_touched_by_mending(ledger: Ledger, mended: bool) -> None:
    number, ani, budi = f"0812{next(serial)}", person(), person()
    for who in (ani, budi):
        record(
            ledger,
            cloud(f"i{who}", "customer.identified", {"kind": "phone", "value": number, "shared": True}, subject=who),
        )
    a, b = (record(ledger, cloud(f"h{who}", subject=who))[0].customer for who in (ani, budi))
    if mended:
        before = points(ledger, b)
        ledger.blind.mend(uuid_bytes(a))
        assert points(ledger, b) == before
    assert ("phone", sorted([a, b]), True) in ledger.keys.contested(1000)


def test_a_destroyed_key_is_not_made_anew_by_a_registration_that_is_sent_again(ledger: Ledger) -> None:
    customer = str(uuid4())
    registered = cloud(str(uuid4()), "customer.registered", {"name": word()}, subject=customer)
    version = record(ledger, registered)[0].version
    assert version is not None
    ledger.keys.destroy(uuid_bytes(customer))
    outcome = ledger.record([registered], actor="tester")[0]
    assert isinstance(outcome, UnknownCustomer)
    assert ledger.keys.ensure_keys([uuid_bytes(customer)]) == {}
    assert ledger.open(customer, [version]) == {version: {}}


def test_what_was_read_before_it_moved_is_not_remembered_after(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = uuid_bytes(record(ledger, cloud(str(uuid4()), subject=person()))[0].customer)
    ledger.keys._keys.clear()
    unwrap = ledger.keys._unwrap

    def forgotten_meanwhile(wrapped: bytes, bound_to: bytes) -> bytes:
        key = unwrap(wrapped, bound_to)
        ledger.keys.destroy(customer)
        ledger.keys.refresh()
        return key

    monkeypatch.setattr(ledger.keys, "_unwrap", forgotten_meanwhile)
    assert ledger.keys.keys([customer])
    assert ledger.keys.keys([customer]) == {}
