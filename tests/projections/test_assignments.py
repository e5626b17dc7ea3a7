"""Who owned the relationship when, and who covered."""

from domain import events as e
from domain.facts import NEVER
from tests import examples
from tests.spec import Spec, a, given


def intervals(spec: Spec, kind: str = "owner") -> list[tuple[float | None, float | None, str | None]]:
    def day(at: int) -> float | None:
        return None if at == NEVER else (at - examples.day(0)) / 86_400_000_000

    return [(day(r["from_at"]), day(r["until_at"]), r["staff"]) for r in spec.rows("managers") if r["kind"] == kind]


def test_ownership_is_handed_over_without_gap_or_overlap() -> None:
    story = given(
        a(e.CustomerRegistered, 0), a(e.ManagerAssigned, 1), a(e.ManagerAssigned, 5, manager="budi"),
        a(e.ManagerUnassigned, 9), a(e.ManagerAssigned, 12),
    )  # fmt: skip
    assert intervals(story) == [(1, 5, "ani"), (5, 9, "budi"), (9, 12, None), (12, None, "ani")]


def test_a_late_assignment_takes_its_place() -> None:
    story = given(
        a(e.ManagerAssigned, 1), a(e.ManagerAssigned, 9, manager="citra"), a(e.ManagerAssigned, 5, manager="budi")
    )
    assert intervals(story) == [(1, 5, "ani"), (5, 9, "budi"), (9, None, "citra")]


def test_two_assignments_of_one_instant_leave_one() -> None:
    story = given(a(e.ManagerAssigned, 1, sequence="2", manager="budi"), a(e.ManagerAssigned, 1, sequence="1"))
    assert intervals(story) == [(1, None, "budi")]


def test_assigned_again_is_the_same_relationship() -> None:
    assert intervals(given(a(e.ManagerAssigned, 1), a(e.ManagerAssigned, 5))) == [(1, None, "ani")]


def test_a_cover_stands_beside_the_owner_and_ends_by_itself_or_by_the_next() -> None:
    story = given(
        a(e.ManagerAssigned, 1), a(e.CoverArranged, 5, until=examples.moment(20)),
        a(e.CoverArranged, 10, until=examples.moment(15), cover="citra"),
    )  # fmt: skip
    assert intervals(story) == [(1, None, "ani")]
    assert intervals(story, "cover") == [(5, 10, "budi"), (10, 15, "citra")]


def test_an_introduction_is_dated() -> None:
    assert given(a(e.ManagerAssigned, 1), a(e.ManagerIntroduced, 3)).rows("managers")[0][
        "introduced_at"
    ] == examples.day(3)
