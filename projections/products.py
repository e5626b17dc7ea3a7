"""Products as of one instant: what there is, what there was, and what is listed in a category, the newest first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.events import Event, Money, ProductListed, ProductRetired


@dataclass(frozen=True)
class Product:
    """Something that can be bought, as of one instant."""

    product: str
    category: str | None
    name: str | None
    price: Money | None
    retired: bool
    replaced_by: str | None = None
    listed_at: int = 0
    """For the first time, in µs."""


class Assortment:
    """All products of one instant. What is given out is shared: nobody changes it."""

    def __init__(self, by_code: Mapping[str, Product]) -> None:
        self.by_code = by_code
        """Listed or retired."""
        self._newest: dict[str, list[Product]] = {}
        for product in sorted(by_code.values(), key=lambda product: (-product.listed_at, product.product)):
            if not product.retired and product.category is not None:
                self._newest.setdefault(product.category, []).append(product)

    def newest(self, category: str) -> Sequence[Product]:
        """What is listed in a category, the newest first."""
        return self._newest.get(category, ())


def gathered(events: Iterable[Event]) -> dict[str, Product]:
    """Everything that was ever listed, by code; of other events nothing is asked."""
    found: dict[str, Product] = {}
    for event in events:
        if isinstance(event, ProductListed):
            known = found.get(event.product)
            since = known.listed_at if known else event.at
            found[event.product] = Product(
                event.product, event.category, event.name, event.price, retired=False, listed_at=since
            )
        elif isinstance(event, ProductRetired) and (known := found.get(event.product)):
            found[event.product] = replace(known, retired=True, replaced_by=event.replaced_by)
    return found
