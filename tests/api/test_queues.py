"""The queues over HTTP."""

from collections.abc import Generator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import House
from tests.api.conftest import MakeHouse, event, fold, record

NOW = "2026-03-10T03:00:00Z"


def fill(house: House) -> None:
    """Six customers with a complaint each, two of them of rm-02, who covers for rm-01."""
    severities = ("low", "normal", "high", "critical", "normal", "high")
    for n, severity in enumerate(severities):
        who = f"crm:Q-{n}"
        record(
            house,
            event(f"r{n}", "customer.registered", 0, who, name=f"Person {n}"),
            event(f"i{n}", "customer.identified", 0, who, kind="email", value=f"p{n}@example.com"),
            event(f"m{n}", "manager.assigned", 0.1, who, manager=f"rm-0{n % 3}"),
            event(
                f"o{n}",
                "complaint.opened",
                1 + n / 10,
                who,
                complaint=f"K-{n}",
                severity=severity,
                team="desk",
                description=f"trouble {n}",
            ),
            event(
                f"w{n}",
                "promise.made",
                1.5,
                who,
                promise=f"P-{n}",
                kind="callback",
                due="2026-03-05T09:00:00+07:00",
                text=f"promised {n}",
            ),
        )
    record(
        house,
        event("a", "staff.registered", 0, staff="rm-01", team="north"),
        event("b", "staff.registered", 0, staff="rm-02", team="south"),
    )
    record(house, event("c", "staff.absent", 5, staff="rm-01", until="2026-04-01T00:00:00Z", cover="rm-02"))
    record(house, event("d", "cover.arranged", 6, "crm:Q-0", cover="rm-02", until="2026-04-01T00:00:00Z"))
    fold(house)


@pytest.fixture(scope="module")
def busy(make_house: MakeHouse) -> Generator[House]:
    """The six, for tests that change nothing."""
    with make_house() as made:
        fill(made)
        yield made


@pytest.fixture
def house(busy: House) -> House:
    return busy


def items(client: TestClient, name: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/queues/{name}", params={"as_of": NOW} | params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_complaints_come_overdue_first_then_by_severity(client: TestClient) -> None:
    found = items(client, "complaints")
    ranks = [("overdue", "running", "waiting").index(i["lateness"]) for i in found]
    assert ranks == sorted(ranks)
    overdue = [i["severity"] for i in found if i["lateness"] == "overdue"]
    order = ["critical", "high", "normal", "low"]
    assert overdue == sorted(overdue, key=order.index)
    first = found[0]
    assert (first["name"], first["about"], first["reference"]) == ("Person 3", "trouble 3", "K-3")
    assert first["left_s"] < 0
    assert first["why"]["deadlines"]


@pytest.mark.parametrize("name", ["complaints", "outreach", "neglected"])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_join_without_gap_or_overlap(client: TestClient, name: str, limit: int) -> None:
    as_of = "2026-09-10T00:00:00Z" if name == "neglected" else NOW
    whole = items(client, name, as_of=as_of, limit=500)
    assert len(whole) >= 6
    seen: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = client.get(f"/v1/queues/{name}", params={"as_of": as_of, "limit": limit} | after).json()
        seen += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert [(i["customer"], i["item"]) for i in seen] == [(i["customer"], i["item"]) for i in whole]


def test_a_manager_sees_their_own_those_they_cover_and_those_given_to_them(client: TestClient) -> None:
    assert {i["name"] for i in items(client, "complaints", manager="rm-00")} == {"Person 0", "Person 3"}
    covering = items(client, "complaints", manager="rm-02")
    assert {i["name"] for i in covering} == {"Person 0", "Person 1", "Person 2", "Person 4", "Person 5"}
    assert {i["acting"] for i in covering if i["owner"] == "rm-01"} == {"rm-02"}
    pages: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = client.get("/v1/queues/complaints", params={"as_of": NOW, "manager": "rm-02", "limit": 2} | after).json()
        pages += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert pages == covering


def test_filters_choose_team_handler_channel_and_purpose(client: TestClient) -> None:
    assert len(items(client, "complaints", team="desk")) == 6
    assert items(client, "complaints", team="other") == items(client, "complaints", handler="nobody") == []
    assert {i["channel"] for i in items(client, "outreach", channel="email")} == {"email"}
    assert {i["purpose"] for i in items(client, "outreach", purpose="service")} == {"service"}


def test_the_team_of_a_contact_is_that_of_whose_customer_it_is(client: TestClient) -> None:
    assert {i["owner"] for i in items(client, "outreach", team="south")} == {"rm-02"}
    assert {i["owner"] for i in items(client, "outreach", team="north", manager="rm-02")} == {"rm-01"}
    assert items(client, "outreach", team="desk") == []
    assert items(client, "outreach", team="north", as_of="2026-03-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("queue", "params", "least"),
    [
        ("complaints", {"severity": "high"}, 2),
        ("complaints", {"lateness": "overdue", "severity": "normal"}, 2),
        ("complaints", {"kind": "complaint"}, 6),
        ("complaints", {"tier": "unknown"}, 6),
        ("complaints", {"tier": "gold"}, 0),
        ("outreach", {"kind": "promise"}, 6),
        ("outreach", {"tier": "unknown", "purpose": "service"}, 6),
        ("outreach", {"content": "callback"}, 6),
    ],
)
def test_what_items_show_they_can_be_filtered_by(
    client: TestClient, queue: str, params: dict[str, str], least: int
) -> None:
    named = {"kind": "class"} if queue == "outreach" else {}
    found = items(client, queue, **params)
    assert found == [i for i in items(client, queue) if all(i[named.get(n, n)] == v for n, v in params.items())]
    assert len(found) >= least
    assert found or not least


@pytest.mark.parametrize("manager", [{}, {"manager": "rm-02"}, {"manager": "rm-00"}])
def test_counts_say_how_many_there_are_whatever_a_page_holds(client: TestClient, manager: dict[str, str]) -> None:
    for queue, by in (("complaints", "lateness"), ("outreach", "class")):
        whole = [i[by] for i in items(client, queue, **manager)]
        counts = client.get(f"/v1/queues/{queue}", params={"as_of": NOW, "counts": True, "limit": 1} | manager).json()[
            "counts"
        ]
        assert {n: c["count"] for n, c in counts.items() if c["count"]} == {n: whole.count(n) for n in whole}
        assert not any(c["more"] for c in counts.values())
    assert client.get("/v1/queues/outreach").json()["counts"] is None


def test_due_promises_head_the_outreach(client: TestClient) -> None:
    found = items(client, "outreach")
    assert {i["class"] for i in found[:6]} == {"promise"}
    assert found[0]["text"].startswith("promised")
    # Whose first contact by rhythm falls when depends on their id; no promise is due yet.
    earlier = items(client, "outreach", as_of="2026-03-04T12:00:00Z")
    assert {i["class"] for i in earlier} <= {"rhythm"}


def test_the_neglected_are_those_whose_contact_is_long_due(client: TestClient) -> None:
    assert items(client, "neglected") == []
    found = items(client, "neglected", as_of="2026-09-10T00:00:00Z")
    assert len(found) == 6
    assert all(i["overdue_days"] >= 30 or i["unreachable"] for i in found)


def test_neglect_has_its_reasons_and_since_when(make_house: MakeHouse) -> None:
    with make_house() as own, TestClient(create_app(own)) as client:
        told = {"known": 0, "lost": 0.5, "deaf": 1}
        for n, (who, day) in enumerate(told.items()):
            record(own, event(f"r{n}", "customer.registered", day, f"crm:{who}", name=who))
            if who != "deaf":
                record(
                    own,
                    event(f"i{n}", "customer.identified", day, f"crm:{who}", kind="email", value=f"{who}@example.com"),
                )
            if who != "known":
                record(own, event(f"m{n}", "manager.assigned", day, f"crm:{who}", manager="ani"))
        record(own, event("u", "manager.unassigned", 3, "crm:lost"))
        fold(own)
        client.headers["Authorization"] = f"Bearer {own.bearers.create('k', ['read', 'read-sealed'])}"
        found = {i["name"]: {r["reason"]: r["since"][:10] for r in i["reasons"]} for i in items(client, "neglected")}
        assert found == {
            "known": {"unowned": "2026-03-02"},
            "lost": {"unowned": "2026-03-05"},
            "deaf": {"unreachable": "2026-03-03"},
        }
        late = {i["name"]: i for i in items(client, "neglected", as_of="2026-10-01")}
        assert {name: [r["reason"] for r in i["reasons"]] for name, i in late.items()} == {
            "known": ["overdue", "unowned"], "lost": ["overdue", "unowned"], "deaf": ["unreachable"],
        }  # fmt: skip
        assert late["lost"]["reasons"][0]["since"] == late["lost"]["due_at"]
        for reason, names in (
            ("overdue", ["known", "lost"]),
            ("unowned", ["known", "lost"]),
            ("unreachable", ["deaf"]),
        ):
            chosen = items(client, "neglected", as_of="2026-10-01", reason=reason)
            assert sorted(i["name"] for i in chosen) == names
        assert [i["name"] for i in items(client, "neglected", manager="ani")] == ["deaf"]


def test_a_contact_that_may_sell_names_what_fits(make_house: MakeHouse) -> None:
    with make_house() as own, TestClient(create_app(own)) as client:
        record(
            own,
            event("p1", "product.listed", -90, product="plan-1", category="insurance"),
            event("p2", "product.listed", -1, product="plan-2", category="insurance"),
            event("p3", "product.listed", -80, product="plan-3", category="insurance"),
            event("p4", "product.retired", -0.5, product="plan-1", replaced_by="plan-2"),
            event("c", "customer.registered", 0),
            event("i", "customer.identified", 0, kind="email", value="siti@example.com"),
            event("w", "preference.stated", 0.1, preferred=["email"], refused_topics=["plan-3"]),
            event("k", "consent.granted", 0.2, purpose="selling", channel="email"),
            *(  # two for the relationship before one to sell
                event(f"e{n}", "email.exchanged", n, direction="outbound", outcome="reached", purpose="relationship")
                for n in (1, 3)
            ),
            event("h", "holding.opened", 0.3, holding="H-1", product="plan-1", category="insurance"),
            event(
                "o",
                "outreach.planned",
                1,
                outreach="O-1",
                due="2026-03-09T09:00:00+07:00",
                purpose="selling",
                content="offer",
            ),
        )
        fold(own)
        client.headers["Authorization"] = f"Bearer {own.bearers.create('k', ['read'])}"
        offer = {"product": "plan-2", "category": "insurance", "reason": "replaced-by", "because": "plan-1"}
        [planned] = items(client, "outreach", kind="planned")
        assert planned["offers"] == [offer]
        [shown] = [
            i for i in client.get("/v1/customers/crm:C-1/outreach", params={"as_of": NOW}).json()["items"]
            if i["class"] == "planned"
        ]  # fmt: skip
        assert shown["offers"] == [offer]
        before = client.get("/v1/customers/crm:C-1/outreach", params={"as_of": "2026-03-03T12:00:00+07:00"}).json()[
            "items"
        ]
        assert {i["class"]: i["offers"] is None for i in before if i["purpose"] != "selling"}


def test_an_earlier_moment_shows_the_queue_of_then(make_house: MakeHouse) -> None:
    with make_house() as own, TestClient(create_app(own)) as client:
        fill(own)
        record(own, *(event(f"z{n}", "complaint.resolved", 20, f"crm:Q-{n}", complaint=f"K-{n}") for n in range(6)))
        fold(own)
        client.headers["Authorization"] = f"Bearer {own.bearers.create('k', ['read'])}"
        assert items(client, "complaints", as_of="2026-04-01") == []
        assert len(items(client, "complaints")) == 6


def test_a_future_moment_is_a_forecast(client: TestClient) -> None:
    answer = client.get("/v1/queues/complaints", params={"as_of": "2036-01-01"}).json()
    assert answer["forecast"] is True
    assert {i["lateness"] for i in answer["items"]} == {"overdue"}


def test_without_the_right_a_queue_names_nobody(app_client: TestClient, busy: House) -> None:
    headers = {"Authorization": f"Bearer {busy.bearers.create('k', ['read'])}"}
    text = app_client.get("/v1/queues/complaints", params={"as_of": NOW}, headers=headers).text
    assert "Person" not in text
    assert "trouble" not in text


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"after": "x"}, "bad-cursor"),
        ({"limit": 0}, "bad-request"),
        ({"as_of": "soon"}, "bad-request"),
        ({"tier": "lead"}, "bad-request"),
        ({"severity": "grave"}, "bad-request"),
        ({"channel": "smoke"}, "bad-request"),
    ],
)
def test_what_cannot_be_read_is_refused(client: TestClient, params: dict[str, Any], code: str) -> None:
    assert client.get("/v1/queues/complaints", params=params).json()["code"] == code


def test_a_cursor_into_rows_that_are_gone_has_expired(client: TestClient, busy: House) -> None:
    cursor = busy.cursors.write("complaints", 99, 0, 0, 0, 0, 0, "x")
    answer = client.get("/v1/queues/complaints", params={"after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor-expired")
