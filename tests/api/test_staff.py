"""Staff and handover, over HTTP and from the command line."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from tests.api.conftest import event, fold, record
from tests.api.test_assignments import beside
from tests.api.test_cli import Jejak, jejak  # noqa: F401 - a fixture

Json = dict[str, Any]
WINDOW = [{"days": ["mon", "tue"], "start": "08:00", "end": "16:00"}]


@pytest.fixture
def team(house: House) -> House:
    """Ani (away from day 3 to 8, Budi covers), Budi, and Citra, who left on day 5; three customers of Ani's."""
    record(
        house,
        beside("h-1", "staff.registered", -30, staff="ani", team="north", languages=["id", "jv"], gender="female",
               skills=["advice"], qualifications={"aaji": "2026-03-04", "wmi": None}, capacity=4, hours=WINDOW,
               timezone="Asia/Jakarta", name="Ani Wijaya", email="ani@example.com"),
        beside("h-2", "staff.registered", -30, staff="budi", team="south"),
        beside("h-3", "staff.registered", -30, staff="citra", team="south"),
        beside("h-4", "staff.absent", 3, staff="ani", until="2026-03-10T09:00:00+07:00", cover="budi"),
        beside("h-5", "staff.changed", 5, staff="citra", active=False),
        *(event(f"c-{n}", "call.made", 0, f"crm:C-{n}", direction="inbound", staff="ani") for n in range(3)),
        *(event(f"m-{n}", "manager.assigned", 1, f"crm:C-{n}", manager="ani") for n in range(3)),
    )  # fmt: skip
    fold(house)
    return house


def at(client: TestClient, day: int, path: str = "/v1/staff", **more: Any) -> Json:
    answer = client.get(path, params={"as_of": f"2026-03-{day + 2:02}T09:30:00+07:00", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_staff_are_shown_with_what_they_can_what_they_have_and_who_acts(team: House, client: TestClient) -> None:
    ani = at(client, 2, "/v1/staff/ani")["member"]
    assert (ani["name"], ani["email"], ani["team"], ani["gender"]) == (
        "Ani Wijaya",
        "ani@example.com",
        "north",
        "female",
    )
    assert (ani["languages"], ani["skills"], ani["hours"]) == (["id", "jv"], ["advice"], WINDOW)
    assert (ani["qualifications"], ani["qualified"]) == ({"aaji": "2026-03-04", "wmi": None}, ["aaji", "wmi"])
    assert (ani["load"]["customers"], ani["load"]["of_capacity"], ani["capacity"]) == (3, 0.75, 4)
    assert ani["load"]["minutes_a_month"] > 0
    assert (ani["absent_until"], ani["acting"]["staff"]) == (None, "ani")


def test_the_same_at_other_dates(team: House, client: TestClient) -> None:
    ani = [at(client, day, "/v1/staff/ani")["member"] for day in (0, 1, 2, 4, 9)]
    assert [a["at_work"] for a in ani] == [
        True,
        True,
        False,
        False,
        False,
    ]  # Monday, Tuesday, Wednesday, away, Wednesday
    assert [a["qualified"] for a in ani] == [["aaji", "wmi"]] * 3 + [["wmi"]] * 2
    assert [a["absent_until"] for a in ani] == [None, None, None, "2026-03-10T02:00:00Z", None]
    assert [a["acting"]["staff"] for a in ani] == ["ani", "ani", "ani", "budi", "ani"]
    assert [a["load"]["customers"] for a in ani] == [0, 3, 3, 3, 3]
    before = client.get("/v1/staff", params={"as_of": "2026-03-09", "known_at": 3}).json()
    assert [s["staff"] for s in before["items"]] == ["ani", "budi", "citra"]
    assert [s["active"] for s in before["items"]] == [True] * 3


def test_a_list_of_staff_is_of_a_team_or_of_who_works_here(team: House, client: TestClient) -> None:
    assert [s["staff"] for s in at(client, 6, team="south")["items"]] == ["budi", "citra"]
    assert [s["staff"] for s in at(client, 6, team="south", active=True)["items"]] == ["budi"]
    # Of a Wednesday: Ani works on Mondays and Tuesdays, Budi's hours are not known, Citra is still here.
    assert [s["staff"] for s in at(client, 2, at_work=True)["items"]] == ["budi", "citra"]
    assert [s["staff"] for s in at(client, 2, at_work=False)["items"]] == ["ani"]
    assert at(client, 6)["items"][2]["acting"] == {
        "staff": None, "by": "nobody", "passed": [{"staff": "citra", "reason": "left", "until": None}],
    }  # fmt: skip


def test_names_are_for_those_who_may_open_them(team: House, client: TestClient) -> None:
    reader = {"Authorization": f"Bearer {team.bearers.create('reader', ['read'])}"}
    answer = client.get("/v1/staff/ani", headers=reader).json()["member"]
    assert (answer["name"], answer["email"], answer["team"]) == (None, None, "north")


def test_who_was_never_registered_is_not_found(team: House, client: TestClient) -> None:
    for params in ({}, {"as_of": "2020-01-01"}):
        answer = client.get(f"/v1/staff/{'ani' if params else 'zul'}", params=params)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-staff")


def test_a_customer_says_who_acts_and_past_whom_that_went(team: House, client: TestClient) -> None:
    record(team, event("w", "preference.stated", 2, "crm:C-0", staff_traits={"gender": "female"}))
    record(team, event("v", "cover.arranged", 2, "crm:C-1", cover="citra", until="2026-03-20T09:00:00+07:00"))
    fold(team)
    acting = [at(client, 4, f"/v1/customers/crm:C-{n}/managers")["acting"] for n in range(3)]
    away = {"staff": "ani", "reason": "away", "until": "2026-03-10T02:00:00Z"}
    assert acting == [
        {"staff": None, "by": "nobody",
         "passed": [away, {"staff": "budi", "reason": "trait:gender=female", "until": None}]},
        {"staff": "citra", "by": "cover", "passed": []},
        {"staff": "budi", "by": "cover", "passed": [away]},
    ]  # fmt: skip
    assert at(client, 4, "/v1/customers/crm:C-1")["standing"]["acting"] == "citra"
    # On the sixth Citra has left, so the owner's cover acts.
    later = at(client, 6, "/v1/customers/crm:C-1/managers")["acting"]
    assert (later["staff"], later["passed"][0]) == ("budi", {"staff": "citra", "reason": "left", "until": None})


# --- handover -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def story(team: House) -> House:
    """What happened with one of Ani's customers until day 10."""
    record(
        team,
        event("s-0", "customer.profile-changed", 1, "crm:C-0", name="Siti Rahma"),
        event("s-1", "promise.made", 2, "crm:C-0", promise="P-1", due="2026-03-06T09:00:00+07:00", kind="callback",
              text="call about the policy"),
        event("s-2", "promise.made", 2, "crm:C-0", promise="P-2", due="2026-05-06T09:00:00+07:00", kind="visit"),
        event("s-3", "promise.made", 2, "crm:C-0", promise="P-3", due="2026-05-06T09:00:00+07:00", kind="visit"),
        event("s-4", "promise.kept", 3, "crm:C-0", promise="P-3"),
        event("s-5", "complaint.opened", 3, "crm:C-0", complaint="K-1", severity="high", description="never arrived"),
        event("s-6", "handling.instructed", 3, "crm:C-0", instruction="hard-of-hearing", text="speak slowly"),
        event("s-7", "handling.instructed", 3, "crm:C-0", instruction="over", until="2026-03-07T09:00:00+07:00"),
        event("s-8", "preference.stated", 4, "crm:C-0", preferred=["whatsapp"], refused=["sms"]),
        event("s-9", "consent.withdrawn", 4, "crm:C-0", purpose="selling", text="enough of it"),
        event("s-10", "call.made", 5, "crm:C-0", direction="outbound", staff="budi", summary="promised to look into it"),
        event("s-11", "call.made", 6, "crm:C-0", direction="outbound", outcome="not-reached", staff="budi"),
        event("s-12", "note.added", 6, "crm:C-0", pinned=True, text="prefers mornings"),
        event("s-13", "manager.assigned", 7, "crm:C-0", manager="budi", reason="rebalance", note="she likes batik"),
    )  # fmt: skip
    fold(team)
    return team


def test_a_handover_says_what_is_owed_how_to_treat_them_and_what_was_said(story: House, client: TestClient) -> None:
    note = at(client, 10, "/v1/customers/crm:C-0/handover")
    assert note["name"] == "Siti Rahma"
    assert [one["what"] for one in note["first"]] == [
        "promise-missed", "complaint-open", "promise-open", "introduce-yourself",
    ]  # fmt: skip
    assert [(p["kind"], p["missed"], p["text"]) for p in note["promises"]] == [
        ("callback", True, "call about the policy"), ("visit", False, None),
    ]  # fmt: skip
    assert [(c["severity"], c["open"], c["text"]) for c in note["complaints"]] == [("high", True, "never arrived")]
    assert [(h["code"], h["text"]) for h in note["handling"]] == [("hard-of-hearing", "speak slowly")]
    assert note["wishes"] == {"preferred": ["whatsapp"], "refused": ["sms"]}
    assert [(r["purpose"], r["text"]) for r in note["refused"]] == [("selling", "enough of it")]
    assert [n["text"] for n in note["notes"]] == ["prefers mornings"]
    assert [(o["staff"], o["text"]) for o in note["owners"]] == [("budi", "she likes batik"), ("ani", None)]
    assert [(t["staff"], t["direction"], t["text"]) for t in note["talks"]] == [
        ("budi", "outbound", "promised to look into it"), ("ani", "inbound", None),
    ]  # fmt: skip


def test_a_handover_of_another_day_is_of_what_was_so_then(story: House, client: TestClient) -> None:
    note = at(client, 2, "/v1/customers/crm:C-0/handover")
    assert [one["what"] for one in note["first"]] == ["promise-open"] * 3 + ["introduce-yourself"]
    assert [o["staff"] for o in note["owners"]] == ["ani"]
    assert (note["complaints"], note["wishes"], note["refused"]) == ([], {}, [])


def test_the_texts_of_a_handover_are_for_those_who_may_open_them(story: House, client: TestClient) -> None:
    reader = {"Authorization": f"Bearer {story.bearers.create('reader', ['read'])}"}
    note = client.get("/v1/customers/crm:C-0/handover", headers=reader).json()
    assert note["name"] is None
    assert {item["text"] for name in ("promises", "complaints", "talks", "owners") for item in note[name]} == {None}


def test_there_is_no_handover_of_whom_nothing_was_known(story: House, client: TestClient) -> None:
    answer = client.get("/v1/customers/crm:C-0/handover", params={"as_of": "2020-01-01"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-customer")


# --- the command line -----------------------------------------------------------------------------------------------------


def test_staff_are_registered_changed_and_away_by_command(house: House, jejak: Jejak) -> None:  # noqa: F811 - the fixture
    jejak("staff", "register", "ani", "--team", "north", "--language", "id", "--language", "jv", "--skill", "advice",
          "--trait", "loves=batik", "--qualification", "aaji=2027-06-30", "--qualification", "wmi", "--gender", "female",
          "--capacity", "4", "--hours", "mon,tue 08:00-16:00", "--timezone", "Asia/Jakarta", "--name", "Ani Wijaya")  # fmt: skip
    jejak("staff", "change", "ani", "--team", "south", "--minutes", "240", "--json").json()
    jejak("staff", "register", "budi")
    jejak("staff", "absent", "ani", "--until", "2999-01-01", "--cover", "budi", "--reason", "leave")
    ani = jejak("staff", "show", "ani", "--json").json()["member"]
    assert (ani["name"], ani["team"], ani["minutes_a_day"], ani["hours"]) == ("Ani Wijaya", "south", 240, WINDOW)
    assert (ani["qualifications"], ani["traits"]) == ({"aaji": "2027-06-30", "wmi": None}, {"loves": "batik"})
    assert (ani["absent_until"], ani["acting"]["staff"]) == ("2999-01-01T00:00:00Z", "budi")
    shown = jejak("staff", "list").out
    assert "away until 2999-01-01" in shown
    assert "Ani Wijaya" in shown
    jejak("staff", "change", "ani", "--work", "left")
    assert [s["staff"] for s in jejak("staff", "list", "--json").json()["items"]] == ["budi"]
    assert [s["staff"] for s in jejak("staff", "list", "--all", "--json").json()["items"]] == ["ani", "budi"]
    assert "left" in jejak("staff", "show", "ani").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("register", "ani", "--trait", "batik"),
        ("register", "ani", "--qualification", "aaji=soon"),
        ("register", "ani", "--hours", "always"),
        ("register", "ani", "--timezone", "Atlantis/Capital"),
        ("change", "ani"),
        ("show", "zul"),
        ("absent", "ani", "--until", "later"),
    ],
)
def test_what_cannot_be_said_of_staff_is_refused_in_a_sentence(house: House, jejak: Jejak, arguments: Any) -> None:  # noqa: F811 - the fixture
    said = jejak("staff", *arguments)
    assert said.status == 1
    assert said.err.startswith("jejak: ")


def test_a_book_is_proposed_shown_and_applied_by_command(team: House, jejak: Jejak) -> None:  # noqa: F811 - the fixture
    made = jejak("assign", "propose", "--leaving", "ani", "--json").json()
    assert (made["moves"], made["loads"][0]["staff"], made["lines"]["moves"][0]["from"]) == (3, "budi", "ani")
    assert "Proposal" in jejak("assign", "show", str(made["id"])).out
    assert [p["id"] for p in jejak("assign", "list", "--json").json()] == [made["id"]]
    applied = jejak("assign", "apply", str(made["id"]), "--note", "be kind", "--quiet", "--json").json()
    assert (applied["state"], applied["progress"]) == ("applied", {"applied": 3})
    assert "applied: 3" in jejak("assign", "show", str(made["id"])).out
    note = jejak("handover", "crm:C-0", "--json").json()
    assert [(o["staff"], o["text"]) for o in note["owners"]] == [("budi", "be kind"), ("ani", None)]
    assert "be kind" in jejak("handover", "crm:C-0").out
    assert jejak("assign", "drop", str(made["id"]), "--json").json() == {"dropped": made["id"]}
    assert jejak("assign", "show", str(made["id"])).status == 1
    assert json.loads(jejak("assign", "list", "--json").out) == []
