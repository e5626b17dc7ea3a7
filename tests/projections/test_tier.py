"""Tiers: value over 365 days, up at once, down after 90 days below."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.facts import DAY
from tests import examples
from tests.spec import Spec, a, given

PLATINUM, GOLD, SILVER, BASIC, UNKNOWN = range(5)


def bought(day: float, total: str, currency: str = "GBP") -> e.Event:
    return a(e.PurchaseMade, day, purchase=examples.uid(f"p {day}"), total=total, currency=currency, lines=())


def tiers(spec: Spec) -> list[tuple[int, float]]:
    """(tier, from which day of the story), from the last event on."""
    found: list[tuple[int, float]] = []
    for row in spec.rows("standing"):
        if not found or found[-1][0] != row["tier"]:
            found.append((row["tier"], (row["from_at"] - examples.day(0)) / DAY))
    return found


@pytest.mark.parametrize(
    ("total", "tier"),
    [("0", UNKNOWN), ("0.01", BASIC), ("499.99", BASIC), ("500", SILVER), ("2000", GOLD), ("9000", GOLD)],
)
def test_net_spend_decides(total: str, tier: int) -> None:
    assert tiers(given(bought(0, total)))[0] == (tier, 0)


def test_the_highest_tier_asks_for_four_purchases_and_a_recent_one() -> None:
    story = given(*(bought(day, "1500") for day in (0, 1, 2)))
    assert tiers(story)[0][0] == GOLD
    four = story.when(bought(3, "500"))
    assert tiers(four)[:2] == [(PLATINUM, 3), (GOLD, 3 + 180 + 90)]


def test_down_only_ninety_days_after_it_ceased_to_hold() -> None:
    assert tiers(given(bought(0, "600"))) == [(SILVER, 0), (UNKNOWN, 365 + 90)]
    assert tiers(given(bought(0, "600"), bought(100, "300"))) == [(SILVER, 100), (BASIC, 365 + 90), (UNKNOWN, 465 + 90)]


def test_up_at_once_while_waiting_to_fall() -> None:
    story = given(bought(0, "600"), bought(400, "100"))
    assert tiers(story)[0][0] == SILVER
    assert tiers(story.when(bought(410, "2000")))[0] == (GOLD, 410)


def test_a_return_counts_against_and_its_leaving_the_window_counts_back() -> None:
    returned = a(e.PurchaseReturned, 1, purchase=None, currency="GBP", total="1800", lines=())
    story = given(returned, bought(2, "2000"))
    assert tiers(story)[0] == (BASIC, 2)
    assert tiers(story)[1] == (GOLD, 366)


def test_what_was_bought_since_is_worth_more_once_a_return_has_left_the_window() -> None:
    returned = a(e.PurchaseReturned, 0, purchase=None, currency="GBP", total="1", lines=())
    assert tiers(given(returned, bought(1, "1"))) == [(UNKNOWN, 1), (BASIC, 365), (UNKNOWN, 366 + 90)]


def test_currencies_are_never_mixed() -> None:
    assert tiers(given(bought(0, "400"), bought(1, "500", "EUR")))[0][0] == BASIC
    assert tiers(given(bought(0, "900000", "CHF")))[0][0] == UNKNOWN


@for_all(
    st.lists(st.tuples(st.integers(0, 700), st.integers(-900, 3000)), min_size=1, max_size=25), st.integers(0, 900)
)
@settings(max_examples=150, deadline=None)
def test_at_any_day_it_is_the_best_level_that_held_within_ninety_days(told: list[tuple[int, int]], ahead: int) -> None:
    days = {day: amount for day, amount in told if amount}
    if not days:
        return
    story = given(
        *(
            bought(day, str(amount))
            if amount > 0
            else a(e.PurchaseReturned, day, purchase=None, currency="GBP", total=str(-amount), lines=())
            for day, amount in days.items()
        )
    )
    now = max(days) + ahead
    [row] = story.at("standing", now + 0.5)
    assert row["tier"] == min(_level(days, day + 0.5) for day in range(now - 90, now + 1))


def _level(days: dict[int, int], now: float) -> int:
    """By hand, at half past a day."""
    inside = {day: amount for day, amount in days.items() if now - 365 < day <= now}
    net, count = sum(inside.values()), sum(amount > 0 for amount in inside.values())
    last = max((day for day, amount in inside.items() if amount > 0), default=-9999)
    if net >= 5000 and count >= 4 and now - last < 180:
        return PLATINUM
    return GOLD if net >= 2000 else SILVER if net >= 500 else BASIC if net > 0 else UNKNOWN


def test_what_was_given_back_before_it_was_bought_in_another_currency_counts_from_the_purchase_on() -> None:
    returned = a(e.PurchaseReturned, 0, purchase=examples.uid("p 400"), total="5", currency="GBP", lines=())
    story = given(returned, bought(390, "10"), bought(400, "7", "EUR"))
    assert story.customer.spend["GBP"][-1][0] == examples.day(400)
    assert tiers(story)[0] == (BASIC, 400)
