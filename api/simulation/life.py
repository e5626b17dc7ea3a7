"""Ordinary life: talks, questions, purchases, looks into the app; how often depends on the customer's phase."""

from collections.abc import Callable

from api.simulation.clock import DAY, HOME, HOUR, MINUTE, OFFICE, moment, stamp
from api.simulation.journal import APP, CAMPAIGN, CRM, FIELD, MAIL, Data
from api.simulation.person import Person
from api.simulation.shopping import browse, buy, hold
from api.simulation.talks import NOTIONS, ask, converse, promise, sell, talk

Act = Callable[[Person, int], None]


def live(p: Person) -> None:
    """Everything that repeats, from the first day to the last."""
    broadcasts(p)
    for phase, start, until in p.phases:
        for act, days in PACE[phase]:
            gap = days * DAY
            at = start + gap * p.dice.between(5, 70) // 100
            while at < until:
                act(p, at)
                at += gap * p.dice.between(40, 160) // 100
        if phase == "once" and start < p.end:
            buy(p, start + DAY)
    if p.persona in ("loyal", "champion", "returned", "organisation") or p.dice.chance(15):
        hold(p)


def broadcasts(p: Person) -> None:
    """One copy of whatever was sent to many while they were known and willing; all of it at one minute."""
    for campaign in p.company.campaigns:
        willing = p.may_sell(campaign.at) if campaign.purpose == "selling" else p.here(campaign.at)
        if (
            campaign.at > p.registered
            and willing
            and (campaign.channel in p.channels or campaign.channel == "sms")
            and p.dice.chance(70)
        ):
            data = {"channel": campaign.channel, "campaign": campaign.code, "purpose": campaign.purpose}
            p.add(campaign.at, "broadcast.sent", CAMPAIGN, data)


def speak_out(p: Person, at: int) -> None:
    """Reviews, answers to our questions, comments and ideas."""
    dice, happy = p.dice, p.dice.chance(80)
    at = moment(dice, at, HOME)
    text = p.text("praise" if happy else "blame")
    what = dice.below(10)
    if what < 3:
        data: Data = {
            "rating": dice.between(4, 5) if happy else dice.between(1, 3),
            "platform": dice.pick(("web", "marketplace", "maps")),
        }
        p.add(at, "review.posted", APP, data | {"text": text})
    elif what < 7:
        csat = dice.chance(50)
        score = (
            (dice.between(4, 5) if happy else dice.between(1, 2))
            if csat
            else dice.between(8, 10)
            if happy
            else dice.between(0, 6)
        )
        p.add(at, "feedback.given", APP, {"metric": "csat" if csat else "nps", "score": score, "text": text})
    elif what < 9:
        data = {
            "platform": dice.pick(("instagram", "facebook", "forum")),
            "act": dice.pick(("comment", "share", "post")),
            "text": text,
        }
        p.add(at, "community.engaged", APP, data)
    else:
        thread = f"IDE-{p.number:06d}-{at // MINUTE}"
        p.add(at, "idea.contributed", APP, {"topic": dice.pick(NOTIONS), "thread": thread, "text": p.text("idea")})
        if dice.chance(70):
            thanks = moment(dice, at + DAY, OFFICE)
            reply: Data = {
                "direction": "outbound",
                "purpose": "relationship",
                "thread": {"source": APP.uri, "id": thread},
            }
            p.add(thanks, "email.exchanged", MAIL, reply | {"staff": p.acting(thanks), "summary": p.text("answer")})


def post(p: Person, at: int) -> None:
    """A letter, by them or by us."""
    at = moment(p.dice, at, OFFICE)
    if p.here(at):
        inbound = p.dice.chance(40)
        converse(p, at, "letter", "inbound" if inbound else "outbound", "information", "letter", staff=p.acting(at))


def gather(p: Person, at: int) -> None:
    """An evening for customers: invited, and half of them come."""
    at = moment(p.dice, at, OFFICE)
    if p.here(at):
        code = f"temu-pelanggan-{stamp(at)[:7]}"
        p.add(
            at,
            "event.invited",
            CRM,
            {"event": code, "channel": p.channels[0], "purpose": "relationship", "staff": p.acting(at)},
        )
        if p.dice.chance(55):
            p.add(at + 12 * DAY + 9 * HOUR, "event.attended", FIELD, {"event": code, "staff": p.acting(at)})


def reward(p: Person, at: int) -> None:
    """Something for the relationship; and they bring somebody."""
    at = moment(p.dice, at, OFFICE)
    if not p.here(at):
        return
    if p.dice.chance(60):
        data: Data = {
            "benefit": p.dice.pick(("voucher", "priority-service", "free-delivery", "birthday-gift")),
            "reason": "loyalty",
        }
        p.add(
            at,
            "benefit.granted",
            CRM,
            data | {"amount": {"amount": str(p.dice.between(2, 20) * 25_000), "currency": "IDR"}},
        )
    else:
        p.add(
            at,
            "referral.made",
            CRM,
            {"product": p.dice.pick(("TB-01", "AS-11", "LG-21")), "name": "Keluarga " + p.name},
        )


# phase: acts with the mean number of days between them
PACE: dict[str, tuple[tuple[Act, int], ...]] = {
    "aware": ((gather, 200),),
    "exploring": ((browse, 25), (ask, 45), (sell, 90), (talk, 80)),
    "once": (),
    "casual": (
        (buy, 105),
        (talk, 90),
        (ask, 170),
        (sell, 180),
        (speak_out, 300),
        (promise, 600),
        (browse, 300),
        (gather, 600),
        (post, 800),
    ),
    "buying": (
        (buy, 38),
        (talk, 38),
        (ask, 85),
        (sell, 100),
        (speak_out, 180),
        (promise, 180),
        (browse, 150),
        (gather, 500),
        (post, 600),
        (reward, 500),
    ),
    "devoted": (
        (buy, 28),
        (talk, 20),
        (ask, 95),
        (sell, 100),
        (speak_out, 150),
        (promise, 52),
        (browse, 150),
        (gather, 300),
        (post, 400),
        (reward, 240),
    ),
    "champion": (
        (buy, 6),
        (talk, 8),
        (ask, 7),
        (sell, 30),
        (speak_out, 30),
        (promise, 24),
        (browse, 12),
        (gather, 120),
        (post, 120),
        (reward, 90),
    ),
    "online": ((buy, 90), (ask, 70), (sell, 150), (speak_out, 130), (browse, 40), (talk, 180), (reward, 500)),
    "contract": (
        (buy, 32),
        (talk, 24),
        (ask, 55),
        (sell, 100),
        (promise, 80),
        (post, 180),
        (gather, 240),
        (speak_out, 300),
    ),
    "gone": (),
}
