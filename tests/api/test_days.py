"""A manager's day over HTTP and on the command line."""

from collections.abc import Generator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from tests.api.conftest import MakeHouse, event, fold, record

TUESDAY = "2026-03-10"  # events lie on Monday, 2 March, and so many days after
MORNING = "2026-03-10T01:00:00Z"  # 08:00 in Jakarta, when work begins


def known(house: House, who: str, manager: str) -> None:
    record(
        house,
        event(f"r-{who}", "customer.registered", 0, f"crm:{who}", name=who),
        event(f"i-{who}", "customer.identified", 0, f"crm:{who}", kind="email", value=f"{who}@example.com"),
        event(f"m-{who}", "manager.assigned", 0.1, f"crm:{who}", manager=manager),
    )


def promise(house: House, who: str, due: str, **more: Any) -> None:
    """A promise to call: 15 minutes by the shipped rulebook."""
    said = {"promise": f"P-{who}-{due}", "due": due, "channel": "phone", "kind": "callback"} | more
    record(house, event(f"p-{who}-{due}-{more.get('staff')}", "promise.made", 1, f"crm:{who}", **said))


@pytest.fixture(scope="module")
def busy(make_house: MakeHouse) -> Generator[House]:
    """ani has 100 minutes a day; budi, who is away, 480, and she acts for him; citra is on nobody's list."""
    with make_house() as made:
        record(
            made,
            event("s1", "staff.registered", 0, staff="ani", minutes_a_day=100),
            event("s2", "staff.registered", 0, staff="budi", minutes_a_day=480),
            event("a", "staff.absent", 5, staff="budi", until="2026-03-16T00:00:00Z", cover="ani"),
        )
        for who, manager in (("one", "ani"), ("two", "ani"), ("three", "budi"), ("four", "citra")):
            known(made, who, manager)
        promise(made, "one", "2026-03-05T09:00:00+07:00")  # overdue
        promise(made, "two", "2026-03-10T16:00:00+07:00")  # this afternoon
        promise(made, "three", "2026-03-10T10:00:00+07:00")  # of budi's customer
        promise(made, "two", "2026-03-11T09:00:00+07:00")  # tomorrow
        promise(made, "four", "2026-03-10T12:00:00+07:00", staff="ani")  # she gave her word to citra's customer
        promise(made, "one", "2026-03-10T11:00:00+07:00", staff="citra")  # and citra gave hers to ani's
        for n, (who, said) in enumerate(
            [("one", {}), ("two", {"team": "desk"}), ("three", {"handler": "dewi"}), ("four", {"handler": "ani"})]
        ):
            opened = {"complaint": f"K-{who}", "severity": "normal"} | said
            record(made, event(f"k{n}", "complaint.opened", 1, f"crm:{who}", **opened))
        fold(made)
        yield made


@pytest.fixture
def house(busy: House) -> House:
    return busy


def day(client: TestClient, manager: str, **params: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/days/{manager}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(i["name"], i.get("kind") or i["due_at"][:16]) for i in found if i.get("class") != "rhythm"]


def test_complaints_count_first_and_promises_follow_as_far_as_the_minutes_go(client: TestClient) -> None:
    found = day(client, "ani", as_of=MORNING)
    # Two answers of 30 minutes each; 40 minutes are left for two calls of 15, the oldest ones; the rest does not fit.
    assert {name for name, _ in told(found["complaints"])} == {"one", "four"}
    assert told(found["contacts"]) == [("one", "2026-03-05T02:00"), ("three", "2026-03-10T03:00")]
    assert told(found["overflow"]["items"]) == [("four", "2026-03-10T05:00"), ("two", "2026-03-10T09:00")]
    assert found["minutes"] == {
        "a_day": 100, "absent": 0, "available": 100, "complaints": 60, "contacts": 30, "left": 10,
    }  # fmt: skip
    assert (found["covers"], found["zone"], found["day"]) == (["budi"], "Asia/Jakarta", TUESDAY)
    assert found["overflow"]["complaints"] == 0
    assert found["overflow"]["contacts"] >= 2


def test_later_in_the_day_less_fits(client: TestClient) -> None:
    # At 15:00 two of eight hours are left: 25 minutes of 100, not enough for the first answer.
    found = day(client, "ani", as_of="2026-03-10T08:00:00Z")
    assert (found["minutes"]["available"], found["complaints"], found["contacts"]) == (25, [], [])
    assert found["overflow"]["complaints"] == 2


def test_who_is_away_has_no_minutes_and_who_covers_has_the_work(client: TestClient) -> None:
    found = day(client, "budi", as_of=MORNING)
    assert found["minutes"]["available"] == 0
    assert found["minutes"]["absent"] == 480
    assert found["contacts"] == []


def test_a_day_is_that_of_the_question_or_begins_with_its_first_moment(client: TestClient) -> None:
    assert day(client, "ani", day=TUESDAY)["as_of"] == "2026-03-09T17:00:00Z"
    assert day(client, "ani", day=TUESDAY, as_of=MORNING) == day(client, "ani", as_of=MORNING)
    tomorrow = day(client, "ani", day="2026-03-11", limit=500)
    everything = [*tomorrow["contacts"], *tomorrow["overflow"]["items"]]
    assert ("two", "2026-03-11T02:00") in told(everything)
    refused = client.get("/v1/days/ani", params={"day": "2026-03-11", "as_of": MORNING})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad-request")
    assert client.get("/v1/days/ani", params={"day": "tuesday"}).json()["code"] == "bad-request"


def test_a_day_without_work_shows_all_of_it_as_overflow(client: TestClient) -> None:
    found = day(client, "ani", day="2026-03-15", limit=500)  # a Sunday
    assert found["minutes"]["a_day"] == 0
    assert found["complaints"] == found["contacts"] == []
    assert found["overflow"]["complaints"] == 2
    assert len(found["overflow"]["items"]) == found["overflow"]["complaints"] + found["overflow"]["contacts"]


def test_all_that_is_due_is_planned_or_in_the_overflow_once(client: TestClient) -> None:
    found = day(client, "ani", as_of=MORNING, limit=500)
    everything = [*found["complaints"], *found["contacts"], *found["overflow"]["items"]]
    keys = [(i["customer"], i["item"]) for i in everything]
    assert len(keys) == len(set(keys))
    few = day(client, "ani", as_of=MORNING, limit=1)
    assert few["overflow"]["items"] == found["overflow"]["items"][:1]
    assert few["contacts"] == found["contacts"]


def test_without_the_right_a_day_names_nobody(app_client: TestClient, busy: House) -> None:
    headers = {"Authorization": f"Bearer {busy.bearers.create('k', ['read'])}"}
    found = app_client.get("/v1/days/ani", params={"as_of": MORNING}, headers=headers).json()
    assert {i["name"] for i in found["contacts"]} == {None}
