"""Commands that log what was said: calls, visits, messages, meetings, e-mails and letters.

What has taken place is recorded whatever stands against it; the answer says what did.
"""

from domain import events as e
from domain.commands.checks import complaint_of, known
from domain.commands.command import Command, Situation
from domain.commands.refusals import UnknownEvent


def _log(wish: e.Conversation, s: Situation) -> None:
    known(wish.staff, s, "/staff")
    complaint_of(wish.complaint, s)
    if wish.prompted_by is not None and wish.prompted_by not in s.events:
        raise UnknownEvent(f"{wish.prompted_by} is no event of this customer before", pointer="/prompted_by")


def _logging(what: str, event: type[e.Conversation], says: str) -> Command:
    several = event in (e.MessageExchanged, e.MeetingHeld)
    return Command(f"log-{what}", event, says, _log, by="staff", without=() if several else ("channel",))


COMMANDS = (
    _logging("call", e.CallMade, "A telephone call took place, or was tried"),
    _logging("visit", e.VisitMade, "A visit took place"),
    _logging("email", e.EmailExchanged, "An e-mail was sent or came"),
    _logging("message", e.MessageExchanged, "An instant message was sent or came"),
    _logging("meeting", e.MeetingHeld, "An audio or video conference took place"),
    _logging("letter", e.LetterExchanged, "A letter was sent or came"),
)
