"""Who may take something on: registered, working here, here, accepted by the customer, and with room in their book."""

from datetime import date
from typing import Any

import pytest

from domain import events as e
from domain.rules import compile_rules, shipped
from tests.domain.commanding import Story, given
from tests.examples import moment, uid
from tests.spec import a

KNOWN = a(e.CustomerRegistered, 0)
OPENED = a(e.ComplaintOpened, 1, handler=None)
OWNED = a(e.ManagerAssigned, 1)
ANI = a(e.StaffRegistered, 0, staff="ani", capacity=2)
BUDI = a(
    e.StaffRegistered, 0, staff="budi", capacity=None, languages=("id",), qualifications={"funds": date(2026, 1, 20)}
)
GONE = a(e.StaffChanged, 5, staff="budi", active=False)
AWAY = a(e.StaffAbsent, 2, staff="budi", until=moment(10), cover="ani")
AWAY_UNCOVERED = a(e.StaffAbsent, 2, staff="budi", until=moment(10), cover=None)
OPEN = given(KNOWN, OPENED)

TAKING = [
    # (what it shows, staff, command, day, its fields, what is said)
    ("nobody of that code", (ANI,), "claim-complaint", 3, {"handler": "eko"}, "not-registered"),
    ("where no staff is kept, any code stands for somebody", (), "claim-complaint", 3, {"handler": "eko"},
     "complaint.assigned.v1"),
    ("somebody", (BUDI,), "claim-complaint", 3, {"handler": "budi"}, "complaint.assigned.v1"),
    ("the day before they left", (BUDI, GONE), "claim-complaint", 4, {"handler": "budi"}, "complaint.assigned.v1"),
    ("the day after they left", (BUDI, GONE), "claim-complaint", 6, {"handler": "budi"}, "inactive-staff"),
    ("away, though somebody covers", (ANI, BUDI, AWAY), "assign-complaint", 3, {"handler": "budi"}, "absent-staff"),
    ("back again", (ANI, BUDI, AWAY), "assign-complaint", 10, {"handler": "budi"}, "complaint.assigned.v1"),
    ("taken up to somebody who is away", (ANI, BUDI, AWAY), "escalate-complaint", 3, {"level": 2, "to": "budi"},
     "absent-staff"),
    ("what was done by nobody", (ANI,), "resolve-complaint", 3, {"staff": "eko"}, "not-registered"),
    ("what was done by somebody who left since", (BUDI, GONE), "resolve-complaint", 6, {"staff": "budi"},
     "complaint.resolved.v1"),
    ("an owner may be away while somebody covers", (ANI, BUDI, AWAY), "assign-manager", 3, {"manager": "budi"},
     "manager.assigned.v1"),
    ("but not where nobody does", (ANI, BUDI, AWAY_UNCOVERED), "assign-manager", 3, {"manager": "budi"},
     "absent-staff"),
    ("a promise is not made for somebody who is away", (ANI, BUDI, AWAY), "make-promise", 3,
     {"staff": "budi", "due": moment(20)}, "absent-staff"),
    ("a contact is planned for them all the same: their cover makes it", (ANI, BUDI, AWAY), "plan-outreach", 3,
     {"staff": "budi", "due": moment(5)}, "outreach.planned.v1"),
    ("nobody covers who is away", (ANI, BUDI, AWAY), "arrange-cover", 3, {"cover": "budi", "until": moment(9)},
     "not-assigned"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("staff", "command", "at", "data", "said"), [r[1:] for r in TAKING], ids=[r[0] for r in TAKING]
)
def test_only_who_can_takes_something_on(
    staff: tuple[e.Event, ...], command: str, at: float, data: dict[str, Any], said: str
) -> None:
    outcome = OPEN.among(*staff).give(command, at, None, data)
    assert outcome.said == said, outcome.refusal


def test_who_is_away_is_said_with_until_when_and_who_covers() -> None:
    outcome = OPEN.among(ANI, BUDI, AWAY).when("claim-complaint", 3, by="budi")
    assert outcome.said == "absent-staff"
    assert outcome.members["cover"] == "ani"
    assert outcome.refusal is not None
    assert outcome.refusal.detail == "budi is away until 2026-01-15T02:00:00Z, ani covers for them"


@pytest.mark.parametrize(
    ("held", "said"),
    [(0, "manager.assigned.v1"), (1, "manager.assigned.v1"), (2, "over-capacity"), (3, "over-capacity")],
)
def test_a_book_is_filled_to_its_capacity_and_no_further(held: int, said: str) -> None:
    outcome = given(KNOWN).among(ANI, ani=held).when("assign-manager", 2, manager="ani")
    assert outcome.said == said
    if said == "over-capacity":
        assert outcome.members == {"book": held, "capacity": 2}


def test_a_book_of_no_known_capacity_has_room() -> None:
    assert given(KNOWN).among(BUDI, budi=10_000).when("assign-manager", 2, manager="budi").said == "manager.assigned.v1"


def test_what_the_customer_asked_of_staff_binds() -> None:
    story = given(KNOWN, a(e.PreferenceStated, 1, staff=(), staff_traits={"language": "en"})).among(ANI, BUDI)
    assert (
        story.when("assign-manager", 2, manager="ani").said == "manager.assigned.v1"
    )  # the example speaks English too
    refused = story.when("assign-manager", 2, manager="budi")
    assert refused.said == "unwished-staff"
    assert refused.members["reason"] == "trait:language=en"


def ruled(**tables: Any) -> Any:
    """The rulebook that comes with Jejak, with some tables otherwise."""
    return compile_rules(shipped() | tables)


def test_a_qualification_counts_to_its_last_day() -> None:
    rules = ruled(books={**shipped().get("books", {}), "by_tier": {"*": ["funds"]}})
    story = Story([KNOWN], [BUDI], rules=rules)
    assert story.when("assign-manager", 14, manager="budi").said == "manager.assigned.v1"  # 19 January
    refused = story.when("assign-manager", 17, manager="budi")  # 22 January
    assert refused.said == "unwished-staff"
    assert refused.members["reason"] == "qualification:funds"


def test_a_benefit_has_to_fit_the_tier() -> None:
    """A platinum customer wants personal service, not a discount."""
    rules = ruled(benefits={"fit": {"platinum": ["personal-service"]}, "unfit": {"platinum": ["discount"]}})
    bought = [
        a(e.PurchaseMade, number, purchase=uid(f"p{number}"), currency="GBP", total="2000", lines=())
        for number in range(1, 6)
    ]
    story = Story([KNOWN, *bought], rules=rules)
    refused = story.when("grant-benefit", 6, benefit="discount")
    assert refused.said == "benefit-unfit"
    assert refused.members["tier"] == "platinum"
    assert story.when("grant-benefit", 6, benefit="personal-service").said == "benefit.granted.v1"
    assert Story([KNOWN], rules=rules).when("grant-benefit", 6, benefit="discount").said == "benefit.granted.v1"
    planned = story.when("plan-outreach", 6, due=moment(9), content="discount")
    assert planned.said == "benefit-unfit"


def test_what_is_possible_is_said_for_each_complaint() -> None:
    second = a(e.ComplaintOpened, 2, complaint=uid("complaint 2"), handler="budi")
    ended = [a(e.ComplaintResolved, 3, complaint=uid("complaint 2"))]
    story = given(KNOWN, OPENED, second, *ended)
    assert story.possible("resolve-complaint", 4) == [OPENED.complaint]
    assert story.possible("close-complaint", 4) == [second.complaint]
    assert story.possible("reopen-complaint", 33) == [second.complaint]
    assert story.possible("reopen-complaint", 40) == "too-late-to-reopen"
    assert story.possible("reopen-complaint", 40, OPENED.complaint) == "already-open"
    assert story.possible("transfer-complaint", 4) == [OPENED.complaint]
    assert story.possible("resume-complaint", 4) == "not-waiting"
    assert story.possible("keep-promise", 4) == "promise-not-open"
    assert "rhythm" in story.possible("snooze-outreach", 4)
    assert story.possible("snooze-outreach", 4, uid("nothing")) == "outreach-not-open"
    assert story.possible("unassign-manager", 4) == "not-assigned"
    assert story.possible("attribute", 4) == "not-provisional"
    assert given(KNOWN, OWNED).possible("unassign-manager", 4) == []
