"""Talks between the company and a customer: for the relationship, to sell, to answer, and what is promised in them."""

from api.simulation.clock import DAY, HOME, HOUR, MINUTE, OFFICE, SHOP, after, before, moment, stamp
from api.simulation.journal import APP, CHAT, CRM, DESK, FIELD, MAIL, PBX, Data
from api.simulation.person import Person
from api.simulation.shopping import prospect

NOTIONS = ("budget", "delivery-time", "family", "insurance", "renovation", "school")


def converse(p: Person, at: int, channel: str, direction: str, purpose: str, topic: str, **more: object) -> None:
    """One conversation on a channel, reported by the system that carries it."""
    data: Data = {"direction": direction, "purpose": purpose, **more}
    known = direction == "inbound" and p.registered + DAY < at < p.left
    unnamed = known and p.dice.chance(
        8 if p.shared and channel == "phone" else 25
    )  # a shared number leaves open whose it is
    if channel in ("phone", "whatsapp", "email") and unnamed:
        data["contact_point"] = p.point(channel)
    missing = "contact_point" in data
    if channel == "phone":
        if data.get("outcome", "reached") == "reached":
            data["duration_s"] = p.dice.between(40, 900)
        kind, system = "call.made", PBX
    elif channel == "visit":
        data["duration_s"] = p.dice.between(10, 90) * 60
        kind, system = "visit.made", FIELD
    elif channel == "email":
        kind, system = "email.exchanged", MAIL
    elif channel in ("video", "audio"):
        data |= {"channel": channel, "duration_s": p.dice.between(15, 75) * 60}
        kind, system = "meeting.held", CRM
    elif channel == "letter":
        kind, system = "letter.exchanged", CRM
    else:
        data["channel"] = channel
        kind, system = "message.exchanged", CHAT if channel == "whatsapp" else APP
    data["summary"] = p.text(topic)
    p.add(at, kind, system, data, missing=missing)


def talk(p: Person, at: int) -> None:
    """The manager gets in touch for the sake of the relationship; often planned, not always reached at first."""
    at = moment(p.dice, at, OFFICE)
    if not p.here(at) or at > p.cared_until:
        return
    dice, channel, staff = p.dice, p.channels[p.dice.below(len(p.channels)) * p.dice.below(2)], p.acting(at)
    more: Data = {}
    if dice.chance(35):
        more["outreach"] = plan(p, at, channel, "relationship")
    if dice.chance(20) and channel in ("phone", "visit"):
        p.add(
            at - 2 * HOUR,
            "contact.attempted",
            CRM,
            {
                "channel": channel,
                "purpose": "relationship",
                "outcome": "not-reached",
                "staff": staff,
                **more,
                "reason": "no-answer",
            },
        )
    topic = channel if channel == "visit" else "meeting" if channel == "video" else "relationship"
    mood = dice.pick(("positive", "positive", "neutral", "neutral", "negative"))
    converse(p, at, channel, "outbound", "relationship", topic, staff=staff, sentiment=mood, **more)
    if more and dice.chance(40):
        p.add(at + 5 * MINUTE, "outreach.done", CRM, {"outreach": more["outreach"], "outcome": "reached"})
    if dice.chance(30) and channel in ("whatsapp", "email"):
        converse(
            p, at + dice.between(5, 300) * MINUTE, channel, "inbound", "relationship", "relationship", sentiment=mood
        )
    afterwards(p, at + 20 * MINUTE, staff)


def afterwards(p: Person, at: int, staff: str) -> None:
    """What a talk leaves behind: notes, needs, prospects."""
    dice = p.dice
    if dice.chance(25):
        p.add(at, "note.added", CRM, {"pinned": dice.chance(10), "text": p.text("note")})
    if dice.chance(12):
        p.add(
            at,
            "need.noted",
            CRM,
            {"need": dice.pick(NOTIONS), "category": dice.pick(p.favourites), "detail": p.text("need")},
        )
    if dice.chance(12):
        prospect(p, at + 10 * MINUTE, staff)


def plan(p: Person, at: int, channel: str, purpose: str) -> Data:
    """A contact that a person planned some days before, for that day."""
    name = f"OUT-{p.number:06d}-{at // HOUR}"
    content = p.dice.pick(("advice", "after-care", "birthday", "anniversary", "review"))
    data: Data = {
        "outreach": name,
        "due": stamp(at - at % HOUR),
        "purpose": purpose,
        "content": content,
        "channel": channel,
    }
    data |= {"staff": p.acting(at), "text": p.text("plan")}
    p.add(at - p.dice.between(3, 12) * DAY, "outreach.planned", DESK, data)
    return {"source": DESK.uri, "id": name}


def sell(p: Person, at: int) -> None:
    """An offer to somebody who agreed to get offers, and sometimes an answer."""
    at = moment(p.dice, at, OFFICE)
    channel = p.channels[0]
    if not p.may_sell(at) or at > p.cared_until:
        return
    converse(p, at, channel, "outbound", "selling", "selling", staff=p.acting(at))
    if p.dice.chance(35):
        converse(
            p, at + p.dice.between(10, 400) * MINUTE, channel, "inbound", "selling", "question", sentiment="neutral"
        )


def ask(p: Person, at: int) -> None:
    """They ask; somebody answers, at once on the telephone, within hours in writing."""
    dice = p.dice
    channel = dice.pick(
        ("phone", "whatsapp", "email", "whatsapp", "visit") if p.calls else ("whatsapp", "email", "app", "web-chat")
    )
    if channel == "phone":
        ring(p, moment(dice, at, OFFICE))
    elif channel == "visit":
        at = moment(dice, at, SHOP)
        converse(p, at, "visit", "inbound", "service", "visit", staff=p.handler(at), sentiment="positive")
    else:
        write(p, moment(dice, at, OFFICE if dice.chance(60) else HOME), channel)


def ring(p: Person, at: int) -> None:
    """A call in; one in eight is missed and called back."""
    staff = p.handler(at)
    if p.dice.chance(12):
        converse(p, at, "phone", "inbound", "service", "missed", outcome="missed")
        converse(p, at + p.dice.between(10, 170) * MINUTE, "phone", "outbound", "service", "answer", staff=staff)
    else:
        converse(
            p,
            at,
            "phone",
            "inbound",
            "service",
            "question",
            staff=staff,
            sentiment=p.dice.pick(("neutral", "positive", "negative")),
        )


def write(p: Person, at: int, channel: str) -> None:
    """A thread in writing: question, perhaps a machine's reply, an answer, perhaps thanks and more."""
    dice, thread = p.dice, f"T{p.number:06d}-{at // MINUTE}"
    converse(p, at, channel, "inbound", "service", "question", thread=thread)
    if dice.chance(35):
        data = {
            "channel": channel,
            "needs_human": dice.chance(70),
            "topic": dice.pick(NOTIONS),
            "thread": thread,
            "summary": p.text("auto"),
        }
        p.add(at, "auto-reply.sent", {"email": MAIL, "whatsapp": CHAT}.get(channel, APP), data)
    reply = moment(dice, at, OFFICE)
    reply = max(reply, at) + dice.between(5, 100) * MINUTE
    staff = p.handler(reply)
    converse(p, reply, channel, "outbound", "service", "answer", thread=thread, staff=staff)
    if dice.chance(45):
        back = reply + dice.between(2, 90) * MINUTE
        converse(p, back, channel, "inbound", "service", "question", thread=thread, sentiment="positive")
        converse(
            p, back + dice.between(3, 60) * MINUTE, channel, "outbound", "service", "answer", thread=thread, staff=staff
        )


def promise(p: Person, at: int) -> None:
    """Somebody says when; mostly it is done by then."""
    at = moment(p.dice, at, OFFICE)
    if not p.here(at):
        return
    fate = p.dice.below(100)
    due, name = after(at, p.dice.between(400, 1600)), f"PR-{p.number:06d}-{at // MINUTE}"
    data: Data = {
        "promise": name,
        "due": stamp(due - due % MINUTE),
        "kind": p.dice.pick(("callback", "answer", "visit", "other")),
    }
    p.add(at, "promise.made", DESK, data | {"staff": p.acting(at), "channel": p.channels[0], "text": p.text("promise")})
    if fate < 84:
        converse(p, before(due, 150), p.channels[0], "outbound", "service", "answer", staff=p.acting(due))
        p.add(before(due, 100), "promise.kept", CRM, {"promise": name}, late=p.dice.between(1, 60) * MINUTE)
    elif fate < 90:
        p.add(
            due + 4 * HOUR,
            "promise.broken",
            CRM,
            {"promise": name, "reason": p.dice.pick(("forgotten", "no-stock", "no-staff"))},
        )
    elif fate < 95:
        p.add(before(due, 300), "promise.released", CRM, {"promise": name})
    else:  # forgotten, until somebody goes through the list
        p.add(due + p.dice.between(3, 12) * DAY, "promise.broken", CRM, {"promise": name, "reason": "forgotten"})
