"""Offers: which products to speak of in a contact that may sell, and why each of them.

Worked out when it is read, from what is known of the customer and from the products that are listed at that moment, for neither
may wait for the other. Of a product that fits for several reasons, the first one is told:

replaced-by   it takes the place of what they hold, which is no longer to be had
prospect      they were interested in it
need          they need it, or something of its kind
affinity      a report suggested it, or its category: it goes with what they bought (`reports.offers`)
new           it was listed in the last half year, in a category in which they buy or hold something
category      it is of such a category

Never one that they hold, that is retired, or that they, its category or what it serves is something that they do not want to
hear of. Within a reason what they wish to hear of comes first, then what was listed last.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.facts import DAY
from projections.products import Assortment, Product

MOST = 3
PARTS = ("purchases.categories", "holdings", "needs", "prospects", "planned", "wishes")
"""What of a profile's document this asks for."""
REASONS = ("replaced-by", "prospect", "need", "affinity", "new", "category")
_NEW = 182 * DAY
_SUGGESTED = "offer "  # how the content of a contact begins that a report suggested


class Offer(NamedTuple):
    """A product to speak of."""

    product: str
    category: str | None
    reason: str
    because: str
    """What that rests on: what they hold, need, were interested in, or buy."""


def wanted(purpose: str | None, content: str | None) -> bool:
    """Whether a contact is one in which something is offered."""
    return purpose == "selling" and (content in (None, "", "offer", "reorder") or str(content).startswith(_SUGGESTED))


def offers(parts: Mapping[str, Any], products: Assortment, as_of: int, content: str | None = None) -> list[Offer]:
    """What to offer to a customer, the best first. `parts`: see `PARTS`; `content`: of the contact, if it says more."""
    wishes: Mapping[str, Any] = parts.get("wishes") or {}
    topics: set[str] = set(wishes.get("topics") or ())
    refused: set[str] = set(wishes.get("refused_topics") or ())
    found: list[tuple[Any, ...]] = []
    reasons = _Reasons(parts, products, as_of, content)
    for product in reasons.candidates(topics, MOST + len(refused)):
        about = {product.product, product.category or product.product}
        if product.retired or product.product in reasons.held or about & refused:
            continue
        why = reasons.of(product)
        if why is not None and why[1] not in refused:
            offer = Offer(product.product, product.category, *why)
            found.append((REASONS.index(why[0]), not about & topics, -product.listed_at, product.product, offer))
    return [offer for *_, offer in sorted(found)[:MOST]]


class _Reasons:
    """Why something fits a customer."""

    def __init__(self, parts: Mapping[str, Any], products: Assortment, as_of: int, content: str | None) -> None:
        self._products, self._as_of = products, as_of
        holdings: Sequence[Mapping[str, Any]] = parts.get("holdings") or ()
        self.held: set[str] = {holding["product"] for holding in holdings}
        self._replaces = {
            old.replaced_by: code
            for code in sorted(self.held)
            if (old := products.by_code.get(code)) and old.retired and old.replaced_by
        }
        self._prospects: set[str] = {prospect["product"] for prospect in parts.get("prospects") or ()}
        self._needs: set[str] = {need["code"] for need in parts.get("needs") or ()}
        planned: Iterable[str | None] = (content, *(plan["content"] for plan in parts.get("planned") or ()))
        self._suggested = {one.removeprefix(_SUGGESTED) for one in planned if one and one.startswith(_SUGGESTED)}
        self._categories: set[str] = set(parts.get("purchases.categories") or ())
        self._categories.update(holding["category"] for holding in holdings if holding["category"])

    def candidates(self, topics: Iterable[str], most: int) -> Iterable[Product]:
        """All that may be among the best: of a category only the newest, as many as may be needed."""
        named = {*self._replaces, *self._prospects, *self._needs, *self._suggested, *topics}
        found = {code: self._products.by_code[code] for code in named if code in self._products.by_code}
        for category in self._categories | self._prospects | self._needs | self._suggested:
            newest = self._products.newest(category)[: most + len(self.held)]
            found.update((product.product, product) for product in newest)
        return found.values()

    def of(self, product: Product) -> tuple[str, str] | None:
        """The first reason, and what it rests on."""
        code, category = product.product, product.category or ""
        if code in self._replaces:
            return "replaced-by", self._replaces[code]
        for reason, known in (("prospect", self._prospects), ("need", self._needs), ("affinity", self._suggested)):
            fits = next((one for one in (code, category) if one in known), None)
            if fits:
                return reason, fits
        if category in self._categories:
            return "new" if product.listed_at > self._as_of - _NEW else "category", category
        return None
