"""Complaints: each follows a course of steps, paced by the time that its severity allows."""

from collections.abc import Callable
from dataclasses import dataclass

from api.simulation.clock import DAY, HOUR, MINUTE, OFFICE, after, moment, stamp
from api.simulation.journal import APP, CHAT, CRM, DESK, MAIL, PBX, Data
from api.simulation.person import NEVER, Person
from api.simulation.shopping import money

BUDGET = {"critical": 8 * 60, "high": 16 * 60, "normal": 40 * 60, "low": 80 * 60}  # working minutes to resolve
CATEGORIES = ("delivery", "damaged", "double-charge", "service", "app", "claim")
CAUSES = ("mislabelled", "edc-timeout", "training", "release", "vendor", "unclear-terms")
OUTAGE = {"source": "urn:status:outages", "id": "OUTAGE-APP-1"}

COURSES: dict[str, str] = {
    "smooth": "assign acknowledge investigate respond resolve close rate",
    "quick": "acknowledge respond resolve close",
    "waiting": "assign acknowledge wait resume investigate respond resolve close",
    "vendor": "assign acknowledge investigate vendor respond resume respond resolve close",
    "extended": "assign acknowledge investigate extend respond resolve close rate",
    "reopened": "assign acknowledge respond resolve reopen assign investigate respond resolve close rate",
    "linked": "assign acknowledge link investigate respond resolve close",
    "escalated": "assign reclassify escalate acknowledge investigate respond resolve close",
    "withdrawn": "assign acknowledge withdraw",
    "silent": "acknowledge wait no-answer close",
    "handed-on": "assign acknowledge unassign assign investigate respond resolve close",
}


@dataclass(slots=True)
class Case:
    """A complaint on its way: where it stands and how fast it goes (percent of the time allowed)."""

    p: Person
    name: str
    severity: str
    opened: int
    at: int
    pace: int = 100

    def go(self, percent: int) -> None:
        """Let working time pass: so many percent of what the severity allows, at this case's pace."""
        self.at = after(self.at, 1 + BUDGET[self.severity] * percent * self.pace // 10_000 + self.p.dice.below(9))

    def add(self, kind: str, data: Data, late: int | None = None) -> None:
        """Report an event of this case."""
        self.p.add(self.at, f"complaint.{kind}", CRM, {"complaint": self.name, **data}, late=late)

    @property
    def ref(self) -> Data:
        """How other systems name it."""
        return {"source": CRM.uri, "id": self.name}


def complain(
    p: Person,
    at: int,
    course: str,
    *,
    severity: str = "",
    pace: int = 0,
    stop: str = "",
    intake: str = "",
    late: int | None = 20,
) -> Case:
    """Open a complaint at `at` and take it through a course, up to the step `stop` where one is given."""
    dice = p.dice
    p.cases += 1
    severity = severity or dice.pick(("low", "normal", "normal", "normal", "high", "high", "critical"))
    case = Case(p, f"CASE-{p.number:06d}-{p.cases}", severity, at, at, pace or dice.pick((50, 70, 70, 80, 90, 90, 150)))
    intake = intake or dice.pick(("spoken", "written", "written"))
    channel = "phone" if intake == "spoken" else "letter" if intake == "regulator" else p.channels[0]
    opening: Data = {
        "severity": severity,
        "intake": intake,
        "channel": channel,
        "category": dice.pick(CATEGORIES),
        "team": "complaints",
    }
    if dice.chance(40):
        opening["product"] = dice.pick(("EL-301", "EL-302", "RT-205", "RT-204", "AS-11", "KK-31"))
    if intake == "spoken":
        talked: Data = {
            "direction": "inbound",
            "complaint": case.ref,
            "staff": p.handler(at),
            "sentiment": "negative",
            "duration_s": 420,
        }
        p.add(at - 6 * MINUTE, "call.made", PBX, talked | {"summary": p.text("complaint")})
    case.add("opened", opening | {"description": p.text("complaint")}, late=late)
    for step in COURSES[course].split():
        if step == stop:
            p.troubles.append((at, NEVER))
            return case
        STEPS[step](case)
    p.troubles.append((at, case.at))
    return case


def assign(c: Case) -> None:
    """Somebody takes it."""
    c.go(2)
    c.add("assigned", {"handler": c.p.handler(c.at), "team": "complaints"})


def unassign(c: Case) -> None:
    """And gives it back."""
    c.go(4)
    c.add("assigned", {})


def acknowledge(c: Case) -> None:
    """We have it, perhaps until when."""
    c.go(6)
    data: Data = {"staff": c.p.handler(c.at)}
    if c.p.dice.chance(60):
        data["promised_due"] = stamp(after(c.opened, BUDGET[c.severity] * 9 // 10) // HOUR * HOUR + HOUR)
    c.add("acknowledged", data)


def investigate(c: Case) -> None:
    """Somebody looks into it."""
    c.go(20)
    c.add("investigated", {"staff": c.p.handler(c.at), "finding": c.p.text("finding")})


def respond(c: Case) -> None:
    """Something of substance, and perhaps more back and forth."""
    c.go(18)
    channel = c.p.channels[0]
    c.add("responded", {"channel": channel, "staff": c.p.handler(c.at), "summary": c.p.text("response")})
    if c.p.dice.chance(50):
        data: Data = {
            "direction": "inbound",
            "complaint": c.ref,
            "sentiment": "neutral",
            "summary": c.p.text("question"),
        }
        system = {"email": MAIL, "whatsapp": CHAT}.get(channel, PBX)
        kind = {"email": "email.exchanged", "whatsapp": "message.exchanged"}.get(channel, "call.made")
        if kind == "message.exchanged":
            data["channel"] = "whatsapp"
        answer = data | {"direction": "outbound", "staff": c.p.handler(c.at), "summary": c.p.text("answer")}
        c.p.add(c.at + 20 * MINUTE, kind, system, data)
        c.p.add(c.at + 50 * MINUTE, kind, system, answer)


def wait(c: Case) -> None:
    """For the customer: the clock stands still."""
    c.go(5)
    c.add("waiting", {"waiting_for": "customer", "reason": "photo-of-damage"})
    c.at = after(c.at, c.p.dice.between(4, 30) * 60)


def vendor(c: Case) -> None:
    """For somebody else: the clock goes on."""
    c.go(5)
    c.add("waiting", {"waiting_for": c.p.dice.pick(("vendor", "evidence", "problem")), "reason": "spare-part"})


def resume(c: Case) -> None:
    """Work goes on."""
    c.go(8)
    c.add("resumed", {})


def extend(c: Case) -> None:
    """More time, and mostly they are told."""
    c.go(15)
    c.add(
        "extended",
        {
            "until": stamp(after(c.at, BUDGET[c.severity]) // HOUR * HOUR),
            "notified": c.p.dice.chance(90),
            "reason": "third-party",
        },
    )


def reclassify(c: Case) -> None:
    """It is worse than it seemed."""
    c.go(5)
    c.add("reclassified", {"severity": "high", "category": c.p.dice.pick(CATEGORIES), "reason": "vulnerable"})
    c.severity = "high"


def link(c: Case) -> None:
    """It is part of something larger."""
    c.go(5)
    c.add("linked", {"cause": OUTAGE, "kind": c.p.dice.pick(("outage", "problem", "same-cause"))})


def escalate(c: Case) -> None:
    """One level up, or two."""
    c.go(20)
    c.add(
        "escalated",
        {"level": c.p.dice.between(1, 2), "to": c.p.dice.pick(c.p.company.leads), "reason": "deadline-near"},
    )


def resolve(c: Case) -> None:
    """We consider it settled."""
    c.go(30)
    outcome = c.p.dice.pick(("upheld", "upheld", "partly-upheld", "settled", "rejected"))
    data: Data = {"outcome": outcome, "root_cause": c.p.dice.pick(CAUSES), "staff": c.p.handler(c.at)}
    if outcome != "rejected" and c.p.dice.chance(60):
        data["redress"] = money(c.p.dice.between(2, 40) * 25_000)
    c.add("resolved", data | {"summary": c.p.text("resolution")})


def no_answer(c: Case) -> None:
    """The customer was silent for ten days."""
    c.at = moment(c.p.dice, c.at + 10 * DAY, OFFICE)
    c.add("resolved", {"outcome": "no-answer", "staff": c.p.handler(c.at), "summary": c.p.text("no-answer")})


def reopen(c: Case) -> None:
    """It was not settled after all."""
    c.at = moment(c.p.dice, c.at + c.p.dice.between(2, 20) * DAY, OFFICE)
    c.add("reopened", {"reason": "still-broken"}, late=30)


def close(c: Case) -> None:
    """Nobody objected."""
    c.at = moment(c.p.dice, c.at + 5 * DAY, OFFICE)
    c.add("closed", {})


def withdraw(c: Case) -> None:
    """They take it back."""
    c.go(30)
    c.add("withdrawn", {"reason": "mistaken"})


def rate(c: Case) -> None:
    """They say how we did."""
    score = c.p.dice.pick((1, 2, 3, 4, 4, 5, 5))
    text = c.p.text("praise" if score > 3 else "blame")
    c.p.add(c.at + DAY, "feedback.given", APP, {"metric": "csat", "score": score, "complaint": c.ref, "text": text})


def apologise(c: Case) -> None:
    """A promise that belongs to a case, kept by a benefit."""
    name = f"PR-{c.name}"
    data: Data = {"promise": name, "due": stamp(after(c.at, 960) // HOUR * HOUR), "kind": "answer", "complaint": c.name}
    c.p.add(c.at, "promise.made", DESK, data | {"staff": c.p.handler(c.at), "text": c.p.text("promise")})
    c.p.add(after(c.at, 600), "promise.kept", CRM, {"promise": name})


STEPS: dict[str, Callable[[Case], None]] = {
    "assign": assign,
    "unassign": unassign,
    "acknowledge": acknowledge,
    "investigate": investigate,
    "respond": respond,
    "wait": wait,
    "vendor": vendor,
    "resume": resume,
    "extend": extend,
    "reclassify": reclassify,
    "link": link,
    "escalate": escalate,
    "resolve": resolve,
    "no-answer": no_answer,
    "reopen": reopen,
    "close": close,
    "withdraw": withdraw,
    "rate": rate,
}


def troubles(p: Person) -> None:
    """What goes wrong in a life: seldom for most, again and again and badly for the angry."""
    dice, span = p.dice, min(p.left, p.end) - p.registered
    if p.persona == "angry":
        for i, course in enumerate(("extended", "reopened", "escalated", "handed-on")):
            complain(
                p,
                p.registered + span * (40 + 16 * i) // 100,
                course,
                severity=("normal", "high", "high", "critical")[i],
                pace=150 + 40 * i,
            )
        return
    mean = {"champion": 200, "loyal": 700, "organisation": 500, "returned": 900}.get(p.persona, 1400) * DAY
    at = p.registered + mean * dice.between(5, 180) // 100
    while at < p.end - 25 * DAY:
        if p.here(at):
            opened = moment(dice, at, OFFICE)
            case = complain(p, opened, dice.pick(tuple(COURSES)))
            if dice.chance(25):
                apologise(Case(p, case.name, case.severity, opened, after(opened, 60)))
        at += mean * dice.between(50, 180) // 100
