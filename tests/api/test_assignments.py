"""Who gets whom, over HTTP: proposed from what is recorded, looked at, applied where it still holds."""

import threading
from collections import Counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.assigning import applying, making
from api.assigning.applying import Why
from api.coordinates import coordinates
from api.wiring import House
from projections.assigning import ordering
from projections.assigning.reading import Wanted
from tests.api.conftest import event, fold, record

Json = dict[str, Any]


def beside(id_: str, type_: str, day: float, **data: Any) -> Json:
    return {name: value for name, value in event(id_, type_, day, **data).items() if name != "subject"}


def hire(house: House, *codes: str, **fields: Any) -> None:
    record(house, *(beside(f"hire-{c}", "staff.registered", -30, staff=c, **{"team": "north"} | fields) for c in codes))


def known(house: House, customers: int, talked: str = "ani") -> None:
    record(
        house,
        *(event(f"c-{n}", "call.made", 0, f"crm:C-{n}", direction="inbound", staff=talked) for n in range(customers)),
    )


def assign(house: House, customer: int, manager: str, day: float = 1) -> None:
    record(house, event(f"a-{customer}-{day}", "manager.assigned", day, f"crm:C-{customer}", manager=manager))


def proposed(client: TestClient, **wanted: Any) -> Json:
    answer = client.post("/v1/assignments", json=wanted)
    assert answer.status_code == 201, answer.text
    assert client.get(answer.headers["Location"]).json() == answer.json()
    return answer.json()


def lines(client: TestClient, proposal: Json, which: str) -> list[Json]:
    return client.get(f"/v1/assignments/{proposal['id']}/{which}").json()["items"]


def apply(client: TestClient, proposal: Json, **why: Any) -> Json:
    answer = client.post(f"/v1/assignments/{proposal['id']}/apply", json=why)
    assert answer.status_code == 200, answer.text
    return answer.json()


def owners(house: House, client: TestClient, customers: int) -> list[str | None]:
    fold(house)
    pages = [client.get(f"/v1/customers/crm:C-{n}").json() for n in range(customers)]
    return [page["standing"]["owner"] for page in pages]


def test_a_book_is_proposed_looked_at_and_applied(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi", capacity=10)
    known(house, 6)
    record(house, event("w", "preference.stated", 1, "crm:C-0", staff=["budi"]))
    fold(house)
    made = proposed(client, unowned=True)
    assert (made["customers"], made["moves"], made["unplaced"], made["state"]) == (6, 6, 0, "proposed")
    moves = lines(client, made, "moves")
    assert [m["to"] for m in moves if m["reason"] == "named"] == ["budi"]
    assert Counter(m["to"] for m in moves) == {"ani": 3, "budi": 3}
    assert owners(house, client, 6) == [None] * 6
    applied = apply(client, made, reason="first-book", note="be kind")
    assert (applied["state"], applied["progress"]) == ("applied", {"applied": 6})
    assert Counter(owners(house, client, 6)) == {"ani": 3, "budi": 3}
    said = client.get("/v1/customers/crm:C-0/managers").json()
    assert [(o["staff"], o["reason"], o["note"]) for o in said["items"]] == [("budi", "first-book", "be kind")]
    assert said["acting"] == {"staff": "budi", "by": "owner", "passed": []}
    head = house.ledger.head()
    assert apply(client, made)["progress"] == {"applied": 6}
    assert house.ledger.head() == head  # applied again, it changes nothing
    assert [m["outcome"] for m in lines(client, made, "moves")] == ["applied"] * 6


def test_the_book_of_somebody_who_leaves_goes_to_the_others(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi", "citra")
    known(house, 6, "budi")
    for n in range(6):
        assign(house, n, "ani" if n < 4 else "citra")
    fold(house)
    made = proposed(client, leaving=["ani"])
    assert {m["from"] for m in lines(client, made, "moves")} == {"ani"}
    after = {load["staff"]: load["customers_after"] for load in made["loads"]}
    assert after == {"budi": 3, "citra": 3}
    apply(client, made)
    assert Counter(owners(house, client, 6)) == {"budi": 3, "citra": 3}
    assert Counter(m["reason"] for m in lines(client, made, "moves"))["talked-last"] == 3


def test_books_of_those_who_left_count_as_unowned(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi")
    known(house, 2)
    assign(house, 0, "ani")
    record(house, beside("gone", "staff.changed", 2, staff="ani", active=False))
    fold(house)
    made = proposed(client, unowned=True)
    assert [(m["from"], m["to"]) for m in lines(client, made, "moves")] in (
        [("ani", "budi"), (None, "budi")], [(None, "budi"), ("ani", "budi")],
    )  # fmt: skip


def test_uneven_books_are_evened_out_and_most_stay(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi")
    known(house, 10)
    for n in range(10):
        assign(house, n, "ani" if n < 8 else "budi")
    fold(house)
    made = proposed(client, rebalance=True, staff=["ani", "budi"])
    assert (made["moves"], made["stay"]) == (3, 7)
    assert made["spread_before"] == pytest.approx(3.0, abs=0.05)
    assert made["spread_after"] == pytest.approx(0.0, abs=0.05)


def test_what_changed_since_is_skipped_and_says_why(house: House, client: TestClient) -> None:
    hire(house, "ani")
    known(house, 5)
    fold(house)
    made = proposed(client, unowned=True)
    assign(house, 0, "zul", 2)
    record(
        house,
        event("wish", "preference.stated", 2, "crm:C-1", staff=["budi"]),
        event("end", "relationship.ended", 2, "crm:C-2", by="customer"),
        event("more", "call.made", 2, "crm:C-3", direction="inbound", staff="ani"),
    )
    applied = apply(client, made)
    assert applied["progress"] == {"applied": 2, "ended": 1, "owner-changed": 1, "wish-changed": 1}
    assert len(lines(client, made, "skipped")) == 3
    assert owners(house, client, 5) == ["zul", None, None, "ani", "ani"]


def test_nobody_is_given_to_whom_left_since(house: House, client: TestClient) -> None:
    hire(house, "ani")
    known(house, 2)
    fold(house)
    made = proposed(client, unowned=True)
    record(house, beside("gone", "staff.changed", 2, staff="ani", active=False))
    assert apply(client, made)["progress"] == {"left": 2}


def test_a_book_that_others_filled_since_takes_nobody_in(house: House, client: TestClient) -> None:
    hire(house, "ani", capacity=3)
    known(house, 5)
    fold(house)
    made = proposed(client, customers=["crm:C-0", "crm:C-1", "crm:C-2"])
    assign(house, 3, "ani")
    assign(house, 4, "ani")  # the rows do not know of it yet
    assert apply(client, made)["progress"] == {"applied": 1, "over-capacity": 2}
    assert sorted(str(o) for o in owners(house, client, 5)) == ["None", "None", "ani", "ani", "ani"]


def test_two_who_apply_at_once_never_fill_a_book_beyond_its_size(house: House, client: TestClient) -> None:
    hire(house, "ani", capacity=4)
    known(house, 8)
    fold(house)
    halves = [[f"crm:C-{n}" for n in range(4)], [f"crm:C-{n}" for n in range(4, 8)]]
    both = [proposed(client, customers=half) for half in halves]
    threads = [
        threading.Thread(target=applying.apply, args=(house, made["id"], Why(f"by-{made['id']}"))) for made in both
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = Counter(o for made in both for o in [m["outcome"] for m in lines(client, made, "moves")])
    assert outcomes == {"applied": 4, "over-capacity": 4}
    assert Counter(owners(house, client, 8)) == {"ani": 4, None: 4}


def test_an_application_that_was_stopped_goes_on(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(house, "ani", "budi")
    known(house, 6)
    fold(house)
    kept = _in_parts_of(2, house, monkeypatch)
    seen: list[int] = []

    def stop(done: int) -> None:
        seen.append(done)
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        applying.apply(house, kept, Why("tests"), stop)
    answer = client.get(f"/v1/assignments/{kept}").json()
    assert (seen, answer["state"], answer["progress"]) == ([2, 4], "applying", {"applied": 4, "pending": 2})
    applying.apply(house, kept, Why("tests"), seen.append)
    assert seen == [2, 4, 2]
    assert None not in owners(house, client, 6)


def _in_parts_of(size: int, house: House, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(making, "parts", lambda moves, rooms: ordering.parts(moves, rooms, size))
    return making.make(house, coordinates(house, None), Wanted(unowned=True), "tests").id


def test_full_books_change_places(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi", capacity=1)
    known(house, 2)
    assign(house, 0, "ani")
    assign(house, 1, "budi")
    record(house, event("w", "preference.stated", 2, "crm:C-0", staff=["budi"]))
    fold(house)
    made = proposed(client, rebalance=True, team="north")
    assert apply(client, made)["progress"] == {"applied": 2}
    assert owners(house, client, 2) == ["budi", "ani"]


def test_whom_nobody_fits_is_listed(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi", capacity=1)
    known(house, 4)
    record(house, event("w", "preference.stated", 1, "crm:C-3", staff_traits={"language": "jv"}))
    fold(house)
    made = proposed(client, unowned=True)
    found = lines(client, made, "unplaced")
    assert Counter(one["reason"] for one in found) == {"no-fit": 1, "full": 1}
    assert [one["against"] for one in found if one["reason"] == "no-fit"] == [{"trait:language=jv": 2}]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "bad-request"),
        ({"rebalance": True}, "bad-request"),
        ({"unowned": True, "staff": ["zul"]}, "bad-request"),
        ({"unowned": True, "team": "south"}, "bad-request"),
        ({"customers": ["crm:C-99"]}, "unknown-customer"),
        ({"unowned": True, "rulebook": "v9"}, "unknown-rulebook"),
        ({"unowned": 3.5}, "bad-request"),
    ],
)
def test_what_cannot_be_proposed_is_refused_with_the_reason(
    house: House, client: TestClient, wanted: Json, code: str
) -> None:
    hire(house, "ani")
    known(house, 1)
    fold(house)
    answer = client.post("/v1/assignments", json=wanted)
    assert answer.json()["code"] == code, answer.text


def test_a_proposal_that_is_not_there_is_not_found(client: TestClient) -> None:
    answers = [client.get("/v1/assignments/7"), client.get("/v1/assignments/7/moves"),
               client.post("/v1/assignments/7/apply"), client.delete("/v1/assignments/7")]  # fmt: skip
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "unknown-proposal")] * 4


def test_who_may_only_read_proposes_and_applies_nothing(house: House, client: TestClient) -> None:
    reader = {"Authorization": f"Bearer {house.bearers.create('reader', ['read'])}"}
    assert client.get("/v1/assignments", headers=reader).status_code == 200
    for answer in (
        client.post("/v1/assignments", json={"unowned": True}, headers=reader),
        client.post("/v1/assignments/1/apply", headers=reader),
        client.delete("/v1/assignments/1", headers=reader),
    ):
        assert answer.status_code == 403


def test_moves_are_read_page_by_page_and_a_proposal_can_be_thrown_away(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi")
    known(house, 5)
    fold(house)
    made = proposed(client, unowned=True)
    url, found = f"/v1/assignments/{made['id']}/moves?limit=2", list[str]()
    page = client.get(url).json()
    while True:
        found += [m["customer"] for m in page["items"]]
        if page["next"] is None:
            break
        page = client.get(url, params={"after": page["next"]}).json()
    assert len(found) == len(set(found)) == 5
    assert [p["id"] for p in client.get("/v1/assignments").json()["items"]] == [made["id"]]
    assert client.delete(f"/v1/assignments/{made['id']}").status_code == 204
    assert client.get("/v1/assignments").json()["items"] == []


def test_a_proposal_of_another_day_is_of_what_held_then(house: House, client: TestClient) -> None:
    hire(house, "ani", "budi")
    known(house, 2)
    assign(house, 0, "ani", 5)
    fold(house)
    made = proposed(client, unowned=True, as_of="2026-03-04T00:00:00Z")
    assert {m["from"] for m in lines(client, made, "moves")} == {None}
    assert len(lines(client, made, "moves")) == 2
    assert apply(client, made)["progress"] == {"applied": 1, "owner-changed": 1}
