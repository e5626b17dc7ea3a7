"""Rhythms, affinity, retention, prospects, referrals, channels: what purchases and talks say together."""

from collections import Counter
from decimal import Decimal
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import (
    CallMade,
    ComplaintOpened,
    ConsentGranted,
    Conversation,
    CustomerIdentified,
    CustomerRegistered,
    Event,
    Line,
    ManagerAssigned,
    Money,
    OutreachPlanned,
    ProspectClosed,
    ProspectNoted,
    PurchaseMade,
    ReferralMade,
    RelationshipEnded,
)
from domain.order import effective
from projections.reports.baskets import after, together
from projections.reports.suggesting import SOURCE
from tests.examples import day, uid
from tests.projections.histories import histories
from tests.projections.reporting import made, report
from tests.spec import a


def bought(number: float, *products: str, purchase: str | None = None) -> Any:
    lines = tuple(Line(product=product, amount="10", category=f"{product}-kind") for product in products)
    return a(PurchaseMade, number, purchase=purchase or uid(f"{number}"), currency="IDR", total=None, lines=lines)


REACHABLE = [
    a(CustomerRegistered, 0),
    a(CustomerIdentified, 0, kind="email", value="a@example.com"),
    a(ManagerAssigned, 0, manager="ani"),
]
AGREED = a(ConsentGranted, 0, purpose="selling", channel=None, until=None)
MONTHLY = [bought(n, "tea") for n in (1, 31, 61, 91)]


# --- intervals and what they suggest ----------------------------------------------------------------------------------


def test_the_next_purchase_is_likely_a_median_after_the_last() -> None:
    [row] = report("next-purchase", [[*REACHABLE, *MONTHLY]], as_of=day(100))
    assert (row["median_days"], row["likely_next_at"], row["overdue_days"]) == (30, day(121), None)
    assert row["suggests"] is None
    [row] = report("next-purchase", [[*REACHABLE, *MONTHLY]], as_of=day(131))
    assert (row["overdue_days"], row["manager"], row["purchases"]) == (10, "ani", 4)


def test_who_is_overdue_is_suggested_once_and_sold_to_only_where_they_agreed() -> None:
    question: dict[str, Any] = {"as_of": day(131)}
    [polite] = made("intervals", [[*REACHABLE, *MONTHLY]], **question).suggestions
    assert polite["data"]["purpose"] == "relationship"
    [selling] = made("intervals", [[*REACHABLE, AGREED, *MONTHLY]], **question).suggestions
    assert (selling["data"]["purpose"], selling["data"]["content"]) == ("selling", "likely-purchase")
    assert (selling["data"]["staff"], selling["source"], selling["type"]) == ("ani", SOURCE, "outreach.planned")
    [again] = made("next-purchase", [[*REACHABLE, AGREED, *MONTHLY]], as_of=day(131, 3)).suggestions
    assert again == selling  # the same event on the same day, whichever report and whenever
    planned = a(OutreachPlanned, 120, source=SOURCE, outreach="o")
    assert made("intervals", [[*REACHABLE, AGREED, *MONTHLY, planned]], **question).suggestions == []


def test_nobody_is_suggested_who_left_complains_or_cannot_be_reached() -> None:
    for more in ([a(RelationshipEnded, 110)], [a(ComplaintOpened, 110, complaint="k")]):
        assert made("intervals", [[*REACHABLE, *MONTHLY, *more]], as_of=day(131)).suggestions == []
    assert made("intervals", [[a(CustomerRegistered, 0), *MONTHLY]], as_of=day(131)).suggestions == []
    provisional = a(CustomerRegistered, 0, provisional=True)
    assert report("next-purchase", [[provisional, *REACHABLE[1:], *MONTHLY]], as_of=day(131)) == []


@settings(max_examples=30, deadline=None)
@given(told=st.lists(histories(), min_size=1, max_size=4), until=st.sampled_from([day(400), day(900)]))
def test_groups_of_intervals_hold_the_customers_of_the_list(told: list[list[Event]], until: int) -> None:
    listed = report("next-purchase", told, as_of=until)
    rows = report("intervals", told, as_of=until, by=("tier",))
    assert {r["tier"]: r["customers"] for r in rows} == Counter(r["tier"] for r in listed)
    assert sum(r["overdue"] for r in rows) == sum(r["overdue_days"] is not None for r in listed)
    for row in rows:
        assert row["lower_quartile_days"] <= row["median_days"] <= row["upper_quartile_days"]


# --- affinity ---------------------------------------------------------------------------------------------------------

ITEMS = st.frozensets(st.sampled_from("abcd"), min_size=1)
BOUGHT = st.lists(st.lists(ITEMS, min_size=1, max_size=4).map(tuple), min_size=3, max_size=12)


@settings(max_examples=60, deadline=None)
@given(all_=BOUGHT)
def test_pairs_are_counted_as_by_hand(all_: list[tuple[frozenset[str], ...]]) -> None:
    purchases = [basket for customer in all_ for basket in customer]
    for pair in together(all_):
        both = sum({pair.first, pair.then} <= basket for basket in purchases)
        first = sum(pair.first in basket for basket in purchases)
        assert (pair.both, pair.support, pair.confidence) == (both, both / len(purchases), both / first)
    found = {(p.first, p.then): p.both for p in after(all_)}
    for first, then in ((x, y) for x in "abcd" for y in "abcd" if x != y):
        both = sum(any(first in b and then in c for b, c in combinations(customer, 2)) for customer in all_)
        assert found.get((first, then), 0) == (both if both >= 3 else 0)


def test_an_offer_is_what_goes_with_what_they_bought_and_they_never_bought() -> None:
    taught = [[*REACHABLE, bought(1, "tea"), bought(2, "cup")] for _ in range(5)]
    others = [[*REACHABLE, bought(1, "saw")] for _ in range(5)]
    rows = report("offers", [*taught, *others, [*REACHABLE, AGREED, bought(3, "tea")]], as_of=day(9), by=("product",))
    assert [(r["offer"], r["because"], round(r["confidence"], 3)) for r in rows] == [("cup", "tea", 0.833)]
    data = rows[0]["suggests"]["data"]
    assert (data["purpose"], data["content"]) == ("selling", "offer cup")
    assert rows[0]["suggests"]["id"].endswith(":cup")
    assert [p["then"] for p in report("affinity", taught, by=("product",)) if p["kind"] == "after"] == ["cup"]
    assert {p["then"] for p in report("affinity", taught, by=("category",))} == {"cup-kind"}


# --- retention and repeat purchase ------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(told=st.lists(histories(amended=True), min_size=1, max_size=4), until=st.sampled_from([day(100), day(900)]))
def test_cohorts_hold_every_buyer_once(told: list[list[Event]], until: int) -> None:
    buyers = [
        dates
        for events in told
        if (dates := [e.at for e in effective(events) if isinstance(e, PurchaseMade) and e.at <= until])
    ]
    cohorts = {r["cohort"]: r for r in report("retention", told, as_of=until) if r["month"] == 0}
    assert sum(r["customers"] for r in cohorts.values()) == len(buyers)
    assert all(r["share"] == 1 for r in cohorts.values())
    repeat = {r["purchases"]: r for r in report("repeat", told, as_of=until)}
    for number, row in repeat.items():
        assert row["customers"] == sum(len(dates) >= number for dates in buyers)
        assert row["again"] == sum(len(dates) > number for dates in buyers)


def test_months_without_a_purchase_show_as_none() -> None:
    rows = report("retention", [[bought(1, "tea"), bought(62, "tea")], [bought(3, "tea")]], as_of=day(100))
    assert [(r["month"], r["active"], r["share"]) for r in rows] == [(0, 2, 1), (1, 0, 0), (2, 1, 0.5), (3, 0, 0)]


# --- prospects, referrals, channels -----------------------------------------------------------------------------------


def noted(number: float, ref: str, **fields: Any) -> Any:
    return a(ProspectNoted, number, prospect=ref, **{"amount": Money("200", "IDR"), "probability": 25} | fields)


def test_prospects_are_weighted_and_show_the_last_talk() -> None:
    told = [noted(1, "a"), noted(2, "b"), a(CallMade, 3, outcome="reached"), a(ProspectClosed, 4, prospect="b")]
    [row] = report("prospects", [told], as_of=day(9))
    assert (row["amount"], row["weighted"], row["last_talk_at"]) == (200, Decimal(50), day(3))
    [row] = report("pipeline", [told], as_of=day(9), by=("product",))
    assert (row["open"], row["weighted"], row["won"], row["won_share"], row["won_amount"]) == (1, 50, 1, 1, 200)


def test_who_was_brought_counts_as_buyer_once_they_bought() -> None:
    brought = str(uid("x"))
    told = [[a(ReferralMade, 1, referred=brought), a(ReferralMade, 2, referred=None)], [bought(3, "tea")]]
    [row] = report("referrals", told)
    assert (row["referrals"], row["referrers"], row["known"], row["bought"]) == (2, 1, 1, 0)
    told[0][0] = a(ReferralMade, 1, referred="00000000-0000-0000-0000-000000000002")
    [row] = report("referrals", told)
    assert (row["known"], row["bought"], row["bought_share"]) == (1, 1, 1)


@settings(max_examples=30, deadline=None)
@given(
    told=st.lists(histories(amended=True), min_size=1, max_size=3),
    by=st.sampled_from([("channel", "direction"), ("purpose",), ("manager", "outcome"), ()]),
)
def test_channels_hold_every_conversation_once(told: list[list[Event]], by: tuple[str, ...]) -> None:
    talks = [e for events in told for e in effective(events) if isinstance(e, Conversation)]
    rows = report("channels", told, by=by)
    assert sum(r["conversations"] for r in rows) == len(talks)
    assert sum(r["reached"] for r in rows) == sum(e.outcome == "reached" for e in talks)
    assert not rows or abs(sum(r["share"] for r in rows) - 1) < 1e-9
    assert all(r["customers"] <= len(told) for r in rows)
