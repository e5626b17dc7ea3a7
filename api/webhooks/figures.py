"""Figures of webhooks for Prometheus: how far each is behind, and who waits."""

from collections.abc import Callable, Iterator

from api.webhooks.store import Standing, Webhooks
from api.webhooks.subscription import Subscription
from api.wiring import House

MOST = 1_000  # webhooks of which there are figures

Figure = Callable[[Subscription, Standing], float]


def lines(house: House) -> Iterator[str]:
    """As Prometheus reads it; labelled with our ids, never with urls, which can hold secrets of the receiver."""
    webhooks = Webhooks(house.pool, house.ledger.keys, house.clock)
    found = [(s, webhooks.standing(s)) for s in webhooks.listed(limit=MOST)]
    now = house.clock()

    def age(_: Subscription, at: Standing) -> float:
        return 0.0 if at.oldest is None else max(0.0, (now - at.oldest).total_seconds())

    figures: tuple[tuple[str, str, Figure], ...] = (
        ("backlog_events", "Positions of the ledger that were not looked at yet.", lambda s, at: at.head - s.position),
        ("backlog_seconds", "How long the first event that is outstanding has been recorded.", age),
        ("waiting_customers", "Customers of whom an event was not accepted yet.", lambda _, at: at.waiting),
        ("parked_customers", "Those among them who are tried no more.", lambda _, at: at.parked),
        ("active", "1 where messages are sent, 0 where it is parked or gone.", lambda s, _: s.state == "active"),
    )
    for name, meaning, figure in figures:
        yield f"# HELP jejak_webhook_{name} {meaning}"
        yield f"# TYPE jejak_webhook_{name} gauge"
        for subscription, at in found:
            yield f'jejak_webhook_{name}{{webhook="{subscription.id}"}} {max(0.0, float(figure(subscription, at))):g}'
