"""Who gets whom, over HTTP: proposed from what is recorded, looked at, applied where it still holds."""

from typing import Any

from starlette.testclient import TestClient

from api.wiring import House
from tests.api.conftest import event, fold, record

Json = dict[str, Any]


def staff(*codes: str, **fields: Any) -> list[Json]:
    return [
        event(f"staff-{code}", "staff.registered", -30, staff=code, **{"team": "north", "capacity": 10} | fields)
        | {"subject": None}
        for code in codes
    ]


def test_a_book_is_proposed_looked_at_and_applied(house: House, client: TestClient) -> None:
    people = [{k: v for k, v in e.items() if k != "subject"} for e in staff("ani", "budi")]
    customers = [event(f"c-{i}", "call.made", 0, f"crm:C-{i}", direction="inbound", staff="ani") for i in range(6)]
    wish = event("w", "preference.stated", 1, "crm:C-0", staff=["budi"])
    record(house, *people, *customers, wish)
    fold(house)
    made = client.post("/v1/assignments", json={"unowned": True}).json()
    assert (made["customers"], made["moves"], made["unplaced"], made["state"]) == (6, 6, 0, "proposed"), made
    moves = client.get(f"/v1/assignments/{made['id']}/moves").json()["items"]
    assert {m["to"] for m in moves if m["reason"] == "named"} == {"budi"}
    assert sorted(m["to"] for m in moves) == ["ani"] * 3 + ["budi"] * 3
    applied = client.post(f"/v1/assignments/{made['id']}/apply", json={"reason": "first-book", "note": "be kind"}).json()
    assert (applied["state"], applied["progress"]) == ("applied", {"applied": 6})
    fold(house)
    owners = client.get("/v1/customers/crm:C-0/managers").json()["items"]
    assert [(o["staff"], o["reason"], o["note"]) for o in owners] == [("budi", "first-book", "be kind")]
    books = {s["staff"]: s["load"]["customers"] for s in client.get("/v1/staff").json()["items"]}
    assert books == {"ani": 3, "budi": 3}
