"""What commands come to: tables of worked cases, each decided by hand from the rules before the code was asked.

A case: what it shows, the history, the command on which day (of the story; hours may follow), its fields, and the event or
the code of the refusal. Refusals that carry more than a code are looked at one by one below.
"""

from typing import Any, NamedTuple

import pytest

from domain import events as e
from domain.commands.deciding import COMMANDS, FAMILIES, schema
from domain.events import Event
from domain.vocabulary import TYPES, is_beside
from tests.domain.commanding import given
from tests.examples import COMPLAINT, OUTREACH, PROMISE, day, moment, uid
from tests.spec import a

KNOWN = a(e.CustomerRegistered, 0)
OPENED = a(e.ComplaintOpened, 1, handler=None)
HELD = a(e.ComplaintOpened, 1, handler="budi")
TEAMLESS = a(e.ComplaintOpened, 1, handler=None, team=None)
OTHER = a(e.ComplaintOpened, 1, complaint=uid("complaint 9"), handler=None)
WAITING = a(e.ComplaintWaiting, 2, waiting_for="customer")
RESOLVED = a(e.ComplaintResolved, 3)
CLOSED = a(e.ComplaintClosed, 4)
WITHDRAWN = a(e.ComplaintWithdrawn, 3)
EXTENDED = a(e.ComplaintExtended, 2, until=moment(40))
ACKNOWLEDGED = a(e.ComplaintAcknowledged, 2, promised_due=moment(8))
PROMISED = a(e.PromiseMade, 1, due=moment(9))
PLANNED = a(e.OutreachPlanned, 1, due=moment(9))
ASSIGNED = a(e.ManagerAssigned, 1)
ENDED = a(e.RelationshipEnded, 2)
REFUSING = a(e.PreferenceStated, 1, refused=("phone",), preferred=("whatsapp",), staff=(), windows=())
PICKY = a(e.PreferenceStated, 1, refused=(), preferred=(), staff=("ani",), windows=())
AGREED = a(e.ConsentGranted, 1, purpose="selling", channel="whatsapp", until=None)
WITHDREW = a(e.ConsentWithdrawn, 2, purpose="selling", channel="whatsapp")
TREATED = a(e.HandlingInstructed, 1)


class Case(NamedTuple):
    """One worked case."""

    shows: str
    history: tuple[Event, ...]
    command: str
    at: float
    data: dict[str, Any]
    said: str


def case(shows: str, history: tuple[Event, ...], command: str, at: float, said: str, **data: Any) -> Any:
    return pytest.param(Case(shows, history, command, at, data, said), id=shows)


COMPLAINTS = [
    case("a complaint is taken up", (KNOWN,), "open-complaint", 1, "complaint.opened.v1", severity="high"),
    case("one under a reference of ours that is open", (OPENED,), "open-complaint", 2, "already-open", complaint=COMPLAINT),
    case("one under a reference that was settled", (OPENED, RESOLVED), "open-complaint", 9, "already-open",
         complaint=COMPLAINT),
    case("who has none has none to claim", (KNOWN,), "claim-complaint", 2, "not-open", by="ani"),
    case("the only open one is meant", (OPENED,), "claim-complaint", 2, "complaint.assigned.v1", by="ani"),
    case("of two open ones one has to be named", (OPENED, OTHER), "claim-complaint", 2, "which-one", by="ani"),
    case("a named one of two", (OPENED, OTHER), "claim-complaint", 2, "complaint.assigned.v1", by="ani",
         complaint=COMPLAINT),
    case("one that is not theirs", (OPENED,), "claim-complaint", 2, "not-their-complaint", by="ani",
         complaint=uid("nobody's")),
    case("nobody claims for nobody", (OPENED,), "claim-complaint", 2, "invalid-event"),
    case("claimed by somebody else", (HELD,), "claim-complaint", 2, "already-claimed", by="ani"),
    case("claimed again by the same", (HELD,), "claim-complaint", 2, "nothing-changes", by="budi"),
    case("a settled one is not claimed", (OPENED, RESOLVED), "claim-complaint", 4, "not-open", by="ani"),
    case("given to a handler", (OPENED,), "assign-complaint", 2, "complaint.assigned.v1", handler="ani"),
    case("given to another team", (OPENED,), "assign-complaint", 2, "complaint.assigned.v1", team="quality"),
    case("given to the team that has it", (OPENED,), "assign-complaint", 2, "nothing-changes", team="care"),
    case("given to nobody", (OPENED,), "assign-complaint", 2, "not-assigned"),
    case("given over the head of its handler", (HELD,), "assign-complaint", 2, "already-claimed", handler="ani"),
    case("handed over", (HELD,), "transfer-complaint", 2, "complaint.assigned.v1", handler="ani"),
    case("handed over to whom it belongs", (HELD,), "transfer-complaint", 2, "nothing-changes", handler="budi"),
    case("handed over by nobody", (TEAMLESS,), "transfer-complaint", 2, "not-assigned", handler="ani"),
    case("given back to the team", (HELD,), "release-complaint", 2, "complaint.assigned.v1"),
    case("given back by nobody", (OPENED,), "release-complaint", 2, "not-assigned"),
    case("acknowledged", (OPENED,), "acknowledge-complaint", 2, "complaint.acknowledged.v1"),
    case("acknowledged twice", (OPENED, ACKNOWLEDGED), "acknowledge-complaint", 3, "nothing-changes"),
    case("acknowledged again with another date", (OPENED, ACKNOWLEDGED), "acknowledge-complaint", 3,
         "complaint.acknowledged.v1", promised_due=moment(9)),
    case("promised for yesterday", (OPENED,), "acknowledge-complaint", 3, "not-ahead", promised_due=moment(2)),
    case("acknowledged after its end", (OPENED, RESOLVED), "acknowledge-complaint", 4, "not-open"),
    case("looked into twice", (OPENED, a(e.ComplaintInvestigated, 2)), "investigate-complaint", 3,
         "complaint.investigated.v1", finding="a bad batch"),
    case("told them something", (OPENED,), "respond-complaint", 2, "complaint.responded.v1"),
    case("told them after its end", (OPENED, WITHDRAWN), "respond-complaint", 4, "not-open"),
    case("left waiting", (OPENED,), "wait-complaint", 2, "complaint.waiting.v1", waiting_for="vendor"),
    case("left waiting for the same", (OPENED, WAITING), "wait-complaint", 3, "nothing-changes", waiting_for="customer"),
    case("left waiting for somebody else", (OPENED, WAITING), "wait-complaint", 3, "complaint.waiting.v1",
         waiting_for="vendor"),
    case("for whom has to be said", (OPENED,), "wait-complaint", 2, "invalid-event"),
    case("gone on with", (OPENED, WAITING), "resume-complaint", 3, "complaint.resumed.v1"),
    case("gone on with twice", (OPENED, WAITING, a(e.ComplaintResumed, 3)), "resume-complaint", 4, "not-waiting"),
    case("gone on with after its end", (OPENED, WAITING, RESOLVED), "resume-complaint", 4, "not-open"),
    # Of silver and below a high one has to be resolved in two working days, so forty days are an extension.
    case("given more time", (OPENED,), "extend-complaint", 2, "complaint.extended.v1", until=moment(40)),
    case("given more time twice", (OPENED, EXTENDED), "extend-complaint", 3, "already-extended", until=moment(50)),
    case("given more time again in the next round", (OPENED, EXTENDED, RESOLVED, a(e.ComplaintReopened, 5)),
         "extend-complaint", 6, "complaint.extended.v1", until=moment(60)),
    # Opened on Tuesday 6 January at 09:00 in Jakarta: two working days end on Thursday at 09:00.
    case("given less time than it has", (OPENED,), "extend-complaint", 1.2, "not-ahead", until=moment(1.5)),
    case("given more time without a word", (OPENED,), "extend-complaint", 2, "not-notified", until=moment(40),
         notified=False),
    case("given time that is over", (OPENED,), "extend-complaint", 2, "not-ahead", until=moment(1)),
    case("called worse", (OPENED,), "reclassify-complaint", 2, "complaint.reclassified.v1", severity="critical"),
    case("called what it is", (OPENED,), "reclassify-complaint", 2, "nothing-changes", severity="high"),
    case("called worse after its end", (OPENED, RESOLVED), "reclassify-complaint", 4, "not-open", severity="critical",
         complaint=COMPLAINT),
    case("sorted in another category after its end", (OPENED, RESOLVED), "reclassify-complaint", 4,
         "complaint.reclassified.v1", category="shipping", complaint=COMPLAINT),
    case("linked", (OPENED,), "link-complaint", 2, "complaint.linked.v1", cause=uid("outage 1"), kind="outage"),
    case("linked twice", (OPENED, a(e.ComplaintLinked, 2)), "link-complaint", 3, "nothing-changes",
         cause=uid("complaint 0")),
    case("linked with itself", (OPENED,), "link-complaint", 2, "nothing-changes", cause=COMPLAINT),
    case("taken up", (OPENED,), "escalate-complaint", 2, "complaint.escalated.v1", level=1),
    case("taken up as high as it is", (OPENED, a(e.ComplaintEscalated, 2)), "escalate-complaint", 3, "nothing-changes",
         level=1),
    case("settled", (OPENED,), "resolve-complaint", 2, "complaint.resolved.v1", outcome="upheld"),
    case("settled while it waits", (OPENED, WAITING), "resolve-complaint", 3, "complaint.resolved.v1"),
    case("settled twice", (OPENED, RESOLVED), "resolve-complaint", 4, "not-open"),
    # Thirty days after it was resolved on day 3 are over on day 33.
    case("reopened on the last day", (OPENED, RESOLVED), "reopen-complaint", 33, "complaint.reopened.v1"),
    case("reopened a day too late", (OPENED, RESOLVED), "reopen-complaint", 34, "too-late-to-reopen"),
    case("reopened after closing, within thirty days", (OPENED, RESOLVED, CLOSED), "reopen-complaint", 20,
         "complaint.reopened.v1"),
    case("reopened while it is open", (OPENED,), "reopen-complaint", 2, "already-open"),
    case("reopened what they took back", (OPENED, WITHDRAWN), "reopen-complaint", 9, "complaint.reopened.v1"),
    # Waiting for the customer for ten days, it counts as resolved on day 12, and may be reopened until day 42.
    case("gone on with after nobody answered", (OPENED, WAITING), "resume-complaint", 13, "not-open"),
    case("reopened after nobody answered", (OPENED, WAITING), "reopen-complaint", 13, "complaint.reopened.v1"),
    case("reopened long after nobody answered", (OPENED, WAITING), "reopen-complaint", 43, "too-late-to-reopen"),
    case("closed", (OPENED, RESOLVED), "close-complaint", 4, "complaint.closed.v1"),
    case("closed before it is settled", (OPENED,), "close-complaint", 2, "not-resolved"),
    case("closed twice", (OPENED, RESOLVED, CLOSED), "close-complaint", 5, "not-open"),
    # Five days after it was resolved on day 3 time has closed it.
    case("closed after time has", (OPENED, RESOLVED), "close-complaint", 9, "not-open"),
    case("taken back", (OPENED,), "withdraw-complaint", 2, "complaint.withdrawn.v1"),
    case("taken back after its end", (OPENED, RESOLVED), "withdraw-complaint", 4, "not-open"),
]  # fmt: skip

CONTACTS = [
    case("a contact is planned", (KNOWN,), "plan-outreach", 2, "outreach.planned.v1", due=moment(9)),
    case("planned twice", (PLANNED,), "plan-outreach", 2, "already-planned", due=moment(9), outreach=OUTREACH),
    case("planned for yesterday", (KNOWN,), "plan-outreach", 2, "not-ahead", due=moment(1)),
    case("planned on a refused channel", (REFUSING,), "plan-outreach", 2, "refused-channel", due=moment(9),
         channel="phone"),
    case("planned on another channel", (REFUSING,), "plan-outreach", 2, "outreach.planned.v1", due=moment(9),
         channel="whatsapp"),
    case("planned to sell without consent", (KNOWN,), "plan-outreach", 2, "refused-purpose", due=moment(9),
         purpose="selling", channel="whatsapp"),
    case("planned to sell with consent", (AGREED,), "plan-outreach", 2, "outreach.planned.v1", due=moment(9),
         purpose="selling", channel="whatsapp"),
    case("planned to sell after they withdrew", (AGREED, WITHDREW), "plan-outreach", 3, "refused-purpose",
         due=moment(9), purpose="selling", channel="whatsapp"),
    case("planned after the end", (KNOWN, ENDED), "plan-outreach", 3, "relationship-ended", due=moment(9)),
    case("put off", (PLANNED,), "snooze-outreach", 2, "outreach.snoozed.v1", outreach=OUTREACH, until=moment(12)),
    case("put off what is due by the rhythm", (KNOWN,), "snooze-outreach", 2, "outreach.snoozed.v1", until=moment(12)),
    case("put off what is not planned", (KNOWN,), "snooze-outreach", 2, "outreach-not-open", outreach=OUTREACH,
         until=moment(12)),
    case("put off until yesterday", (PLANNED,), "snooze-outreach", 2, "not-ahead", outreach=OUTREACH, until=moment(1)),
    case("put off as it is", (PLANNED, a(e.OutreachSnoozed, 2, until=moment(12))), "snooze-outreach", 3,
         "nothing-changes", outreach=OUTREACH, until=moment(12)),
    case("done", (PLANNED,), "finish-outreach", 2, "outreach.done.v1", outreach=OUTREACH),
    case("done twice", (PLANNED, a(e.OutreachDone, 2)), "finish-outreach", 3, "outreach-not-open", outreach=OUTREACH),
    case("cancelled", (PLANNED,), "cancel-outreach", 2, "outreach.cancelled.v1", outreach=OUTREACH),
    case("cancelled twice", (PLANNED, a(e.OutreachCancelled, 2)), "cancel-outreach", 3, "outreach-not-open",
         outreach=OUTREACH),
    case("cancelled before any is due", (PLANNED,), "cancel-outreach", 2, "outreach-not-open"),
    case("a call is logged", (KNOWN,), "log-call", 2, "call.made.v1", direction="inbound"),
    case("a call on a refused channel took place all the same", (REFUSING,), "log-call", 2, "call.made.v1",
         direction="outbound"),
    case("a call about a complaint that is not theirs", (KNOWN,), "log-call", 2, "not-their-complaint",
         direction="inbound", complaint=COMPLAINT),
    case("a call prompted by nothing of theirs", (KNOWN,), "log-call", 2, "unknown-event", direction="inbound",
         prompted_by=uid("nothing")),
    case("a call's channel is no question", (KNOWN,), "log-call", 2, "invalid-event", direction="inbound",
         channel="phone"),
    case("a message", (KNOWN,), "log-message", 2, "message.exchanged.v1", direction="outbound", channel="whatsapp"),
    case("a message on no channel", (KNOWN,), "log-message", 2, "invalid-event", direction="outbound"),
    case("a promise", (KNOWN,), "make-promise", 2, "promise.made.v1", due=moment(9)),
    case("a promise twice", (PROMISED,), "make-promise", 2, "already-promised", due=moment(9), promise=PROMISE),
    case("a promise for yesterday", (KNOWN,), "make-promise", 2, "not-ahead", due=moment(1)),
    case("a promise to call who wants no calls", (REFUSING,), "make-promise", 2, "refused-channel", due=moment(9),
         channel="phone"),
    case("a promise kept", (PROMISED,), "keep-promise", 2, "promise.kept.v1"),
    case("a promise kept twice", (PROMISED, a(e.PromiseKept, 2)), "keep-promise", 3, "promise-not-open"),
    case("a promise broken after it was kept", (PROMISED, a(e.PromiseKept, 2)), "break-promise", 3, "promise-not-open",
         promise=PROMISE),
    case("a promise broken", (PROMISED,), "break-promise", 12, "promise.broken.v1", reason="forgotten"),
    case("a promise released", (PROMISED,), "release-promise", 2, "promise.released.v1"),
]  # fmt: skip

PEOPLE = [
    case("they agree", (KNOWN,), "grant-consent", 2, "consent.granted.v1", purpose="selling", channel="email"),
    case("they agree again", (AGREED,), "grant-consent", 2, "nothing-changes", purpose="selling", channel="whatsapp"),
    case("they agree for longer", (AGREED,), "grant-consent", 2, "consent.granted.v1", purpose="selling",
         channel="whatsapp", until=moment(99)),
    case("they agree until yesterday", (KNOWN,), "grant-consent", 2, "not-ahead", purpose="selling", until=moment(1)),
    case("they agree anew after they withdrew all", (AGREED, a(e.ConsentWithdrawn, 2, purpose=None, channel=None)),
         "grant-consent", 3, "consent.granted.v1", purpose="selling", channel="whatsapp"),
    case("they withdraw", (AGREED,), "withdraw-consent", 2, "consent.withdrawn.v1", purpose="selling",
         channel="whatsapp"),
    case("they withdraw what they never gave", (KNOWN,), "withdraw-consent", 2, "consent.withdrawn.v1",
         purpose="selling"),
    case("they withdraw twice", (AGREED, WITHDREW), "withdraw-consent", 3, "nothing-changes", purpose="selling",
         channel="whatsapp"),
    case("they wish", (KNOWN,), "state-preference", 2, "preference.stated.v1", preferred=("email",)),
    case("they wish nothing", (KNOWN,), "state-preference", 2, "nothing-changes"),
    case("they wish what they wish", (REFUSING,), "state-preference", 2, "nothing-changes", refused=("phone",)),
    case("they take a wish back", (REFUSING,), "state-preference", 2, "preference.stated.v1", refused=()),
    case("they prefer what they refused", (REFUSING,), "state-preference", 2, "contradictory-wishes",
         preferred=("phone",)),
    case("they prefer what they refuse no more", (REFUSING,), "state-preference", 2, "preference.stated.v1",
         preferred=("phone",), refused=()),
    case("a note", (KNOWN,), "add-note", 2, "note.added.v1", text="likes tea"),
    case("a note without words", (KNOWN,), "add-note", 2, "invalid-event"),
    case("a need", (KNOWN,), "note-need", 2, "need.noted.v1", need="delivery-on-saturday"),
    case("how to treat them", (KNOWN,), "instruct-handling", 2, "handling.instructed.v1", instruction="hard-of-hearing"),
    case("how to treat them until yesterday", (KNOWN,), "instruct-handling", 2, "not-ahead", instruction="x",
         until=moment(1)),
    case("another language", (KNOWN,), "change-profile", 2, "customer.profile-changed.v1", language="en"),
    case("the same language", (KNOWN,), "change-profile", 2, "nothing-changes", language="id"),
    case("a name, which nobody compares", (KNOWN,), "change-profile", 2, "customer.profile-changed.v1", name="Siti"),
    case("another trait", (KNOWN,), "change-profile", 2, "customer.profile-changed.v1", traits={"sector": "batik"}),
    case("the end", (KNOWN,), "end-relationship", 2, "relationship.ended.v1", by_="customer"),
    case("the end twice", (KNOWN, ENDED), "end-relationship", 3, "nothing-changes", by_="company"),
    case("a benefit", (KNOWN,), "grant-benefit", 2, "benefit.granted.v1", benefit="free-delivery"),
    case("a benefit after the end", (KNOWN, ENDED), "grant-benefit", 3, "relationship-ended", benefit="free-delivery"),
    case("somebody for them", (KNOWN,), "assign-manager", 2, "manager.assigned.v1", manager="ani"),
    case("the same for them", (ASSIGNED,), "assign-manager", 2, "nothing-changes", manager="ani"),
    case("somebody they do not accept", (PICKY,), "assign-manager", 2, "unwished-staff", manager="budi"),
    case("somebody they accept", (PICKY,), "assign-manager", 2, "manager.assigned.v1", manager="ani"),
    case("somebody after the end", (KNOWN, ENDED), "assign-manager", 3, "relationship-ended", manager="ani"),
    case("nobody for them", (ASSIGNED,), "unassign-manager", 2, "manager.unassigned.v1", reason="left"),
    case("nobody for whom nobody is", (KNOWN,), "unassign-manager", 2, "not-assigned"),
    case("introduced", (ASSIGNED,), "introduce-manager", 2, "manager.introduced.v1"),
    case("introduced twice", (ASSIGNED, a(e.ManagerIntroduced, 2)), "introduce-manager", 3, "nothing-changes"),
    case("introduced as what they are not", (ASSIGNED,), "introduce-manager", 2, "not-the-owner", manager="budi"),
    case("introduced where nobody is", (KNOWN,), "introduce-manager", 2, "invalid-event"),
    case("covered for", (ASSIGNED,), "arrange-cover", 2, "cover.arranged.v1", cover="budi", until=moment(9)),
    case("covered for until yesterday", (ASSIGNED,), "arrange-cover", 2, "not-ahead", cover="budi", until=moment(1)),
    case("covered for by themself", (ASSIGNED,), "arrange-cover", 2, "nothing-changes", cover="ani", until=moment(9)),
    case("covered for by somebody they do not accept", (ASSIGNED, PICKY), "arrange-cover", 2, "unwished-staff",
         cover="budi", until=moment(9)),
    case("nobody is covered for", (KNOWN,), "arrange-cover", 2, "not-assigned", cover="budi", until=moment(9)),
    case("what happened did not", (KNOWN, TREATED), "void", 2, "touchpoint.voided.v1", target=TREATED.id),
    case("what never was is void", (KNOWN,), "void", 2, "unknown-event", target=uid("nothing")),
    case("what is void already", (KNOWN, TREATED, a(e.TouchpointVoided, 2, target=TREATED.id)), "void", 3,
         "unknown-event", target=TREATED.id),
]  # fmt: skip


@pytest.mark.parametrize("row", [*COMPLAINTS, *CONTACTS, *PEOPLE])
def test_each_command_comes_to_what_the_rules_say(row: Case) -> None:
    data = dict(row.data)
    by = data.pop("by", None)
    if "by_" in data:  # a field of the event, not who gives the command
        data["by"] = data.pop("by_")
    outcome = given(*row.history).give(row.command, row.at, by, data)
    assert outcome.said == row.said, outcome.refusal
    assert outcome.refusal is not None or outcome.fits()


def test_a_claim_says_by_whom_and_since_when() -> None:
    outcome = given(OPENED).when("claim-complaint", 2, by="ani").when("claim-complaint", 3, by="budi")
    assert outcome.said == "already-claimed"
    assert outcome.members == {"by": "ani", "since": day(2), "events": [uid("claim-complaint 2 0")]}


def test_every_type_of_a_family_that_people_may_report_has_a_command() -> None:
    """What stands for a system's own doings has none: orders, purchases, posts, receipts."""
    commanded = {str(command.event.__struct_config__.tag) for command in COMMANDS.values()}
    families = ("complaint", "promise", "outreach", "consent", "preference", "manager", "cover", "relationship", "need",
                "note", "handling", "benefit", "touchpoint", "call", "visit", "email", "message", "meeting", "letter")  # fmt: skip
    expected = {name for name, kind in TYPES.items() if name.partition(".")[0] in families and not is_beside(kind)}
    assert expected - commanded == set()


def test_names_are_told_apart_and_every_field_is_described() -> None:
    assert len(COMMANDS) == sum(len(family) for family in FAMILIES.values())
    for command in COMMANDS.values():
        shown = schema(command)
        assert set(shown["properties"]) == set(command.fields())
        assert set(shown["required"]) <= set(shown["properties"])
