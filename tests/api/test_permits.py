"""Permits to contact a customer, and the receipts of attempts."""

import dataclasses
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import master_key
from api.wiring import House
from domain.events import ContactAttempted
from domain.keystore import KeyStore
from tests.api.conftest import Cloud, event, record

# Monday 2026-03-09, ten in the morning in Jakarta: the story below began a week before.
NOW = datetime(2026, 3, 9, 3, tzinfo=UTC)
KNOWN = (
    event("r", "customer.registered", 0, name="Siti", timezone="Asia/Jakarta"),
    event("p", "customer.identified", 0, kind="phone", value="+62 812 3456 7890"),
    event("w", "customer.identified", 0, kind="whatsapp", value="+62 812 3456 7890"),
)


class At:
    """Calls the API at a time of the story."""

    def __init__(self, house: House, client: TestClient) -> None:
        self.house, self.client = house, client

    def __call__(self, now: datetime) -> None:
        cast("Any", self.client.app).state.house = dataclasses.replace(self.house, clock=lambda: now)


@pytest.fixture
def at(house: House) -> Generator[At]:
    key = house.bearers.create("dialler", ["admin"])
    with TestClient(create_app(house), headers={"Authorization": f"Bearer {key}"}) as client:
        moved = At(house, client)
        moved(NOW)
        yield moved


Ask = Callable[..., Any]


@pytest.fixture
def told(house: House) -> Callable[..., str]:
    """Records a story; the id of its customer."""

    def tell(*clouds: Cloud) -> str:
        return record(house, *KNOWN, *clouds)[0].customer

    return tell


def ask(at: At, customer: str, channel: str = "whatsapp", purpose: str = "relationship", **more: Any) -> Any:
    answer = at.client.post(f"/v1/customers/{customer}/permits", json={"channel": channel, "purpose": purpose} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def attempt(at: At, customer: str, **made: Any) -> Any:
    return at.client.post(f"/v1/customers/{customer}/attempts", json={"outcome": "not-reached"} | made)


def reasons(answer: Any) -> list[str]:
    return [stop["reason"] for stop in answer["stops"]]


def test_a_contact_that_nothing_stops_gets_a_permit_for_minutes(at: At, told: Callable[..., str]) -> None:
    answer = ask(at, told())
    assert (answer["allowed"], answer["stops"], answer["next_at"]) == (True, [], "2026-03-09T03:00:00Z")
    assert (answer["valid_from"], answer["valid_until"]) == ("2026-03-09T03:00:00Z", "2026-03-09T03:15:00Z")
    assert answer["rulebook"] == "v1"
    assert answer["position"] == at.house.ledger.head()
    assert {limit["limit"]: limit["count"] for limit in answer["basis"]["limits"]} == {"limit-day": 0, "limit-month": 0}


def test_a_permit_ends_when_something_begins_to_stop_it(at: At, told: Callable[..., str]) -> None:
    customer = told()
    at(datetime(2026, 3, 9, 12, 52, 30, tzinfo=UTC))  # 19:52:30 with them; quiet from 20:00
    assert ask(at, customer)["valid_until"] == "2026-03-09T13:00:00Z"
    at(datetime(2026, 3, 9, 13, tzinfo=UTC))
    night = ask(at, customer)
    assert (night["allowed"], reasons(night), night["next_at"]) == (False, ["quiet-hours"], "2026-03-10T01:00:00Z")
    assert night["stops"][0]["says"] == "These are quiet hours, until 10 March 2026, 08:00."


def test_a_refusal_is_cited_by_its_event(at: At, told: Callable[..., str], house: House) -> None:
    customer = told()
    said = record(
        house,
        event("g", "consent.granted", 1, purpose="selling", evidence="form-7"),
        event("x", "consent.withdrawn", 2, purpose="selling", channel="whatsapp"),
        event("n", "preference.stated", 3, refused=["phone"]),
        event("k", "complaint.opened", 4, complaint="K-1"),
    )
    ids = dict(zip("gxnk", (receipt.id for receipt in said), strict=True))
    answer = ask(at, customer, purpose="selling")
    assert reasons(answer) == ["refused-purpose", "complaint-open", "ratio"]
    assert [stop["events"] for stop in answer["stops"][:2]] == [[ids["x"]], [ids["k"]]]
    assert answer["next_at"] is None
    assert answer["basis"]["consent"]["event"] == ids["x"]
    assert answer["basis"]["complaints"]["open"][0]["event"] == ids["k"]
    called = ask(at, customer, channel="phone", purpose="service")
    assert [(s["reason"], s["events"]) for s in called["stops"]] == [("refused-channel", [ids["n"]])]


def test_reasons_are_told_in_indonesian_too(at: At, told: Callable[..., str]) -> None:
    customer = told(event("n", "preference.stated", 3, refused=["whatsapp"]))
    answer = at.client.post(
        f"/v1/customers/{customer}/permits?language=id", json={"channel": "whatsapp", "purpose": "service"}
    )
    assert answer.json()["stops"][0]["says"] == "Pelanggan menolak dihubungi lewat saluran ini."


def test_it_is_decided_at_the_head_and_not_on_rows(at: At, told: Callable[..., str], house: House) -> None:
    customer = told()
    assert ask(at, customer)["allowed"]
    record(house, event("n", "preference.stated", 3, refused=["whatsapp"]))  # no engine has run
    assert reasons(ask(at, customer)) == ["refused-channel"]


def test_asking_leaves_no_fact_and_the_attempt_does(at: At, told: Callable[..., str], house: House) -> None:
    customer = told()
    head = house.ledger.head()
    permit = ask(at, customer)
    assert house.ledger.head() == head
    receipt = attempt(at, customer, permit=permit["permit"], staff="ani")
    assert receipt.status_code == 201, receipt.text
    left = house.ledger.stream(customer)[-1]
    assert isinstance(left, ContactAttempted)
    assert (left.id, left.permit, left.channel) == (receipt.json()["event"], permit["id"], "whatsapp")
    assert (left.staff, left.actor) == ("ani", "dialler")


def test_the_attempt_counts_against_the_limit_though_no_conversation_is_reported(
    at: At, told: Callable[..., str]
) -> None:
    customer = told()
    receipt = attempt(at, customer, permit=ask(at, customer)["permit"]).json()
    at(NOW + timedelta(minutes=1))
    again = ask(at, customer)
    assert [(s["reason"], s["events"], s["until"]) for s in again["stops"]] == [
        ("limit-day", [receipt["event"]], "2026-03-10T03:00:00Z")
    ]
    assert ask(at, customer, purpose="service")["allowed"]


def test_a_permit_is_for_one_attempt(at: At, told: Callable[..., str]) -> None:
    customer = told()
    permit = ask(at, customer)["permit"]
    first = attempt(at, customer, permit=permit, time="2026-03-09T03:01:00Z")
    same = attempt(at, customer, permit=permit, time="2026-03-09T03:01:00Z")
    assert (first.status_code, same.status_code) == (201, 200)
    assert first.json()["event"] == same.json()["event"]
    other = attempt(at, customer, permit=permit, time="2026-03-09T03:02:00Z")
    assert (other.status_code, other.json()["code"]) == (409, "permit-used")
    verified = at.client.post("/v1/permits/verify", json={"permit": permit}).json()
    assert (verified["valid"], verified["because"], verified["used_by"]) == (
        False,
        "permit-used",
        first.json()["event"],
    )


def test_of_many_attempts_at_once_under_one_permit_one_is_recorded(
    at: At, told: Callable[..., str], house: House
) -> None:
    customer = told()
    permit = ask(at, customer)["permit"]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: attempt(at, customer, permit=permit, staff=f"s{n}"), range(12)))
    assert sorted(answer.status_code for answer in made) == [201] + [409] * 11
    assert {answer.json()["code"] for answer in made if answer.status_code == 409} == {"permit-used"}
    assert [type(event_) for event_ in house.ledger.stream(customer)].count(ContactAttempted) == 1


def test_a_permit_covers_nothing_but_what_it_was_asked_for(at: At, told: Callable[..., str], house: House) -> None:
    customer = told()
    other = record(house, event("r2", "customer.registered", 0, "crm:C-2"))[0].customer
    asked = ask(at, customer, staff="ani")
    permit = asked["permit"]
    for ref, more, code in (
        (other, {}, "permit-mismatch"),
        (customer, {"channel": "phone"}, "permit-mismatch"),
        (customer, {"purpose": "selling"}, "permit-mismatch"),
        (customer, {"staff": "budi"}, "permit-mismatch"),
        (customer, {"time": "2026-03-09T03:15:00Z"}, "permit-expired"),
        (customer, {"time": "2026-03-09T02:59:59Z"}, "permit-expired"),
    ):
        refused = attempt(at, ref, permit=permit, **more)
        assert (refused.status_code, refused.json()["code"]) == (409, code), refused.text
    head, _, tail = permit.rpartition(".")
    for broken in (head + "." + ("A" if tail[0] != "A" else "B") + tail[1:], "nonsense", ""):
        refused = attempt(at, customer, permit=broken)
        assert (refused.status_code, refused.json()["code"]) == (422, "permit-invalid"), refused.text


def test_a_refusal_can_be_held_but_not_used(at: At, told: Callable[..., str], house: House) -> None:
    customer = told(event("n", "preference.stated", 3, refused=["whatsapp"]))
    answer = ask(at, customer)
    refused = attempt(at, customer, permit=answer["permit"])
    assert (refused.status_code, refused.json()["code"]) == (409, "not-permitted")
    assert attempt(at, customer, permit=answer["permit"], outcome="held").status_code == 201
    held = house.ledger.stream(customer)[-1]
    assert isinstance(held, ContactAttempted)
    assert (held.outcome, held.reason, held.permit) == ("held", "refused-channel", answer["id"])


def test_without_a_permit_only_holding_back_is_recorded(at: At, told: Callable[..., str]) -> None:
    customer = told()
    assert attempt(at, customer, channel="phone", purpose="service").json()["code"] == "not-permitted"
    assert attempt(at, customer, outcome="held").json()["code"] == "permit-mismatch"
    assert attempt(at, customer, outcome="held", channel="phone", purpose="selling", reason="busy").status_code == 201


def test_whoever_carries_a_permit_can_check_it_with_the_public_key(at: At, told: Callable[..., str]) -> None:
    customer = told()
    answer = ask(at, customer, content="advice")
    [key] = at.client.get("/v1/permits/keys").json()["keys"]
    assert jwt.get_unverified_header(answer["permit"])["kid"] == key["kid"]
    claims = jwt.decode(
        answer["permit"], jwt.PyJWK(key).key, algorithms=["EdDSA"], options={"verify_exp": False, "verify_nbf": False,
                                                                           "verify_iat": False}
    )  # fmt: skip
    assert (claims["sub"], claims["jti"], claims["allowed"], claims["content"]) == (
        customer,
        answer["id"],
        True,
        "advice",
    )
    assert "Siti" not in str(claims)
    assert "812" not in str({name: value for name, value in claims.items() if name not in ("sub", "jti", "events")})


def test_whoever_is_not_as_they_wish_their_staff_gets_no_permit(at: At, told: Callable[..., str], house: House) -> None:
    customer = told(event("n", "preference.stated", 3, staff_traits={"gender": "female"}))
    for name, gender in (("ani", "female"), ("budi", "male")):
        record(house, event(f"s{name}", "staff.registered", 0, staff=name, traits={"gender": gender}))
    assert ask(at, customer, staff="ani")["allowed"]  # no engine has run
    [stop] = ask(at, customer, staff="budi")["stops"]
    assert (stop["reason"], stop["measured"]) == ("unwished-staff", {"lacking": "gender=female"})
    assert stop["says"].endswith("lacks it: gender=female.")
    assert reasons(ask(at, customer, staff="nobody")) == ["unwished-staff"]
    assert ask(at, customer, purpose="service", staff="budi")["allowed"]


def test_a_permit_is_verified_for_what_it_is_carried_to(at: At, told: Callable[..., str]) -> None:
    answer = ask(at, told())

    def verified(**more: str) -> tuple[bool, str | None]:
        found = at.client.post("/v1/permits/verify", json={"permit": answer["permit"]} | more).json()
        return found["valid"], found["because"]

    assert verified() == (True, None)
    assert verified(channel="whatsapp", purpose="relationship") == (True, None)
    assert verified(channel="phone") == (False, "permit-mismatch")
    assert verified(permit=answer["permit"] + "x") == (False, "permit-invalid")
    at(NOW + timedelta(minutes=15))
    assert verified() == (False, "permit-expired")


def test_a_permit_holds_no_longer_once_something_recorded_since_stops_it(
    at: At, told: Callable[..., str], house: House
) -> None:
    customer = told()
    one, other = ask(at, customer)["permit"], ask(at, customer)["permit"]
    assert attempt(at, customer, permit=one).status_code == 201
    found = at.client.post("/v1/permits/verify", json={"permit": other}).json()
    assert (found["valid"], found["because"], reasons(found)) == (False, "stopped", ["limit-day"])
    third = ask(at, customer, purpose="service")["permit"]
    assert at.client.post("/v1/permits/verify", json={"permit": third}).json()["valid"]
    record(house, event("x", "preference.stated", 6.9, refused=["whatsapp"]))
    found = at.client.post("/v1/permits/verify", json={"permit": third}).json()
    assert (found["because"], found["detail"]) == ("stopped", "They refused to be contacted on this channel.")


def test_nobody_is_asked_about_who_is_not_known(at: At, told: Callable[..., str]) -> None:
    told()
    answer = at.client.post("/v1/customers/crm:C-9/permits", json={"channel": "phone", "purpose": "service"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-customer")
    wrong = at.client.post("/v1/customers/crm:C-1/permits", json={"channel": "pigeon", "purpose": "service"})
    assert (wrong.status_code, wrong.json()["pointer"]) == (422, "/channel")
    unheard = attempt(at, "crm:C-1", permit="x", outcome="no-answer").json()
    assert unheard["pointer"] == "/outcome"
    assert "'bounced' or 'held'" in unheard["detail"]


def test_a_permit_needs_read_and_an_attempt_append(at: At, told: Callable[..., str], house: House) -> None:
    customer = told()
    wanted = {"channel": "whatsapp", "purpose": "relationship"}
    statuses = {}
    for scope in ("append", "read"):
        headers = {"Authorization": f"Bearer {house.bearers.create(scope, [scope])}"}
        asked = at.client.post(f"/v1/customers/{customer}/permits", json=wanted, headers=headers)
        tried = at.client.post(f"/v1/customers/{customer}/attempts", json=wanted | {"outcome": "held"}, headers=headers)
        statuses[scope] = (asked.status_code, tried.status_code)
    assert statuses == {"append": (403, 201), "read": (200, 403)}


def test_a_key_store_from_before_there_were_permits_gets_a_key_and_keeps_the_others(house: House) -> None:
    before = house.ledger.keys.secrets
    with house.keys_pool.connection() as c:
        c.execute("DELETE FROM keys.secrets WHERE name = 'permit'")
    opened, again = (KeyStore(house.keys_pool, master_key(house.settings)).secrets for _ in range(2))
    assert opened.event_id("s", "1") == before.event_id("s", "1")
    assert opened.permit_key == again.permit_key != before.permit_key
    assert len(opened.permit_key) == 32
