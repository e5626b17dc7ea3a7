"""What is looked at, bought, sent, given back, and held."""

from api.simulation.clock import DAY, HOME, HOUR, MINUTE, OFFICE, SHOP, date_text, moment
from api.simulation.company import HOLDINGS, PRODUCTS
from api.simulation.journal import APP, BANK, CRM, TILL, Data
from api.simulation.journal import SHOP as STORE
from api.simulation.person import Person

CARRIERS = ("jne", "pos", "sicepat", "own-fleet")


def money(amount: int, currency: str = "IDR") -> dict[str, str]:
    """An amount as JSON has it."""
    return {"amount": str(amount), "currency": currency}


def browse(p: Person, at: int) -> None:
    """They look around, or look something up, without anybody's help."""
    dice = p.dice
    act = dice.pick(("browse", "browse", "look-up", "look-up", "data-change"))
    data: Data = {"act": act, "medium": dice.pick(("app", "app", "web", "chatbot", "kiosk", "ivr"))}
    if act == "browse":
        category, code, _, _ = dice.pick(PRODUCTS)
        data |= {"product": code, "category": category}
    p.add(moment(dice, at, HOME), "self-service.used", APP, data)


def lines(p: Person) -> tuple[list[Data], int]:
    """One to four lines, mostly of what they like; the sum in IDR."""
    found: list[Data] = []
    total = 0
    for _ in range(1 + p.dice.below(4) * p.dice.below(3) // 2):
        liked = [x for x in PRODUCTS if x[0] in p.favourites] if p.dice.chance(70) else PRODUCTS
        category, code, _, price = p.dice.pick(liked)
        quantity = 1 + p.dice.below(p.wealth + 1) // 2
        line: Data = {"product": code, "amount": str(price * quantity), "category": category}
        if quantity > 1:
            line["quantity"] = str(quantity)
        if code == "EL-301" and p.dice.chance(30):
            line["replaces"] = "EL-300"
        found.append(line)
        total += price * quantity
    return found, total


def buy(p: Person, at: int) -> None:
    """At a till, or ordered and sent; some of it comes back."""
    if not p.here(at):
        return
    online = p.dice.chance(90 if p.persona == "digital" else 25)
    if online:
        order(p, moment(p.dice, at, HOME))
    else:
        till(p, moment(p.dice, at, SHOP))


def till(p: Person, at: int) -> None:
    """Bought at a till, and reported by it."""
    items, total = lines(p)
    name = f"TR-{p.number:06d}-{at // MINUTE}"
    data: Data = {"purchase": name, "currency": "IDR", "lines": items, "channel": "visit"}
    if p.dice.chance(60):
        data |= {"total": str(total), "seller": p.dice.pick(p.company.managers)}
    p.add(at, "purchase.made", TILL, data)
    give_back(p, at, name, items, TILL.uri)


def order(p: Person, at: int) -> None:
    """Order, dispatch, delivery, invoice; one in twelve is cancelled."""
    dice, add = p.dice, p.add
    items, total = lines(p)
    name = f"ORD-{p.number:06d}-{at // MINUTE}"
    who = p.shop_id or p.journal.subject
    if dice.chance(50):
        add(
            at - 4 * MINUTE,
            "self-service.used",
            STORE,
            {"act": "order", "medium": dice.pick(("app", "web"))},
            subject=who,
        )
    dollars = p.firm and dice.chance(10)
    amount = money(total // 16_000, "USD") if dollars else money(total)
    add(
        at,
        "order.placed",
        STORE,
        {"order": name, "amount": amount, "lines": [] if dollars else items, "channel": "web"},
        subject=who,
    )
    if dice.chance(8):
        by = dice.pick(("customer", "customer", "company"))
        add(
            at + 5 * HOUR,
            "order.cancelled",
            STORE,
            {"order": name, "by": by, "reason": "too-slow" if by == "customer" else "no-stock"},
            subject=who,
        )
        return
    sent = moment(dice, at + DAY, OFFICE)
    there = moment(dice, sent + dice.between(1, 5) * DAY, SHOP)
    shipped: Data = {
        "order": name,
        "carrier": dice.pick(CARRIERS),
        "expected": date_text(sent + 3 * DAY),
        "tracking": f"ID{p.number:06d}{at % 99991:05d}",
    }
    add(sent, "order.shipped", STORE, shipped, subject=who)
    add(there, "order.delivered", STORE, {"order": name}, subject=who)
    bought = {"purchase": f"INV-{name[4:]}", "currency": amount["currency"], "order": name, "channel": "web"}
    add(
        sent,
        "purchase.made",
        STORE,
        bought | ({"total": amount["amount"]} if dollars else {"lines": items}),
        subject=who,
    )
    if not dollars:
        give_back(p, there, bought["purchase"], items, STORE.uri)


def give_back(p: Person, at: int, name: str, items: list[Data], source: str) -> None:
    """One purchase in sixteen comes back, by a line."""
    if not p.dice.chance(6):
        return
    line = {k: v for k, v in items[0].items() if k != "replaces"}
    back = moment(p.dice, at + p.dice.between(2, 20) * DAY, SHOP)
    reason = p.dice.pick(("broken", "wrong-size", "changed-mind", "late"))
    data: Data = {
        "purchase": {"source": source, "id": name},
        "currency": "IDR",
        "total": line["amount"],
        "lines": [line],
        "reason": reason,
    }
    p.add(back, "purchase.returned", TILL, data)


def hold(p: Person) -> None:
    """Accounts, policies, subscriptions: opened over time, changed now and then, some closed or matured."""
    dice, gone = p.dice, min(p.left, p.end)
    first = p.registered + dice.between(3, 120) * DAY
    for _ in range(dice.between(1, 4)):
        category, product, _, amount = dice.pick(HOLDINGS)
        name = f"{product}-{p.number:06d}-{first // HOUR}"
        size = amount * dice.between(1, 2 * p.wealth)
        data: Data = {
            "holding": name,
            "product": product,
            "category": category,
            "amount": money(size),
            "seller": p.manager(first),
        }
        if category in ("deposit", "insurance", "instalment"):
            data["matures"] = p.matures(first, dice.pick((180, 365, 730)))
        opened = moment(dice, first, OFFICE)
        if opened >= gone:
            return
        p.add(opened, "holding.opened", BANK, data)
        at = opened + dice.between(60, 150) * DAY
        while at < gone:
            change = size * dice.between(80, 130) // 100
            p.add(moment(dice, at, OFFICE), "holding.changed", BANK, {"holding": name, "amount": money(change)})
            at += dice.between(90, 200) * DAY
        if p.left < p.end:
            p.add(p.left - HOUR, "holding.closed", BANK, {"holding": name, "reason": "left"})
        elif dice.chance(10):
            p.add(
                moment(dice, opened + 181 * DAY, OFFICE), "holding.closed", BANK, {"holding": name, "reason": "matured"}
            )
        first += dice.between(20, 150) * DAY


def prospect(p: Person, at: int, staff: str) -> None:
    """They may buy something; in time it is decided, and half of them do."""
    dice = p.dice
    _, code, _, price = dice.pick(PRODUCTS + HOLDINGS)
    name, share = f"OPP-{p.number:06d}-{at // MINUTE}", dice.between(1, 9) * 10
    data: Data = {"prospect": name, "product": code, "amount": money(price * p.wealth), "probability": share}
    p.add(at, "prospect.noted", CRM, data | {"expected": date_text(at + 45 * DAY), "staff": staff})
    if dice.chance(75):
        outcome = dice.pick(("won", "won", "lost", "dropped"))
        closed: Data = {"prospect": name, "outcome": outcome}
        if outcome != "won":
            closed["reason"] = dice.pick(("price", "timing", "competitor"))
        p.add(moment(dice, at + dice.between(8, 60) * DAY, OFFICE), "prospect.closed", CRM, closed)
