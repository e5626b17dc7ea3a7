"""Staff at any date: what they can and may do, whether they are here, and who acts for whom."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from domain import events as e
from domain.events import Event, Window
from domain.facts import micros
from projections.catalogue import Catalogue
from projections.staff import ANYBODY, Asked, asked
from tests.projections.given import new_id

STREAM = "00000000-0000-0000-0000-000000000001"


def at(day: int, hour: float = 0, month: int = 3) -> int:
    """So many hours into a day of 2026, UTC; 2 March is a Monday."""
    return micros(datetime(2026, month, day, tzinfo=UTC)) + round(hour * 3_600_000_000)


def told(kind: type[Event], day: int, **fields: Any) -> Any:
    return kind(id=new_id(), at=at(day), source="urn:test", **fields)


def hired(staff: str, **fields: Any) -> e.StaffRegistered:
    return told(e.StaffRegistered, 1, staff=staff, **fields)


def away(staff: str, since: int, until: int, cover: str | None) -> e.StaffAbsent:
    return told(e.StaffAbsent, since, staff=staff, until=datetime(2026, 3, until, tzinfo=UTC), cover=cover)


def known(*events: Event) -> Catalogue:
    return Catalogue(0, [(STREAM, event) for event in events])


# --- what they can and may do ----------------------------------------------------------------------------------------

# (name, registered with, changed with on the 5th, what is asked, moment, whether they have it)
TRAITS: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, str], int, bool]] = [
    ("a language", {"languages": ("id", "jv")}, {}, ("language", "jv"), at(2), True),
    ("a regional form of a language", {"languages": ("en-GB",)}, {}, ("language", "en"), at(2), True),
    ("not another region's form", {"languages": ("en-GB",)}, {}, ("language", "en-US"), at(2), False),
    ("no language that only begins alike", {"languages": ("jvx",)}, {}, ("language", "jv"), at(2), False),
    ("spoken, said otherwise", {"languages": ("id",)}, {}, ("speaks", "id"), at(2), True),
    ("languages are replaced whole", {"languages": ("id",)}, {"languages": ("en",)}, ("language", "id"), at(6), False),
    ("and taken back by an empty list", {"languages": ("id",)}, {"languages": ()}, ("language", "id"), at(6), False),
    ("but not before", {"languages": ("id",)}, {"languages": ()}, ("language", "id"), at(4), True),
    ("a gender", {"gender": "female"}, {}, ("gender", "female"), at(2), True),
    ("a gender as a plain trait", {"traits": {"gender": "female"}}, {}, ("gender", "female"), at(2), True),
    ("a skill", {"skills": ("advice",)}, {}, ("skill", "advice"), at(2), True),
    ("a skill kept where a change leaves it out", {"skills": ("advice",)}, {"team": "b"}, ("skill", "advice"), at(6), True),
    ("skills taken back", {"skills": ("advice",)}, {"skills": ()}, ("skill", "advice"), at(6), False),
    ("a team", {"team": "north"}, {}, ("team", "north"), at(2), True),
    ("any other trait", {"traits": {"loves": "batik"}}, {}, ("loves", "batik"), at(2), True),
    ("traits are added", {"traits": {"loves": "batik"}}, {"traits": {"plays": "gamelan"}}, ("loves", "batik"), at(6), True),
    ("a trait nobody has", {}, {}, ("loves", "batik"), at(2), False),
    ("a qualification for good", {"qualifications": {"aaji": None}}, {}, ("qualification", "aaji"), at(31), True),
    # Until 10 March: it counts on the whole of that day, which in Jakarta (UTC+7), where the company is, ends at 17:00 UTC.
    ("on its last day", {"qualifications": {"aaji": date(2026, 3, 10)}}, {}, ("qualification", "aaji"), at(10, 16.9), True),
    ("not the day after", {"qualifications": {"aaji": date(2026, 3, 10)}}, {}, ("qualification", "aaji"), at(10, 17), False),
    ("its last day ends where they live: in London at midnight UTC",
     {"qualifications": {"aaji": date(2026, 3, 10)}, "timezone": "Europe/London"}, {}, ("qualification", "aaji"),
     at(10, 23.9), True),
    ("and no later", {"qualifications": {"aaji": date(2026, 3, 10)}, "timezone": "Europe/London"}, {},
     ("qualification", "aaji"), at(11), False),
    ("renewed", {"qualifications": {"aaji": date(2026, 3, 10)}}, {"qualifications": {"aaji": date(2026, 9, 1)}},
     ("qualification", "aaji"), at(20), True),
    ("another one added", {"qualifications": {"aaji": None}}, {"qualifications": {"wmi": None}},
     ("qualification", "aaji"), at(6), True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "then", "wanted", "moment", "has"), [c[1:] for c in TRAITS], ids=[c[0] for c in TRAITS]
)
def test_a_trait_is_had(
    first: dict[str, Any], then: dict[str, Any], wanted: tuple[str, str], moment: int, has: bool
) -> None:
    events: list[Event] = [hired("ani", **first)]
    if then:
        events.append(told(e.StaffChanged, 5, staff="ani", **then))
    person = known(*events).staff(moment)["ani"]
    assert person.has(*wanted, moment) is has
    assert (Asked(traits=(wanted,)).refuses("ani", person, moment) is None) is has


def test_an_expired_qualification_is_shown_and_does_not_count() -> None:
    person = known(hired("ani", qualifications={"aaji": date(2026, 3, 10), "wmi": None})).staff(at(20))["ani"]
    assert person.qualifications == {"aaji": date(2026, 3, 10), "wmi": None}
    assert person.qualified(at(20)) == {"wmi"}
    assert Asked(qualifications=("wmi", "aaji")).refuses("ani", person, at(20)) == "qualification:aaji"


def test_what_a_customer_asks_is_read_off_facts_and_documents_alike() -> None:
    wishes = {"staff": ["ani", "budi"], "staff_traits": {"language": "jv"}, "preferred": ["phone"]}
    assert asked(wishes, ["aaji"]) == Asked(("ani", "budi"), (("language", "jv"),), ("aaji",))
    assert asked({"staff": [], "staff_traits": None}) == ANYBODY == asked(None)


# --- at work ----------------------------------------------------------------------------------------------------------

OFFICE = {"name": "office", "version": "1", "zone": "Asia/Jakarta", "holidays": {"2026-03-20": "Nyepi"},
          "shifts": {"mon": [{"start": "08:00", "end": "12:00"}], "fri": [{"start": "08:00", "end": "12:00"}]}}  # fmt: skip

# (name, registered with, moment, at work); 2 March is a Monday; Jakarta is UTC+7, Makassar UTC+8
HOURS: list[tuple[str, dict[str, Any], int, bool]] = [
    ("hours unknown", {}, at(1, 3), True),
    ("inside own hours", {"hours": (Window(days=("mon",), start="08:00", end="16:00"),), "timezone": "Asia/Jakarta"},
     at(2, 1), True),
    ("at their end", {"hours": (Window(days=("mon",), start="08:00", end="16:00"),), "timezone": "Asia/Jakarta"},
     at(2, 9), False),
    ("in another zone it is past them", {"hours": (Window(days=("mon",), start="08:00", end="16:00"),),
     "timezone": "Asia/Makassar"}, at(2, 8.5), False),
    ("on another day", {"hours": (Window(days=("mon",), start="08:00", end="16:00"),), "timezone": "Asia/Jakarta"},
     at(3, 1), False),
    ("hours are of the company's zone where no other is known", {"hours": (Window(days=("mon",), start="08:00", end="16:00"),)},
     at(2, 1), True),
    # Monday 22:00 to Tuesday 06:00 in Jakarta is Monday 15:00 to 23:00 UTC.
    ("a night shift goes on after midnight", {"hours": (Window(days=("mon",), start="22:00", end="06:00"),)}, at(2, 22), True),
    ("and ends in the morning", {"hours": (Window(days=("mon",), start="22:00", end="06:00"),)}, at(2, 23), False),
    ("inside the calendar's shifts", {"calendar": "office"}, at(2, 2), True),
    ("in its break", {"calendar": "office"}, at(2, 6), False),
    ("on its holiday", {"calendar": "office"}, at(20, 2), False),
    ("own hours go before the calendar", {"calendar": "office", "hours": (Window(start="00:00", end="24:00"),)},
     at(2, 6), True),
    ("a calendar that nobody published", {"calendar": "elsewhere"}, at(2, 6), True),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "moment", "works"), [c[1:] for c in HOURS], ids=[c[0] for c in HOURS])
def test_who_works_now(fields: dict[str, Any], moment: int, works: bool) -> None:
    calendar = told(e.CalendarPublished, 1, calendar="office", calendar_version="1", document=OFFICE)
    assert known(calendar, hired("ani", **fields)).at_work("ani", moment) is works


def test_the_company_is_where_the_rulebook_in_force_reads_dates() -> None:
    london = told(e.RulebookPublished, 1, rulebook="v2", document={"contact": {"zone": "Europe/London"}})
    odd = told(e.RulebookPublished, 1, rulebook="v3", document={"contact": ["zone"]})
    story = known(hired("ani"), london, odd, told(e.RulebookPromoted, 5, rulebook="v2"),
                  told(e.RulebookPromoted, 9, rulebook="v3"))  # fmt: skip
    zones = [story.staff(at(day))["ani"].zone for day in (4, 5, 9)]
    assert zones == ["Asia/Jakarta", "Europe/London", "Asia/Jakarta"]


def test_hours_are_not_known_where_their_calendar_cannot_be_read() -> None:
    broken = told(
        e.CalendarPublished, 1, calendar="office", calendar_version="1", document={"holidays": [{"date": "x"}]}
    )
    assert known(broken, hired("ani", calendar="office")).at_work("ani", at(2))


def test_nobody_works_who_is_away_has_left_or_was_never_here() -> None:
    story = known(
        hired("ani"), hired("budi"), away("ani", 3, 5, None), told(e.StaffChanged, 4, staff="budi", active=False)
    )
    assert [story.at_work("ani", at(d)) for d in (2, 3, 4, 5)] == [True, False, False, True]
    assert [story.at_work("budi", at(d)) for d in (3, 4)] == [True, False]
    assert not story.at_work("nobody", at(4))


# --- who acts ---------------------------------------------------------------------------------------------------------

TEAM = (hired("ani", gender="female"), hired("budi", gender="male"), hired("citra", gender="female"), hired("dewi"))
LEFT = told(e.StaffChanged, 2, staff="budi", active=False)
WOMEN = Asked(traits=(("gender", "female"),))
# (name, what happened, cover arranged for the customer, what they ask, who acts, by, past whom); of ani's customer, on the 4th
ACTING: list[tuple[str, tuple[Event, ...], str | None, Asked, str | None, str, list[tuple[str, str]]]] = [
    ("the owner who is here", (), None, ANYBODY, "ani", "owner", []),
    ("whom they named instead of an owner whom they do not accept", (), None, Asked(("citra",)), "citra", "wish",
     [("ani", "not-named")]),
    ("nobody for an owner whom they do not accept", (), None, Asked(traits=(("gender", "male"),)), None, "nobody",
     [("ani", "trait:gender=male")]),
    ("the cover of the book", (away("ani", 3, 6, "budi"),), None, ANYBODY, "budi", "cover", [("ani", "away")]),
    ("the cover's cover", (away("ani", 3, 6, "budi"), away("budi", 3, 5, "citra")), None, ANYBODY, "citra", "cover",
     [("ani", "away"), ("budi", "away")]),
    ("nobody where no cover was named", (away("ani", 3, 6, None),), None, ANYBODY, None, "nobody", [("ani", "away")]),
    ("nobody in a ring", (away("ani", 3, 6, "budi"), away("budi", 3, 6, "ani")), None, ANYBODY, None, "nobody",
     [("ani", "away"), ("budi", "away")]),
    ("the customer's own cover goes first", (), "citra", ANYBODY, "citra", "cover", []),
    ("also before the cover of the book", (away("ani", 3, 6, "budi"),), "citra", ANYBODY, "citra", "cover", []),
    ("the own cover's cover", (away("citra", 3, 6, "dewi"),), "citra", ANYBODY, "dewi", "cover", [("citra", "away")]),
    ("the owner, where the own cover is away without one", (away("citra", 3, 6, None),), "citra", ANYBODY, "ani", "owner",
     [("citra", "away")]),
    ("not a cover whom the customer does not accept", (away("ani", 3, 6, "budi"),), None, WOMEN, None, "nobody",
     [("ani", "away"), ("budi", "trait:gender=female")]),
    ("the owner instead of an own cover that does not fit", (), "budi", WOMEN, "ani", "owner",
     [("budi", "trait:gender=female")]),
    ("somebody whom they named instead", (away("ani", 3, 6, "budi"),), None, Asked(("ani", "citra")), "citra", "wish",
     [("ani", "away"), ("budi", "not-named")]),
    ("the first of those who is here", (away("ani", 3, 6, "budi"), away("citra", 3, 6, None)), None,
     Asked(("ani", "citra", "dewi")), "dewi", "wish", [("ani", "away"), ("budi", "not-named"), ("citra", "away")]),
    ("nobody for an owner who has left", (told(e.StaffChanged, 2, staff="ani", active=False),), None, ANYBODY, None, "nobody",
     [("ani", "left")]),
    ("not a cover who has left", (away("ani", 3, 6, "budi"), LEFT), None, ANYBODY, None, "nobody",
     [("ani", "away"), ("budi", "left")]),
    ("a cover for an owner who has left", (told(e.StaffChanged, 2, staff="ani", active=False), away("ani", 3, 30, "citra")),
     None, ANYBODY, "citra", "cover", [("ani", "away")]),
    ("not a cover of whom nothing is known, where traits are asked", (away("ani", 3, 6, "zul"),), None, WOMEN, None, "nobody",
     [("ani", "away"), ("zul", "unknown")]),
    ("a cover of whom nothing is known, where nothing is asked", (away("ani", 3, 6, "zul"),), None, ANYBODY, "zul", "cover",
     [("ani", "away")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("happened", "cover", "wish", "staff", "by", "passed"), [c[1:] for c in ACTING], ids=[c[0] for c in ACTING]
)
def test_who_acts(
    happened: tuple[Event, ...],
    cover: str | None,
    wish: Asked,
    staff: str | None,
    by: str,
    passed: list[tuple[str, str]],
) -> None:
    found = known(*TEAM, *happened).acting("ani", at(4), cover=cover, asked=wish)
    assert (found.staff, found.by, [(p.staff, p.reason) for p in found.passed]) == (staff, by, passed)


def test_an_owner_acts_again_the_moment_they_are_back() -> None:
    story = known(*TEAM, away("ani", 3, 6, "budi"))
    assert [story.cover("ani", at(d)) for d in (2, 3, 5, 6)] == ["ani", "budi", "budi", "ani"]
    assert story.acting("ani", at(4)).passed[0].until == at(6)


def test_nobody_acts_where_nobody_owns() -> None:
    assert known(*TEAM).acting(None, at(4)).staff is None
    assert known(*TEAM).acting(None, at(4), cover="citra").staff == "citra"


CODES = st.sampled_from(["ani", "budi", "citra", "dewi", "eka"])
ABSENCES = st.lists(st.tuples(CODES, st.integers(1, 10), st.integers(1, 10), st.none() | CODES), max_size=12)


@over(ABSENCES, CODES, st.none() | CODES, st.lists(CODES, max_size=3, unique=True), st.integers(1, 20))
def test_whoever_acts_is_here_and_accepted_and_whoever_was_passed_is_not(
    absences: list[tuple[str, int, int, str | None]], owner: str, cover: str | None, named: list[str], day: int
) -> None:
    events = [hired(code) for code in ("ani", "budi", "citra", "dewi")]
    story = known(*events, *(away(who, since, since + span, by) for who, since, span, by in absences))
    wish = Asked(tuple(named))
    found = story.acting(owner, at(day), cover=cover, asked=wish)
    if found.staff is not None:
        assert story.absence(found.staff, at(day)) is None
        assert wish.refuses(found.staff, None, at(day)) is None
    for passed in found.passed:
        assert (passed.reason == "away") == (story.absence(passed.staff, at(day)) is not None)
        assert passed.staff != found.staff
    if story.absence(owner, at(day)) is None and wish.refuses(owner, None, at(day)) is None:
        assert found.staff is not None
