"""No body is taken in whole that is larger than any request may be."""

from collections.abc import Generator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import errors
from api.bodies import Bounded

LARGEST = 1_000  # bytes


@pytest.fixture
def small() -> Generator[TestClient]:
    app = FastAPI()
    errors.install(app)

    def echo(body: dict[str, str]) -> int:
        return len(body["text"])

    app.post("/")(echo)
    app.add_middleware(Bounded, largest=LARGEST)
    with TestClient(app) as client:
        yield client


def body_of(size: int) -> bytes:
    """JSON of so many bytes."""
    return b'{"text":"' + b"x" * (size - 11) + b'"}'


def test_a_body_up_to_the_limit_is_read(small: TestClient) -> None:
    answer = small.post("/", content=body_of(LARGEST), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, LARGEST - 11)


def test_a_body_that_says_it_is_larger_is_not_read(small: TestClient) -> None:
    answer = small.post("/", content=body_of(LARGEST + 1), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert "1000 bytes" in answer.json()["detail"]


def test_a_body_that_does_not_say_how_large_it_is_is_stopped_where_it_is(small: TestClient) -> None:
    def parts() -> Generator[bytes]:
        yield body_of(LARGEST)
        yield b" " * 10

    answer = small.post("/", content=parts(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "1000 bytes" in answer.json()["detail"]
