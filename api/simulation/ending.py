"""The last days: what a morning finds on both queues, at whatever instant the simulation ends."""

from collections.abc import Callable

from api.simulation.cases import BUDGET, complain
from api.simulation.clock import DAY, HOUR, MINUTE, before, stamp
from api.simulation.journal import APP, CHAT, DESK, MAIL, PBX, Data
from api.simulation.person import Person

LATE = 20  # seconds until a report: all of it has to be known at the end


def unfinished(p: Person, customers: int) -> None:
    """Something is left open with one customer in ten; with one in two of a small company."""
    every = 2 if customers < 300 else 10
    if p.number % every == 0 and p.registered < p.end - 30 * DAY and p.here(p.end - 1):
        ending = household_rings if p.shared else ENDINGS[p.number // every % len(ENDINGS)]
        ending(p)


def neglect(p: Person) -> None:
    """One in twenty-five is forgotten by us half a year before the end; must be settled before their life is lived."""
    if p.number % 25 == 7:
        p.cared_until = p.end - 170 * DAY


def overdue(severity: str, percent: int, stop: str) -> Callable[[Person], None]:
    """A complaint of a severity whose time is used up to so many percent, stuck before a step."""

    def ending(p: Person) -> None:
        opened = before(p.end, BUDGET[severity] * percent // 100 + p.number % 60)
        complain(p, opened, "smooth", severity=severity, pace=min(60, percent), stop=stop, intake="written")

    return ending


def waiting(p: Person) -> None:
    """The customer owes us something, and the clock stands still."""
    complain(p, before(p.end, 30 * 60), "waiting", severity="normal", pace=40, stop="resume")


def reopened(p: Person) -> None:
    """Settled once, and not after all."""
    complain(p, p.end - 25 * DAY, "reopened", severity="high", pace=60, stop="investigate")


def missed_call(p: Person) -> None:
    """Nobody picked up."""
    at = before(p.end, 50 + p.number % 90)
    data: Data = {"direction": "inbound", "outcome": "missed", "summary": p.text("missed")}
    p.add(at, "call.made", PBX, data, late=LATE)


def enquiry(p: Person) -> None:
    """A question by mail that nobody has answered."""
    at = before(p.end, 20 + p.number * 37 % 700)
    data: Data = {"direction": "inbound", "thread": f"T{p.number:06d}-last", "summary": p.text("question")}
    p.add(at, "email.exchanged", MAIL, data, late=LATE)


def machine_gave_up(p: Person) -> None:
    """A machine replied last night, and a human is needed."""
    at, thread = p.end - 3 * HOUR - p.number % 60 * MINUTE, f"T{p.number:06d}-last"
    asked: Data = {"direction": "inbound", "channel": "whatsapp", "thread": thread, "summary": p.text("question")}
    p.add(at, "message.exchanged", CHAT, asked, late=LATE)
    data: Data = {
        "channel": "whatsapp",
        "needs_human": True,
        "topic": "delivery-time",
        "thread": thread,
        "summary": p.text("auto"),
    }
    p.add(at, "auto-reply.sent", CHAT, data, late=LATE + 2)


def poor_rating(p: Person) -> None:
    """They say in public what they think of us."""
    data: Data = {
        "rating": p.dice.between(1, 2),
        "product": "EL-301",
        "platform": "marketplace",
        "text": p.text("blame"),
    }
    p.add(p.end - 5 * HOUR, "review.posted", APP, data, late=LATE)


def unanswered_idea(p: Person) -> None:
    """An idea that deserves an answer."""
    p.add(p.end - 28 * HOUR, "idea.contributed", APP, {"topic": "delivery", "text": p.text("idea")}, late=LATE)


def promise_due(p: Person) -> None:
    """Due in the course of the coming day, or since yesterday."""
    at, due = before(p.end, 500), p.end + p.dice.pick((-8, 9, 10, 11, 14, 15)) * HOUR
    data: Data = {
        "promise": f"PR-{p.number:06d}-last",
        "due": stamp(due),
        "kind": "callback",
        "channel": "phone",
        "staff": p.acting(at),
    }
    p.add(at, "promise.made", DESK, data | {"text": p.text("promise")}, late=LATE)


def outreach_due(p: Person) -> None:
    """Somebody planned to get in touch today, or yesterday."""
    at, due = before(p.end, 5 * 480), p.end + p.dice.pick((-15, 9, 10, 13, 16)) * HOUR
    name, content = f"OUT-{p.number:06d}-last", p.dice.pick(("advice", "after-care", "review", "maturity"))
    data: Data = {
        "outreach": name,
        "due": stamp(due),
        "purpose": "relationship",
        "content": content,
        "channel": p.channels[0],
    }
    p.add(at, "outreach.planned", DESK, data | {"staff": p.acting(at), "text": p.text("plan")}, late=LATE)
    if p.dice.chance(30):
        p.add(
            before(p.end, 300),
            "outreach.snoozed",
            DESK,
            {"outreach": name, "until": stamp(p.end + 10 * HOUR), "reason": "busy"},
            late=LATE,
        )


def ownerless(p: Person) -> None:
    """Nobody owns the relationship."""
    p.add(before(p.end, 6 * 480), "manager.unassigned", DESK, {"reason": "reorganisation"}, late=LATE)


def household_rings(p: Person) -> None:
    """A shared number that could be either of two; a stranger where this customer has none."""
    point = p.point("phone") if p.shared else {"kind": "phone", "value": f"+62 838 {7_000_0000 + p.number}"}
    data: Data = {
        "direction": "inbound",
        "contact_point": point,
        "staff": p.handler(p.end),
        "duration_s": 95,
        "summary": p.text("question"),
    }
    p.add(before(p.end, 200 + p.number % 100), "call.made", PBX, data, late=LATE, missing=True)


ENDINGS: tuple[Callable[[Person], None], ...] = (
    overdue("critical", 60, "respond"),
    overdue("normal", 92, "respond"),
    enquiry,
    promise_due,
    overdue("high", 150, "acknowledge"),
    missed_call,
    outreach_due,
    household_rings,
    overdue("low", 45, "investigate"),
    machine_gave_up,
    promise_due,
    overdue("high", 85, "resolve"),
    poor_rating,
    overdue("normal", 130, "investigate"),
    outreach_due,
    waiting,
    overdue("normal", 3, "assign"),
    unanswered_idea,
    ownerless,
    reopened,
    overdue("low", 110, "resolve"),
    missed_call,
    enquiry,
)
