"""Who may do what."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from api.errors import BadRequest, NoKey
from api.keys import CHECK, checksum
from api.wiring import House
from tests.api.conftest import call


def with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic eDp5"},
        with_key(""),
        with_key("secret"),
        with_key("jejak_abc"),
        with_key((body := "jejak_AAAAAAAA_" + "x" * 40) + checksum(body)),
    ],
)
def test_without_a_key_of_ours_nothing_is_answered(app_client: TestClient, headers: dict[str, str]) -> None:
    answer = app_client.get("/v1/events", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "no-key"


def test_a_mistyped_key_is_told_without_asking_the_database(house: House) -> None:
    key = house.bearers.create("k", ["read"])
    with pytest.raises(NoKey, match="no key of ours"):
        house.bearers.recognise(key[:-CHECK] + "000000")


def test_scopes_hold(app_client: TestClient, house: House) -> None:
    keys = {
        scope: with_key(house.bearers.create(scope, [scope])) for scope in ("append", "read", "read-sealed", "admin")
    }
    reading = {s: app_client.get("/v1/events", headers=h).status_code for s, h in keys.items()}
    assert reading == {"append": 403, "read": 200, "read-sealed": 200, "admin": 200}
    writing = {s: app_client.post("/v1/events", headers=h, json=call("c-1")).status_code for s, h in keys.items()}
    assert writing == {"append": 201, "read": 403, "read-sealed": 403, "admin": 200}


def test_a_refusal_names_the_scope_that_is_missing(app_client: TestClient, house: House) -> None:
    answer = app_client.get("/v1/events", headers=with_key(house.bearers.create("k", ["append"])))
    assert "needs read" in answer.json()["detail"]


def test_a_revoked_key_is_refused(app_client: TestClient, house: House) -> None:
    key = house.bearers.create("k", ["read"])
    assert app_client.get("/v1/events", headers=with_key(key)).status_code == 200
    assert house.bearers.revoke(house.bearers.listed()[0].id)
    assert app_client.get("/v1/events", headers=with_key(key)).status_code == 401
    assert not house.bearers.revoke("nobody")


def test_an_expired_key_is_refused(app_client: TestClient, house: House) -> None:
    key = house.bearers.create("k", ["read"], expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert app_client.get("/v1/events", headers=with_key(key)).status_code == 401


def test_the_first_key_is_made_once_and_only_its_hash_is_kept(house: House) -> None:
    key = house.bearers.first()
    assert key is not None
    assert house.bearers.first() is None
    assert house.bearers.recognise(key).scopes == ["admin"]
    with house.keys_pool.connection() as c:
        kept = c.execute("SELECT b::text FROM keys.bearers b").fetchall()
    assert key.split("_")[2] not in str(kept)


def test_of_many_who_start_at_once_one_gets_the_first_key(house: House) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = [key for key in pool.map(lambda _: house.bearers.first(), range(16)) if key is not None]
    assert len(keys) == 1


def test_use_is_noted(house: House) -> None:
    key = house.bearers.create("k", ["read"])
    assert house.bearers.listed()[0].last_used_at is None
    house.bearers.recognise(key)
    assert house.bearers.listed()[0].last_used_at is not None


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "write"]])
def test_scopes_that_there_are_not_are_refused(house: House, scopes: list[str]) -> None:
    with pytest.raises(BadRequest, match="append, read, read-sealed, command, rules, webhooks, admin"):
        house.bearers.create("k", scopes)


def test_health_needs_no_key_and_metrics_do(app_client: TestClient, house: House) -> None:
    assert app_client.get("/healthz").json() == {"status": "alive"}
    assert app_client.get("/readyz").json()["ready"] is True
    assert app_client.get("/metrics").status_code == 401
    text = app_client.get("/metrics", headers=with_key(house.bearers.create("k", ["read"]))).text
    assert "jejak_ledger_head 0" in text
    assert 'route="/healthz",status="200"' in text
