"""Who gets whom: what binds is never broken, loads are even where wishes allow, and known faces go first."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rules import compile_rules, first_rules, shipped
from projections.assigning.ordering import parts
from projections.assigning.proposing import Client, Member, Proposal, propose
from projections.assigning.weighing import minutes_a_month, needed
from projections.staff import ANYBODY, Asked, Staff

WITHIN = 0.05


def member(code: str, kept: int = 0, load: float = 0.0, **fields: Any) -> Member:
    return Member(Staff(code, **fields), kept, load, kept, load)


def client(
    name: str,
    weight: float = 10.0,
    owner: str | None = None,
    talked: str | None = None,
    asked: Asked = ANYBODY,
    **more: Any,
) -> Client:
    return Client(name, weight, more.get("worth", 0), owner, talked, more.get("before", ()), asked)


def books(found: Proposal, clients: Sequence[Client]) -> dict[str, str | None]:
    """Who has whom afterwards."""
    moved = {move.customer: move.target for move in found.moves}
    return {c.customer: moved.get(c.customer, c.owner) for c in clients}


# --- worked cases -----------------------------------------------------------------------------------------------------

ABC = (member("ani"), member("budi"), member("citra"))
JV = Asked(traits=(("language", "jv"),))
# (name, staff, customers, who has whom afterwards, customers whom nobody can have with the reason)
CASES: list[tuple[str, Sequence[Member], Sequence[Client], dict[str, str | None], dict[str, str]]] = [
    ("nobody to place", ABC, [], {}, {}),
    ("to whom they talked last", ABC, [client("1", talked="citra")], {"1": "citra"}, {}),
    ("to whom had them before", ABC, [client("1", before=("budi",))], {"1": "budi"}, {}),
    ("last talk before an owner long ago", ABC, [client("1", talked="citra", before=("budi",))], {"1": "citra"}, {}),
    ("who has them already before last talk", ABC, [client("1", owner="ani", talked="citra")], {"1": "ani"}, {}),
    ("one each", ABC, [client("1"), client("2"), client("3")], {"1": "ani", "2": "budi", "3": "citra"}, {}),
    # Either way both books weigh 20; this way two of three go to whom they know.
    ("a heavy one against two light ones", ABC[:2],
     [client("1", 20, talked="ani"), client("2", 10, talked="ani"), client("3", 10, talked="ani")],
     {"1": "budi", "2": "ani", "3": "ani"}, {}),
    ("to the lightest book", (member("ani", 2, 20), member("budi", 1, 10)), [client("1")], {"1": "budi"}, {}),
    ("by shares of work: budi works half the day", (member("ani", minutes_a_day=480), member("budi", minutes_a_day=240)),
     [client("1", talked="ani"), client("2", talked="ani"), client("3", talked="budi")],
     {"1": "ani", "2": "ani", "3": "budi"}, {}),
    ("only whom they named", ABC, [client("1", talked="ani", asked=Asked(("budi",)))], {"1": "budi"}, {}),
    ("away from an owner whom they did not name", ABC, [client("1", owner="ani", asked=Asked(("budi",)))], {"1": "budi"}, {}),
    ("the first whom they named", ABC, [client("1", asked=Asked(("citra", "ani")))], {"1": "citra"}, {}),
    ("only who speaks their language", (member("ani", languages=("id",)), member("budi", languages=("jv",))),
     [client("1", talked="ani", asked=JV)], {"1": "budi"}, {}),
    ("only who is qualified", (member("ani"), member("budi", qualifications={"aaji": None})),
     [client("1", talked="ani", asked=Asked(qualifications=("aaji",)))], {"1": "budi"}, {}),
    ("nobody speaks it", ABC, [client("1", owner="ani", asked=JV)], {"1": "ani"}, {"1": "no-fit"}),
    ("nobody of that name", ABC, [client("1", asked=Asked(("zul",)))], {"1": None}, {"1": "no-fit"}),
    ("all are full", (member("ani", 1, 10, capacity=1),), [client("1")], {"1": None}, {"1": "full"}),
    ("who is worth more has the last place", (member("ani", capacity=1),), [client("1", worth=0), client("2", worth=3)],
     {"1": None, "2": "ani"}, {"1": "full"}),
    ("a chain makes room: 1 can only go to ani", (member("ani", capacity=1), member("budi", capacity=1)),
     [client("1", asked=Asked(("ani",))), client("2", talked="ani")], {"1": "ani", "2": "budi"}, {}),
    ("a full book takes nobody in, the owner keeps theirs", (member("ani", capacity=1), member("budi", capacity=1)),
     [client("1", owner="ani", asked=Asked(("budi",))), client("2", owner="budi")], {"1": "budi", "2": "ani"}, {}),
    ("a book that is too full already gives away", (member("ani", capacity=1), member("budi", capacity=5)),
     [client("1", owner="ani"), client("2", owner="ani"), client("3", owner="ani", asked=Asked(("ani",)))],
     {"1": "budi", "2": "budi", "3": "ani"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("staff", "clients", "after", "unplaced"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_book_is_given(
    staff: Sequence[Member], clients: Sequence[Client], after: dict[str, str | None], unplaced: dict[str, str]
) -> None:
    found = propose(clients, staff, 0, WITHIN)
    assert books(found, clients) == after
    assert {one.customer: one.reason for one in found.unplaced} == unplaced
    assert found.stay == len(clients) - len(found.moves) - len(found.unplaced)


def test_a_move_says_why() -> None:
    staff = (member("ani", languages=("jv",)), member("budi"))
    clients = [
        client("named", asked=Asked(("budi",))), client("speaks", asked=JV), client("talked", talked="budi"),
        client("before", before=("ani",)),
    ]  # fmt: skip
    reasons = {move.customer: move.reason for move in propose(clients, staff, 0).moves}
    assert reasons == {"named": "named", "speaks": "wish", "talked": "talked-last", "before": "owned-before"}


def test_whom_nobody_fits_is_listed_with_what_stands_against_each() -> None:
    [one] = propose([client("1", asked=Asked(("ani",), (("gender", "male"),)))], ABC, 0).unplaced
    assert (one.reason, one.detail) == ("no-fit", {"trait:gender=male": 1, "not-named": 2})


# --- what a customer weighs -------------------------------------------------------------------------------------------

# Of the rulebook v1: minutes phone 15, visit 90, e-mail 8, whatsapp 5, else 15; weights platinum 2, gold 1.5, silver 1.2;
# upkeep 1. Tiers: 0 platinum, 1 gold, 2 silver, 3 basic, 4 unknown.
WEIGHTS: list[tuple[str, str, int, dict[str, Any], float]] = [
    ("platinum, 2 a month", "commitment", 0, {}, 1 + 2 * 15 * 2.0),
    ("gold, 1 a month by telephone", "expansion", 1, {"preferred": ["phone"]}, 1 + 15 * 1.5),
    ("gold, 1 a month by whatsapp", "expansion", 1, {"preferred": ["whatsapp"]}, 1 + 5 * 1.5),
    ("silver, 1 in 2 months", "expansion", 2, {}, 1 + 0.5 * 15 * 1.2),
    ("silver, 1 a quarter", "commitment", 2, {}, 1 + 15 / 3 * 1.2),
    ("wishes go before the rule", "commitment", 2, {"cadence": [{"times": 6, "per": "month"}]}, 1 + 6 * 15 * 1.2),
    ("a wish by the quarter", "expansion", 0, {"cadence": [{"times": 1, "per": "quarter"}]}, 1 + 15 / 3 * 2),
    ("a wish for a channel in its own minutes", "expansion", 1,
     {"cadence": [{"times": 1, "per": "quarter", "channel": "visit"}]}, 1 + 90 / 3 * 1.5),
    ("several wishes add up", "expansion", 3,
     {"cadence": [{"times": 1, "per": "month", "channel": "whatsapp"}, {"times": 1, "per": "year", "channel": "visit"}]},
     1 + 5 + 90 / 12),
    ("care goes before wishes after they left", "dissolution", 0, {"cadence": [{"times": 6}]}, 1 + 15 / 3 * 2),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "tier", "wishes", "minutes"), [c[1:] for c in WEIGHTS], ids=[c[0] for c in WEIGHTS])
def test_what_a_customer_weighs(stage: str, tier: int, wishes: dict[str, Any], minutes: float) -> None:
    assert minutes_a_month(first_rules(), stage, tier, wishes) == pytest.approx(minutes, abs=0.001)


QUALIFIED = {"by_tier": {"platinum": ["private"], "*": ["basic"]}, "by_need": {"insurance": ["aaji", "private"]}}
# (name, tier, needs, qualifications that are needed)
NEEDED: list[tuple[str, int, list[str], tuple[str, ...]]] = [
    ("of a tier", 0, [], ("private",)),
    ("of any other tier", 3, [], ("basic",)),
    ("of a need beside it", 3, ["insurance"], ("basic", "aaji", "private")),
    ("each once", 0, ["insurance", "insurance"], ("private", "aaji")),
    ("of a need that asks for none", 0, ["advice"], ("private",)),
]  # fmt: skip


@pytest.mark.parametrize(("tier", "needs", "wanted"), [c[1:] for c in NEEDED], ids=[c[0] for c in NEEDED])
def test_which_qualifications_are_needed(tier: int, needs: list[str], wanted: tuple[str, ...]) -> None:
    assert needed(compile_rules(shipped() | {"books": QUALIFIED}), tier, needs) == wanted
    assert needed(first_rules(), tier, needs) == ()


# --- properties -------------------------------------------------------------------------------------------------------

CODES = ("ani", "budi", "citra", "dewi")
WISHES = st.one_of(
    st.just(ANYBODY),
    st.just(ANYBODY),
    st.lists(st.sampled_from([*CODES, "zul"]), min_size=1, max_size=3, unique=True).map(
        lambda codes: Asked(tuple(codes))
    ),
    st.sampled_from(["jv", "en"]).map(lambda spoken: Asked(traits=(("language", spoken),))),
    st.just(Asked(qualifications=("aaji",))),
)
MEMBERS = st.lists(
    st.builds(
        lambda languages, capacity, qualified, minutes: {
            "languages": tuple(languages), "capacity": capacity, "minutes_a_day": minutes,
            "qualifications": {"aaji": None} if qualified else {},
        },
        st.lists(st.sampled_from(["jv", "en"]), unique=True), st.none() | st.integers(0, 8), st.booleans(),
        st.none() | st.sampled_from([240, 480]),
    ),
    min_size=1, max_size=4,
)  # fmt: skip
CLIENTS = st.lists(
    st.tuples(
        st.sampled_from([1.0, 2.5, 16.0, 61.0]), st.none() | st.sampled_from(CODES), st.none() | st.sampled_from(CODES),
        WISHES, st.integers(0, 4),
    ),
    max_size=30,
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(MEMBERS, CLIENTS, st.randoms(use_true_random=False))
def test_a_proposal_breaks_no_wish_and_no_capacity_and_is_the_same_in_any_order(
    staff: list[dict[str, Any]], drawn: list[tuple[Any, ...]], chance: random.Random
) -> None:
    people = {code: Staff(code, **fields) for code, fields in zip(CODES, staff, strict=False)}
    clients = [
        Client(f"{n:02}", weight, worth, owner, talked, (), asked)
        for n, (weight, owner, talked, asked, worth) in enumerate(drawn)
    ]
    had = Counter(c.owner for c in clients)
    members = [Member(person, 0, 0.0, had[code], 0.0) for code, person in people.items()]
    found = propose(clients, members, 0, WITHIN)
    by_id = {c.customer: c for c in clients}
    for move in found.moves:
        assert by_id[move.customer].asked.refuses(move.target, people[move.target], 0) is None
        assert move.source == by_id[move.customer].owner != move.target
    placed, after = {move.customer for move in found.moves}, books(found, clients)
    assert not placed & {one.customer for one in found.unplaced}
    # A book is never filled beyond its size; one that was fuller already only empties.
    held = Counter(after.values())
    gained = Counter(move.target for move in found.moves)
    for code, person in people.items():
        if person.capacity is not None and gained[code]:
            assert held[code] <= person.capacity
    # Who has nobody really has nobody: all who fit are full, or there are none.
    for one in found.unplaced:
        fitting = [c for c, p in people.items() if by_id[one.customer].asked.refuses(c, p, 0) is None]
        assert (one.reason == "no-fit") == (not fitting)
        if one.owner not in people:
            assert all((limit := people[c].capacity) is not None and held[c] >= limit for c in fitting)
    assert {load.staff: load.customers_after for load in found.loads} == {code: held[code] for code in people}
    chance.shuffle(clients)
    chance.shuffle(members)
    assert propose(clients, members, 0, WITHIN) == found


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(st.sampled_from(CODES), st.none() | st.integers(0, 5)),
    st.lists(st.tuples(st.sampled_from([None, *CODES]), st.sampled_from(CODES)), max_size=30),
    st.integers(1, 5),
)
def test_moves_are_ordered_so_that_no_book_is_too_full_after_any_part(
    spare: dict[str, int | None], drawn: list[tuple[str | None, str]], size: int
) -> None:
    from projections.assigning.proposing import Move

    moves = [Move(f"{n:02}", a, b, 1.0, "balance", ()) for n, (a, b) in enumerate(drawn) if a != b]
    net: Counter[str] = Counter(m.target for m in moves)
    net.subtract(m.source for m in moves if m.source)
    # Rooms such that all of the moves together fit, and some to spare.
    rooms = {code: None if spare.get(code, 0) is None else max(0, net[code]) + (spare.get(code) or 0) for code in CODES}
    cut = parts(moves, rooms, size)
    assert Counter(m for part in cut for m in part) == Counter(moves)
    left = dict(rooms)
    for part in cut:
        for move in part:
            for code, change in ((move.target, -1), (move.source, 1)):
                if code is not None and (room := left[code]) is not None:
                    left[code] = room + change
        assert all(room is None or room >= 0 for room in left.values())
        assert len(part) < size + len(CODES) * len(moves)


# --- ten thousand over ten ---------------------------------------------------------------------------------------------


def heavier_that_could_give(
    found: Proposal, clients: Sequence[Client], people: dict[str, Staff]
) -> list[tuple[str, str]]:
    """Pairs of books of which one is heavier by more than is even although it could give customers to the other, through
    whomever: where wishes would allow more even loads."""
    after = books(found, clients)
    load = {one.staff: one.minutes_after / one.share for one in found.loads}
    rooms = {one.staff: one.capacity is None or one.customers_after < one.capacity for one in found.loads}
    gives: dict[str, set[str]] = {code: set() for code in people}
    fits = {a: {c for c, p in people.items() if a.refuses(c, p, 0) is None} for a in {c.asked for c in clients}}
    for c in clients:
        if (owner := after[c.customer]) is not None:
            gives[owner] |= fits[c.asked]
    reach = {code: {code} for code in people}
    for _ in people:
        reach = {code: {t for s in found_ for t in gives[s]} | found_ for code, found_ in reach.items()}
    return [
        (heavy, light) for heavy in people for light in reach[heavy]
        if load[heavy] > load[light] * (1 + WITHIN) and rooms[light]
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_thousand_customers_over_ten_staff_end_within_five_percent_where_wishes_allow(seed: int) -> None:
    chance = random.Random(seed)
    codes = [f"s{n}" for n in range(10)]
    people = {
        code: Staff(
            code, languages=("id", "jv") if n % 2 else ("id",), gender="female" if n % 3 else "male", capacity=1100
        )
        for n, code in enumerate(codes)
    }
    crowd = [Asked((codes[0],))] * 3  # half of those with a wish want the same person
    wishes = [
        *crowd,
        Asked((codes[1], codes[2])),
        *(Asked(traits=(t,)) for t in (("gender", "male"), ("language", "jv"))),
    ]
    clients = [
        Client(
            f"{n:05}", chance.choice([2.6, 6.0, 11.0, 19.0, 23.5, 61.0]), chance.randrange(5), chance.choice([None, *codes]),
            chance.choice([None, *codes]), (), chance.choice(wishes) if chance.random() < 0.15 else ANYBODY,
        )
        for n in range(10_000)
    ]  # fmt: skip
    had = Counter(c.owner for c in clients)
    members = [Member(person, 0, 0.0, had[code], 0.0) for code, person in people.items()]
    found = propose(clients, members, 0, WITHIN)
    assert found.unplaced == []
    assert all(load.customers_after <= 1100 for load in found.loads)
    assert heavier_that_could_give(found, clients, people) == []
    even = sorted(load.minutes_after for load in found.loads)
    assert even[-1] <= even[0] * (1 + WITHIN)
    assert found.stay > 7_000  # most stay whose they are


def test_a_book_that_wishes_make_too_heavy_leaves_the_others_even() -> None:
    people = {code: Staff(code) for code in CODES}
    clients = [client(f"w{n:03}", asked=Asked(("ani",))) for n in range(60)] + [client(f"c{n:03}") for n in range(90)]
    found = propose(clients, [Member(p, 0, 0.0, 0, 0.0) for p in people.values()], 0, WITHIN)
    assert [load.customers_after for load in found.loads] == [60, 30, 30, 30]
    assert heavier_that_could_give(found, clients, people) == []
