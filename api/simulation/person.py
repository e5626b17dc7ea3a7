"""One simulated customer: who they are, how they may be reached, and how they come to be known."""

from typing import Any

from api.simulation import names
from api.simulation.clock import DAY, MINUTE, date_text, day_date, day_of, stamp
from api.simulation.company import PRODUCTS, Company
from api.simulation.dice import Dice
from api.simulation.journal import CHAT, CRM, DESK, SHOP, Journal, Pair
from api.simulation.texts import compose

NEVER = 1 << 40  # seconds; later than any end

# how a life goes: persona, weight in 40, phases as (name, from, until) in thousandths of the time known
PERSONAS: tuple[tuple[str, int, tuple[tuple[str, int, int], ...]], ...] = (
    ("household", 4, (("exploring", 0, 60), ("buying", 60, 300), ("casual", 300, 1000))),
    ("loyal", 5, (("exploring", 0, 60), ("buying", 60, 200), ("devoted", 200, 1000))),
    ("champion", 1, (("buying", 0, 60), ("champion", 60, 1000))),
    ("occasional", 12, (("aware", 0, 60), ("exploring", 60, 150), ("casual", 150, 1000))),
    ("one-off", 4, (("exploring", 0, 100), ("once", 100, 160), ("gone", 160, 1000))),
    ("silent", 3, (("exploring", 0, 60), ("buying", 60, 420), ("gone", 420, 1000))),
    ("angry", 2, (("buying", 0, 550), ("gone", 550, 1000))),
    ("returned", 2, (("buying", 0, 60), ("devoted", 60, 380), ("gone", 380, 520), ("devoted", 520, 1000))),
    ("digital", 4, (("exploring", 0, 60), ("online", 60, 1000))),
    ("organisation", 2, (("exploring", 0, 100), ("contract", 100, 1000))),
    ("prospect", 1, (("aware", 0, 500), ("exploring", 500, 1000))),
)
SEQUENCE = tuple(persona for persona, weight, _ in PERSONAS for _ in range(weight))
PHASES = {persona: phases for persona, _, phases in PERSONAS}


def persona_of(number: int) -> str:
    """Spread over the numbers by twos, so that both of a household are neighbours (its slots come first)."""
    slot = (number - 1) // 2 * 17 % 20 * 2 + (number - 1) % 2
    return SEQUENCE[slot % 40]


class Person:
    """A customer with a journal; what they allow is settled first, so that the company can honour it."""

    def __init__(self, number: int, customers: int, seed: int, company: Company) -> None:
        self.number, self.company = number, company
        self.dice = dice = Dice(seed, number)
        self.journal = Journal(number, dice, company.end)
        self.add = self.journal.add
        self.persona = persona_of(number)
        self.end = company.end
        self.registered = self._arrival(customers)
        span = self.end - self.registered
        self.phases = [
            (name, self.registered + span * a // 1000, self.registered + span * b // 1000)
            for name, a, b in PHASES[self.persona]
        ]
        self.left = next(
            (a for name, a, _ in self.phases if name == "gone" and self.persona in ("angry", "returned")), NEVER
        )
        self.back = next((a for name, a, _ in self.phases if a > self.left and name != "gone"), NEVER)
        self._describe()
        self._permit()
        self.troubles: list[tuple[int, int]] = []  # complaints: no selling from … until
        self.cases = self.orders = 0
        self.cared_until = NEVER

    def _arrival(self, customers: int) -> int:
        """Two fifths are known within the first tenth of the time, the others come one by one."""
        span, share = self.end - self.company.start, 1000 * (self.number - 1) // customers
        thousandth = share // 4 if share < 400 else 100 + (share - 400) * 3 // 2
        at = self.company.start + span * min(thousandth, 990) // 1000
        return at - at % DAY + 2 * 3600 + self.dice.below(9 * 3600)  # 9 to 18 o'clock in Jakarta

    def _describe(self) -> None:
        dice = self.dice
        self.city, self.post, self.zone, self.offset = dice.pick(names.CITIES)
        self.firm = self.persona == "organisation"
        self.name, self.who = names.firm(dice, self.city) if self.firm else names.person(dice)
        self.english = self.city == "Singapore" or dice.chance(4)
        self.phone, self.mobile = names.phone(self.number), names.phone(self.number)
        self.shared = self.persona == "household"
        if self.shared:
            self.phone, self.mobile = names.phone((self.number - 1) // 2 * 2 + 1), names.phone(self.number, 1)
        self.email = names.email(self.name, self.number)
        self.wealth = 1 + dice.below(10) * dice.below(10) // 14 + (8 if self.firm else 0)  # 1 to 6, firms more
        self.favourites = [dice.pick(PRODUCTS)[0] for _ in range(3)]
        self.shop_id = f"shop:U-{self.number:06d}" if dice.chance(40) else None
        birthday = day_of(self.end) + dice.between(0, 2) if dice.chance(3) else dice.between(0, 364)
        self.birthday = day_date(birthday).isoformat()[5:]

    def _permit(self) -> None:
        """Channels that are welcome, in their order, and until when selling is."""
        dice = self.dice
        chat = [c for c in ("whatsapp", "email") if dice.chance(85)] or ["email"]
        if self.persona == "digital":
            self.channels = [*chat, "app"]
        elif self.firm:
            self.channels = ["email", "visit", "video", "phone"]
        else:
            self.channels = [*chat, *(c for c in ("phone", "visit") if dice.chance(70))]
        self.calls = "phone" in self.channels
        self.sells = dice.chance(75)
        self.stops_selling = (
            self.registered + (self.end - self.registered) * dice.between(30, 80) // 100 if dice.chance(18) else NEVER
        )

    # --- what others ask of a person ---------------------------------------------------------

    def text(self, topic: str, product: str = "") -> str:
        """A note on a topic, in the language that is spoken with them."""
        if self.english and topic in ("relationship", "question", "answer", "note"):
            topic = "english"
        return compose(self.dice, topic, self.who, self.city, product or self.dice.pick(PRODUCTS)[2])

    def manager(self, at: int) -> str:
        """Who owns the relationship."""
        return self.company.manager_of(self.number, at)

    def acting(self, at: int) -> str:
        """The owner, or who covers for them."""
        return self.company.acting(self.manager(at), at)

    def handler(self, at: int) -> str:
        """Who takes care of their questions and complaints."""
        handlers = self.company.handlers
        return self.company.acting(handlers[(self.number + self.cases) % len(handlers)], at)

    def here(self, at: int) -> bool:
        """Whether there is a relationship at this moment."""
        return at < self.left or at >= self.back

    def may_sell(self, at: int) -> bool:
        """Whether they agreed to offers, and no complaint is open or just solved."""
        return (
            self.sells
            and at < self.stops_selling
            and self.here(at)
            and not any(a <= at < b + 14 * DAY for a, b in self.troubles)
        )

    def point(self, kind: str) -> dict[str, str]:
        """The contact point they use on a channel, as the door takes it."""
        if kind == "email":
            return {"kind": "email", "value": self.email}
        return (
            {"kind": "whatsapp", "value": self.mobile} if kind == "whatsapp" else {"kind": "phone", "value": self.phone}
        )

    # --- how they come to be known -----------------------------------------------------------

    def introduce(self) -> None:
        """Registration, contact points, consent, and mostly somebody who owns the relationship."""
        at, dice, add = self.registered, self.dice, self.add
        add(at, "customer.registered", DESK, self._traits(), late=1)
        add(
            at,
            "customer.identified",
            DESK,
            {"kind": "phone", "value": self.phone, **({"shared": True} if self.shared else {})},
            late=2,
        )
        add(at + MINUTE, "customer.identified", DESK, {"kind": "email", "value": self.email}, late=3)
        add(at + MINUTE, "customer.identified", DESK, {"kind": "whatsapp", "value": self.mobile}, late=3)
        if self.shop_id:
            add(
                at + 2 * MINUTE,
                "customer.identified",
                SHOP,
                {"kind": "external", "scheme": "shop", "value": self.shop_id[5:]},
                late=5,
            )
        if dice.chance(5):
            add(at + 3 * MINUTE, "customer.identified", CHAT, {"kind": "telegram", "value": f"@pelanggan{self.number}"})
        self._consent(at + 2 * MINUTE, "service")
        self._consent(at + 2 * MINUTE, "information")
        for channel in self.channels:
            self._consent(at + 2 * MINUTE, "relationship", channel)
        if self.sells:
            self._consent(at + 2 * MINUTE, "selling", self.channels[0])
        if self.persona not in ("prospect", "one-off") and dice.chance(92):
            self._assign(at + dice.between(4, 60) * 3600)

    def _consent(self, at: int, purpose: str, channel: str = "") -> None:
        data: dict[str, Any] = {
            "purpose": purpose,
            "evidence": self.dice.pick(("form", "tick-box", "recording")),
            "text": self.text("consent"),
        }
        if channel:
            data["channel"] = channel
        self.add(at, "consent.granted", DESK, data)

    def _traits(self) -> dict[str, Any]:
        dice = self.dice
        origins = (
            "shop",
            "web",
            "referral",
            "branch",
            "campaign-lebaran",
            "campaign-harbolnas",
            "marketplace",
            "exhibition",
        )
        data: dict[str, Any] = {
            "kind": "organisation" if self.firm else "person",
            "name": self.name,
            "address": names.address(dice, self.city, self.post),
            "timezone": self.zone,
            "country": "SG" if self.city == "Singapore" else "ID",
            "language": "en" if self.english else "id",
            "acquisition": dice.pick(origins),
            "segment": "business" if self.firm else dice.pick(("retail", "retail", "priority")),
        }
        if self.firm:
            data["traits"] = {
                "sector": dice.pick(("retail", "health", "logistics", "farming")),
                "size": dice.pick(("small", "medium")),
            }
        elif dice.chance(80):
            data |= {"birthday": self.birthday, "year_of_birth": dice.between(1948, 2004)}
        return data

    def _assign(self, at: int) -> None:
        add, manager = self.add, self.manager(at)
        add(at, "manager.assigned", CRM, {"manager": manager, "reason": "capacity", "note": self.text("handover")})
        if (
            manager == self.company.leaver
            and self.registered < self.company.leaves_at < self.end
            and self.here(self.company.leaves_at)
        ):
            data = {
                "manager": self.manager(self.company.leaves_at),
                "reason": "handover",
                "note": self.text("handover"),
            }
            add(self.company.leaves_at + 3600, "manager.assigned", CRM, data)
        if self.dice.chance(70) and self.persona != "digital":
            add(at + 5 * DAY, "manager.introduced", CRM, {"manager": manager})

    def part(self) -> None:
        """They leave; some come back, won by a talk and a purchase of their own."""
        if self.left >= self.end:
            return
        add, at = self.add, self.left
        add(
            at,
            "relationship.ended",
            CRM,
            {"by": "customer", "reason": self.dice.pick(("hurt", "price", "moved")), "text": self.text("farewell")},
        )
        add(
            at + 5 * MINUTE,
            "consent.withdrawn",
            CRM,
            {"purpose": "selling", "evidence": "recording", "text": self.text("refusal")},
        )
        add(at + DAY, "manager.unassigned", CRM, {"reason": "left"})
        if self.back < self.end:
            self._return(self.back)

    def _return(self, at: int) -> None:
        add = self.add
        talk: Pair = {"source": CRM.uri, "id": f"winback-{self.number:06d}"}
        add(
            at - 9 * DAY,
            "outreach.planned",
            DESK,
            {
                "outreach": talk["id"],
                "due": stamp(at),
                "purpose": "relationship",
                "content": "win-back",
                "channel": "phone",
                "text": self.text("plan"),
            },
        )
        add(
            at,
            "visit.made",
            DESK,
            {
                "direction": "inbound",
                "purpose": "relationship",
                "staff": self.manager(at),
                "sentiment": "positive",
                "outreach": talk,
                "duration_s": 1500,
                "summary": self.text("visit"),
            },
        )
        add(
            at + 30 * MINUTE,
            "manager.assigned",
            DESK,
            {"manager": self.manager(at), "reason": "win-back", "note": self.text("handover")},
        )
        add(
            at + 31 * MINUTE,
            "consent.granted",
            DESK,
            {"purpose": "selling", "evidence": "form", "text": self.text("consent")},
        )
        add(
            at + 40 * MINUTE,
            "benefit.granted",
            DESK,
            {"benefit": "welcome-back", "amount": {"amount": "100000", "currency": "IDR"}, "reason": "win-back"},
        )

    def matures(self, at: int, days: int) -> str:
        """A date so many days on."""
        return date_text(at + days * DAY)
