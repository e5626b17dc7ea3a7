"""What is exported imports again into an empty ledger, and says the same there."""

import gzip
import json
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.export import export_to, restore
from api.simulation import simulate
from api.wiring import House
from domain.errors import DifferentContent
from domain.events import CallMade, ComplaintClosed, ComplaintOpened, TouchpointVoided
from tests.api.conftest import MakeHouse, call, record

IDS = ("id", "target", "prompted_by")


def exported(house: House, file: Path, *, sealed: bool = True) -> list[dict[str, Any]]:
    count = export_to(house.ledger, str(file), sealed=sealed)
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert len(lines) == count == house.ledger.head()
    return lines


def without_ids(line: dict[str, Any]) -> dict[str, Any]:
    """An exported event without what a ledger derives anew."""
    data = {k: v for k, v in line["data"].items() if k not in IDS}
    return {k: v for k, v in line.items() if k not in (*IDS, "position")} | {"data": data}


@pytest.fixture
def empty(make_house: MakeHouse) -> Generator[House]:
    with make_house() as made:
        yield made


def imported(house: House, lines: list[dict[str, Any]]) -> None:
    for start in range(0, len(lines), 1000):
        outcomes = restore(house.ledger, lines[start : start + 1000], actor="import")
        assert [o for o in outcomes if isinstance(o, Exception)] == []


def test_a_round_trip_gives_the_same_histories(house: House, empty: House, tmp_path: Path) -> None:
    clouds = list(simulate(12, 5, 1, datetime(2026, 3, 4, tzinfo=UTC)))
    record(house, *clouds)
    record(house, {k: v for k, v in call("x-2", data={"contact_point": "0812 9999 7890"}).items() if k != "subject"})
    first = exported(house, tmp_path / "first.ndjson")
    imported(empty, first)
    second = exported(empty, tmp_path / "second.ndjson")
    assert list(map(without_ids, second)) == list(map(without_ids, first))


def test_references_lead_to_the_same_ids_and_later_events_join_them(house: House, empty: House, tmp_path: Path) -> None:
    record(house, call("c-1", type="complaint.opened", data={"complaint": "K-7"}) | {"data": {"complaint": "K-7"}})
    imported(empty, exported(house, tmp_path / "first.ndjson"))
    receipt = record(empty, call("c-2", type="complaint.closed") | {"data": {"complaint": "K-7"}})[0]
    opened, closed = empty.ledger.stream(receipt.customer)[-2:]
    assert isinstance(opened, ComplaintOpened)
    assert isinstance(closed, ComplaintClosed)
    assert opened.complaint == closed.complaint


def test_references_to_another_systems_things_lead_there_still(house: House, empty: House, tmp_path: Path) -> None:
    record(
        house,
        call("c-1", type="complaint.opened") | {"data": {"complaint": "K-7"}},
        call("c-2", type="complaint.closed", source="urn:desk")
        | {"data": {"complaint": {"source": "urn:pbx:jakarta", "id": "K-7"}}},
    )
    imported(empty, exported(house, tmp_path / "first.ndjson"))
    *_, opened, closed = (r.event for r in empty.ledger.feed(0, 10))
    assert isinstance(opened, ComplaintOpened)
    assert isinstance(closed, ComplaintClosed)
    assert opened.complaint == closed.complaint


def test_what_was_exported_is_known_again_when_its_source_sends_it(house: House, empty: House, tmp_path: Path) -> None:
    record(house, call("c-1"))
    lines = exported(house, tmp_path / "first.ndjson")
    assert lines[-1]["id"] == "c-1"
    imported(empty, lines)
    (outcome,) = empty.ledger.record([call("c-1")], actor="tester")
    assert isinstance(outcome, DifferentContent)  # another wording of the same event, and not recorded again


def test_what_brought_them_here_is_found_again(house: House, empty: House, tmp_path: Path) -> None:
    first = record(house, call("c-1"))[0]
    record(house, call("c-2", data={"prompted_by": first.id}))
    imported(empty, exported(house, tmp_path / "first.ndjson"))
    *_, prompt, prompted = (r.event for r in empty.ledger.feed(0, 10))
    assert isinstance(prompted, CallMade)
    assert prompted.prompted_by == prompt.id


def test_how_somebody_was_reached_is_kept(house: House, empty: House, tmp_path: Path) -> None:
    record(house, {k: v for k, v in call("c-1", data={"contact_point": "0812 3456 7890"}).items() if k != "subject"})
    imported(empty, exported(house, tmp_path / "first.ndjson"))
    last = empty.ledger.feed(0, 10)[-1]
    assert empty.ledger.open(last.customer, [last.version])[last.version]["contact_point"] == "0812 3456 7890"


def test_corrections_still_find_their_targets(house: House, empty: House, tmp_path: Path) -> None:
    record(
        house,
        call("c-1"),
        call("v-1", type="touchpoint.voided") | {"data": {"target": {"source": "urn:pbx:jakarta", "id": "c-1"}}},
    )
    imported(empty, exported(house, tmp_path / "first.ndjson"))
    *_, first, void = empty.ledger.feed(0, 10)
    assert isinstance(void.event, TouchpointVoided)
    assert void.event.target == first.event.id


def test_contact_points_find_their_customers_again(house: House, empty: House, tmp_path: Path) -> None:
    receipt = record(
        house, {k: v for k, v in call("c-1", data={"contact_point": "0812 3456 7890"}).items() if k != "subject"}
    )[0]
    imported(empty, exported(house, tmp_path / "first.ndjson"))
    found = empty.ledger.router.find(empty.ledger.door.contact_point("+62 812 3456 7890"), 2**60)
    assert [f.hex() for f in found] == [receipt.customer.replace("-", "")]


def test_without_the_right_nothing_sealed_is_written(house: House, tmp_path: Path) -> None:
    record(house, call("c-1"))
    lines = exported(house, tmp_path / "bare.ndjson", sealed=False)
    assert "summary" not in lines[-1]["data"]
    assert "C-1" not in json.dumps(lines)


def test_a_name_in_gz_is_compressed(house: House, tmp_path: Path) -> None:
    record(house, call("c-1"))
    export_to(house.ledger, str(tmp_path / "e.ndjson.gz"), sealed=True)
    assert gzip.decompress((tmp_path / "e.ndjson.gz").read_bytes()).count(b"\n") == 3
