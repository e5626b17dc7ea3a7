"""Rulebooks as documents: checked with line and field, published once and for ever, listed, shown, found by their version."""

import json
import pickle
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from api.errors import BadRequest, UnknownRulebook
from api.rows import Rulebooks
from api.rulebooks import publishing
from api.rulebooks.places import dotted, understand
from api.rulebooks.toml import toml
from api.wiring import House
from domain.errors import DifferentContent
from domain.rulebook.checks import InvalidRulebook
from domain.rules import shipped, source
from tests.api.conftest import event, fold, record
from tests.api.test_cli import Jejak, jejak

__all__ = ["jejak"]  # the fixture

Document = dict[str, Any]
CALENDAR = {
    "name": "shop",
    "version": "2",
    "zone": "Asia/Jakarta",
    "shifts": {"sat": [{"start": "08:00", "end": "12:00"}]},
}


def draft(version: str = "v2", **changes: Any) -> Document:
    return msgspec.json.decode(msgspec.json.encode(deepcopy(shipped()) | {"version": version} | changes))


def publish(house: House, document: Document) -> publishing.Published:
    return publishing.publish(house, document, actor="ana", reason="calmer rhythm")


# --- the text ---------------------------------------------------------------------------------------------------------


def places(value: Any, at: str = "") -> list[str]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    steps = [(str(name).replace("~", "~0").replace("/", "~1"), part) for name, part in inner]
    return [f"{at}/{step}" for step, _ in steps] + [p for step, part in steps for p in places(part, f"{at}/{step}")]


def test_every_field_is_found_on_its_line_in_toml_and_json() -> None:
    for text, name in ((source(), "v1.toml"), (json.dumps(draft(), indent=1), "v2.json")):
        written = understand(text, name)
        lines = text.splitlines()
        implied = {"/cadence/stages", "/calendar/document"}  # tables that have no heading of their own
        for place in places(written.document):
            key = place.rpartition("/")[2].replace("~1", "/")
            assert key.isdigit() or place in implied or key in lines[written.line(place) - 1], place


def test_a_line_is_found_past_comments_strings_and_breaks() -> None:
    text = """a = \"\"\"x
[no] # = "
\"\"\"
# b = 1
"b.c" = [ # here
  1, # [
  { d = '}', e = "\\"]" },
]
[f.g]
h.i = 2
[[k]]
[[k]]
l = 3
"""
    written = understand(text, "x.toml")
    expected = {"/a": 1, "/b.c": 5, "/b.c/1/e": 7, "/f/g": 9, "/f/g/h/i": 10, "/k/1/l": 13, "/k/1/none": 12, "/none": 1}
    assert {place: written.line(place) for place in expected} == expected
    assert dotted("/k/1/l") == "k[1].l"


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("a = 1\nb = \n", "x.toml", "x.toml:2: is no TOML"),
        ('{"a": 1,\n"b" 2}', "x.json", "x.json:2: is no JSON"),
        ("[1]", "x.json", "holds no table"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, name: str, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        understand(text, name)


def test_a_document_written_as_toml_reads_back_as_the_same() -> None:
    document = draft(odd={"a b": [], "c": {}, "text": 'q"\\\n', "list": [{"x": 1.5}, {"y": True}], "none": None})
    read_back = tomllib.loads(toml(document))
    assert read_back == document | {"odd": {name: part for name, part in document["odd"].items() if part is not None}}


# --- publishing -------------------------------------------------------------------------------------------------------


def test_a_draft_is_published_once_and_found_at_once_by_its_version(house: House) -> None:
    made = publish(house, draft())
    assert made.status == "recorded"
    assert house.rulebooks("v2").version == "v2"  # no engine has seen it yet
    assert house.rulebooks("v2") is house.rulebooks("v2")
    assert publish(house, draft()).status == "duplicate"
    assert publishing.publish(house, draft(), actor="budi", reason="once more").event == made.event
    fold(house)
    assert publishing.document_of(house, "v2") == draft()
    first, second = publishing.versions(house)
    assert (first.version, first.in_force, first.published_by) == ("v1", True, None)
    assert (second.version, second.draft, second.published_by, second.reason) == ("v2", True, "ana", "calmer rhythm")


def test_a_version_never_changes(house: House) -> None:
    publish(house, draft())
    for document in (draft(title="other"), draft("v1", title="other")):
        with pytest.raises(DifferentContent, match="give it another version"):
            publish(house, document)
    assert publish(house, draft("v1")).event is None
    assert len(publishing.versions(house)) == 2


def test_what_the_check_finds_is_not_published(house: House) -> None:
    document = draft()
    document["customers"][0]["expect"] = {"stage": "commitment"}
    with pytest.raises(InvalidRulebook) as refused:
        publish(house, document)
    assert refused.value.pointer == "/customers/0/expect/stage"
    with pytest.raises(BadRequest, match="reason"):
        publishing.publish(house, draft(), actor="ana", reason=" ")
    assert [v.version for v in publishing.versions(house)] == ["v1"]


def test_compiled_rules_stay_behind_when_a_rulebook_finder_goes_to_another_process(house: House) -> None:
    publish(house, draft())
    house.rulebooks("v2")
    again: Rulebooks = pickle.loads(pickle.dumps(house.rulebooks))
    assert again == house.rulebooks
    assert again("v2").version == "v2"
    with pytest.raises(UnknownRulebook, match="there is no rulebook 'v3'; there are v1, v2"):
        again("v3")


def test_a_calendar_is_published_by_version_and_named_by_rulebooks(house: House) -> None:
    named = draft("v3", calendar={"code": "shop", "version": "2"}, customers=[])
    with pytest.raises(InvalidRulebook, match="calendar shop 2 was never published"):
        publish(house, named)
    assert publishing.publish_calendar(house, CALENDAR, actor="ana").status == "recorded"
    assert publishing.publish_calendar(house, CALENDAR, actor="budi").status == "duplicate"
    with pytest.raises(DifferentContent):
        publishing.publish_calendar(house, CALENDAR | {"zone": "Asia/Makassar"}, actor="ana")
    publish(house, named)
    assert house.rulebooks("v3").calendar.document.name == "shop"


# --- over HTTP --------------------------------------------------------------------------------------------------------


def test_a_draft_is_checked_published_and_read_over_http(client: TestClient) -> None:
    wrong = draft(horizon="long")
    verdict = client.post("/v1/rulebooks/check", json=wrong).json()
    assert (verdict["sound"], [p["pointer"] for p in verdict["problems"]]) == (False, ["/horizon"])
    verdict = client.post("/v1/rulebooks/check", json=draft()).json()
    assert verdict["sound"]
    assert all(customer["passed"] and customer["found"] for customer in verdict["customers"])
    made = client.post("/v1/rulebooks", json={"document": draft(), "reason": "calmer"})
    assert (made.status_code, made.json()["status"]) == (201, "recorded")
    again = client.post("/v1/rulebooks", json={"document": draft(), "reason": "calmer"})
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert [v["version"] for v in client.get("/v1/rulebooks").json()["items"]] == ["v1", "v2"]
    whole = client.get("/v1/rulebooks/v2").json()
    assert (whole["document"], whole["published_by"], whole["draft"]) == (draft(), "tests", True)
    assert client.get("/v1/rulebooks/v1").json()["document"]["version"] == "v1"
    assert client.post("/v1/calendars", json=CALENDAR).status_code == 201


def test_refusals_over_http_name_the_field(client: TestClient) -> None:
    refused = client.post("/v1/rulebooks", json={"document": draft(horizon="long"), "reason": "calmer"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-rulebook")
    assert refused.json()["errors"][0]["pointer"] == "/document/horizon"
    client.post("/v1/rulebooks", json={"document": draft(), "reason": "calmer"})
    assert client.post("/v1/rulebooks", json={"document": draft(title="x"), "reason": "y"}).status_code == 409
    assert client.get("/v1/rulebooks/v9").status_code == 404
    assert client.post("/v1/rulebooks", json={"document": draft("v3")}).status_code == 422


def test_publishing_needs_the_right_to(app_client: TestClient, house: House) -> None:
    key = house.bearers.create("reader", ["read", "append"])
    headers = {"Authorization": f"Bearer {key}"}
    assert app_client.post("/v1/rulebooks/check", json=draft(), headers=headers).json()["sound"]
    wish = {"document": draft(), "reason": "calmer"}
    assert app_client.post("/v1/rulebooks", json=wish, headers=headers).status_code == 403
    ruler = {"Authorization": f"Bearer {house.bearers.create('ana', ['read', 'rules'])}"}
    assert app_client.post("/v1/rulebooks", json=wish, headers=ruler).status_code == 201
    assert app_client.get("/v1/rulebooks/v2", headers=ruler).json()["published_by"] == "ana"


def test_rules_do_not_change_by_an_event_of_somebody_who_may_not_change_them(
    app_client: TestClient, house: House
) -> None:
    headers = {"Authorization": f"Bearer {house.bearers.create('shop', ['append'])}"}
    promoted = event("p1", "rulebook.promoted.v1", 0, rulebook="v1")
    del promoted["subject"]
    assert app_client.post("/v1/events", json=promoted, headers=headers).status_code == 403
    told = app_client.post(
        "/v1/events", json=[promoted, event("c1", "call.made", 0, direction="inbound")], headers=headers
    )
    assert [result["status"] for result in told.json()["results"]] == ["refused", "recorded"]


def test_nobody_puts_rules_in_force_by_an_event_as_their_rows_would_not_be_shown(
    client: TestClient,
) -> None:
    promoted = event("p1", "rulebook.promoted.v1", 0, rulebook="v1")
    del promoted["subject"]
    told = client.post("/v1/events", json=promoted)
    assert told.status_code == 403
    assert "/promote" in told.json()["detail"]


def test_the_schema_describes_what_ships(client: TestClient) -> None:
    schema = client.get("/v1/rulebooks/schema").json()
    assert set(shipped()) <= set(schema["properties"])
    assert set(schema["required"]) <= set(shipped())
    assert "RhythmOf" in schema["$defs"]


def test_percentiles_tell_what_a_threshold_would_mean(client: TestClient, house: House) -> None:
    def bought(number: int) -> Any:
        amount = {"purchase": f"P-{number}", "currency": "GBP", "total": str(number * 100)}
        return event(f"b{number}", "purchase.made", 0, f"crm:C-{number}", **amount)

    record(house, *(bought(number) for number in range(1, 21)))
    fold(house)
    as_json = client.get("/v1/rulebooks/percentiles?currency=GBP").json()
    [gbp] = as_json["currencies"]
    assert (gbp["customers"], gbp["percentiles"]["50"], gbp["percentiles"]["95"]) == (20, "1000", "1900")
    assert {t["tier"]: t["customers"] for t in gbp["tiers"]} == {"platinum": 0, "gold": 1, "silver": 16}
    assert client.get("/v1/rulebooks/percentiles?currency=EUR").json()["currencies"] == []
    assert client.get("/v1/rulebooks/percentiles?currency=pounds").status_code == 422


# --- on the command line ----------------------------------------------------------------------------------------------


def test_check_says_what_is_wrong_by_line_and_field(jejak: Jejak, tmp_path: Path) -> None:
    text = source().replace('version = "v1"', 'version = "v2"', 1)
    (tmp_path / "rules.toml").write_text(text)
    sound = jejak("rulebook", "check", "rules.toml")
    customers = len(shipped()["customers"])
    assert (sound.status, f"{customers} test customers, all as expected" in sound.out) == (0, True)
    (tmp_path / "rules.toml").write_text(text.replace("at_least = 9,", 'at_least = "nine",'))
    line = next(n for n, said in enumerate(text.splitlines(), 1) if "at_least = 9," in said)
    wrong = jejak("rulebook", "check", "rules.toml")
    assert wrong.status == 1
    assert f"rules.toml:{line}: lifecycle.clauses[6].all[1].at_least: " in wrong.err
    said = jejak("rulebook", "check", "rules.toml", "--json")
    assert said.status == 1
    assert json.loads(said.out)["problems"][0]["line"] == line
    assert jejak("rulebook", "publish", "rules.toml", "--reason", "x").status == 1


def test_a_rulebook_is_published_listed_and_shown(jejak: Jejak, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(json.dumps(draft()))
    made = jejak("rulebook", "publish", "rules.json", "--reason", "calmer", "--json").json()
    assert (made["status"], made["version"]) == ("recorded", "v2")
    assert "nothing changed" in jejak("rulebook", "publish", "rules.json", "--reason", "calmer").out
    listed = jejak("rulebook", "list", "--json").json()
    assert [(v["version"], v["draft"]) for v in listed] == [("v1", False), ("v2", True)]
    assert listed[1]["published_by"].startswith("cli:")
    assert "calmer" in jejak("rulebook", "list").out
    assert jejak("rulebook", "show", "v2", "--json").json() == draft()
    assert tomllib.loads(jejak("rulebook", "show", "v2").out) == draft()
    assert jejak("rulebook", "show", "--toml").out == source()
    assert "$defs" in jejak("rulebook", "show", "--schema").json()
    (tmp_path / "calendar.json").write_text(json.dumps(CALENDAR))
    assert "is published" in jejak("calendar", "publish", "calendar.json").out
    assert jejak("calendar", "list").out == "shop 2\n"
    assert jejak("rulebook", "percentiles").status == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('measure = "silence", of = ["act"]', 'measure = "silense", of = ["act"]'), 'perhaps "silence" was meant'),
        (('from = ["exploration"]', 'from = ["explorer"]'), "there is no stage 'explorer'; perhaps \"exploration\" was meant"),
        (('horizon = "800 days"', 'horizon = "800days"'), 'perhaps "800 days" was meant'),
        (('"high", "critical"', '"high", "urgent"'), '"urgent" is not known here; it has to be'),
        (("at_least = 60 }", 'at_least = "60" }'), 'is "60"; it has to be a whole number, without quotes'),
        (("intervals = 3", "interval = 3"), "there is no field 'interval' here; perhaps \"intervals\" was meant"),
        (("near = 0.75", "near = 75"), "is 75; it has to be less than 1"),
        (('of = "purchase"', 'of = "purchases"'), "'purchases' is not counted; perhaps \"purchase\" was meant"),
    ],
)  # fmt: skip
def test_likely_mistakes_are_told_with_what_was_meant(
    jejak: Jejak, tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    text = source()
    assert change[0] in text
    (tmp_path / "rules.toml").write_text(text.replace(*change, 1))
    assert sentence in jejak("rulebook", "check", "rules.toml").err
