"""A change of rules from draft to rollback, over HTTP and on the command line."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.changing import building, promoting
from api.changing.promoting import PATIENCE
from api.cli import main
from api.errors import CannotPromote
from api.wiring import House
from domain.events import RulebookPromoted
from domain.rules import shipped
from projections import catalogue, fold, generations
from projections import rebuild as rebuilding
from projections.generations import Coordinates
from tests.api.conftest import MakeHouse, event, record
from tests.api.conftest import fold as bring_up
from tests.api.test_cli import Jejak, Said

NOW = "2026-03-20T03:00:00Z"


def cleverer(version: str = "v2") -> dict[str, Any]:
    """The rulebook that comes with Jejak, with silver at more and high complaints solved in half the time."""
    document: dict[str, Any] = shipped() | {"version": version}
    document["tiers"]["levels"][2]["at_least"]["IDR"] = 20_000_000
    document["complaints"]["severities"]["high"]["resolve"] = "1 d"
    return document


def publish(house: House, document: dict[str, Any], by: str = "ana") -> None:
    cloud = event(f"publish {document['version']}", "rulebook.published", 0)
    del cloud["subject"]
    cloud["data"] = {"rulebook": document["version"], "document": document, "reason": "more for those who buy more"}
    (outcome,) = house.ledger.record([cloud], actor=by)
    assert not isinstance(outcome, Exception), outcome


def tell(house: House) -> list[str]:
    """Three customers: one whose tier changes, one with a complaint, one of whom nothing changes. Their ids."""
    receipts = record(
        house,
        event("r1", "customer.registered", 0),
        event("t1", "customer.identified", 0, kind="phone", value="+62 812 3456 7890"),
        event("b1", "purchase.made", 1, purchase="I-1", currency="IDR", total="15000000"),
        event("p1", "outreach.planned", 2, outreach="O-1", due="2026-03-19T03:00:00Z", purpose="relationship"),
        event("r2", "customer.registered", 0, "crm:C-2"),
        event("o2", "complaint.opened", 9, "crm:C-2", complaint="K-1", severity="high"),
        event("r3", "customer.registered", 0, "crm:C-3"),
    )
    return [receipts[0].customer, receipts[4].customer, receipts[6].customer]


@pytest.fixture
def told(make_house: MakeHouse) -> Generator[tuple[House, list[str]]]:
    """A house of this test's own, as generations are numbered through, with its customers."""
    with make_house() as opened:
        opened.settings = opened.settings.model_copy(update={"now": datetime(2026, 3, 20, 3, tzinfo=UTC)})
        customers = tell(opened)
        publish(opened, cleverer())
        bring_up(opened)
        yield opened, customers


@contextmanager
def calling(house: House, *scopes: str, name: str = "ana") -> Generator[TestClient]:
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {house.bearers.create(name, scopes)}"
        yield client


def built(house: House, rulebook: str = "v2", **at: Any) -> int:
    """The number of a generation that was built here."""
    made = rebuilding.rebuild(house.database_url, fold, house.rulebooks, rulebook, processes=1, **at)
    bring_up(house)
    return made.id


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    ends = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.05)
    return found


def in_force(house: House) -> str | None:
    bring_up(house)
    with house.pool.connection() as c:
        return catalogue.load(c).in_force(2**62)


# --- over HTTP --------------------------------------------------------------------------------------------------------


def test_rules_change_over_http_from_build_to_rollback(told: tuple[House, list[str]]) -> None:
    house, (tiered, complaining, _) = told
    with calling(house, "read", "rules") as client:
        started = client.post("/v1/rebuilds", json={"rulebook": "v2", "name": "more for silver"})
        assert started.status_code == 202, started.text
        where = started.headers["Location"]
        assert started.json()["state"] == "building"
        ready = until(lambda: (found := client.get(where).json())["state"] == "ready" and found)
        assert (ready["name"], ready["rulebook"], ready["events"]) == ("more for silver", "v2", ready["total"])
        again = client.post("/v1/rebuilds", json={"rulebook": "v2", "name": "more for silver"})
        assert (again.status_code, again.json()["code"]) == (409, "name-taken")
        assert [g["state"] for g in client.get("/v1/rebuilds").json()["items"]] == ["live", "ready"]

        seen = client.get(f"{where}/diff").json()
        assert seen["scope"] == "all customers"
        assert seen["figures"]["customers"]["differ"] == 2
        assert {i["customer"]: {c["what"] for c in i["changes"]} for i in seen["items"]} == {
            tiered: {"tier", "outreach"},
            complaining: {"deadline"},
        }
        moved = {(c["from"], c["to"]): c["net"] for c in seen["figures"]["tiers"] if c["from"] != c["to"]}
        assert moved == {("silver", "basic"): {"IDR": "15000000"}}
        one = client.get(f"{where}/diff", params={"customer": "crm:C-1"}).json()
        assert one["figures"] is None
        assert [i["customer"] for i in one["items"]] == [tiered]
        words = {c["what"]: c["in_words"] for i in seen["items"] for c in i["changes"]}
        assert words["tier"] == ("silver: net IDR 15000000 over the window; v1 asks IDR 10000000; v2 asks IDR 20000000")
        assert words["deadline"] == "resolve, high: 16 h under v1, 8 h under v2; 8 working hours earlier"
        planned = [c for i in seen["items"] for c in i["changes"] if (c["new"] or {}).get("class") == "planned"]
        assert ["keeps its date" in c["in_words"] for c in planned] == [True]

        promoted = client.post(f"{where}/promote", json={"reason": "agreed on Tuesday"})
        assert promoted.status_code == 200, promoted.text
        assert (promoted.json()["rulebook"], promoted.json()["rulebook_before"]) == ("v2", "v1")
        assert client.get(f"/v1/customers/{tiered}").json()["rulebook"] == "v2"
        assert in_force(house) == "v2"
        known = {v["version"]: (v["in_force"], v["draft"]) for v in client.get("/v1/rulebooks").json()["items"]}
        assert known == {"v1": (False, False), "v2": (True, False)}
        rolled = client.post("/v1/rebuilds/rollback", json={})
        assert (rolled.json()["rulebook"], rolled.json()["rulebook_before"]) == ("v1", "v2")
        assert client.get(f"/v1/customers/{tiered}").json()["rulebook"] == "v1"
        assert in_force(house) == "v1"
        assert client.delete("/v1/rebuilds/1").json()["code"] == "cannot-promote"
        assert client.delete(where).status_code == 204
        assert client.get(where).json()["code"] == "unknown-generation"


def test_a_diff_is_read_page_by_page_between_the_same_rows_though_they_were_promoted(
    told: tuple[House, list[str]],
) -> None:
    house, customers = told
    number = built(house)
    with calling(house, "admin") as client:
        first = client.get(f"/v1/rebuilds/{number}/diff", params={"limit": 1}).json()
        assert client.post(f"/v1/rebuilds/{number}/promote").status_code == 200
        second = client.get(f"/v1/rebuilds/{number}/diff", params={"limit": 1, "after": first["next"]}).json()
        assert (second["old"]["id"], second["figures"], second["next"]) == (1, None, None)
        assert [i["customer"] for p in (first, second) for i in p["items"]] == sorted(customers[:2])
        bare = client.get(f"/v1/rebuilds/{number}/diff", params={"limit": 0, "against": 1}).json()
        assert (bare["figures"]["customers"]["differ"], bare["items"], bare["next"]) == (2, [], None)
        lost = client.get("/v1/rebuilds/1/diff", params={"after": first["next"]})
        assert lost.json()["code"] == "bad-cursor"


def test_rows_in_force_are_compared_though_no_single_clause_can_be_named(told: tuple[House, list[str]]) -> None:
    house, (tiered, complaining, _) = told
    promoting.promote(house, built(house), actor="budi")
    bring_up(house)
    number = built(house, "in-force")
    with calling(house, "read") as client:
        seen = client.get(f"/v1/rebuilds/{number}/diff", params={"against": 1}).json()
        assert (seen["new"]["rulebook"], seen["new"]["state"]) == ("in-force", "side")
        assert {i["customer"] for i in seen["items"]} == {tiered, complaining}
        assert {c["because"] for i in seen["items"] for c in i["changes"]} == {None}
        assert all(c["in_words"] for i in seen["items"] for c in i["changes"])


def test_changing_rules_needs_a_right_of_its_own(told: tuple[House, list[str]]) -> None:
    house, _ = told
    number = built(house)
    with calling(house, "read", "append") as client:
        assert client.get(f"/v1/rebuilds/{number}/diff").status_code == 200
        for answer in (
            client.post("/v1/rebuilds", json={}),
            client.post(f"/v1/rebuilds/{number}/promote"),
            client.post("/v1/rebuilds/rollback"),
            client.delete(f"/v1/rebuilds/{number}"),
        ):
            assert answer.json()["code"] == "no-right"


def test_a_wish_that_cannot_be_met_starts_nothing(told: tuple[House, list[str]]) -> None:
    house, _ = told
    wishes: list[tuple[dict[str, Any], int, str]] = [
        ({"rulebook": "v9"}, 404, "unknown-rulebook"),
        ({"as_of": "soon"}, 422, "bad-request"),
        ({"sample": 1}, 422, "bad-request"),
        ({"what": 1}, 422, "bad-request"),
        ({"resume": 1}, 409, "cannot-promote"),
        ({"resume": 77}, 404, "unknown-generation"),
    ]
    with calling(house, "admin") as client:
        answers = [client.post("/v1/rebuilds", json=wish) for wish, _, _ in wishes]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(status, code) for _, status, code in wishes]
        assert len(client.get("/v1/rebuilds").json()["items"]) == 1


def test_a_build_that_was_killed_is_shown_as_stopped_and_resumed(told: tuple[House, list[str]]) -> None:
    house, _ = told
    begun = rebuilding.begin(house.database_url, fold, "v2", at=Coordinates())
    with calling(house, "admin") as client:
        where = f"/v1/rebuilds/{begun.id}"
        assert client.get(where).json()["state"] == "stopped"
        assert client.post(f"{where}/promote").json()["code"] == "cannot-promote"
        assert client.get(f"{where}/diff").json()["code"] == "cannot-compare"
        assert client.post("/v1/rebuilds", json={"resume": begun.id}).headers["Location"] == where
        until(lambda: client.get(where).json()["state"] == "ready")


# --- promoting --------------------------------------------------------------------------------------------------------


def test_pointer_and_event_change_together_and_once(told: tuple[House, list[str]]) -> None:
    house, _ = told
    number = built(house)
    change = promoting.promote(house, number, actor="budi", reason="agreed")
    head = house.ledger.head()
    (event_,) = [r.event for r in house.ledger.feed(0, 1_000, ["rulebook.promoted.v1"])]
    assert (change.generation, change.before, change.position, change.event) == (number, 1, head, event_.id)
    assert isinstance(event_, RulebookPromoted)
    assert (event_.actor, event_.source, event_.rulebook, event_.reason) == ("budi", promoting.SOURCE, "v2", "agreed")
    again = promoting.promote(house, number, actor="budi")
    assert (again.before, again.event, house.ledger.head()) == (number, None, head)


def test_where_the_event_cannot_be_recorded_the_pointer_stays(
    told: tuple[House, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, _ = told
    number = built(house)
    head = house.ledger.head()
    with monkeypatch.context() as broken:
        broken.setattr(promoting, "write", lambda _event: b"\x00")
        with pytest.raises(Exception, match="0x00"):
            promoting.promote(house, number, actor="budi")
    with house.pool.connection() as c:
        shown = generations.live(c)
    assert shown is not None
    assert (shown.id, house.ledger.head()) == (1, head)
    assert promoting.promote(house, number, actor="budi").position == head + 1


def test_rows_made_anew_under_the_same_rules_change_nothing_in_force(told: tuple[House, list[str]]) -> None:
    house, _ = told
    head = house.ledger.head()
    change = promoting.promote(house, built(house, "v1"), actor="budi")
    assert (change.rulebook, change.rulebook_before, change.event) == ("v1", "v1", None)
    assert house.ledger.head() == head


def test_what_is_said_last_is_in_force_whatever_the_clock_says(told: tuple[House, list[str]]) -> None:
    house, _ = told
    number = built(house)
    promoting.promote(house, number, actor="budi")
    house.settings = house.settings.model_copy(update={"now": datetime(2020, 1, 1, tzinfo=UTC)})
    promoting.rollback(house, actor="budi")
    assert in_force(house) == "v1"
    promoting.promote(house, number, actor="budi")
    assert in_force(house) == "v2"


def test_by_two_means_that_another_one_promotes(told: tuple[House, list[str]]) -> None:
    house, _ = told
    number = built(house)
    house.settings = house.settings.model_copy(update={"promotion_by_two": True})
    with calling(house, "admin", name="ana") as client:
        refused = client.post(f"/v1/rebuilds/{number}/promote")
        assert (refused.status_code, refused.json()["code"]) == (409, "cannot-promote")
        assert "ana published rulebook v2" in refused.json()["detail"]
    with calling(house, "admin", name="budi") as client:
        assert client.post(f"/v1/rebuilds/{number}/promote").status_code == 200


def test_what_is_not_followed_is_not_promoted(told: tuple[House, list[str]]) -> None:
    house, _ = told
    number = built(house, sample=2)
    with pytest.raises(CannotPromote, match="a sample, or stands at other coordinates"):
        promoting.promote(house, number, actor="budi")
    with pytest.raises(CannotPromote, match="no generation was kept"):
        promoting.rollback(house, actor="budi", patience=PATIENCE)
    with pytest.raises(CannotPromote, match="is live"):
        promoting.drop(house, 1)


# --- on the command line ----------------------------------------------------------------------------------------------


def test_rules_change_on_the_command_line(told: tuple[House, list[str]], jejak_here: Jejak) -> None:
    sampled = jejak_here("rebuild", "--rulebook", "v2", "--sample", "2", "--processes", "1", "--json").json()
    assert (sampled["state"], sampled["sample"], sampled["shown"]) == ("side", 2, False)
    assert "a sample: one customer in 2;" in jejak_here("diff", str(sampled["generation"])).out
    said = jejak_here("rebuild", "--rulebook", "v2", "--processes", "1")
    assert "`jejak diff 3` shows what it changes, `jejak promote 3` puts it in force" in said.out, said.err
    shown = jejak_here("diff", "3").out
    for text in (
        "tiers, from ↓ to →",
        "silver → basic",
        "IDR 15,000,000.00",
        "2 of 3 customers differ",
        "8 working hours",
    ):
        assert text in shown
    one = jejak_here("diff", "3", "--customer", "crm:C-2", "--json").json()
    assert [c["what"] for c in one["items"][0]["changes"]] == ["deadline"]
    assert jejak_here("promote", "3", "--reason", "agreed").out == (
        "generation 3 is shown; rulebook v2, in force instead of v1\n"
    )
    assert jejak_here("promote", "3").out == "generation 3 under rulebook v2 is shown already\n"
    assert [line.split("  ")[1] for line in jejak_here("rulebook", "list").out.splitlines() if line[0] == "v"] == [
        "was in force", "in force",
    ]  # fmt: skip
    assert jejak_here("rollback", "--json").json()["rulebook"] == "v1"
    assert [(g["id"], g["state"]) for g in jejak_here("generations", "list", "--json").json()] == [
        (1, "live"), (2, "side"), (3, "previous"),
    ]  # fmt: skip
    assert "side" in jejak_here("generations", "list").out
    assert jejak_here("generations", "drop", "2").out == "generation 2 is gone\n"
    begun = rebuilding.begin(told[0].database_url, fold, "v2", name="stopped").id
    assert "stopped" in jejak_here("generations", "list").out
    resumed = jejak_here("rebuild", "--resume", str(begun), "--processes", "1", "--json").json()
    assert (resumed["generation"], resumed["rulebook"], resumed["state"], resumed["shown"]) == (
        begun,
        "v2",
        "ready",
        False,
    )
    refused = jejak_here("promote", "2")
    assert (refused.status, "there is no generation 2" in refused.err) == (1, True)


@pytest.fixture
def jejak_here(
    told: tuple[House, list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Jejak:
    """Runs commands on the house of this test."""
    house, _ = told
    monkeypatch.setenv("JEJAK_DATABASE_URL", house.database_url)
    monkeypatch.setenv("JEJAK_KEYS_URL", house.keys_url)
    monkeypatch.setenv("JEJAK_DATA", str(house.settings.data))
    monkeypatch.setenv("JEJAK_NOW", NOW)
    monkeypatch.setenv("COLUMNS", "250")

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


def test_a_child_is_told_in_which_house_it_is(told: tuple[House, list[str]]) -> None:
    house, _ = told
    started = building.start(house, building.Wish("v2", known_at="3"))
    done = until(lambda: (g := promoting.find(house, started.id)).state == "side" and g)
    assert (done.known_at, done.position, done.rulebook) == (3, 3, "v2")
