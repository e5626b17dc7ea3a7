"""Which products are offered to whom, and why."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import DAY
from projections.offers import MOST, REASONS, offers, wanted
from projections.products import Assortment, Product

NOW = 1_000 * DAY


def product(
    code: str, category: str | None = None, days: float = 900, *, retired: bool = False, by: str | None = None
) -> Product:
    """Listed so many days ago."""
    return Product(code, category, None, None, retired, by, int(NOW - days * DAY))


LISTED = {
    p.product: p
    for p in (
        product("tea-green", "tea"),
        product("tea-white", "tea", 30),  # new
        product("tea-old", "tea", retired=True),
        product("pot", "kitchen"),
        product("plan-1", "insurance", retired=True, by="plan-2"),
        product("plan-2", "insurance"),
        product("loose"),
    )
}


ALL = Assortment(LISTED)


def held(code: str) -> dict[str, Any]:
    return {"product": code, "category": LISTED[code].category}


CASES: list[tuple[str, dict[str, Any], list[tuple[str, str, str]]]] = [
    ("nothing is known of them: nothing fits", {}, []),
    (
        "what they buy: what is new of it first, and nothing that is retired",
        {"purchases.categories": {"tea": 1}}, [("tea-white", "new", "tea"), ("tea-green", "category", "tea")],
    ),
    (
        "what takes the place of what they hold; and never what they hold",
        {"holdings": [held("plan-1"), held("pot")]}, [("plan-2", "replaced-by", "plan-1")],
    ),
    (
        "interest goes before need, and need before habit",
        {"prospects": [{"product": "pot"}], "needs": [{"code": "insurance"}], "purchases.categories": {"tea": 1}},
        [("pot", "prospect", "pot"), ("plan-2", "need", "insurance"), ("tea-white", "new", "tea")],
    ),
    (
        "what a report suggested, by category",
        {"planned": [{"content": "offer kitchen"}], "purchases.categories": {"tea": 1}},
        [("pot", "affinity", "kitchen"), ("tea-white", "new", "tea"), ("tea-green", "category", "tea")],
    ),
    (
        "a product without category that they asked for",
        {"prospects": [{"product": "loose"}]}, [("loose", "prospect", "loose")],
    ),
    (
        "not what they do not want to hear of: a category",
        {"purchases.categories": {"tea": 1}, "wishes": {"refused_topics": ["tea"]}}, [],
    ),
    (
        "or a product",
        {"purchases.categories": {"tea": 1}, "wishes": {"refused_topics": ["tea-white"]}},
        [("tea-green", "category", "tea")],
    ),
    (
        "what they wish to hear of comes first among equals",
        {"purchases.categories": {"tea": 1, "kitchen": 1}, "wishes": {"topics": ["kitchen"]}},
        [("tea-white", "new", "tea"), ("pot", "category", "kitchen"), ("tea-green", "category", "tea")],
    ),
    (
        "what they were interested in is gone",
        {"prospects": [{"product": "tea-old"}]}, [],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_offered_fits(parts: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = offers(parts, ALL, NOW)
    assert [(o.product, o.reason, o.because) for o in found] == expected


def test_the_content_of_the_contact_counts_as_suggested() -> None:
    assert [o.product for o in offers({}, ALL, NOW, "offer pot")] == ["pot"]


@pytest.mark.parametrize(
    ("purpose", "content", "expected"),
    [
        ("selling", "offer", True),
        ("selling", "reorder", True),
        ("selling", "offer tea", True),
        ("selling", "greeting", False),
        ("relationship", "offer", False),
    ],
)
def test_only_contacts_that_sell_have_offers(purpose: str, content: str, expected: bool) -> None:
    assert wanted(purpose, content) is expected


CODES = st.sampled_from([*LISTED, "tea", "kitchen", "insurance"])


@given(
    st.fixed_dictionaries(
        {
            "purchases.categories": st.dictionaries(CODES, st.just(1)),
            "holdings": st.lists(st.sampled_from(sorted(LISTED)).map(held)),
            "needs": st.lists(CODES.map(lambda code: {"code": code})),
            "prospects": st.lists(CODES.map(lambda code: {"product": code})),
            "planned": st.lists(CODES.map(lambda code: {"content": f"offer {code}"})),
            "wishes": st.fixed_dictionaries({"topics": st.lists(CODES), "refused_topics": st.lists(CODES)}),
        }
    )
)
def test_nothing_is_offered_that_they_hold_that_is_gone_or_that_they_refused(parts: dict[str, Any]) -> None:
    found = offers(parts, ALL, NOW)
    assert len(found) <= MOST
    refused = set(parts["wishes"]["refused_topics"])
    for offer in found:
        assert not LISTED[offer.product].retired
        assert offer.product not in {holding["product"] for holding in parts["holdings"]}
        assert not refused & {offer.product, offer.category, offer.because}
    ranks = [REASONS.index(offer.reason) for offer in found]
    assert ranks == sorted(ranks)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["tea", "kitchen", None]), st.booleans()), max_size=30),
    st.sets(st.integers(0, 29), max_size=4),
    st.sets(st.integers(0, 29), max_size=4),
    st.sets(st.integers(0, 29), max_size=2),
)
def test_among_many_products_the_best_are_found(
    listed: list[tuple[int, str | None, bool]], has: set[int], refused: set[int], topics: set[int]
) -> None:
    every = [product(f"p{n:02}", kind, days, retired=gone) for n, (days, kind, gone) in enumerate(listed)]
    named = {f"p{n:02}" for n in has}
    parts = {
        "purchases.categories": {"tea": 1, "kitchen": 1},
        "holdings": [{"product": code, "category": None} for code in named],
        "wishes": {"topics": [f"p{n:02}" for n in topics], "refused_topics": [f"p{n:02}" for n in refused]},
    }
    fit = [
        p for p in every
        if p.category and not p.retired and p.product not in named | {f"p{n:02}" for n in refused}
    ]  # fmt: skip
    new = NOW - 182 * DAY
    fit.sort(key=lambda p: (p.listed_at <= new, p.product not in {f"p{n:02}" for n in topics}, -p.listed_at, p.product))
    found = offers(parts, Assortment({p.product: p for p in every}), NOW)
    assert [offer.product for offer in found] == [p.product for p in fit[:MOST]]
