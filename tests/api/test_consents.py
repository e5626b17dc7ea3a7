"""Consents over HTTP: as intervals, at any coordinates, with the contacts that they stopped or would have."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from tests.api.conftest import event, fold, record

STORY = (
    event("r", "customer.registered", 0, name="Siti"),
    event("p", "customer.identified", 0, kind="whatsapp", value="+62 812 3456 7890"),
    event("g", "consent.granted", 1, purpose="selling", evidence="form-7", text="ticked the box"),
    event("m1", "message.exchanged", 2, channel="whatsapp", direction="outbound", purpose="selling"),
    event("m2", "message.exchanged", 6, channel="whatsapp", direction="outbound", purpose="selling"),
)
LATE = event("x", "consent.withdrawn", 5, purpose="selling", channel="whatsapp")  # learnt after m2


@pytest.fixture
def ids(house: House) -> dict[str, str]:
    said = [*STORY, LATE]
    return dict(zip([cloud["id"] for cloud in said], [r.id for r in record(house, *said)], strict=True))


@pytest.fixture
def get(client: TestClient, house: House, ids: dict[str, str]) -> Callable[..., Any]:
    fold(house)

    def ask(path: str, **params: str) -> Any:
        answer = client.get(
            f"/v1/customers/crm:C-1/{path}".rstrip("/"), params={"as_of": "2026-03-10T00:00:00Z"} | params
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_every_statement_is_shown_with_its_interval_source_and_evidence(get: Callable[..., Any], ids: Any) -> None:
    granted, withdrawn = get("consents")["history"]
    assert (granted["from"], granted["until"], granted["ended_by"]) == ("2026-03-03T02:00:00Z", None, None)
    assert (granted["source"], granted["evidence"], granted["text"]) == ("urn:crm:jakarta", "form-7", "ticked the box")
    assert (granted["in_force"], withdrawn["in_force"]) == (True, False)  # it was taken back on one channel only
    assert withdrawn["event"] == ids["x"]


def test_what_may_be_done_is_told_by_purpose_and_channel(get: Callable[..., Any], ids: dict[str, str]) -> None:
    def may(**params: str) -> dict[tuple[str, str], tuple[bool, str | None]]:
        return {(m["purpose"], m["channel"]): (m["may"], m["event"]) for m in get("consents", **params)["may"]}

    now = may()
    assert now["selling", "whatsapp"] == (False, ids["x"])
    assert now["relationship", "whatsapp"] == (True, None)
    assert may(as_of="2026-03-06T00:00:00Z")["selling", "whatsapp"] == (True, None)


def test_a_withdrawal_that_came_late_shows_the_contact_that_it_would_have_stopped(
    get: Callable[..., Any], ids: dict[str, str]
) -> None:
    [stopped] = get("consents")["stopped"]
    assert stopped["event"] == ids["m2"]
    [why] = stopped["stopped_by"]
    assert (why["reason"], why["event"], why["known"]) == ("refused-purpose", ids["x"], False)
    shown = {item["event"]: item.get("stopped_by") for item in get("timeline")["items"]}
    assert shown[ids["m2"]] == [why]
    assert shown[ids["m1"]] is None


def test_as_known_then_nothing_was_stopped(get: Callable[..., Any], house: House, ids: dict[str, str]) -> None:
    then = str(house.ledger.head() - 1)
    assert get("consents", known_at=then)["stopped"] == []
    assert len(get("consents", known_at=then)["history"]) == 1
    assert all("stopped_by" not in item for item in get("timeline", known_at=then)["items"])


def test_a_receipt_of_another_system_is_shown_without_permit(
    client: TestClient, house: House, get: Callable[..., Any]
) -> None:
    data = {"channel": "whatsapp", "purpose": "service", "outcome": "reached"}
    record(
        house,
        event("a1", "contact.attempted", 6.5, **data),
        event("a2", "contact.attempted", 6.6, **data, permit="P-1"),
    )
    record(house, event("a3", "contact.attempted", 6.7, **data | {"outcome": "held"}))
    asked = client.post("/v1/customers/crm:C-1/permits", json={"channel": "whatsapp", "purpose": "service"}).json()
    record(house, event("a4", "contact.attempted", 6.8, **data, permit=asked["id"]))
    shown = [item["permit"] for item in get("timeline", type="contact.attempted")["items"]]
    assert shown[1:] == ["held", "without-permit", "without-permit"]
    assert shown[0] in ("expired", "denied")  # of the wall clock, and not of the story


def test_a_narrow_consent_that_was_taken_back_widely_is_in_force_no_more(
    client: TestClient, house: House, get: Callable[..., Any]
) -> None:
    record(house, event("n", "consent.granted", 7, purpose="selling", channel="email"))
    record(house, event("w", "consent.withdrawn", 7.5, purpose="selling"))
    fold(house)
    for path in ("consents", ""):
        found = get(path)
        said = {(c["purpose"], c["channel"]): c["in_force"] for c in found["items" if path else "consents"]}
        assert said == {("selling", "whatsapp"): False, ("selling", "email"): False, ("selling", None): False}
