"""Who owned the relationship when, and who covered."""

from itertools import pairwise
from typing import Any

from hypothesis import given as over
from hypothesis import strategies as st

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


HAPPENINGS = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.sampled_from(["ani", "budi", "citra", None]),
        st.sampled_from([e.ManagerAssigned, e.CoverArranged, e.ManagerIntroduced, e.TouchpointVoided]),
        st.integers(-3, 10),
    ),
    max_size=14,
)


@over(HAPPENINGS)
def test_intervals_of_ownership_partition_time_and_covers_never_overlap(
    happened: list[tuple[int, str | None, type[e.Event], int]],
) -> None:
    events: list[Any] = []
    for day, staff, kind, span in happened:
        match kind:
            case e.ManagerAssigned if staff is None:
                events.append(a(e.ManagerUnassigned, day))
            case e.CoverArranged:
                events.append(a(e.CoverArranged, day, cover=staff or "dewi", until=examples.moment(day + span)))
            case e.TouchpointVoided:  # what was said of an earlier day was wrong
                events += [a(kind, day, target=events[span % len(events)].id)] if events else []
            case _:
                events.append(a(kind, day, manager=staff or "dewi"))
    story = given(a(e.CustomerRegistered, 0), *events)
    owners = intervals(story)
    for (_, until, who), (since, _, later) in pairwise(owners):
        assert until == since
        assert who != later
    assert all(until is None or (since or 0) < until for since, until, _ in [*owners, *intervals(story, "cover")])
    assert not owners or (owners[-1][1] is None and owners[0][2] is not None)
    covers = sorted(intervals(story, "cover"))
    assert all((until or 0) <= (since or 0) for (_, until, _), (since, _, _) in pairwise(covers))
    # On every day exactly one row says who owned the relationship, from the first assignment on.
    for day in range(22):
        holding = [one for one in owners if (one[0] or 0) <= day and (one[1] is None or day < one[1])]
        assert len(holding) == (1 if owners and day >= (owners[0][0] or 0) else 0)
