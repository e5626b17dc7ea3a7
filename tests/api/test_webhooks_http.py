"""The routes and commands of webhooks: what is refused, who may, and what is shown."""

import json
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.cli import app
from api.doctor import examine
from api.webhooks.signing import key_of, verify
from api.wiring import House
from tests.api.conftest import call, record
from tests.api.receiver import delivering, eventually, inside, receiving

URL = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def _inside(house: House) -> None:
    inside(house)


def made(client: TestClient, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": URL} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def as_key(house: House, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.bearers.create('a shop', scopes)}"}


def test_a_webhook_is_made_shown_changed_and_deleted(client: TestClient, house: House) -> None:
    record(house, call("c-1"))
    hook = made(client, types=["call.made"], description="for the warehouse", batch=10)
    assert hook["secret"].startswith("whsec_")
    shown = client.get(f"/v1/webhooks/{hook['id']}").json()
    assert {n: v for n, v in hook.items() if n != "secret"} == shown
    assert (shown["types"], shown["state"], shown["created_by"]) == (["call.made.v1"], "active", "tests")
    assert shown["backlog"]["behind"] == 0  # from now on
    assert client.get("/v1/events", params={"after": shown["cursor"]}).json()["events"] == []
    changed = client.patch(f"/v1/webhooks/{hook['id']}", json={"description": "for nobody", "active": False}).json()
    assert changed == shown | {
        "description": "for nobody",
        "active": False,
        "state": "parked",
        "reason": "parked by tests",
        "state_since": changed["state_since"],
    }
    assert client.delete(f"/v1/webhooks/{hook['id']}").status_code == 204
    assert client.get(f"/v1/webhooks/{hook['id']}").json()["code"] == "unknown-webhook"
    assert client.delete(f"/v1/webhooks/{hook['id']}").status_code == 404


def test_secrets_are_kept_wrapped_and_shown_once(client: TestClient, house: House) -> None:
    hook = made(client)
    with house.pool.connection() as c:
        [(wrapped,)] = c.execute("SELECT wrapped FROM webhooks.secrets").fetchall()
    assert key_of(hook["secret"]) not in bytes(wrapped)
    for path in ("", f"/{hook['id']}", f"/{hook['id']}/deliveries"):
        assert "whsec_" not in client.get(f"/v1/webhooks{path}").text


@pytest.mark.parametrize(
    ("wanted", "status", "code", "pointer"),
    [
        ({"url": "ftp://hooks.example/"}, 422, "target-refused", "/url"),
        ({"url": "https://user:word@hooks.example/"}, 422, "target-refused", "/url"),
        ({"types": ["call.maid"]}, 422, "bad-request", "/types"),
        ({"customers": ["crm:C-1"]}, 422, "bad-request", "/customers"),
        ({"batch": 0}, 422, "bad-request", "/batch"),
        ({"batch": 501}, 422, "bad-request", "/batch"),
        ({"from": "x"}, 400, "bad-cursor", "/from"),
        ({"secret": "whsec_x"}, 422, "bad-request", "/secret"),
        ({"url": None}, 422, "bad-request", "/url"),
        ({"description": "\0"}, 422, "bad-request", "/description"),
        ({"customers": ["\0"]}, 422, "bad-request", "/customers"),
        ({"types": ["\0"]}, 422, "bad-request", "/types"),
        ({"url": URL + "\0"}, 422, "target-refused", "/url"),
    ],
)
def test_what_cannot_be_subscribed_is_refused_by_name(
    client: TestClient, wanted: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    answer = client.post("/v1/webhooks", json={"url": URL} | wanted)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["pointer"] == pointer
    assert client.get("/v1/webhooks").json()["webhooks"] == []


def test_the_inside_is_refused_unless_the_settings_allow_it(client: TestClient, house: House) -> None:
    hook = made(client)
    house.settings = house.settings.model_copy(update={"webhook_inside": False})
    for answer in (
        client.post("/v1/webhooks", json={"url": "https://127.0.0.1/"}),
        client.patch(f"/v1/webhooks/{hook['id']}", json={"url": "https://[::1]/"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "target-refused")
    # What was subscribed before is not sent either.
    tried = client.post(f"/v1/webhooks/{hook['id']}/test").json()
    assert tried["accepted"] is False
    house.settings = house.settings.model_copy(update={"webhook_allow": ("127.0.0.0/8",)})
    assert client.post("/v1/webhooks", json={"url": "http://127.0.0.1/"}).status_code == 201


def test_the_scope_is_needed_and_nobody_gets_at_more_than_they_may_read(app_client: TestClient, house: House) -> None:
    sealing = as_key(house, "webhooks", "read-sealed")
    reading = as_key(house, "webhooks", "read")
    wanted = {"url": URL, "sealed": True}

    def asked(method: str, path: str, key: dict[str, str], body: Any = None) -> int:
        return app_client.request(method, f"/v1/webhooks{path}", headers=key, json=body).status_code

    assert asked("POST", "", as_key(house, "read", "append"), {"url": URL}) == 403
    assert asked("POST", "", as_key(house, "webhooks"), {"url": URL}) == 403
    assert asked("POST", "", reading, wanted) == 403
    assert asked("POST", "", reading, {"url": URL}) == 201
    hook = app_client.post("/v1/webhooks", headers=sealing, json=wanted).json()
    # Whoever may not open sealed parts cannot have them sent to where they like either, or sign in our name.
    for path, body in (("", {"url": "http://127.0.0.1:8/"}), ("", {"active": False})):
        assert asked("PATCH", f"/{hook['id']}{path}", reading, body) == 403
    assert asked("POST", f"/{hook['id']}/rotate", reading) == 403
    assert asked("POST", f"/{hook['id']}/replay", reading, {"from": "beginning"}) == 403
    plain = made_by(app_client, reading)
    assert asked("PATCH", f"/{plain['id']}", reading, {"sealed": True}) == 403
    assert asked("GET", f"/{hook['id']}", reading) == 200


def made_by(client: TestClient, key: dict[str, str]) -> dict[str, Any]:
    return client.post("/v1/webhooks", headers=key, json={"url": URL}).json()


def test_lists_and_logs_come_by_page(client: TestClient, house: House) -> None:
    ids = [made(client)["id"] for _ in range(5)]
    seen: list[str] = []
    after = ""
    while after is not None:
        page = client.get("/v1/webhooks", params={"limit": 2, "after": after}).json()
        seen += [w["id"] for w in page["webhooks"]]
        after = page["next"]
    assert seen == ids
    for _ in range(3):
        client.post(f"/v1/webhooks/{ids[0]}/test")
    log = f"/v1/webhooks/{ids[0]}/deliveries"
    whole = client.get(log).json()
    assert whole["next"] is None
    first = client.get(log, params={"limit": 2}).json()
    rest = client.get(log, params={"limit": 2, "after": first["next"]}).json()
    assert first["deliveries"] + rest["deliveries"] == whole["deliveries"]
    assert [d["outcome"] for d in whole["deliveries"]] == ["failed"] * 3
    other = client.get(f"/v1/webhooks/{ids[1]}/deliveries", params={"after": first["next"]})
    assert other.json()["code"] == "bad-cursor"


def test_a_test_is_sent_signed_whatever_the_state(client: TestClient, house: House) -> None:
    with receiving() as receiver:
        hook = made(client, url=receiver.url)
        client.patch(f"/v1/webhooks/{hook['id']}", json={"active": False})
        tried = client.post(f"/v1/webhooks/{hook['id']}/test").json()
        [got] = receiver.accepted
    assert (tried["accepted"], tried["status"]) == (True, 204)
    verify([key_of(hook["secret"])], got.headers, got.body, house.clock().timestamp())
    assert got.events[0]["type"] == "webhook.test"
    [line] = client.get(f"/v1/webhooks/{hook['id']}/deliveries").json()["deliveries"]
    assert (line["message"], line["position"], line["outcome"]) == (got.headers["webhook-id"], None, "accepted")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("POST", "/replay"),
        ("POST", "/resume"),
        ("GET", "/deliveries"),
        ("POST", "/test"),
    ],
)
def test_a_webhook_that_there_is_not_is_not_found(client: TestClient, method: str, path: str) -> None:
    body = {"PATCH": {"batch": 2}, "POST": {"from": "now"} if path == "/replay" else None}.get(method)
    answer = client.request(method, f"/v1/webhooks/{uuid4()}{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-webhook")


@pytest.mark.parametrize("hours", ["NaN", "Infinity", "-1", "721", "1e400"])
def test_an_overlap_is_a_number_of_hours(client: TestClient, hours: str) -> None:
    rotate = f"/v1/webhooks/{made(client)['id']}/rotate"
    answer = client.post(rotate, content=f'{{"overlap_hours": {hours}}}', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/overlap_hours")


def test_figures_show_the_backlog(client: TestClient, house: House) -> None:
    record(house, call("c-1"))
    hook = made(client, **{"from": "beginning"})
    lines = client.get("/metrics").text.splitlines()
    label = f'{{webhook="{hook["id"]}"}}'
    assert f"jejak_webhook_backlog_events{label} {house.ledger.head()}" in lines
    assert f"jejak_webhook_active{label} 1" in lines
    assert any(line.startswith(f"jejak_webhook_backlog_seconds{label}") for line in lines)
    assert URL not in "\n".join(lines)


def test_the_commands_do_what_the_routes_do(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", house.database_url)
    monkeypatch.setenv("JEJAK_KEYS_URL", house.keys_url)
    monkeypatch.setenv("JEJAK_DATA", str(house.settings.data))
    monkeypatch.setenv("JEJAK_WEBHOOK_ALLOW", "10.0.0.0/8, 127.0.0.1")

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["webhook", *arguments])
        assert result.exit_code == code, result.output
        return result.stdout

    record(house, call("c-1"))
    with receiving() as receiver, delivering(house):
        hook = json.loads(run("create", receiver.url, "--from", "beginning", "-t", "call.made", "--json"))
        eventually(lambda: len(receiver.accepted) == 1)
        assert [w["id"] for w in json.loads(run("list", "--json"))] == [hook["id"]]
        assert "active" in run("list")
        verify(
            [key_of(hook["secret"])],
            receiver.accepted[0].headers,
            receiver.accepted[0].body,
            house.clock().timestamp(),
        )
        assert "accepted" in run("test", hook["id"][:8])
        assert "parked" in run("park", hook["id"][:8])
        record(house, call("c-2"))
        assert json.loads(run("resume", hook["id"], "--json"))["state"] == "active"
        eventually(lambda: len(receiver.accepted) == 3)
        run("replay", hook["id"], "--from", "beginning")
        eventually(lambda: len(receiver.accepted) == 5)
        assert run("rotate", hook["id"]).startswith("whsec_")
        eventually(lambda: len(json.loads(run("log", hook["id"], "--json"))) == 5)
        run("delete", hook["id"])
        assert json.loads(run("list", "--json")) == []


def test_the_commands_say_what_is_wrong(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", house.database_url)
    monkeypatch.setenv("JEJAK_KEYS_URL", house.keys_url)
    monkeypatch.setenv("JEJAK_DATA", str(house.settings.data))
    for arguments, sentence in (
        (["create", "https://127.0.0.1/"], "inside"),
        (["park", "0000"], "no webhook's id begins"),
    ):
        result = CliRunner().invoke(app, ["webhook", *arguments])
        assert sentence in str(result.exception)


def test_the_doctor_names_what_is_held_up(client: TestClient, house: House) -> None:
    def finding() -> tuple[str, str]:
        return next((f.verdict, f.seen) for f in examine(house) if f.check == "webhooks")

    assert finding() == ("good", "nobody has subscribed")
    hook = made(client)
    assert finding() == ("good", "1 are delivered")
    client.patch(f"/v1/webhooks/{hook['id']}", json={"active": False})
    verdict, seen = finding()
    assert verdict == "attention"
    assert f"{hook['id']} is parked: parked by tests" in seen
    with psycopg.connect(house.database_url) as connection:
        connection.execute("UPDATE webhooks.secrets SET wrapped = 'other'")
    assert finding()[0] == "bad"


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("jejak_webhooks", "UPDATE webhooks.subscriptions SET url = 'x'"),
        ("jejak_webhooks", "UPDATE webhooks.subscriptions SET sealed = true"),
        (
            "jejak_webhooks",
            "INSERT INTO webhooks.secrets (subscription, wrapped) SELECT id, '' FROM webhooks.subscriptions",
        ),
        ("jejak_webhooks", "DELETE FROM webhooks.subscriptions"),
        ("jejak_webhooks", "UPDATE webhooks.deliveries SET outcome = 'accepted'"),
        ("jejak_webhooks", "DELETE FROM ledger.events"),
        ("jejak_webhooks", "SELECT FROM ledger.received"),
        ("jejak_webhooks", "SELECT FROM ledger.events_00"),
        ("jejak_webhooks", "SELECT FROM rows.generations"),
        ("jejak_api", "DELETE FROM webhooks.deliveries"),
        ("jejak_api", "UPDATE webhooks.deliveries SET outcome = 'accepted'"),
        ("jejak_api", "INSERT INTO webhooks.waiting SELECT"),
        ("jejak_engine", "SELECT FROM webhooks.secrets"),
    ],
)
def test_each_role_may_do_its_own_work_and_no_more(house: House, role: str, statement: LiteralString) -> None:
    with psycopg.connect(house.database_url) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
