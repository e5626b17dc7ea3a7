"""Sales add up, however they are cut."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Event, Line, ProductListed, PurchaseMade, PurchaseReturned
from domain.families.commerce import amount_of
from domain.order import effective
from tests.examples import day
from tests.projections.histories import histories
from tests.projections.reporting import report
from tests.spec import a

LINES = (
    Line(product="tea", quantity="2", amount="30", category="drinks"),
    Line(product="cup", quantity="1", amount="20.50"),
)


def of(kind: type[Event], told: list[list[Event]], until: int) -> Decimal:
    return sum(
        (
            amount_of(event.total, event.lines)
            for events in told
            for event in effective(events)
            if isinstance(event, PurchaseMade | PurchaseReturned) and isinstance(event, kind) and event.at <= until
        ),
        Decimal(0),
    )


@settings(max_examples=40, deadline=None)
@given(
    told=st.lists(histories(amended=True), min_size=1, max_size=3),
    by=st.sampled_from([(), ("product",), ("category", "seller"), ("manager", "tier"), ("channel", "product")]),
    every=st.sampled_from([None, "day", "week", "month", "quarter", "year"]),
    until=st.sampled_from([day(45), day(200), day(2_000)]),
)
def test_gross_and_returns_are_what_was_bought_and_came_back(
    told: list[list[Event]], by: tuple[str, ...], every: str | None, until: int
) -> None:
    rows = report("sales", told, as_of=until, by=by, every=every)
    assert sum((row["gross"] for row in rows), Decimal(0)) == of(PurchaseMade, told, until)
    assert sum((row["returns"] for row in rows), Decimal(0)) == of(PurchaseReturned, told, until)
    assert all(row["net"] == row["gross"] - row["returns"] for row in rows)


def test_a_purchase_is_cut_line_by_line_and_what_is_beyond_its_lines_is_of_no_product() -> None:
    told = [a(PurchaseMade, 1, purchase="p", currency="IDR", total="60.50", lines=LINES, seller="ani")]
    rows = report("sales", [told], by=("product",))
    assert {row["product"]: (row["gross"], row["pieces"]) for row in rows} == {
        "tea": (Decimal(30), Decimal(2)),
        "cup": (Decimal("20.50"), Decimal(1)),
        None: (Decimal(10), Decimal(0)),
    }


def test_a_category_that_a_line_does_not_name_is_that_of_the_catalogue() -> None:
    told = [a(PurchaseMade, 1, purchase="p", currency="IDR", total="50.50", lines=LINES)]
    listed = a(ProductListed, 0, product="cup", category="kitchen")
    rows = report("sales", [told], by=("category",), beside=[listed])
    assert {row["category"]: row["gross"] for row in rows} == {"drinks": Decimal(30), "kitchen": Decimal("20.50")}


def test_a_return_counts_when_it_was_made_for_the_seller_of_what_it_returns() -> None:
    told = [
        a(PurchaseMade, 1, purchase="p", currency="IDR", total="50", lines=(), seller="ani"),
        a(PurchaseReturned, 40, purchase="p", currency="IDR", total="20", lines=()),
    ]
    rows = report("sales", [told], by=("seller",), every="month")
    assert [(row["period"], row["seller"], row["gross"], row["returns"]) for row in rows] == [
        ("2026-01", "ani", 50, 0),
        ("2026-02", "ani", 0, 20),
    ]


@pytest.mark.parametrize(("since", "until", "expected"), [(0, 10, 1), (0, 11, 1), (10, 11, 1), (11, 20, 0), (0, 5, 0)])
def test_the_period_holds_its_first_moment_and_not_its_last(since: int, until: int, expected: int) -> None:
    told = [a(PurchaseMade, 10 if until > 10 else 9, currency="IDR", total="1", lines=())]
    assert len(report("sales", [told], since=day(since), until=day(until))) == expected


def test_counts_are_of_purchases_and_customers_not_of_lines() -> None:
    told = [
        [a(PurchaseMade, n, purchase=f"p{n}", currency="IDR", total="50.50", lines=LINES) for n in range(3)],
        [a(PurchaseMade, 1, purchase="q", currency="IDR", total="50.50", lines=LINES)],
    ]
    rows = report("sales", told, by=("category",))
    assert Counter({row["category"]: row["purchases"] for row in rows}) == {"drinks": 4, None: 4}
    assert {row["customers"] for row in rows} == {2}
