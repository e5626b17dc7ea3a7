"""Contacts that nobody planned: occasions and rhythms are put off, finished and cancelled as the queue names them."""

from domain import events as e
from domain.events import OutreachPlanned
from domain.identity import suggested
from tests.domain.commanding import Story, given
from tests.domain.doors import admit
from tests.examples import OUTREACH, moment, uid
from tests.spec import a

# 12 January 2026 is day 7 of the story; who called is in exploration, which has birthdays.
BORN = a(e.CustomerRegistered, 0, birthday="01-12")
CALLED = a(e.CallMade, 1, direction="inbound", outreach=None, complaint=None)
STORY = given(BORN, CALLED)


def birthday(story: Story, day: float) -> list[str]:
    return [item for item in story.seen(day).situation.suggested() if item.startswith("birthday")]


def test_an_occasion_is_put_off_and_cancelled_by_its_name() -> None:
    [item] = birthday(STORY, 3)
    later = STORY.when("snooze-outreach", 3, outreach=item, until=moment(8))
    assert later.said == "outreach.snoozed.v1"
    assert later.event.outreach == item
    assert later.when("snooze-outreach", 4, outreach=item, until=moment(8)).said == "nothing-changes"
    over = later.when("cancel-outreach", 4, outreach=item)
    assert over.said == "outreach.cancelled.v1"
    assert birthday(over.story, 5) == []
    assert over.when("finish-outreach", 5, outreach=item).said == "outreach-not-open"


def test_an_occasion_that_there_is_not_cannot_be_put_off() -> None:
    refused = STORY.when("snooze-outreach", 3, outreach="wedding 2026-01-12", until=moment(8))
    assert refused.said == "outreach-not-open"
    assert birthday(STORY, 3)[0] in refused.members["outreach"]


def test_the_rhythm_is_put_off_by_name_or_without_one() -> None:
    by_name = STORY.when("snooze-outreach", 3, outreach="rhythm", until=moment(20))
    assert by_name.said == "outreach.snoozed.v1"
    assert by_name.when("snooze-outreach", 4, until=moment(20)).said == "nothing-changes"


def test_what_took_place_is_not_cancelled() -> None:
    """A visit for the relationship on the very day: the plan is fulfilled, though nobody said so."""
    planned = a(e.OutreachPlanned, 1, due=moment(9), purpose="relationship", channel="visit")
    made = a(e.VisitMade, 9, direction="outbound", purpose="relationship", outreach=None)
    assert given(BORN, planned).when("cancel-outreach", 9.1, outreach=OUTREACH).said == "outreach.cancelled.v1"
    assert given(BORN, planned, made).when("cancel-outreach", 9.1, outreach=OUTREACH).said == "outreach-not-open"


def test_only_jejak_itself_names_contacts_so() -> None:
    """The words of another system are a reference of that system, whatever they look like."""
    assert suggested("birthday 2026-01-12", "urn:jejak:commands")
    assert suggested("rhythm", "urn:jejak:commands")
    assert not suggested("rhythm", "urn:crm")
    assert not suggested(uid("x"), "urn:jejak:commands")
    cloud = {
        "specversion": "1.0", "id": "1", "type": "outreach.snoozed", "time": "2026-01-08T09:00:00+07:00", "subject": "crm:C-1",
        "data": {"outreach": "rhythm", "until": "2026-02-01T00:00:00Z"},
    }  # fmt: skip
    assert admit(cloud | {"source": "urn:jejak:commands"}).event.outreach == "rhythm"  # type: ignore[attr-defined] # of its type
    assert len(admit(cloud | {"source": "urn:crm"}).event.outreach) == 36  # type: ignore[attr-defined] # of its type
    plan = cloud | {"type": "outreach.planned", "data": {"outreach": "rhythm", "due": "2026-02-01T00:00:00Z"}}
    planned = admit(plan | {"source": "urn:jejak:commands"}).event
    assert isinstance(planned, OutreachPlanned)
    assert len(planned.outreach) == 36
