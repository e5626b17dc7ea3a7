"""As of, known at and rulebook: asked alike of every read, over HTTP and on the command line."""

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import queueing
from api.wiring import House
from domain.rules import shipped
from projections import fold as folding
from projections.rebuild import rebuild
from tests.api.conftest import MakeHouse, event, fold, record
from tests.api.test_cli import Jejak, jejak

__all__ = ["jejak"]

NOW = datetime(2026, 3, 20, 3, tzinfo=UTC)
THEN = "2026-03-10T03:00:00Z"
PURCHASES = 5
READS = ["", "/stages", "/managers", "/complaints", "/outreach", "/consents", "/timeline"]
POPULATIONS = ["/v1/customers", "/v1/queues/complaints", "/v1/queues/outreach", "/v1/queues/neglected"]


def beside(id_: str, type_: str, day: float, **data: Any) -> dict[str, Any]:
    cloud = event(id_, type_, day, **data)
    del cloud["subject"]
    return cloud


def quicker() -> dict[str, Any]:
    """The rulebook that comes with Jejak, but one purchase commits, and complaints are acknowledged within ten minutes."""
    document: dict[str, Any] = shipped() | {"version": "v2"}
    document["complaints"]["severities"]["normal"]["acknowledge"] = "10 min"
    for clause in document["lifecycle"]["clauses"]:
        if clause["to"] == "commitment":
            clause["all"] = [{"measure": "count", "of": ["purchase"], "at_least": 1, "within": "365 days"}]
    return document


def tell(house: House) -> dict[str, int]:
    """Five who bought and complain; v2 was in force from the 5th to the 7th day. Positions by what was known then."""
    record(house, beside("v2", "rulebook.published", 0, rulebook="v2", document=quicker(), reason="a trial"))
    for n in range(PURCHASES):
        who = f"crm:C-{n}"
        record(
            house,
            event(f"r{n}", "customer.registered", 0, who, name=f"Person {n}"),
            event(f"i{n}", "customer.identified", 0, who, kind="email", value=f"p{n}@example.com"),
            event(f"m{n}", "manager.assigned", 0.1, who, manager="rm-01"),
            event(f"b{n}", "purchase.made", 1, who, purchase=f"I-{n}", currency="IDR", total="150000"),
            event(f"k{n}", "consent.granted", 1, who, purpose="selling", channel="email"),
            event(f"o{n}", "complaint.opened", 2 + n / 10, who, complaint=f"K-{n}", severity="normal"),
        )
    known = {"complaints": house.ledger.head()}
    record(house, beside("on", "rulebook.promoted", 5, rulebook="v2"))
    record(house, beside("off", "rulebook.rolled-back", 7, rulebook="v1"))
    for n in range(3):
        record(house, event(f"s{n}", "complaint.resolved", 6, f"crm:C-{n}", complaint=f"K-{n}", outcome="upheld"))
    record(
        house, beside("a1", "staff.registered", 0, staff="rm-01"), beside("a2", "staff.registered", 0, staff="rm-02")
    )
    known["resolutions"] = house.ledger.head()
    record(house, beside("ab", "staff.absent", 6, staff="rm-01", until="2026-04-01T00:00:00Z", cover="rm-02"))
    fold(house)
    return known


@pytest.fixture(scope="module")
def busy(make_house: MakeHouse) -> Generator[tuple[House, dict[str, int]]]:
    """The five, for tests that build beside, and change nothing else."""
    with make_house() as made:
        made.settings = made.settings.model_copy(update={"now": NOW})
        yield made, tell(made)


@pytest.fixture
def house(busy: tuple[House, dict[str, int]]) -> House:
    return busy[0]


@pytest.fixture
def known(busy: tuple[House, dict[str, int]]) -> dict[str, int]:
    return busy[1]


def got(client: TestClient, path: str, **params: Any) -> dict[str, Any]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pages(client: TestClient, path: str, limit: int, **params: Any) -> list[dict[str, Any]]:
    """All items; every page says the same of itself."""
    items: list[dict[str, Any]] = []
    said: set[tuple[Any, ...]] = set()
    after: dict[str, str] = {}
    while True:
        page = got(client, path, limit=limit, **params, **after)
        said.add(tuple(page[name] for name in ("as_of", "forecast", "known_at", "position", "rulebook")))
        items += page["items"]
        if page["next"] is None:
            assert len(said) == 1
            return items
        after = {"after": page["next"]}


@pytest.mark.parametrize("path", READS)
def test_every_read_of_a_customer_takes_all_three(client: TestClient, known: dict[str, int], path: str) -> None:
    at = {"as_of": THEN, "known_at": known["complaints"], "rulebook": "v2"}
    answer = got(client, f"/v1/customers/crm:C-0{path}", **at)
    assert answer["as_of"] == THEN
    assert answer["known_at"] == answer["position"] == known["complaints"]
    if path != "/timeline":
        assert answer["rulebook"] == "v2"
        assert got(client, f"/v1/customers/crm:C-0{path}", rulebook="in-force")["rulebook"] == "in-force"
        assert client.get(f"/v1/customers/crm:C-0{path}", params={"rulebook": "v9"}).status_code == 404


def test_a_customer_is_judged_by_the_rulebook_that_is_asked_for(client: TestClient, known: dict[str, int]) -> None:
    def stages(**at: Any) -> list[str]:
        return [i["stage"] for i in got(client, "/v1/customers/crm:C-0/stages", **at)["items"]]

    assert stages() == ["awareness", "expansion"]
    assert stages(rulebook="v2")[-1] == "commitment"
    assert stages(rulebook="in-force") == ["awareness", "expansion", "commitment"]
    assert stages(rulebook="in-force", as_of="2026-03-06T00:00:00Z") == ["awareness", "expansion"]
    assert stages(rulebook="in-force", known_at=known["complaints"]) == ["awareness", "expansion"]


@pytest.mark.parametrize("path", POPULATIONS)
@pytest.mark.parametrize("rulebook", [None, "v1", "v2", "in-force"])
def test_pages_at_any_coordinates_join_and_say_the_same_of_themselves(
    client: TestClient, known: dict[str, int], path: str, rulebook: str | None
) -> None:
    at = {"as_of": THEN if "complaints" in path else "2026-12-10T00:00:00Z", "known_at": known["complaints"]}
    at |= {} if rulebook is None else {"rulebook": rulebook}
    whole = pages(client, path, 200, **at)
    assert len(whole) == PURCHASES
    assert pages(client, path, 2, **at) == whole


def test_a_queue_is_as_it_was_known_then(client: TestClient, known: dict[str, int]) -> None:
    at = {"as_of": THEN}
    assert len(got(client, "/v1/queues/complaints", **at)["items"]) == 2
    before = got(client, "/v1/queues/complaints", **at, known_at=known["complaints"])
    assert len(before["items"]) == PURCHASES
    assert {i["acting"] for i in before["items"]} == {"rm-01"}
    assert {i["acting"] for i in got(client, "/v1/queues/complaints", **at)["items"]} == {"rm-02"}
    covering = got(client, "/v1/queues/complaints", **at, manager="rm-02")
    assert len(covering["items"]) == 2
    assert got(client, "/v1/queues/complaints", **at, manager="rm-02", known_at=known["resolutions"])["items"] == []


def test_a_list_is_as_it_was_then_and_takes_any_rulebook(client: TestClient) -> None:
    path = "/v1/customers"
    assert got(client, path, as_of="2026-02-01T00:00:00Z")["items"] == []
    assert len(got(client, path, stage="expansion", as_of="2026-03-04T00:00:00Z")["items"]) == PURCHASES
    assert got(client, path, stage="commitment")["items"] == []
    assert len(got(client, path, stage="commitment", rulebook="v2")["items"]) == PURCHASES
    found = got(client, path, q="crm:C-3", rulebook="in-force")
    assert [(i["name"], i["stage"]) for i in found["items"]] == [("Person 3", "commitment")]


def test_a_cursor_goes_on_at_its_own_coordinates_or_is_refused(client: TestClient, known: dict[str, int]) -> None:
    at = {"as_of": THEN, "known_at": known["complaints"], "rulebook": "v2"}
    page = got(client, "/v1/queues/complaints", limit=2, **at)
    following = got(client, "/v1/queues/complaints", limit=2, after=page["next"])
    assert [following[n] for n in at] == list(at.values())
    assert got(client, "/v1/queues/complaints", limit=2, after=page["next"], **at) == following
    for other in ({"as_of": "2026-03-11T03:00:00Z"}, {"known_at": 3}, {"rulebook": "v1"}):
        refused = client.get("/v1/queues/complaints", params={"after": page["next"], **at, **other})
        assert refused.status_code == 400
        assert "coordinates" in refused.json()["detail"]


@pytest.mark.parametrize("path", POPULATIONS)
def test_where_too_many_would_be_folded_rows_are_built_first(
    client: TestClient, house: House, known: dict[str, int], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    at = {
        "as_of": f"2026-08-0{POPULATIONS.index(path) + 1}T00:00:00Z",
        "known_at": known["complaints"],
        "rulebook": "v2",
    }
    on_the_spot = pages(client, path, 2, **at)
    assert len(on_the_spot) >= PURCHASES - 1
    monkeypatch.setattr(queueing, "MOST_FOLDED", 2)
    refused = client.get(path, params=at)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-built")
    assert "jejak rebuild --as-of 2026-08-0" in refused.json()["detail"]
    assert f"--known-at {known['complaints']} --rulebook v2" in refused.json()["detail"]
    assert client.get(path, params={"rulebook": "v9"}).json()["code"] == "unknown-rulebook"
    rebuild(
        house.database_url, folding, house.rulebooks, "v2", as_of=datetime.fromisoformat(at["as_of"]),
        known_at=known["complaints"], processes=1,
    )  # fmt: skip
    assert pages(client, path, 2, **at) == on_the_spot


def test_the_present_is_answered_however_many_have_to_be_folded(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "MOST_FOLDED", 0)
    far = house.settings.model_copy(update={"now": datetime(2060, 1, 1, tzinfo=UTC)})
    monkeypatch.setattr(house, "settings", far)
    assert len(got(client, "/v1/customers")["items"]) == PURCHASES


def test_the_command_line_builds_what_it_needs(
    jejak: Jejak, house: House, known: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = ("--as-of", "2026-03-09T00:00:00Z", "--known-at", str(known["complaints"]), "--rulebook", "v2", "--json")
    spot = jejak("queue", "complaints", *at).json()
    monkeypatch.setattr(queueing, "MOST_FOLDED", 2)
    built = jejak("queue", "complaints", *at).json()
    assert (built["items"], built["rulebook"]) == (spot["items"], "v2")
    listed = jejak("generations", "list", "--json").json()
    assert [(g["known_at"], g["state"]) for g in listed if g["as_of"] == "2026-03-09T00:00:00Z"] == [
        (known["complaints"], "side")
    ]
    page = jejak("customer", "crm:C-0", *at).json()
    assert (page["rulebook"], page["standing"]["stage"]) == ("v2", "commitment")
    told = jejak("queue", "complaints", *at[:-1]).out
    assert f"as of 2026-03-09 00:00Z, as known at position {known['complaints']:,}, under rulebook v2" in told
    several = jejak("customer", "person", *at).json()
    assert {i["stage"] for i in several} == {"commitment"}
