"""What happens once in a while: moves, wishes, refusals, mistakes that are corrected, facts that come too soon."""

from collections.abc import Callable

from api.simulation import names
from api.simulation.cases import BUDGET, COURSES, complain
from api.simulation.clock import DAY, HOUR, MINUTE, OFFICE, SHOP, after, moment, stamp
from api.simulation.journal import CHAT, CRM, DESK, FIELD, MAIL, PBX, TILL, Data
from api.simulation.person import Person
from api.simulation.talks import plan

Scene = Callable[[Person, int], None]


def occasions(p: Person) -> None:
    """A scene for all who stay long enough, for some two; neighbours differ, so that each is somebody's."""
    life = min(p.left, p.end) - p.registered
    if p.stops_selling < p.registered + life:
        refuses(p, p.stops_selling)
    for share, step in ((35, 1), (60, 7)):
        at = moment(p.dice, p.registered + life * share // 100, OFFICE)
        if life > 20 * DAY and (step == 1 or p.dice.chance(20)):
            SCENES[p.number * step % len(SCENES)](p, at)


# --- who they are ------------------------------------------------------------------------


def moves(p: Person, at: int) -> None:
    """Another address, perhaps another time zone."""
    city, post, zone, _ = p.dice.pick(names.CITIES)
    p.add(at, "customer.profile-changed", DESK, {"timezone": zone, "address": names.address(p.dice, city, post)})


def new_number(p: Person, at: int) -> None:
    """The old number is given up; who gets it next is a stranger to us."""
    p.add(at, "customer.identifier-removed", DESK, {"kind": "phone", "value": p.phone}, late=5)
    p.add(
        at + MINUTE,
        "customer.identified",
        DESK,
        {"kind": "phone", "value": names.phone(p.number, 2), "since": stamp(at - at % MINUTE)},
        late=5,
    )
    stranger = {
        "direction": "inbound",
        "outcome": "wrong-person",
        "contact_point": p.point("phone"),
        "summary": p.text("missed"),
    }
    p.add(at + 40 * DAY, "call.made", PBX, stranger, missing=True)


def contested(p: Person, at: int) -> None:
    """Two say that one number is theirs alone."""
    if p.number > 1 and not p.shared:
        p.add(at, "customer.identified", DESK, {"kind": "phone", "value": names.phone(p.number - 1)})


def vulnerable(p: Person, at: int) -> None:
    """Somebody to be treated with care."""
    data: Data = {
        "instruction": p.dice.pick(("hard-of-hearing", "bereaved", "elderly", "speak-slowly")),
        "text": p.text("handling"),
    }
    if p.dice.chance(50):
        data["until"] = stamp(at + 180 * DAY)
    p.add(at, "handling.instructed", DESK, data)


def joins(p: Person, at: int) -> None:
    """They join us where others see it."""
    for i, act in enumerate(("follow", "like", "join", "comment")):
        p.add(
            at + i * 6 * MINUTE,
            "community.engaged",
            CHAT,
            {"platform": "instagram", "act": act, "text": p.text("praise")},
        )


# --- what they wish and refuse -----------------------------------------------------------

WISHES: tuple[Data, ...] = (
    {
        "windows": [{"start": "12:00", "end": "13:00"}],
        "preferred": ["whatsapp"],
        "cadence": [{"times": 1, "per": "month"}],
    },
    {"windows": [{"days": ["wed"], "start": "09:00", "end": "17:00"}], "cadence": [{"times": 2, "per": "month"}]},
    {
        "windows": [
            {"days": ["sat"], "start": "08:00", "end": "12:00"},
            {"days": ["sat"], "start": "15:00", "end": "18:00"},
        ]
    },
    {"windows": [{"start": "21:00", "end": "01:30"}], "preferred": ["whatsapp", "email"], "topics": ["technology"]},
    {"refused": ["phone"], "preferred": ["email"], "cadence": [{"times": 1, "per": "quarter"}]},
    {
        "cadence": [{"times": 6, "per": "month"}],
        "benefits": ["personal-service"],
        "allowed": ["whatsapp", "email", "visit"],
    },
    {
        "cadence": [{"times": 2, "per": "year", "channel": "visit"}, {"times": 1, "channel": "email"}],
        "staff_traits": {"gender": "female"},
    },
    {"topics": ["advice", "insurance"], "benefits": ["discount", "free-delivery"], "staff_traits": {"language": "jv"}},
)


def wishes(p: Person, at: int) -> None:
    """When, how often, by whom and on which channel; some take it back."""
    wish = dict(p.dice.pick(WISHES))
    if "refused" in wish:
        p.channels = [channel for channel in p.channels if channel not in wish["refused"]]
    if p.dice.chance(30):
        wish["staff"] = [p.manager(at)]
    p.add(at, "preference.stated", DESK, wish | {"text": p.text("wish")})
    if p.dice.chance(25):
        p.add(at + 90 * DAY, "preference.stated", CRM, {"windows": [], "text": p.text("wish")})


def rests(p: Person, at: int) -> None:
    """They want peace for a while; a contact that was planned is held."""
    due = plan(p, at + 20 * DAY, p.channels[0], "relationship")
    p.add(at, "preference.stated", DESK, {"rest_until": stamp(at + 60 * DAY), "text": p.text("wish")})
    held: Data = {
        "channel": p.channels[0],
        "purpose": "relationship",
        "outcome": "held",
        "reason": "rest-asked-for",
        "outreach": due,
    }
    p.add(at + 20 * DAY, "contact.attempted", DESK, held | {"staff": p.acting(at), "permit": f"PM-{p.number:06d}"})
    p.add(
        at + 21 * DAY,
        "outreach.snoozed",
        DESK,
        {"outreach": due, "until": stamp(at + 61 * DAY), "reason": "rest-asked-for"},
    )
    p.add(at + 62 * DAY, "outreach.done", CRM, {"outreach": due, "outcome": "reached"})


def refuses(p: Person, at: int) -> None:
    """No more offers; some are told late by another system, and some agree again."""
    if p.stops_selling < at:
        return
    p.stops_selling = at
    p.add(
        at,
        "consent.withdrawn",
        CRM,
        {"purpose": "selling", "evidence": "recording", "text": p.text("refusal")},
        late=p.dice.between(1, 90) * HOUR,
    )
    held: Data = {
        "channel": p.channels[0],
        "purpose": "selling",
        "outcome": "held",
        "reason": "no-consent",
        "staff": p.acting(at),
    }
    p.add(at + 9 * DAY, "contact.attempted", DESK, held)
    if p.dice.chance(25):
        again: Data = {"purpose": "selling", "channel": "email", "until": stamp(at + 300 * DAY), "evidence": "tick-box"}
        p.add(at + 100 * DAY, "consent.granted", DESK, again | {"text": p.text("consent")})


def cancels_plan(p: Person, at: int) -> None:
    """A contact that was planned will not take place."""
    due = plan(p, at + 10 * DAY, p.channels[0], "relationship")
    p.add(at, "outreach.cancelled", DESK, {"outreach": due, "reason": "moved-abroad"})


def tries_often(p: Person, at: int) -> None:
    """Three attempts that fail, then another way."""
    for i, outcome in enumerate(("not-reached", "busy", "voicemail")):
        data: Data = {"channel": "phone", "purpose": "service", "outcome": outcome, "staff": p.acting(at)}
        p.add(at + i * DAY, "contact.attempted", CRM, data)
    data = {"direction": "outbound", "purpose": "service", "staff": p.acting(at), "summary": p.text("answer")}
    p.add(at + 3 * DAY, "message.exchanged", CHAT, data | {"channel": "whatsapp"})


def covered(p: Person, at: int) -> None:
    """Somebody else cares for them for a while; the owner stays."""
    cover = p.company.managers[(p.number + 1) % len(p.company.managers)]
    p.add(at, "cover.arranged", DESK, {"cover": cover, "until": stamp(at + 14 * DAY), "reason": "training"})


def orphaned(p: Person, at: int) -> None:
    """Nobody owns the relationship for some weeks."""
    p.add(at, "manager.unassigned", DESK, {"reason": "reorganisation"})
    again: Data = {"manager": p.manager(at), "reason": "reorganisation", "note": p.text("handover")}
    p.add(at + 25 * DAY, "manager.assigned", DESK, again)


# --- promises, mistakes, facts out of order ----------------------------------------------


def promises(p: Person, at: int) -> None:
    """One of each fate: kept, broken, released, and one that is kept too late."""
    for i, fate in enumerate(("kept", "broken", "released", "kept")):
        start, name = at + i * 6 * DAY, f"PRM-{p.number:06d}-{i}"
        data: Data = {
            "promise": name,
            "due": stamp(start + DAY - start % MINUTE),
            "kind": ("callback", "answer", "delivery", "visit")[i],
        }
        p.add(start, "promise.made", DESK, data | {"staff": p.acting(start), "text": p.text("promise")})
        p.add(
            start + (23 * HOUR if i < 3 else 9 * DAY),
            f"promise.{fate}",
            DESK,
            {"promise": name} | ({"reason": "forgotten"} if fate == "broken" else {}),
        )


def corrects(p: Person, at: int) -> None:
    """A call was noted with the wrong outcome and hour; a purchase with the wrong amount."""
    call: Data = {
        "direction": "outbound",
        "purpose": "relationship",
        "staff": p.acting(at),
        "outcome": "not-reached",
        "summary": p.text("attempt"),
    }
    target = p.add(at, "call.made", PBX, call)
    right = call | {"outcome": "reached", "summary": p.text("relationship")}
    p.add(
        at + DAY,
        "touchpoint.corrected",
        DESK,
        {
            "target": target,
            "target_type": "call.made.v1",
            "time": stamp(at + 30 * MINUTE),
            "data": right,
            "reason": "wrong-outcome",
        },
    )
    name, line = f"TK-{p.number:06d}", {"product": "GR-104", "category": "groceries"}
    bought: Data = {"purchase": name, "currency": "IDR", "lines": [line | {"amount": "4500000"}]}
    target = p.add(at + 3 * DAY, "purchase.made", TILL, bought)
    bought = {**bought, "total": "450000", "lines": [line | {"amount": "450000"}]}
    late = p.dice.pick((0, 1)) * 40 * MINUTE
    wrong: Data = {"target": target, "target_type": "purchase.made.v1", "data": bought, "reason": "typing-error"}
    p.add(at + 4 * DAY, "touchpoint.corrected", TILL, wrong, late=late + 60)


def corrects_too_soon(p: Person, at: int) -> None:
    """The correction is here before what it corrects."""
    visit: Data = {
        "direction": "outbound",
        "purpose": "relationship",
        "staff": p.acting(at),
        "duration_s": 1200,
        "summary": p.text("visit"),
    }
    target = p.add(at, "visit.made", FIELD, visit, late=5 * DAY)
    right = visit | {"duration_s": 3600, "summary": p.text("visit")}
    p.add(
        at + DAY,
        "touchpoint.corrected",
        DESK,
        {"target": target, "target_type": "visit.made.v1", "data": right, "reason": "wrong-duration"},
    )


def voids(p: Person, at: int) -> None:
    """A mail on the wrong customer is voided and recorded anew; a wrong void is itself voided."""
    mail: Data = {"direction": "inbound", "purpose": "service", "summary": p.text("question")}
    target = p.add(at, "email.exchanged", MAIL, mail)
    if p.number > 1:
        p.add(at, "email.exchanged", MAIL, mail, subject=f"crm:C-{p.number - 1:06d}", late=2 * DAY)
    p.add(at + 2 * DAY, "touchpoint.voided", DESK, {"target": target, "reason": "wrong-customer"})
    other = p.add(
        moment(p.dice, at + 3 * DAY, SHOP),
        "visit.made",
        FIELD,
        {"direction": "inbound", "duration_s": 600, "summary": p.text("visit")},
    )
    void = p.add(at + 5 * DAY, "touchpoint.voided", DESK, {"target": other, "reason": "thought-double"})
    p.add(at + 6 * DAY, "touchpoint.voided", DESK, {"target": void, "reason": "was-right"})


def resolved_too_soon(p: Person, at: int) -> None:
    """The complaint is typed in days after its resolution was reported."""
    complain(p, at, "quick", severity="high", pace=60, late=after(at, BUDGET["normal"] * 2) - at)


def regulator(p: Person, at: int) -> None:
    """They went to the regulator first."""
    complain(p, at, "escalated", severity="high", pace=80, intake="regulator")


def course(name: str) -> Scene:
    """A complaint that takes this course."""

    def scene(p: Person, at: int) -> None:
        complain(p, at, name)

    return scene


SCENES: tuple[Scene, ...] = (
    wishes,
    moves,
    corrects,
    vulnerable,
    refuses,
    promises,
    voids,
    joins,
    covered,
    new_number,
    wishes,
    rests,
    tries_often,
    cancels_plan,
    orphaned,
    corrects_too_soon,
    contested,
    resolved_too_soon,
    regulator,
    wishes,
    *(course(name) for name in COURSES),
)
