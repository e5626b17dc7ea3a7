"""Every refusal becomes problem details, and the description says so."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.testclient import TestClient

from api.errors import STATUS, CursorExpired, install, problem, status_of
from api.wiring import House
from domain import errors as domain
from tests.api.conftest import call


def descendants(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


@pytest.mark.parametrize("kind", list(descendants(domain.Refusal)))
def test_every_refusal_is_the_callers_and_says_so(kind: type[domain.Refusal]) -> None:
    body = problem(kind("what was wrong, and what would be right", pointer="/data/x"))
    assert 400 <= body["status"] < 500
    assert body["type"] == f"urn:jejak:problem:{kind.code}"
    assert body["detail"] == "what was wrong, and what would be right"
    assert body["errors"] == [{"pointer": "/data/x", "detail": "what was wrong, and what would be right"}]
    assert kind.title != domain.Refusal.title


def test_codes_are_each_one_errors_own() -> None:
    kinds = [k for k in descendants(domain.Refusal) if "code" in vars(k)]
    assert len({k.code for k in kinds}) == len(kinds)


def test_every_fault_found_is_named() -> None:
    refusal = domain.InvalidEvent("two things", problems=(("/data/a", "is missing"), ("/data/b", "is too long")))
    assert [e["pointer"] for e in problem(refusal)["errors"]] == ["/data/a", "/data/b"]


@pytest.mark.parametrize("error", [OperationalError("x"), PoolTimeout("x"), domain.LedgerUnavailable("gone")])
def test_an_outage_asks_to_try_again(error: Exception) -> None:
    app = FastAPI()
    install(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    answer = TestClient(app).get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "may be sent again" in answer.json()["detail"]


def test_an_error_that_nobody_foresaw_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    install(app)

    @app.get("/customers/{ref}")
    async def fail(ref: str) -> None:
        raise RuntimeError("details of ours")

    answer = TestClient(app, raise_server_exceptions=False).get("/customers/+628123")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ours" not in answer.text.replace("our side", "")
    assert "/customers/{ref}" in caplog.text
    assert "628123" not in caplog.text.split("Traceback")[0]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/v1/events", 405), ("DELETE", "/healthz", 405)]
)
def test_what_the_framework_refuses_is_a_problem_too(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status == answer.json()["status"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_statuses_come_from_the_nearest_ancestor() -> None:
    assert status_of(domain.InvalidIdentifier("x")) == 422
    assert status_of(CursorExpired) == 410
    assert status_of(KeyError("x")) == 500
    assert all(s.value >= 400 for s in STATUS.values())


# --- the description ---------------------------------------------------------------------------------------------------


def described(client: TestClient) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{method} {path}", o) for path, item in document["paths"].items() for method, o in item.items()]


def test_operations_have_stable_names_and_summaries(app_client: TestClient) -> None:
    found = operations(described(app_client))
    names = [o["operationId"] for _, o in found]
    assert len(set(names)) == len(names)
    assert all("_" not in n for n in names)
    assert all(o.get("summary") and o.get("description") for _, o in found)


def test_every_operation_behind_a_key_says_what_it_refuses(app_client: TestClient) -> None:
    for name, operation in operations(described(app_client)):
        if name.split()[1] in ("/healthz", "/readyz"):
            continue
        assert operation["security"] == [{"HTTPBearer": []}], name
        for status in ("401", "403", "503"):
            assert "application/problem+json" in operation["responses"][status]["content"], name


def test_nothing_is_referred_to_that_is_not_there(app_client: TestClient) -> None:
    document = described(app_client)
    text = json.dumps(document)
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.split('"')[0] in document["components"]["schemas"]
    assert "HTTPValidationError" not in text


def test_events_are_answered_as_the_table_says(client: TestClient, house: House) -> None:
    assert client.post("/v1/events", json=call("c-1")).status_code == 201
    again = client.post("/v1/events", json=call("c-1", data={"direction": "outbound"}))
    assert (again.status_code, again.json()["code"]) == (409, "different-content")
